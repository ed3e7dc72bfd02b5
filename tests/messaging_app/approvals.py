"""Makes messages by API that wait for approval, and the people who decide on them."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.urls import reverse

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message
from tests.messaging_app.makers import accept, add_crowd


def waiting_message(
    channel: Channel,
    *,
    owner: User | None = None,
    line: BusinessLine | None = None,
    send_at: object = None,
    **values: Any,
) -> Message:
    """As the API stores a message of a business line with approval."""
    message = accept(channel, line=line, **values)
    Message.objects.filter(pk=message.pk).update(
        state=Message.State.PENDING_APPROVAL, operator=owner, send_at=send_at
    )
    return Message.objects.get(pk=message.pk)


def approver(name: str = "reviewer") -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="approve_message"))
    return user


def half_price(channel: Channel, line: BusinessLine, owner: User) -> Message:
    """A waiting message to u0, who has a device, and to somebody without one."""
    add_crowd(channel, 1)
    return waiting_message(
        channel,
        line=line,
        owner=owner,
        userids=("u0", "ghost"),
        content={
            "platform": ["android", "ios"],
            "notification": {"alert": "Half price", "android": {"title": "Sale"}},
        },
    )


def url_of(message: Message, page: str = "detail") -> str:
    return reverse(f"messages:approval_{page}", args=(message.pk,))


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)
