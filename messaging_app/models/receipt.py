"""What JPush tells us: a call as it came (Callback), and each fact that waits (Receipt)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel


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
