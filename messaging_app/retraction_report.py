"""What retracting a message did to each device, as the report shows it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging_app.models import Batch, Delivery, Message
from messaging_app.reports import Box
from messaging_app.retraction import figures

# They keep what they have, or never got anything.
UNTOUCHED = frozenset({Delivery.State.CLICKED, Delivery.State.FAILED, Delivery.State.INVALID_ID})
# name: label, tone, help
_BOXES: dict[str, tuple[str | Promise, str, str | Promise]] = {
    "stopped": (
        gettext_lazy("stopped before the push"),
        "good",
        gettext_lazy("Devices whose call to JPush was not made any more: they get nothing."),
    ),
    "withdrawn": (
        gettext_lazy("withdrawn"),
        "good",
        gettext_lazy(
            "Devices whose message JPush has taken back: what it had not sent yet is stopped, what"
            " is shown disappears where the app's JPush SDK can do that (Android 3.5.0, iOS 3.2.8)."
        ),
    ),
    "pending": (
        gettext_lazy("withdrawal under way"),
        "wait",
        gettext_lazy("Devices whose message JPush is still to be asked to take back."),
    ),
    "failed": (
        gettext_lazy("could not be withdrawn"),
        "bad",
        gettext_lazy(
            "Devices whose message JPush refused to take back, or whose call it never answered. The"
            " reason stands beside each person."
        ),
    ),
    "untouched": (
        gettext_lazy("nothing to take back"),
        "plain",
        gettext_lazy(
            "Devices that had clicked, or that the message had failed to reach, and people without"
            " a device."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """The boxes are exclusive and sum to the message's targets."""

    boxes: list[Box]
    sum: str
    pending: int


def summary(message: Message) -> Summary | None:
    """None for a message that is not retracted; no boxes where it was stopped uncounted."""
    found = figures(message)
    if found is None:
        return None
    numbers = {name: getattr(found, name) for name in ("stopped", "withdrawn", "pending", "failed")}
    numbers["untouched"] = message.targets - found.total
    boxes = [
        Box(name, str(label), str(help_), tone, numbers[name])
        for name, (label, tone, help_) in _BOXES.items()
        if message.targets
    ]
    shown = " + ".join(box.shown for box in boxes if box.number)
    return Summary(boxes, f"{shown} = {message.targets:,}", found.pending)


def word(delivery: Delivery) -> str:
    """What the retraction did to one row of `ledger.deliveries`; "" where there was none."""
    batch = delivery.batch
    if batch is None or delivery.state in UNTOUCHED:
        return ""
    if batch.state == Batch.State.CANCELLED:
        return _("stopped before it was pushed")
    match batch.withdrawal:
        case Batch.Withdrawal.DONE:
            return _("withdrawn")
        case Batch.Withdrawal.DUE:
            return _("withdrawal under way")
        case Batch.Withdrawal.FAILED:
            return _("could not be withdrawn: %(reason)s") % {"reason": _reason(batch)}
    return ""


def _reason(batch: Batch) -> str:
    if batch.state == Batch.State.UNKNOWN:
        return _("JPush never answered the call, so there is no msg_id to withdraw")
    return batch.withdrawal_error
