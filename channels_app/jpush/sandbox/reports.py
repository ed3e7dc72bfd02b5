"""Answers questions about messages and devices after the push (protocol/jpush.md 10 and 11)."""

from enum import IntEnum

from channels_app.jpush.sandbox.answers import RefusalError
from channels_app.jpush.sandbox.outcomes import Outcomes
from channels_app.jpush.sandbox.rules import MAX_IDS_PER_PUSH, is_usable_id, read_object
from channels_app.jpush.sandbox.state import Book

MAX_REPORTED = 100  # protocol/jpush.md 10.1
RECEIVED_FIELD = {  # protocol/jpush.md 10.1
    "android": "jpush_received",
    "ios": "ios_apns_received",
    "hmos": "hmos_hmpns_received",
    "quickapp": "quickapp_jpush_received",
}


class Status(IntEnum):
    """protocol/jpush.md 10.2."""

    DELIVERED = 0
    NOT_DELIVERED = 1
    FOREIGN = 2
    NO_TARGET = 3


def received(book: Book, app_key: str, msg_ids: str) -> list[dict[str, object]]:
    """10.1: counts of messages; an unknown one has nothing but its id."""
    numbers = msg_ids.split(",")
    if len(numbers) > MAX_REPORTED or not all(each.isdecimal() for each in numbers):
        raise RefusalError(1003, f"msg_ids must be 1 to {MAX_REPORTED} numbers")
    report: list[dict[str, object]] = []
    for msg_id in numbers:
        entry: dict[str, object] = {"msg_id": msg_id}
        message = book.message(app_key, msg_id)
        if message is not None:
            entry |= dict.fromkeys(RECEIVED_FIELD.values())
            entry[RECEIVED_FIELD[message.device_platform]] = message.delivered
        report.append(entry)
    return report


def statuses(
    book: Book, outcomes: Outcomes, app_key: str, body: bytes
) -> dict[str, dict[str, Status]]:
    """10.2: what became of one message on each device."""
    question = read_object(body)
    msg_id, ids = str(question.get("msg_id")), question.get("registration_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_IDS_PER_PUSH:
        raise RefusalError(1003, f"registration_ids must be a list of 1 to {MAX_IDS_PER_PUSH} ids")
    message = book.message(app_key, msg_id)
    targets = frozenset(message.packed_ids.split("\n")) if message is not None else frozenset()
    answer = {}
    for each in map(str, ids):
        if each in targets:
            delivered = outcomes.is_delivered(each, msg_id)
            status = Status.DELIVERED if delivered else Status.NOT_DELIVERED
        else:
            status = Status.NO_TARGET if is_usable_id(each) else Status.FOREIGN
        answer[each] = {"status": status}
    return answer


def device(registration_id: str) -> dict[str, None]:
    """11: a device without tags, alias and number."""
    if not is_usable_id(registration_id):
        raise RefusalError(7002, f"The registration_id {registration_id} is invalid!")
    return {"tags": None, "alias": None, "mobile": None}
