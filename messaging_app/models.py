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
        PENDING_APPROVAL = "pending_approval", _("waiting for approval")
        SCHEDULED = "scheduled", _("scheduled")
        EXPANDING = "expanding", _("expanding")
        SENDING = "sending", _("sending")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        RETRACTED = "retracted", _("retracted")
        FAILED = "failed", _("failed")

    class Priority(models.IntegerChoices):
        HIGH = 1, _("high")
        MEDIUM = 2, _("medium")
        LOW = 3, _("low")

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
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.MEDIUM
    )
    broadcast = models.BooleanField(_("to everyone"), default=False)
    # Made for one intended send, so that a second click finds the first one's message.
    submission_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.EXPANDING
    )
    targets = models.PositiveIntegerField(_("targets"), default=0)
    no_device = models.PositiveIntegerField(_("no device"), default=0)
    reason = models.CharField(_("reason"), max_length=255, blank=True)  # of a failure, a refusal
    created_at = models.DateTimeField(_("accepted"), auto_now_add=True)
    send_at = models.DateTimeField(_("to be sent at"), null=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True)
    retracted_at = models.DateTimeField(_("retracted"), null=True)
    expires_at = models.DateTimeField(_("retried until"))
    done_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("created_at",), name="messages_by_time"),
            models.Index(
                fields=("send_at",),
                name="scheduled_messages",
                condition=models.Q(state="scheduled"),
            ),
            models.Index(
                fields=("id",),
                name="unfinished_messages",
                condition=models.Q(state__in=("expanding", "sending")),
            ),
            # The console counts them for its menu, on every page.
            models.Index(
                fields=("id",),
                name="messages_to_approve",
                condition=models.Q(state="pending_approval"),
            ),
            models.Index(
                fields=("reviewed_at",),
                name="reviewed_messages",
                condition=models.Q(reviewed_at__isnull=False),
            ),
        )
        permissions = (
            ("approve_message", _("Can approve or refuse messages")),
            ("retract_message", _("Can retract messages")),
        )

    def __str__(self) -> str:
        return self.msgid


class IdempotencyKey(models.Model):
    """The Idempotency-Key of an accepted API call: its repetition finds the first message."""

    business_line = models.ForeignKey(
        BusinessLine, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of the call and its body
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = (
            models.UniqueConstraint(
                fields=("business_line", "key"), name="one_message_per_idempotency_key"
            ),
        )

    def __str__(self) -> str:
        return self.key


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
    priority = models.PositiveSmallIntegerField(default=Message.Priority.MEDIUM)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # An attempt was made whose outcome nobody knows: JPush may have taken it. First the push's;
    # once it is sent, the withdrawal's.
    in_doubt = models.BooleanField(default=False)
    not_before = models.DateTimeField(_("not before"))
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    jpush_msg_id = models.CharField("msg_id", max_length=32, blank=True)
    error_code = models.IntegerField(_("error code"), null=True)
    error_message = models.CharField(_("error"), max_length=500, blank=True)
    pushed_at = models.DateTimeField(_("pushed"), null=True)
    withdrawal = models.CharField(
        _("withdrawal"), max_length=10, choices=Withdrawal.choices, blank=True, default=""
    )
    withdrawal_error = models.CharField(_("withdrawal error"), max_length=500, blank=True)

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
                fields=("priority", "not_before"),
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


class Template(models.Model):
    """A text with {placeholders} made in the console; the API names it by its id."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    general = models.BooleanField(
        _("general template"),
        default=True,
        help_text=_("Only general templates can be sent by API (else code 1015032)."),
    )
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("A disabled template is refused (code 1015073).")
    )
    channels = models.ManyToManyField(Channel, verbose_name=_("channels"), related_name="+")
    title = models.CharField(_("title"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=2000)
    intent = models.CharField(_("open on click"), max_length=1000, blank=True)
    extras = models.JSONField(_("extras"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class SensitiveWord(models.Model):
    """A word that no message may hold; without any, nothing is checked."""

    word = models.CharField(_("word"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("sensitive word")
        verbose_name_plural = _("sensitive words")
        ordering = ("word",)

    def __str__(self) -> str:
        return self.word


class Material(models.Model):
    """A file that a business line has uploaded for a later message (protocol/ums.md 3.6)."""

    business_line = models.ForeignKey(
        BusinessLine, on_delete=models.CASCADE, related_name="+", verbose_name=_("business line")
    )
    token = models.CharField(max_length=64, unique=True)  # the secret part of its address
    name = models.CharField(_("file"), max_length=255)
    path = models.CharField(max_length=255)  # below UMS_DATA_DIR
    size = models.PositiveBigIntegerField(_("bytes"))
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    expires_at = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


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
