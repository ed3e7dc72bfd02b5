"""The buttons of a message in the console, and the people who may press them."""

from django.contrib.auth.models import Permission, User
from django.urls import reverse

from messaging_app.models import Message

PAGES = ("pause", "resume", "cancel", "retract", "repeat")


def url(message: Message, page: str) -> str:
    return reverse(f"messages:{page}", args=(message.pk,))


def operator(*permissions: str) -> User:
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def offered(page: str, message: Message) -> set[str]:
    """The buttons that lead somewhere for this message."""
    return {name for name in PAGES if f'"{url(message, name)}"' in page}


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)
