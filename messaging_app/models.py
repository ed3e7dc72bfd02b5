"""What was sent (Message), to whom (Delivery), by which calls (Batch), what came back (Receipt)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import BusinessLine, Channel
from ums.lib.msgid import new_msgid

# A Batch's id is its message's id times this plus its number within the message, so that one
# INSERT … SELECT can write the ledger with the batch ids in it.
BATCHES_PER_MESSAGE = 1 << 20


class Message(models.Model):
    """One accepted send; immutable but for its state and the size of its audience."""

    class State(models.TextChoices):
        EXPANDING = "expanding", _("expanding")
        SENDING = "sending", _("sending")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    msgid = models.CharField("msgid", max_length=64, unique=True, default=new_msgid)
    business_line = models.ForeignKey(
        BusinessLine,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("business line"),
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("operator"),
    )
    channels = models.ManyToManyField(Channel, related_name="+", verbose_name=_("channels"))
    audience = models.JSONField(_("audience"))  # audience.Audience
    content = models.JSONField(_("content"))  # a JPush push object without its audience
    summary = models.CharField(_("message"), max_length=200)
    sendno = models.CharField("sendno", max_length=255, blank=True)
    # Made for one intended send, so that a second click finds the first one's message.
    submission_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.EXPANDING
    )
    targets = models.PositiveIntegerField(_("targets"), default=0)
    no_device = models.PositiveIntegerField(_("no device"), default=0)
    created_at = models.DateTimeField(_("accepted"), auto_now_add=True)
    expires_at = models.DateTimeField(_("retried until"))
    done_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("created_at",), name="messages_by_time"),
            models.Index(
                fields=("id",),
                name="unfinished_messages",
                condition=models.Q(state__in=("expanding", "sending")),
            ),
        )

    def __str__(self) -> str:
        return self.msgid


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
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    jpush_msg_id = models.CharField("msg_id", max_length=32, blank=True)
    error_code = models.IntegerField(_("error code"), null=True)
    error_message = models.CharField(_("error"), max_length=500, blank=True)
    pushed_at = models.DateTimeField(_("pushed"), null=True)

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
                fields=("not_before",), name="due_batches", condition=models.Q(state="queued")
            ),
            models.Index(
                fields=("lease_until",), name="leased_batches", condition=models.Q(state="pushing")
            ),
            models.Index(
                fields=("channel", "jpush_msg_id"),
                name="batch_by_jpush_msg_id",
                condition=~models.Q(jpush_msg_id=""),
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

    # Rows are written and read by set-based SQL that always starts from the message or the batch.
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

    def __str__(self) -> str:
        return f"{self.userid} {self.registration_id}"


class ChannelQuota(models.Model):
    """When the next call of one Channel may leave, shared by all workers."""

    channel = models.OneToOneField(
        Channel, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    # Seconds since 1970: one atomic UPDATE compares and moves it, on every database.
    next_call_at = models.FloatField(default=0.0)

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")

    def __str__(self) -> str:
        return str(self.pk)


class Callback(models.Model):
    """A callback as it came: stored before it is answered, applied by the worker.

    Kept for a while afterwards, since JPush's format is not public (protocol/jpush.md 9.4).
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    body = models.BinaryField()
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True)
    receipts = models.PositiveIntegerField(_("receipts understood"), default=0)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("id",), name="callbacks_to_apply", condition=models.Q(applied_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.received_at}"


class Receipt(models.Model):
    """One delivered / clicked / failed fact that has not met its Delivery yet: early or unknown."""

    class Kind(models.IntegerChoices):
        # The bits of JPush's callback.type (protocol/jpush.md 9.2).
        DELIVERED = 1, _("delivered")
        CLICKED = 2, _("clicked")
        FAILED = 4, _("not delivered")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    # What JPush echoed, 0 if nothing. No foreign key: it may be anything.
    batch_id = models.BigIntegerField(default=0)
    jpush_msg_id = models.CharField("msg_id", max_length=64, blank=True)
    registration_id = models.CharField("registrationID", max_length=64)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices)
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "jpush_msg_id", "registration_id", "kind", "batch_id"),
                name="one_receipt_of_a_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.registration_id}"
