"""Turns a channel into what the JPush client needs to call it."""

from channels_app.jpush.client import PUBLIC_API_URL, Credentials
from channels_app.models import Channel


def credentials_of(channel: Channel) -> Credentials:
    """Where and as whom to call JPush for `channel`."""
    return Credentials(
        app_key=channel.app_key,
        master_secret=channel.master_secret,
        api_url=api_url_of(channel),
    )


def api_url_of(channel: Channel) -> str:
    return channel.api_url if channel.cloud == Channel.Cloud.PRIVATE else PUBLIC_API_URL
