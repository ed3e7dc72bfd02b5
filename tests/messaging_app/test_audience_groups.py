"""aud_segment, black_id and white_id: whom a send reaches."""

from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.models import Message
from messaging_app.targets import reach
from tests.messaging_app.calls import APP, post
from tests.messaging_app.expansions import assert_it_adds_up, devices, without_device
from tests.messaging_app.makers import add_person
from users_app.models import EndUser, PersonList, PersonListEntry, Segment


@pytest.fixture(autouse=True)
def _crowd(channel: Channel) -> None:
    """Four people; r3 is shared by u3 and u4, and u5 has no device."""
    add_person("u1", devices={channel: ["r1"]}, tags=["vip"])
    add_person("u2", devices={channel: ["r2"]}, tags=["vip"])
    add_person("u3", devices={channel: ["r3"]}, tags=["new"])
    add_person("u4", devices={channel: ["r3"]})
    add_person("u5", tags=["vip"])


def person_list(kind: PersonList.Kind, *userids: str) -> PersonList:
    made = PersonList.objects.create(name=str(kind), kind=kind)
    PersonListEntry.objects.bulk_create(
        PersonListEntry(person_list=made, userid=userid) for userid in userids
    )
    return made


def block(*userids: str) -> dict[str, int]:
    return {"black_id": person_list(PersonList.Kind.BLOCK, *userids).pk}


def allow(*userids: str) -> dict[str, int]:
    return {"white_id": person_list(PersonList.Kind.ALLOW, *userids).pk}


def sent(line: BusinessLine, body: dict[str, Any], path: str = "/v1/sent") -> Message:
    response = post(line, path, {**APP, **body})
    assert response.status_code == 200, response.content
    message = Message.objects.get()
    assert expand(message.pk)
    message.refresh_from_db()
    return message


def vip() -> Segment:
    return Segment.objects.create(name="VIPs", tags_any=["vip"])


def test_a_segment_reaches_its_people(business_line: BusinessLine) -> None:
    message = sent(business_line, {"aud_segment": [str(vip().pk)]})

    assert devices(message) == {"r1": "u1", "r2": "u2"}
    assert without_device(message) == {"u5"}
    assert_it_adds_up(message)


def test_a_segment_counts_as_it_is_when_the_message_starts(business_line: BusinessLine) -> None:
    segment = vip()
    post(business_line, "/v1/sent", {**APP, "aud_segment": [segment.pk]})
    EndUser.objects.filter(userid="u2").delete()

    message = Message.objects.get()
    expand(message.pk)

    assert devices(message) == {"r1": "u1"}


def test_segment_userids_and_tags_are_a_union_without_doubles(business_line: BusinessLine) -> None:
    body = {"aud_segment": [vip().pk], "aud_userid": ["u1", "u4"], "aud_tag": ["new"]}
    message = sent(business_line, body)

    assert devices(message) == {"r1": "u1", "r2": "u2", "r3": "u3"}
    assert_it_adds_up(message)


@pytest.mark.parametrize("value", ["7", 7, "seven", "-1", "0", "9" * 30, "٣"])
def test_an_unknown_segment_is_refused(business_line: BusinessLine, value: Any) -> None:
    response = post(business_line, "/v1/sent", {**APP, "aud_segment": [value]})

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert f"“{value}”" in response.json()["message"]


def test_more_than_one_segment_is_refused(business_line: BusinessLine) -> None:
    response = post(business_line, "/v1/sent", {**APP, "aud_segment": ["1", "2"]})

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert "aud_segment has 2" in response.json()["message"]


def test_a_segment_that_is_gone_when_the_message_starts_fails_it(
    business_line: BusinessLine,
) -> None:
    segment = vip()
    post(business_line, "/v1/sent", {**APP, "aud_segment": [segment.pk]})
    pk = segment.pk
    segment.delete()

    message = Message.objects.get()
    assert expand(message.pk)
    message.refresh_from_db()

    assert (message.state, message.targets) == (Message.State.FAILED, 0)
    assert str(pk) in message.reason
    assert message.done_at is not None
    assert not expand(message.pk)


AUDIENCES: list[Any] = [
    ("/v1/sent", {"aud_userid": ["u1", "u2", "u3"]}),
    ("/v1/broadcast", {}),
    ("/v1/sent", {"aud_app": [{"data": ["r1", "r2", "r3"]}]}),
]


@pytest.mark.parametrize(("path", "audience"), AUDIENCES, ids=["people", "everyone", "ids"])
def test_nobody_on_the_block_list_is_reached(
    business_line: BusinessLine, path: str, audience: dict[str, Any]
) -> None:
    message = sent(business_line, {**audience, "option": block("u1", "stranger")}, path)

    assert set(devices(message)) == {"r2", "r3"}
    assert_it_adds_up(message)


@pytest.mark.parametrize(("path", "audience"), AUDIENCES, ids=["people", "everyone", "ids"])
def test_only_the_allow_list_is_reached(
    business_line: BusinessLine, path: str, audience: dict[str, Any]
) -> None:
    message = sent(business_line, {**audience, "option": allow("u1", "u3")}, path)

    assert set(devices(message)) == {"r1", "r3"}
    assert_it_adds_up(message)


def test_a_shared_device_named_by_id_is_blocked_with_any_of_its_people(
    business_line: BusinessLine,
) -> None:
    body = {"aud_app": [{"data": ["r2", "r3"]}], "option": block("u4")}
    message = sent(business_line, body)

    assert set(devices(message)) == {"r2"}


def test_people_without_a_device_are_left_out_by_a_list_as_well(
    business_line: BusinessLine,
) -> None:
    body = {"aud_userid": ["u1", "u5", "nobody"], "option": block("u5")}
    message = sent(business_line, body)

    assert without_device(message) == {"nobody"}


def test_a_list_of_the_other_kind_is_not_found(business_line: BusinessLine) -> None:
    option = {"white_id": block("u1")["black_id"]}
    response = post(business_line, "/v1/broadcast", {**APP, "option": option})

    assert (response.status_code, response.json()["code"]) == (400, 1015046)


def test_a_deleted_block_list_does_not_let_its_people_be_reached(
    business_line: BusinessLine,
) -> None:
    post(business_line, "/v1/broadcast", {**APP, "option": block("u1")})
    PersonList.objects.all().delete()

    message = Message.objects.get()
    expand(message.pk)
    message.refresh_from_db()

    assert message.state == Message.State.FAILED
    assert not message.batches.exists()


def test_reach_counts_what_a_send_would_find(channel: Channel) -> None:
    blocked = block("u1")["black_id"]

    found = reach(Audience(segments=(vip().pk,), block_list=blocked), [channel.pk])

    assert (found.devices, found.no_device) == (1, 1)
