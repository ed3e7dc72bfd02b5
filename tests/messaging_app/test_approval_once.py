"""A message is decided on once, whoever else tries at the same moment."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection

from channels_app.models import BusinessLine, Channel
from messaging_app.approval import approve, refuse, verdict
from messaging_app.models import Message
from tests.messaging_app.approvals import approver, waiting_message
from ums.lib.errors import DomainError

DECISIONS: list[Callable[[Message, User], Message]] = [
    lambda message, user: approve(message=message, reviewer=user),
    lambda message, user: refuse(message=message, reviewer=user, reason="Too loud."),
]


@pytest.fixture
def owner(db: None) -> User:
    return approver("owner")


@pytest.fixture
def reviewer(db: None) -> User:
    return approver()


@pytest.fixture
def message(channel: Channel, business_line: BusinessLine, owner: User) -> Message:
    return waiting_message(channel, line=business_line, owner=owner)


@pytest.mark.parametrize("second", DECISIONS, ids=["approve", "refuse"])
def test_a_second_decision_names_the_first(
    message: Message, reviewer: User, second: Callable[[Message, User], Message]
) -> None:
    stale = Message.objects.get(pk=message.pk)
    approve(message=message, reviewer=reviewer)

    with pytest.raises(DomainError, match=r"approved by reviewer.*expanding") as caught:
        second(stale, approver("late"))
    with pytest.raises(DomainError, match="approved by reviewer"):
        second(Message.objects.get(pk=message.pk), approver("later"))

    assert message.msgid in caught.value.message
    message.refresh_from_db()
    assert (message.reviewer, message.reason) == (reviewer, "")


@pytest.mark.parametrize("decide", DECISIONS, ids=["approve", "refuse"])
@pytest.mark.parametrize(
    "state", [state for state in Message.State if state != Message.State.PENDING_APPROVAL]
)
def test_only_waiting_messages_are_decided_on(
    message: Message,
    reviewer: User,
    state: Message.State,
    decide: Callable[[Message, User], Message],
) -> None:
    Message.objects.update(state=state)

    with pytest.raises(DomainError, match=f"it is {state.label}"):
        decide(message, reviewer)  # which still looks as if it were waiting

    message.refresh_from_db()
    assert (message.state, message.reviewer) == (state, None)


@pytest.mark.django_db(transaction=True)
def test_of_decisions_at_the_same_moment_one_wins(channel: Channel) -> None:
    owner = approver("owner")
    reviewers = [approver(f"r{n}") for n in range(4)]
    for _round in range(5):
        message = waiting_message(channel, owner=owner)
        together = threading.Barrier(4)
        won: list[Message] = []
        lost: list[str] = []

        def work(
            number: int,
            message: Message = message,
            together: threading.Barrier = together,
            won: list[Message] = won,
            lost: list[str] = lost,
        ) -> None:
            try:
                mine = Message.objects.get(pk=message.pk)
                together.wait(30)
                won.append(DECISIONS[number % 2](mine, reviewers[number]))
            except DomainError as exc:
                lost.append(exc.message)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        message.refresh_from_db()
        [winner] = won
        assert len(lost) == 3
        assert message.reviewer == winner.reviewer
        assert all(verdict(winner) in sentence for sentence in lost)
        assert bool(message.reason) == (message.state == Message.State.CANCELLED)
