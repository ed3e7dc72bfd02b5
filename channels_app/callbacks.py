"""The address at which JPush tells the fate of a channel's messages."""

from django.conf import settings

from channels_app.models import Channel


def callback_url(channel: Channel) -> str:
    """The public address to paste into JPush's receipt settings; whoever knows it may call it."""
    return f"{settings.UMS_BASE_URL}{channel.callback_path}"
