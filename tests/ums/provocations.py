"""How each failure that the documentation shows is brought about, by its sentence."""

from datetime import time
from time import time as now
from typing import Any

from django.conf import settings
from django.db import connection

from channels_app.models import BusinessLine, KeyUsage
from messaging_app.material import MAX_BYTES
from messaging_app.models import SensitiveWord, Template
from tests.messaging_app.calls import basic, header_of
from tests.ums.described import Described, World, stored
from tests.ums.message_provocations import OF_MESSAGES, Provocation


def with_body(body: Any) -> Provocation:
    return lambda world, call: world.make(call, body)


def changed(**changes: Any) -> Provocation:
    """The first example with these fields; one that is `...` is left out."""

    def provoke(world: World, call: Described) -> Any:
        body = {**next(iter(call.requests().values())), **changes}
        return world.make(call, {name: value for name, value in body.items() if value is not ...})

    return provoke


def push(**changes: Any) -> Provocation:
    element = {"platform": "all", "notification": {"alert": "Hi"}, **changes}
    return changed(msg_app=[{name: value for name, value in element.items() if value is not ...}])


def without_credentials(world: World, call: Described) -> Any:
    return world.make(call, Authorization=None)


def with_wrong_credentials(world: World, call: Described) -> Any:
    return world.make(call, Authorization=basic("nobody", "nothing"))


def with_the_other_key(world: World, call: Described) -> Any:
    other = world.access_key if world.holder(call) is world.line else world.line
    return world.make(call, Authorization=header_of(other))


def of_a_closed_line(world: World, call: Described) -> Any:
    BusinessLine.objects.update(enabled=False)
    return world.make(call, Authorization=header_of(world.line))


def without_a_channel(world: World, call: Described) -> Any:
    world.line.channels.clear()
    return world.make(call)


def symbian(world: World, call: Described) -> Any:
    if "template" in call.name:
        return changed(app_para={"platform": "symbian"})(world, call)
    return push(platform="symbian")(world, call)


def with_a_sensitive_word(world: World, call: Described) -> Any:
    SensitiveWord.objects.create(word="jackpot")
    if "template" in call.name:
        return changed(template_para={"user": "Jackpot", "url": "x"})(world, call)
    return push(notification={"alert": "The Jackpot!"})(world, call)


def with_line(**values: Any) -> Provocation:
    def provoke(world: World, call: Described) -> Any:
        BusinessLine.objects.update(**values)
        return world.make(call)

    return provoke


def with_template(**values: Any) -> Provocation:
    def provoke(world: World, call: Described) -> Any:
        Template.objects.update(**values)
        return world.make(call)

    return provoke


def without_template(world: World, call: Described) -> Any:
    Template.objects.all().delete()
    return world.make(call)


def with_a_used_key(world: World, call: Described) -> Any:
    key: dict[str, Any] = {"Idempotency-Key": "order-4711"}
    assert world.make(call, **key).status_code == 200
    world.before = stored()
    return world.make(call, {**next(iter(call.requests().values())), "rule_id": 0}, **key)


def too_often(world: World, call: Described) -> Any:
    """In the next minute, since this one may end any moment: a clock that is ahead counts."""
    for holder in (world.line, world.access_key):
        type(holder).objects.update(calls_per_minute=LIMIT)
    KeyUsage.objects.bulk_create(
        KeyUsage(key=key, minute=now() // 60 + 1, calls=LIMIT)
        for key in (world.line.channel_key, world.access_key.access_key)
    )
    return world.make(call)


def labelled_json(world: World, call: Described) -> Any:
    return world.make(call, b"{}", label="application/json")


def with_query(**query: str) -> Provocation:
    return lambda world, call: world.make(call, query=query)


def with_a_large_file(world: World, call: Described) -> Any:
    return changed(file="x" * (MAX_BYTES + 1))(world, call)


def too_large(world: World, call: Described) -> Any:
    return world.make(call, b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))


def without_a_database(world: World, call: Described) -> Any:
    def refuse(*_arguments: Any) -> Any:
        raise RuntimeError

    with connection.execute_wrapper(refuse):
        return world.make(call)


