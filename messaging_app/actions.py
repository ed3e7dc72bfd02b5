"""What an operator may do to a message where it is now: the buttons beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from messaging_app.models import Message
from messaging_app.retraction import retractable
from messaging_app.states import CANCEL, PAUSE

# Who may send may stop what is sent; taking back what people have is a right of its own.
MAY_CONTROL = ("messaging_app.view_message", "messaging_app.add_message")
MAY_RETRACT = ("messaging_app.view_message", "messaging_app.retract_message")


@dataclass(frozen=True, slots=True)
class Actions:
    pause: bool = False
    resume: bool = False
    cancel: bool = False
    retract: bool = False

    @property
    def any(self) -> bool:
        return self.pause or self.resume or self.cancel or self.retract


NO_ACTIONS = Actions()


def actions(user: User | AnonymousUser, messages: Sequence[Message]) -> dict[int, Actions]:
    """For each message by its primary key: one query."""
    may_control = user.has_perms(MAY_CONTROL)
    taken_back = (
        retractable(message.pk for message in messages) if user.has_perms(MAY_RETRACT) else set()
    )
    now = timezone.now()
    return {
        message.pk: Actions(
            pause=may_control and message.state in PAUSE.sources,
            resume=may_control
            and message.state == Message.State.PAUSED
            and message.expires_at > now,
            cancel=may_control and message.state in CANCEL.sources,
            retract=message.pk in taken_back,
        )
        for message in messages
    }
