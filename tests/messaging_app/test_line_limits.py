"""Quiet hours and broadcasts of a day beyond the rows of tests/contract."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_app.models import BusinessLine
from tests.messaging_app.calls import APP, TO_U1, post


def assert_refused(response: Any, code: int, words: str) -> None:
    assert (response.status_code, response.json()["code"]) == (400, code), response.content
    assert words in response.json()["message"]


def limited(line: BusinessLine, **values: Any) -> BusinessLine:
    BusinessLine.objects.filter(pk=line.pk).update(**values)
    return line


def test_a_message_for_later_is_judged_by_its_own_time(business_line: BusinessLine) -> None:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    later = now + timedelta(hours=3)
    window = {"quiet_from": (later - timedelta(minutes=5)).time()}
    limited(business_line, **window, quiet_until=(later + timedelta(minutes=5)).time())

    body = {**TO_U1, "option": {"send_time": later.isoformat()}}
    assert_refused(post(business_line, "/v1/sent", body), 1015038, "quiet hours")
    assert post(business_line, "/v1/sent", TO_U1).status_code == 200


def test_broadcasts_of_another_line_do_not_count(business_line: BusinessLine) -> None:
    other = BusinessLine.objects.create(name="Bank")
    other.channels.set(business_line.channels.all())
    limited(business_line, broadcasts_per_day=1)

    assert post(other, "/v1/broadcast", APP).status_code == 200
    assert post(business_line, "/v1/broadcast", APP).status_code == 200
