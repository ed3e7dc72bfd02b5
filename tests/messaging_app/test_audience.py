"""Whom a message may be for."""

from typing import Any

import pytest

from messaging_app.audience import Audience, check_limits
from ums.lib.errors import Code, DomainError

AUDIENCES = [
    Audience(everyone=True),
    Audience(userids=("u1", "王")),
    Audience(tags=("vip",)),
    Audience(userids=("u1",), tags=("vip", "new")),
    Audience(registration_ids=("1104a89792bbb69299a", "A-b_9")),
]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_audience_survives_being_stored(audience: Audience) -> None:
    assert Audience.from_json(audience.to_json()) == audience


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "is empty"),
        ({"everyone": True, "userids": ("u1",)}, "mixed"),
        ({"everyone": True, "registration_ids": ("r1",)}, "mixed"),
        ({"userids": ("u1",), "registration_ids": ("r1",)}, "mixed"),
        ({"tags": ("vip",), "registration_ids": ("r1",)}, "mixed"),
        ({"userids": ("u1", "")}, "“” is not a userid"),
        ({"userids": ("x" * 65,)}, "is not a userid"),
        ({"userids": ("u\x00",)}, "is not a userid"),
        ({"userids": ("u\n",)}, "is not a userid"),
        ({"tags": ("vip\x00",)}, "is not a tag"),
        ({"tags": ("",)}, "is not a tag"),
        ({"registration_ids": ("",)}, "is not a registrationID"),
        ({"registration_ids": ("r 1",)}, "“r 1” is not a registrationID"),
        ({"registration_ids": ("r1\n",)}, "is not a registrationID"),
        ({"registration_ids": ("é",)}, "is not a registrationID"),
        ({"registration_ids": ("x" * 65,)}, "is not a registrationID"),
    ],
)
def test_an_audience_that_makes_no_sense_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        Audience(**values)

    assert caught.value.code == Code.INVALID_PARAMETER


def test_the_longest_names_pass() -> None:
    audience = Audience(userids=("x" * 64,), tags=("标" * 13,))

    assert audience.userids == ("x" * 64,)
    assert Audience(registration_ids=("x" * 64,)).registration_ids == ("x" * 64,)


@pytest.mark.parametrize(
    ("field", "most", "code"),
    [
        ("userids", 1000, Code.TOO_MANY_USERIDS),
        ("tags", 20, Code.INVALID_PARAMETER),
        ("segments", 1, Code.INVALID_PARAMETER),
        ("registration_ids", 1000, Code.INVALID_PARAMETER),
    ],
)
def test_one_call_names_no_more_than_the_api_allows(field: str, most: int, code: Code) -> None:
    check_limits(**{field: range(most)})
    with pytest.raises(DomainError, match=f"has {most + 1} entries; at most {most}") as caught:
        check_limits(**{field: range(most + 1)})
    assert caught.value.code == code


def test_the_console_may_name_more_people_than_one_call() -> None:
    assert len(Audience(userids=tuple(map(str, range(5000)))).userids) == 5000
