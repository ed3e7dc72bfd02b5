"""How each failure of the calls about one message is brought about, by its sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from messaging_app.models import Message
from tests.ums.described import Described, World, stored

Provocation = Callable[[World, Described], Any]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def of_a_message(**values: Any) -> Provocation:
    def provoke(world: World, call: Described) -> Any:
        world.known_message()
        Message.objects.update(**values)
        world.before = stored()
        return world.make(call)

    return provoke


OF_MESSAGES: dict[str, Provocation] = {
    "The message “v:1t:1603707455p:27133n:2” has been retracted already.": of_a_message(
        state=Message.State.RETRACTED
    ),
    "The message “v:1t:1603707455p:27133n:2” was sent more than 24 hours ago: it is too late to"
    " retract it.": of_a_message(state=Message.State.DONE, created_at=LONG_AGO),
    "The message “v:1t:1603707455p:27133n:2” was cancelled: there is nothing to"
    " retract.": of_a_message(state=Message.State.CANCELLED),
    **{
        f"The message “v:1t:1603707455p:27133n:2” cannot be {verb}: it is {state}.": of_a_message(
            state=state
        )
        for verb, state in (("paused", "done"), ("resumed", "sending"), ("cancelled", "done"))
    },
    "The message “v:1t:1603707455p:27133n:2” is paused and cannot be resumed: its time-to-live is"
    " over. Cancel it, and send a new message.": of_a_message(
        state=Message.State.PAUSED, expires_at=LONG_AGO
    ),
}
