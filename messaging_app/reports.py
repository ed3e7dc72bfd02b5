"""The figures of a message as the console shows them: boxes, funnel, rates."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from messaging_app.actions import NO_ACTIONS, Actions
from messaging_app.approval import verdict
from messaging_app.ledger import BOXES, Ledger
from messaging_app.models import Message

Words = str | Promise
STATE_TONES = {
    Message.State.PENDING_APPROVAL: "wait",
    Message.State.SCHEDULED: "wait",
    Message.State.EXPANDING: "wait",
    Message.State.SENDING: "wait",
    Message.State.PAUSED: "wait",
    Message.State.DONE: "good",
    Message.State.CANCELLED: "bad",
    Message.State.RETRACTED: "bad",
    Message.State.FAILED: "bad",
    Message.State.MISSED: "bad",
}
BOX_TONES = {
    "delivered": "good",
    "clicked": "good",
    "queued": "wait",
    "unknown": "wait",
    "failed": "bad",
    "no_device": "bad",
    "invalid_id": "bad",
    "cancelled": "bad",
}
BOX_NAMES: dict[str, Words] = {
    "queued": gettext_lazy("waiting"),
    "sent": gettext_lazy("no receipt yet"),
    "delivered": gettext_lazy("delivered"),
    "clicked": gettext_lazy("clicked"),
    "failed": gettext_lazy("failed"),
    "no_device": gettext_lazy("no device"),
    "invalid_id": gettext_lazy("invalid id"),
    "cancelled": gettext_lazy("cancelled"),
    "unknown": gettext_lazy("outcome unknown"),
}
BOX_HELP: dict[str, Words] = {
    "queued": gettext_lazy("Devices whose call to JPush is still to be made or repeated."),
    "sent": gettext_lazy(
        "Devices that JPush has accepted the message for and has sent no receipt about. Not every"
        " phone and not every contract with JPush gives receipts."
    ),
    "delivered": gettext_lazy("Devices that JPush's receipts report as delivered, not clicked."),
    "clicked": gettext_lazy("Devices on which JPush's receipts report a click."),
    "failed": gettext_lazy(
        "Devices whose call JPush refused, or that it reported as not delivered. The reasons are"
        " below."
    ),
    "no_device": gettext_lazy(
        "People of the audience without a registrationID in the channels of this message, when it"
        " was accepted."
    ),
    "invalid_id": gettext_lazy(
        "Devices whose registrationID JPush called invalid. They are left out until uploaded again."
    ),
    "cancelled": gettext_lazy("Devices whose call was cancelled before it was made."),
    "unknown": gettext_lazy(
        "Devices whose call got no answer: JPush may have sent the message or not. It is repeated"
        " on an operator's word only, since somebody might get it twice."
    ),
}


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    label: str
    help: str
    tone: str
    number: int

    @property
    def shown(self) -> str:
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel; `rate` is empty where there is nothing to divide by."""

    name: str
    label: str
    help: str
    number: int
    rate: str = ""

    @property
    def shown(self) -> str:
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its figures as lists show it."""

    message: Message
    tone: str
    who: str
    finished: int
    finished_shown: str
    targets: int
    shown: str
    delivered: str
    delivered_rate: str
    clicked: str
    clicked_rate: str
    verdict: str
    actions: Actions  # what this operator may do to it now
    forecast: str  # calls still to make, and when


def row(message: Message, counts: Ledger, actions: Actions = NO_ACTIONS, forecast: str = "") -> Row:
    return Row(
        message=message,
        tone=STATE_TONES[Message.State(message.state)],
        who=sent_by(message),
        finished=counts.finished,
        finished_shown=f"{counts.finished:,}",
        targets=counts.targets,
        shown=f"{counts.targets:,}",
        delivered=f"{counts.reached:,}",
        delivered_rate=percent(counts.reached, counts.pushed),
        clicked=f"{counts.clicked:,}",
        clicked_rate=percent(counts.clicked, counts.reached),
        verdict=verdict(message),
        actions=actions,
        forecast=forecast,
    )


def box_tone(name: str) -> str:
    return BOX_TONES.get(name, "plain")


def boxes(counts: Ledger) -> list[Box]:
    return [
        Box(
            name,
            str(BOX_NAMES[name]),
            str(BOX_HELP[name]),
            box_tone(name),
            getattr(counts, name),
        )
        for name in BOXES
    ]


def adds_up(counts: Ledger) -> str:
    """The boxes that hold anybody, as the sum that they are."""
    numbers = [box.shown for box in boxes(counts) if box.number] or ["0"]
    return f"{' + '.join(numbers)} = {counts.total:,}"


def funnel(counts: Ledger) -> list[Step]:
    return [
        Step(
            "targets",
            _("targets"),
            _("The audience when the message was accepted: its devices, and people without one."),
            counts.targets,
        ),
        Step(
            "accepted",
            _("accepted by JPush"),
            _("Devices of the calls that JPush answered with success; the rate is of all targets."),
            counts.pushed,
            percent(counts.pushed, counts.targets),
        ),
        Step(
            "delivered",
            _("delivered"),
            _(
                "Devices that JPush's receipts report as delivered or clicked; the rate is of the"
                " accepted ones."
            ),
            counts.reached,
            percent(counts.reached, counts.pushed),
        ),
        Step(
            "clicked",
            _("clicked"),
            _("Devices with a click in JPush's receipts; the rate is of the delivered ones."),
            counts.clicked,
            percent(counts.clicked, counts.reached),
        ),
    ]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else ""


def devices(number: int) -> str:
    return ngettext("%(count)s device", "%(count)s devices", number) % {"count": f"{number:,}"}


def people(number: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", number) % {"count": f"{number:,}"}


def sent_by(message: Message) -> str:
    """The operator, or the business line that called the API."""
    if message.operator:
        return message.operator.get_username()
    return message.business_line.name if message.business_line else "–"
