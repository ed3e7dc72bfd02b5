"""Deciding on messages that wait for approval."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.approval import approve, refuse, reviewed, verdict, waiting
from messaging_app.expansion import expand
from messaging_app.lifetime import MAX_RETRY_SECONDS
from messaging_app.models import Message
from tests.messaging_app.approvals import approver, waiting_message
from tests.messaging_app.makers import add_crowd
from ums.lib.errors import Code, DomainError


@pytest.fixture
def owner(db: None) -> User:
    return approver("owner")


@pytest.fixture
def reviewer(db: None) -> User:
    return approver()


@pytest.fixture
def message(channel: Channel, business_line: BusinessLine, owner: User) -> Message:
    return waiting_message(channel, line=business_line, owner=owner)


def be_quiet_now(line: BusinessLine) -> None:
    now = timezone.localtime()
    line.quiet_from = (now - timedelta(hours=1)).time()
    line.quiet_until = (now + timedelta(hours=1)).time()
    line.save()


def test_a_waiting_message_is_not_sent(channel: Channel, message: Message) -> None:
    add_crowd(channel, 1)

    assert not expand(message.pk)


def test_an_approved_message_goes_at_once(
    channel: Channel, message: Message, reviewer: User
) -> None:
    add_crowd(channel, 1)
    before = timezone.now()

    approved = approve(message=message, reviewer=reviewer)

    assert approved.state == Message.State.EXPANDING
    assert approved.reviewer == reviewer
    assert approved.reviewed_at is not None
    assert before <= approved.reviewed_at <= timezone.now()
    assert expand(message.pk)
    message.refresh_from_db()
    assert message.targets == 1


def test_an_approved_message_of_later_waits_for_its_moment(
    message: Message, reviewer: User
) -> None:
    Message.objects.update(send_at=timezone.now() + timedelta(hours=1))
    message.refresh_from_db()

    approved = approve(message=message, reviewer=reviewer)

    assert approved.state == Message.State.SCHEDULED
    assert approved.send_at is not None
    assert approved.expires_at == approved.send_at + timedelta(seconds=MAX_RETRY_SECONDS)


def test_the_time_for_retries_begins_with_the_approval(message: Message, reviewer: User) -> None:
    passed = timezone.now() - timedelta(days=3)
    Message.objects.update(send_at=passed, expires_at=passed)
    message.refresh_from_db()

    approved = approve(message=message, reviewer=reviewer)

    assert approved.state == Message.State.EXPANDING
    assert approved.reviewed_at is not None
    assert approved.expires_at == approved.reviewed_at + timedelta(seconds=MAX_RETRY_SECONDS)


def test_a_refused_message_ends_with_its_reason(message: Message, reviewer: User) -> None:
    refused = refuse(message=message, reviewer=reviewer, reason="  Too loud.\n")

    assert (refused.state, refused.reason) == (Message.State.CANCELLED, "Too loud.")
    assert refused.reviewer == reviewer
    assert refused.done_at == refused.reviewed_at is not None
    assert not expand(message.pk)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 256])
def test_a_refusal_needs_a_reason_that_can_be_stored(
    message: Message, reviewer: User, reason: str
) -> None:
    with pytest.raises(DomainError, match="reason"):
        refuse(message=message, reviewer=reviewer, reason=reason)

    message.refresh_from_db()
    assert message.state == Message.State.PENDING_APPROVAL


def test_the_submitter_cannot_approve_but_may_refuse(message: Message, owner: User) -> None:
    with pytest.raises(DomainError, match=r"under your account \(owner\)"):
        approve(message=message, reviewer=owner)
    message.refresh_from_db()
    assert (message.state, message.reviewer) == (Message.State.PENDING_APPROVAL, None)

    refused = refuse(message=message, reviewer=owner, reason="A mistake.")

    assert verdict(refused) == "refused by owner: A mistake."


def test_even_a_superuser_cannot_approve_what_is_his(channel: Channel, admin_user: User) -> None:
    with pytest.raises(DomainError, match=r"\(admin\)"):
        approve(message=waiting_message(channel, owner=admin_user), reviewer=admin_user)


def test_nothing_is_approved_into_the_quiet_hours(
    message: Message, business_line: BusinessLine, reviewer: User
) -> None:
    be_quiet_now(business_line)
    message = Message.objects.get(pk=message.pk)

    with pytest.raises(DomainError, match="“Shop” has quiet hours until") as caught:
        approve(message=message, reviewer=reviewer)
    assert caught.value.code == Code.QUIET_HOURS

    # What counts is when it would be sent.
    Message.objects.update(send_at=timezone.now() + timedelta(hours=3))
    message = Message.objects.get(pk=message.pk)
    assert approve(message=message, reviewer=reviewer).state == Message.State.SCHEDULED


def test_quiet_hours_do_not_keep_anybody_from_refusing(
    message: Message, business_line: BusinessLine, reviewer: User
) -> None:
    be_quiet_now(business_line)

    assert refuse(message=message, reviewer=reviewer, reason="No.").reason == "No."


def test_a_message_cancelled_after_its_approval_is_not_called_refused(
    message: Message, reviewer: User
) -> None:
    approve(message=message, reviewer=reviewer)
    Message.objects.update(state=Message.State.CANCELLED, done_at=timezone.now(), reason="x")
    message.refresh_from_db()

    assert verdict(message) == "approved by reviewer"


def test_messages_wait_oldest_first_and_decisions_stand_latest_first(
    channel: Channel, owner: User, reviewer: User
) -> None:
    one, two, three = (waiting_message(channel, owner=owner) for _ in range(3))
    assert list(waiting()) == [one, two, three]

    refuse(message=two, reviewer=reviewer, reason="No.")
    approve(message=one, reviewer=reviewer)

    assert list(waiting()) == [three]
    assert list(reviewed()) == [one, two]


@pytest.mark.parametrize(
    ("find", "index"), [(waiting, "messages_to_approve"), (reviewed, "reviewed_messages")]
)
def test_nobody_searches_all_messages_for_those_to_decide_on(
    message: Message, find: Callable[[], QuerySet[Message]], index: str
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table.")

    assert index in find().explain()
