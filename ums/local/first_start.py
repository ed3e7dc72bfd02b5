"""Fills an empty installation, so that a newcomer can send a first message at once."""

import secrets
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from channels_app.models import BusinessLine, Channel, new_key
from channels_app.services import create_access_key, create_business_line, create_channel

CHANNEL_CODE = "app123"  # as in the App Channel Integration Guide
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is printed once."""

    password: str
    channel_key: str
    line_secret: str
    access_key: str
    access_secret: str


def prepare(*, sandbox_url: str) -> Credentials | None:
    """Operator, channel, business line and access key; None if this is not the first start."""
    users = get_user_model().objects
    if users.exists() or Channel.objects.exists() or BusinessLine.objects.exists():
        return None
    channel = create_channel(
        code=CHANNEL_CODE,
        name="Sandbox",
        app_key=new_key(),
        master_secret=new_key(),
        api_url=sandbox_url,
    )
    line = create_business_line(name="First line", channel_codes=[channel.code])
    access = create_access_key(name="First key")
    password = secrets.token_urlsafe(9)
    users.create_superuser(username=OPERATOR, password=password)
    return Credentials(
        password=password,
        channel_key=line.channel_key,
        line_secret=line.master_secret,
        access_key=access.access_key,
        access_secret=access.master_secret,
    )


def sandbox_apps(sandbox_url: str) -> list[tuple[str, str]]:
    """AppKey and Master Secret of every channel that points at the sandbox."""
    return [(c.app_key, c.master_secret) for c in Channel.objects.filter(api_url=sandbox_url)]


def greeting(url: str, credentials: Credentials | None) -> str:
    """What a newcomer needs to know, with commands to paste; secrets on the first start only."""
    known = credentials or Credentials(
        "", "$CHANNEL_KEY", "$LINE_SECRET", "$ACCESS_KEY", "$ACCESS_SECRET"
    )
    line = f"curl -u {known.channel_key}:{known.line_secret}"
    access = f"curl -u {known.access_key}:{known.access_secret}"
    devices = '["1104a89792bbb69299a","191e35f7e0fb16c7d45"]'
    people = f'[{{"userid":"zhangsan","set":{{"app":{{"{CHANNEL_CODE}":{devices}}}}}}}]'
    push = '{"platform":"all","notification":{"alert":"Hello"}}'
    send = f'{{"aud_userid":["zhangsan"],"msg_app":[{push}]}}'
    once = [
        "Note these down; they are shown this once:",
        f"  operator       {OPERATOR}, password {known.password}",
        f"  business line  ChannelKey {known.channel_key}, Master Secret {known.line_secret}",
        f"  access key     AccessKey {known.access_key}, Master Secret {known.access_secret}",
        "",
    ]
    return "\n".join(
        [
            "",
            f"UMS is running: {url}   (Ctrl-C stops it)",
            "",
            *(once if credentials else []),
            f"The main job; channel {CHANNEL_CODE} leads to the JPush sandbox on this machine:",
            "1. Upload who has which registrationID.",
            f"   {access} {url}/v1/user/opt -d '{people}'",
            "2. Send a message; the answer has its msgid.",
            f"   {line} {url}/v1/sent -d '{send}'",
            "3. See who got it and who clicked (put the msgid in place of MSGID).",
            f"   {line} {url}/v1/message/MSGID",
            "",
        ]
    )
