"""What every contract test asks of an answer (protocol/ums.md 3.0 and 3.1)."""

from collections.abc import Mapping
from typing import Any

from channels_app.models import BusinessLine
from messaging_app.expansion import expand
from messaging_app.models import Delivery, Message
from tests.messaging_app.calls import post
from tests.messaging_app.expansions import assert_it_adds_up

WITHOUT = ...  # as a changed value: the field is left out


def changed(body: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """`body` with these fields, or WITHOUT them."""
    return {key: value for key, value in {**body, **fields}.items() if value is not WITHOUT}


def refusal(response: Any, *, code: int, status: int = 400, words: str = "") -> dict[str, Any]:
    """The answer, after a look at its status, its code and the shape that all failures share."""
    answer: dict[str, Any] = response.json()
    assert (response.status_code, answer["code"]) == (status, code), response.content
    assert response["Content-Type"] == "application/json"
    assert type(answer["code"]) is int
    assert type(answer["message"]) is str
    assert words in answer["message"]
    assert answer["message"]
    return answer


def assert_refused(
    line: BusinessLine, path: str, body: Any, *, code: int, words: str = "", status: int = 400
) -> None:
    """Nothing is stored, and no msgid is given (protocol/ums.md 3.1)."""
    answer = refusal(post(line, path, body), code=code, status=status, words=words)
    assert set(answer) == {"code", "message"}
    assert not Message.objects.exists()


def accepted(line: BusinessLine, path: str, body: Any) -> Message:
    """The one message that the call has made, after a look at the answer's shape."""
    response = post(line, path, body)
    answer = response.json()
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    assert set(answer) - {"sendno"} == {"code", "message", "msgid"}
    assert (answer["code"], type(answer["code"]), answer["message"]) == (0, int, "success")
    assert {type(value) for key, value in answer.items() if key != "code"} == {str}
    return Message.objects.get(msgid=answer["msgid"])


def reached(message: Message) -> set[str]:
    """`code of the channel/registrationID` of all devices, and `userid` of who has none."""
    assert expand(message.pk)
    message.refresh_from_db()
    assert_it_adds_up(message)
    rows = Delivery.objects.filter(message=message)
    found = rows.values_list("channel__code", "registration_id", "userid")
    targets = [f"{code}/{device}" if device else userid for code, device, userid in found]
    assert len(set(targets)) == len(targets) == message.targets
    return set(targets)
