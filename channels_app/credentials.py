"""Turns a channel into what the JPush client needs to call it."""

from channels_app.jpush.client import PUBLIC_API_URL, Credentials
from channels_app.models import Channel


def credentials_of(channel: Channel) -> Credentials:
    """Where and as whom to call JPush for `channel`."""
    private = channel.cloud == Channel.Cloud.PRIVATE
    return Credentials(
        app_key=channel.app_key,
        master_secret=channel.master_secret,
        api_url=channel.api_url if private else PUBLIC_API_URL,
    )
