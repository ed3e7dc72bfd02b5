"""Quiet hours, broadcasts of a day, approval: what a business line's own settings refuse."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from channels_app.models import BusinessLine
from messaging_app.models import Message
from tests.messaging_app.calls import APP, TO_U1, post

ALWAYS = {"quiet_from": time(0, 0), "quiet_until": time(23, 59, 59, 999_999)}


def assert_refused(response: Any, code: int, words: str) -> None:
    assert (response.status_code, response.json()["code"]) == (400, code), response.content
    assert words in response.json()["message"]


def limited(line: BusinessLine, **values: Any) -> BusinessLine:
    BusinessLine.objects.filter(pk=line.pk).update(**values)
    return line


@pytest.mark.parametrize(("path", "body"), [("/v1/sent", TO_U1), ("/v1/broadcast", APP)])
def test_nothing_is_accepted_in_quiet_hours(
    business_line: BusinessLine, path: str, body: Any
) -> None:
    limited(business_line, **ALWAYS)

    assert_refused(post(business_line, path, body), 1015038, "Shop")
    assert not Message.objects.exists()


def test_a_message_for_later_is_judged_by_its_own_time(business_line: BusinessLine) -> None:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    later = now + timedelta(hours=3)
    window = {"quiet_from": (later - timedelta(minutes=5)).time()}
    limited(business_line, **window, quiet_until=(later + timedelta(minutes=5)).time())

    body = {**TO_U1, "option": {"send_time": later.isoformat()}}
    assert_refused(post(business_line, "/v1/sent", body), 1015038, "quiet hours")
    assert post(business_line, "/v1/sent", TO_U1).status_code == 200


def test_broadcasts_above_the_days_number_are_refused(business_line: BusinessLine) -> None:
    limited(business_line, broadcasts_per_day=2)

    assert [post(business_line, "/v1/broadcast", APP).status_code for _ in range(2)] == [200, 200]
    assert_refused(post(business_line, "/v1/broadcast", APP), 1015029, "2 broadcasts")
    assert post(business_line, "/v1/sent", TO_U1).status_code == 200
    Message.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert post(business_line, "/v1/broadcast", APP).status_code == 200


def test_a_line_may_have_no_broadcasts_at_all(business_line: BusinessLine) -> None:
    limited(business_line, broadcasts_per_day=0)

    assert_refused(post(business_line, "/v1/broadcast", APP), 1015029, "0 broadcasts")


def test_broadcasts_of_another_line_do_not_count(business_line: BusinessLine) -> None:
    other = BusinessLine.objects.create(name="Bank")
    other.channels.set(business_line.channels.all())
    limited(business_line, broadcasts_per_day=1)

    assert post(other, "/v1/broadcast", APP).status_code == 200
    assert post(business_line, "/v1/broadcast", APP).status_code == 200


@pytest.mark.parametrize("owner", [None, "", "nobody", "a\x00b", 7])
def test_with_approval_an_owner_is_needed(business_line: BusinessLine, owner: Any) -> None:
    limited(business_line, api_approval=True)
    User.objects.create_user("gone", is_active=False)

    response = post(business_line, "/v1/sent", {**TO_U1, "option": {"owner": owner}})

    assert_refused(response, 1015023, "option.owner")
    assert not Message.objects.exists()


def test_with_approval_a_message_waits_under_its_owners_account(
    business_line: BusinessLine,
) -> None:
    limited(business_line, api_approval=True)
    owner = User.objects.create_user("admin")

    response = post(business_line, "/v1/sent", {**TO_U1, "option": {"owner": "admin"}})

    assert response.status_code == 200
    message = Message.objects.get()
    assert (message.state, message.operator) == (Message.State.PENDING_APPROVAL, owner)


def test_without_approval_the_owner_says_nothing(business_line: BusinessLine) -> None:
    post(business_line, "/v1/sent", {**TO_U1, "option": {"owner": "nobody"}})

    message = Message.objects.get()
    assert (message.state, message.operator) == (Message.State.EXPANDING, None)
