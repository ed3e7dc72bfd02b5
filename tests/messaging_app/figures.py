"""Puts messages into states that their reports show."""

from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, Delivery, Message
from tests.messaging_app.makers import add_crowd, expanded


def settle(batch: Batch, state: Batch.State, **values: object) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=state, **values)


def receive(batch: Batch, **ids: str) -> None:
    """Give devices an outcome of their own, as JPush's receipts do: `receive(b, clicked="r1")`."""
    for state, registration_id in ids.items():
        stamps = {f"{state}_at": timezone.now()} if state in ("delivered", "clicked") else {}
        Delivery.objects.filter(batch=batch, registration_id=registration_id).update(
            state=state, **stamps
        )
        counter = "invalid" if state == "invalid_id" else state
        Batch.objects.filter(pk=batch.pk).update(**{counter: 1})


def finish(message: Message) -> Message:
    Message.objects.filter(pk=message.pk).update(state=Message.State.DONE, done_at=timezone.now())
    message.refresh_from_db()
    return message


def mixed_message(channel: Channel) -> Message:
    """A finished message: u0 to u4 and one person without a device, each in another box."""
    add_crowd(channel, 5)
    message = expanded(channel, userids=("u0", "u1", "u2", "u3", "u4", "ghost"))
    batch = Batch.objects.get(message=message)
    settle(batch, Batch.State.SENT)
    receive(batch, delivered="r1", clicked="r2", failed="r3", invalid_id="r4")
    return finish(message)
