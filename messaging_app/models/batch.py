"""The outbox and the ledger: the calls of a Message (Batch), and each device (Delivery)."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from messaging_app.models.message import Message

# A Batch's id is its message's id times this plus its number within the message, so that one
# INSERT … SELECT can write the ledger with the batch ids in it.
BATCHES_PER_MESSAGE = 1 << 20
# Of the day that JPush gives (protocol/jpush.md 3); a cid may have been in stock for an hour.
CID_LIFE = timedelta(hours=22, minutes=30)


class BatchQuerySet(models.QuerySet["Batch"]):
    def due(self, now: datetime) -> "BatchQuerySet":
        """Those that may be called now, as far as their message is concerned.

        One in doubt may be called after its message's time, to learn what became of it; but never
        with a cid that JPush has forgotten, whether or not `sweeps` has come to it yet.
        """
        return self.filter(
            models.Q(in_doubt=True) | models.Q(message__expires_at__gt=now),
            models.Q(cid_at=None) | models.Q(cid_at__gte=now - CID_LIFE),
            state=Batch.State.QUEUED,
            not_before__lte=now,
            message__state=Message.State.SENDING,
        )

    def to_withdraw(self, now: datetime) -> "BatchQuerySet":
        """Those that JPush shall take back: never leased, given back, or of a dead worker."""
        return self.filter(
            models.Q(lease="") | models.Q(lease_until__lt=now),
            withdrawal=Batch.Withdrawal.DUE,
            state=Batch.State.SENT,
            not_before__lte=now,
        )


class Batch(models.Model):
    """Up to 1,000 Deliveries that go to JPush in one call: the outbox row.

    `delivered`, `clicked`, `failed` and `invalid` count the Deliveries that have an outcome of
    their own; all others share the Batch's state. They change in the same transaction as the rows
    that they count.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        PUSHING = "pushing", _("being pushed")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNKNOWN = "unknown", _("outcome unknown")

    class Lane(models.IntegerChoices):
        """Which calls of a channel come first; each lane gets its share (`lanes`)."""

        URGENT = 1, _("urgent")
        NORMAL = 2, _("normal")
        BULK = 3, _("bulk")

    class Withdrawal(models.TextChoices):
        """What became of the call that takes back a sent Batch (protocol/ums.md 7)."""

        NONE = "", _("not asked for")
        DUE = "due", _("to be withdrawn")
        DONE = "done", _("withdrawn")
        FAILED = "failed", _("could not be withdrawn")

    id = models.BigIntegerField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="batches")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    size = models.PositiveIntegerField(_("devices"))
    delivered = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)

    cid = models.CharField("cid", max_length=100, blank=True)
    cid_at = models.DateTimeField(null=True)  # a cid is good for a day (protocol/jpush.md 3)
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane.choices, default=Lane.NORMAL)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # An attempt was made whose outcome nobody knows: JPush may have taken it. First the push's;
    # once it is sent, the withdrawal's.
    in_doubt = models.BooleanField(default=False)
    # Cancelled or retracted while its call was under way: whatever comes of it, it is not repeated.
    stopped = models.BooleanField(default=False)
    not_before = models.DateTimeField(_("not before"))
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    jpush_msg_id = models.CharField("msg_id", max_length=64, blank=True)
    error_code = models.IntegerField(_("error code"), null=True)
    error_message = models.CharField(_("error"), max_length=500, blank=True)
    pushed_at = models.DateTimeField(_("pushed"), null=True)
    withdrawal = models.CharField(
        _("withdrawal"), max_length=10, choices=Withdrawal.choices, blank=True, default=""
    )
    withdrawal_error = models.CharField(_("withdrawal error"), max_length=500, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    size__gte=models.F("delivered")
                    + models.F("clicked")
                    + models.F("failed")
                    + models.F("invalid")
                ),
                name="outcomes_fit_the_batch",
            ),
        )
        indexes = (
            models.Index(
                fields=("channel", "lane", "not_before"),
                name="due_batches",
                condition=models.Q(state="queued"),
            ),
            models.Index(
                fields=("not_before",),
                name="batches_to_withdraw",
                condition=models.Q(withdrawal="due"),
            ),
            models.Index(
                fields=("lease_until",), name="leased_batches", condition=models.Q(state="pushing")
            ),
            models.Index(
                fields=("channel", "jpush_msg_id"),
                name="batch_by_jpush_msg_id",
                condition=~models.Q(jpush_msg_id=""),
            ),
            models.Index(
                fields=("pushed_at",),
                name="batches_by_push",
                condition=models.Q(pushed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """One Message to one registrationID, or to a person without a device: the ledger row."""

    class State(models.TextChoices):
        PENDING = "pending", _("as its batch")
        DELIVERED = "delivered", _("delivered")
        CLICKED = "clicked", _("clicked")
        FAILED = "failed", _("not delivered")
        INVALID_ID = "invalid_id", _("invalid id")
        NO_DEVICE = "no_device", _("no device")

    # Rows are written and read by set-based SQL that starts from the message or the batch.
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    userid = models.CharField("userid", max_length=64)  # a copy: the ledger outlives the person
    registration_id = models.CharField("registrationID", max_length=64, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    clicked_at = models.DateTimeField(_("clicked at"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.UniqueConstraint(
                fields=("message", "channel", "registration_id"), name="one_delivery_per_device"
            ),
            models.CheckConstraint(
                condition=models.Q(state="no_device", batch=None, channel=None, registration_id="")
                | models.Q(batch__isnull=False, channel__isnull=False),
                name="a_device_has_a_batch",
            ),
        )
        # For the page of a person; alone, since PostgreSQL stores equal keys once.
        indexes = (models.Index(fields=("userid",), name="deliveries_by_person"),)

    def __str__(self) -> str:
        return f"{self.userid} {self.registration_id}"


class ChannelQuota(models.Model):
    """When the next call of one Channel may leave, shared by all workers."""

    channel = models.OneToOneField(
        Channel, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    # Seconds since 1970: one atomic UPDATE compares and moves it, on every database.
    next_call_at = models.FloatField(default=0.0)
    # What JPush has said last of its own count (protocol/jpush.md 7), where it has.
    limit = models.PositiveIntegerField(_("calls per minute by JPush"), null=True)
    remaining = models.PositiveIntegerField(_("calls left"), null=True)
    resets_at = models.FloatField(default=0.0)
    # Since when every call has failed in a way that may pass, and how.
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failure = models.CharField(_("failure"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")

    def __str__(self) -> str:
        return str(self.pk)
