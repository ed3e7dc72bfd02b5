"""POST /v1/sent: whom `aud_…` and the lists reach (protocol/ums.md 4)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.audience import Audience
from tests.contract.calls import accepted, assert_refused, reached
from tests.contract.tables import AUDIENCE_REFUSED
from tests.messaging_app.calls import APP

pytestmark = pytest.mark.usefixtures("groups")

PATH = "/v1/sent"
U1 = {"app1/r1", "app2/s1"}
NEW = {"app1/r2", "app1/r2b", "app1/r3"}


def ids(*registration_ids: str, **fields: Any) -> dict[str, Any]:
    return {"aud_app": [{"data": list(registration_ids), **fields}]}


# The crowd is that of conftest.py; a userid that stands alone has no device.
REACHED = [
    pytest.param(audience, targets, id=fact)
    for fact, audience, targets in [
        ("a userid: on every channel of the line", {"aud_userid": ["u1"]}, U1),
        ("several devices", {"aud_userid": ["u2"]}, {"app1/r2", "app1/r2b"}),
        ("several userids", {"aud_userid": ["u1", "u3"]}, {*U1, "app1/r3"}),
        ("a userid twice counts once", {"aud_userid": ["u1", "u1"]}, U1),
        ("a userid without a device", {"aud_userid": ["u4"]}, {"u4"}),
        ("with devices in channels of others only", {"aud_userid": ["u5"]}, {"u5"}),
        ("a userid that nobody has uploaded", {"aud_userid": ["nobody"]}, {"nobody"}),
        ("… with a character of no upload", {"aud_userid": ["王 五"]}, {"王 五"}),
        ("an int as userid", {"aud_userid": [12]}, {"12"}),
        ("all specials of a userid", {"aud_userid": ["aZ9_@!#$&*+=.|￥"]}, {"aZ9_@!#$&*+=.|￥"}),
        ("two people with one device", {"aud_userid": ["u6", "u7"]}, {"app1/shared"}),
        ("a tag of the line before that of all", {"aud_tag": ["vip"]}, {*U1, "u4"}),
        ("a tag of all where the line has none", {"aud_tag": ["new"]}, NEW),
        ("the choice is made for each tag", {"aud_tag": ["vip", "new"]}, {*U1, "u4", *NEW}),
        ("a tag of another line is not seen", {"aud_tag": ["gold"]}, set()),
        ("a tag that nobody has", {"aud_tag": ["none"]}, set()),
        ("a tag that no upload takes", {"aud_tag": ["标" * 14, "a b"]}, set()),
        ("a person with several of the tags", {"aud_tag": ["new", "new"]}, NEW),
        ("tagged people with one device", {"aud_tag": ["pair"]}, {"app1/shared"}),
        ("tagged, but elsewhere", {"aud_tag": ["far"]}, {"u5"}),
        ("a segment", {"aud_segment": ["1000"]}, NEW),
        ("a segment by a number", {"aud_segment": [1000]}, NEW),
        (
            "tag, userid and segment: a union without doubles",
            {"aud_tag": ["vip"], "aud_userid": ["u1", "u6", "x"], "aud_segment": ["1000"]},
            {*U1, "u4", "app1/shared", "x", *NEW},
        ),
        ("ids: tried on each channel", ids("r1"), {"app1/r1", "app2/r1"}),
        ("ids that nobody has uploaded", ids("zz"), {"app1/zz", "app2/zz"}),
        ("an id twice counts once", ids("r1", "r1"), {"app1/r1", "app2/r1"}),
        ("rule_id has no effect on ids", {**ids("zz"), "rule_id": 1001}, {"app1/zz", "app2/zz"}),
        ("instance has no effect", ids("r1", instance="app2"), {"app1/r1", "app2/r1"}),
        ("instance may be anything", ids("r1", instance=5), {"app1/r1", "app2/r1"}),
        (
            "several elements",
            {"aud_app": [{"instance": "app", "data": ["r1"]}, {"data": ["r2", "r1"]}]},
            {"app1/r1", "app2/r1", "app1/r2", "app2/r2"},
        ),
        ("empty fields beside one", {"aud_userid": ["u4"], "aud_tag": [], "aud_app": []}, {"u4"}),
        ("null fields beside one", {"aud_userid": ["u4"], "aud_segment": None}, {"u4"}),
    ]
]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(("audience", "targets"), REACHED)
def test_whom_an_audience_reaches(
    business_line: BusinessLine, audience: dict[str, Any], targets: set[str]
) -> None:
    assert reached(accepted(business_line, PATH, {**APP, **audience})) == targets


LISTED = [
    pytest.param(audience, option, targets, id=fact)
    for fact, audience, option, targets in [
        ("black_id", {"aud_userid": ["u2", "u3"]}, {"black_id": 1234}, {"app1/r3"}),
        ("black_id and a tag", {"aud_tag": ["new"]}, {"black_id": 1234}, {"app1/r3"}),
        ("black_id and a segment", {"aud_segment": [1000]}, {"black_id": 1234}, {"app1/r3"}),
        ("black_id and ids", ids("r2", "zz"), {"black_id": 1234}, {"app1/zz", "app2/zz"}),
        ("white_id", {"aud_userid": ["u2", "u3"]}, {"white_id": 1235}, {"app1/r2", "app1/r2b"}),
        ("white_id and a tag", {"aud_tag": ["new"]}, {"white_id": 1235}, {"app1/r2", "app1/r2b"}),
        ("white_id and ids", ids("r2", "zz"), {"white_id": 1235}, {"app1/r2", "app2/r2"}),
        ("nobody is left", {"aud_userid": ["u2"]}, {"black_id": 1234}, set()),
    ]
]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(("audience", "option", "targets"), LISTED)
def test_whom_the_lists_leave(
    business_line: BusinessLine,
    audience: dict[str, Any],
    option: dict[str, Any],
    targets: set[str],
) -> None:
    body = {**APP, **audience, "option": option}

    assert reached(accepted(business_line, PATH, body)) == targets


@pytest.mark.usefixtures("crowd")
def test_a_channel_that_is_disabled_or_of_another_line_is_not_used(
    business_line: BusinessLine,
) -> None:
    Channel.objects.filter(code="app1").update(enabled=False)

    message = accepted(business_line, PATH, {**APP, "aud_userid": ["u1", "u2", "u5"]})

    assert reached(message) == {"app2/s1", "u2", "u5"}


AT_THE_LIMIT = [
    pytest.param({"aud_userid": [f"u{n}" for n in range(1000)]}, "userids", id="1000 userids"),
    pytest.param({"aud_userid": ["x" * 64]}, "userids", id="64 characters of a userid"),
    pytest.param({"aud_tag": [f"t{n}" for n in range(20)]}, "tags", id="20 tags"),
    pytest.param({"aud_tag": ["标" * 13 + "x"]}, "tags", id="40 bytes of a tag"),
    pytest.param({"aud_tag": ["会员aZ9_@!#$&*+=.|￥"]}, "tags", id="all specials of a tag"),
    pytest.param(ids(*(f"r{n}" for n in range(1000))), "registration_ids", id="1000 ids"),
    pytest.param(ids("x" * 64), "registration_ids", id="64 characters of an id"),
]


@pytest.mark.parametrize(("audience", "stored"), AT_THE_LIMIT)
def test_an_audience_at_the_limit(
    business_line: BusinessLine, audience: dict[str, Any], stored: str
) -> None:
    message = accepted(business_line, PATH, {**APP, **audience})

    [asked] = audience.values()
    asked = asked[0]["data"] if stored == "registration_ids" else asked
    assert getattr(Audience.from_json(message.audience), stored) == tuple(asked)


@pytest.mark.parametrize(("audience", "code", "words"), AUDIENCE_REFUSED)
def test_an_audience_that_is_refused(
    business_line: BusinessLine, audience: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, {**APP, **audience}, code=code, words=words)
