"""Parts of a push that JPush would not take (protocol/jpush.md 2.7)."""

from typing import Any

import pytest

from messaging_app.notification import Notification
from messaging_app.sizes import check_sizes, too_large
from ums.lib.errors import Code, DomainError


def oversized(**push: Any) -> list[tuple[str, str, int]]:
    return [(part.platform, part.fields, part.size) for part in too_large(push)]


def alert(size: int) -> dict[str, str]:
    """An object of `size` bytes: `{"alert":""}` are 12."""
    return {"alert": "x" * (size - 12)}


def test_android_counts_notification_and_message_together() -> None:
    message = {"msg_content": "x" * 982}  # 1,000 bytes

    def sizes(android: int) -> list[tuple[str, str, int]]:
        parts = {"notification": {"android": alert(android)}, "message": message}
        return oversized(platform=["android"], **parts)

    assert sizes(3000) == []
    assert sizes(3001) == [("android", "notification + message", 4001)]


def test_the_whole_ios_object_counts_braces_included() -> None:
    def sizes(ios: int) -> list[tuple[str, str, int]]:
        return oversized(platform=["ios"], notification={"ios": alert(ios)})

    assert sizes(2000) == []
    assert sizes(2001) == [("ios", "notification.ios", 2001)]


def test_an_ios_message_and_a_live_activity_have_limits_of_their_own() -> None:
    assert oversized(platform=["ios"], message={"msg_content": "x" * 3982}) == []
    assert oversized(platform=["ios"], message={"msg_content": "x" * 3983}) == [
        ("ios", "message", 4001)
    ]
    assert oversized(platform=["ios"], live_activity=alert(3584)) == []
    assert oversized(platform=["ios"], live_activity=alert(3585)) == [
        ("ios", "live_activity", 3585)
    ]


def test_the_alert_for_all_platforms_counts_where_a_platform_has_none() -> None:
    shortcut = {"alert": "x" * 2500}

    assert [name for name, *_ in oversized(platform="all", notification=shortcut)] == ["ios"]
    own = {**shortcut, "ios": {"alert": "short"}}
    assert oversized(platform="all", notification=own) == []


def test_a_platform_that_is_not_asked_for_does_not_count() -> None:
    huge = {"android": alert(9000), "ios": alert(9000), "hmos": alert(9000)}

    assert oversized(platform=["hmos"], notification=huge) == []


def test_bytes_count_not_characters() -> None:
    assert too_large(Notification(title="", text="中" * 600).to_push()) == []
    names = [
        part.platform for part in too_large(Notification(title="", text="中" * 1400).to_push())
    ]
    assert names == ["android", "ios"]


def test_the_refusal_names_platform_size_and_limit() -> None:
    with pytest.raises(DomainError, match=r"ios.*2001 bytes.*2000") as caught:
        check_sizes({"platform": ["ios"], "notification": {"ios": alert(2001)}})

    assert caught.value.code == Code.INVALID_PARAMETER
