"""The people that benchmarks make up."""

import pytest

from bench.people import fill, first_userids
from channels_app.models import Channel
from tests.bench.tested import TestDatabase
from users_app.models import EndUser, Registration

pytestmark = pytest.mark.django_db


def test_each_channel_has_its_devices_in_no_order(channel: Channel) -> None:
    other = Channel.objects.create(
        code="other", name="other", app_key="a" * 24, master_secret="s" * 24
    )

    fill(TestDatabase(), {channel.code: 30, other.code: 5})

    assert EndUser.objects.count() == 30
    ids = list(Registration.objects.filter(channel=channel).order_by("pk"))
    assert len({each.registration_id for each in ids}) == len(ids) == 30
    assert [each.registration_id for each in ids] != sorted(each.registration_id for each in ids)
    assert Registration.objects.filter(channel=other).values("end_user").distinct().count() == 5


def test_the_first_userids_are_stored(channel: Channel) -> None:
    fill(TestDatabase(), {channel.code: 30})

    assert EndUser.objects.filter(userid__in=first_userids(7)).count() == 7