LIMIT = 600
PLATFORMS = "android, ios, hmos, quickapp, web, windows"
OTHER_KINDS = (
    *("sms", "wechatoa", "wechatmp", "email", "alipay_life", "dingtalk_cc", "wechatwk"),
    "wechatwk_linkedcorp",
)
PROVOCATIONS: dict[str, Provocation] = {
    "The calls of this minute are used up (limit of this key: 600); try again in 17 s.": too_often,
    "The body cannot be read as multipart/form-data: Invalid Content-Type: application/json.": (
        labelled_json
    ),
    "The file is larger than the limit of 20 MB.": with_a_large_file,
    "The part “type” is “image”; it must be “attachment”.": changed(type="image"),
    "The part “file” is missing: exactly one file with its name.": changed(file=...),
    "time_to_live is 0; a file is kept for at least 1 hour.": changed(time_to_live=0),
    "type is “app”; it must be one of wechatoa, wechatmp, dingtalkcc, wechatwk.": with_query(
        type="app"
    ),
    **{
        f"There is no token for “{kind}”: this business line has App channels only.": with_query(
            type=kind
        )
        for kind in ("wechatoa", "wechatmp", "dingtalkcc", "wechatwk")
    },
    "The Authorization header must be: Basic base64(key:Master Secret).": without_credentials,
    "The key or the Master Secret in the Authorization header is wrong.": with_wrong_credentials,
    "This call needs a ChannelKey; an AccessKey is for the user API only.": with_the_other_key,
    "This call needs a global AccessKey; a ChannelKey may not make it.": with_the_other_key,
    "The business line “Shop” is closed.": of_a_closed_line,
    "The server failed. The fault is logged; please tell the administrator.": without_a_database,
    "The body is not JSON in UTF-8: Input data was truncated.": with_body(b""),
    "The body is larger than the limit of 8388608 bytes.": too_large,
    "The array has 1001 users; at most 1000 are allowed in one request.": with_body(
        [{"userid": f"u{number}"} for number in range(1001)]
    ),
    "The array is empty; it needs at least one user.": with_body([]),
    "Item 1 has no userid; it must be a string.": with_body([{"app": {}}]),
    "aud_userid has 1001 entries; at most 1000 are allowed in one call.": changed(
        aud_userid=[f"u{number}" for number in range(1001)]
    ),
    "The audience is empty: name at least one aud_userid, aud_tag, aud_segment or"
    " aud_app.": changed(aud_userid=...),
    "A broadcast goes to everyone and takes no aud_userid; use /v1/sent.": changed(
        aud_userid=["user1"]
    ),
    f"platform is missing: “all”, or any of {PLATFORMS}.": push(platform=...),
    f"platform is 'symbian'; it must be “all”, or any of {PLATFORMS}.": symbian,
    "There is no enabled App channel to send through.": without_a_channel,
    "There is no sending rule 1001; leave rule_id out.": changed(rule_id=1001),
    "There is no block list with the id 1234. The console lists them.": changed(
        option={"black_id": 1234}
    ),
    "black_id and white_id cannot be used together.": changed(
        option={"black_id": 1, "white_id": 2}
    ),
    "option.priority is 4; it must be 1, 2 or 3.": changed(option={"priority": 4}),
    "There is no message “v:1t:1603707455p:27133n:2”.": World.make,
    **{
        f"{field} cannot be sent: this business line has App channels only.": changed(
            **{field: [{}]}
        )
        for kind in OTHER_KINDS
        for field in (f"aud_{kind}", f"msg_{kind}")
        if field != "msg_wechatwk_linkedcorp"
    },
    "For ios, notification.ios takes 2012 bytes; JPush takes at most 2000. A Chinese character is"
    " three bytes.": push(platform="ios", notification={"ios": {"alert": "x" * 2000}}),
    "The message holds the sensitive word “jackpot”: write it without.": with_a_sensitive_word,
    "option.send_time “tomorrow” is not a time of RFC 3339 with its offset, such as"
    " 2026-12-01T09:00:00+08:00.": changed(option={"send_time": "tomorrow"}),
    "API messages of this business line need approval: option.owner must be the user name of an"
    " operator, which “” is not.": with_line(api_approval=True),
    "The quiet hours of “Shop” last until 2026-12-01 08:00 +0800; send later.": with_line(
        quiet_from=time(0, 0), quiet_until=time(23, 59, 59, 999_999)
    ),
    "“Shop” may send 0 broadcasts a day; those of today are used up.": with_line(
        broadcasts_per_day=0
    ),
    "The Idempotency-Key “order-4711” was used for another call or body before. Use a new key for"
    " each message.": with_a_used_key,
    "There is no user segment with the id “1000”. The console lists the segments with their"
    " ids.": changed(aud_segment=["1000"]),
    **OF_MESSAGES,
    "There is no template 10001.": without_template,
    "Template 10001 is not a general template; only those can be sent by API.": with_template(
        general=False
    ),
    "Template 10001 is disabled: enable it in the console.": with_template(enabled=False),
    "msg_app is not allowed beside a template, which has its own content.": changed(msg_app=[{}]),
    "template_para has no value for: user, url. The template needs each of them.": changed(
        template_para=...
    ),
    "app_para is missing: a template goes to App channels and needs app_para.platform.": changed(
        app_para=...
    ),
}
