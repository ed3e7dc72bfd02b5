"""One accepted send (Message), and the key by which its repetition finds it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import BusinessLine, Channel
from ums.lib.msgid import new_msgid


class Message(models.Model):
    """One accepted send; immutable but for its state and the size of its audience."""

    class State(models.TextChoices):
        PENDING_APPROVAL = "pending_approval", _("waiting for approval")
        SCHEDULED = "scheduled", _("scheduled")
        EXPANDING = "expanding", _("expanding")
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        RETRACTED = "retracted", _("retracted")
        FAILED = "failed", _("failed")
        MISSED = "missed", _("missed")

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
    expanded_at = models.DateTimeField(null=True)  # its ledger and batches are written
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
                condition=models.Q(state__in=("expanding", "sending", "paused")),
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
