"""Keys, HTTP statuses, bodies and quirks of every call (protocol/ums.md 2, 3.0, 4005, 1015030)."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from channels_app.models import AccessKey, BusinessLine
from messaging_app.models import Material, Message
from tests.contract.calls import refusal
from tests.contract.tables import TEMPLATE_BODY
from tests.messaging_app import forms
from tests.messaging_app.calls import APP, TO_U1, basic, header_of, post
from users_app.models import EndUser

pytestmark = pytest.mark.usefixtures("template", "folder")

TO_ALL = {key: value for key, value in TEMPLATE_BODY.items() if key != "aud_userid"}
FORM = forms.body(forms.ATTACHMENT, forms.FILE)
# Method, path, a body that is accepted, the kinds of key that may make the call (2).
CALLS: dict[str, tuple[str, str, Any, str]] = {
    "sent": ("POST", "/v1/sent", TO_U1, "line"),
    "broadcast": ("POST", "/v1/broadcast", APP, "line"),
    "template/sent": ("POST", "/v1/template/sent", TEMPLATE_BODY, "line"),
    "template/broadcast": ("POST", "/v1/template/broadcast", TO_ALL, "line"),
    "retract": ("POST", "/v1/retract/v:1t:1603707455p:27133n:2", None, "line"),
    "user/opt": ("POST", "/v1/user/opt", [{"userid": "u1"}], "line, global"),
    "user/delete": ("POST", "/v1/user/delete", ["u1"], "global"),
    "material": ("POST", "/v1/material", FORM, "line"),
    "token": ("GET", "/v1/token?type=wechatoa", None, "line"),
    "message": ("GET", "/v1/message/v:1t:1603707455p:27133n:2", None, "line"),
}
each_call = pytest.mark.parametrize("name", CALLS)
each_json_call = pytest.mark.parametrize(
    "name", [name for name, (*_rest, body, _keys) in CALLS.items() if isinstance(body, dict | list)]
)


def call(name: str, authorization: str | None, **changes: Any) -> Any:
    """The call as the table has it, but for `changes`: method, path, body, content_type."""
    method, path, body, _keys = CALLS[name]
    body = changes.get("body", body)
    label = forms.CONTENT_TYPE if body is FORM else "application/json"
    return Client().generic(
        changes.get("method", method),
        changes.get("path", path),
        body if isinstance(body, bytes) else json.dumps(body),
        content_type=changes.get("content_type", label),
        headers={"Authorization": authorization} if authorization is not None else {},
    )


def nothing_was_done() -> bool:
    return not any(model.objects.exists() for model in (Message, EndUser, Material))


def failed(name: str, response: Any, *, status: int, code: int, words: str = "") -> None:
    """As all failures of this call are written, and without a trace."""
    answer = refusal(response, status=status, code=code, words=words)
    assert set(answer) == {"code", "message"} | ({"data"} if name.startswith("user/") else set())
    assert answer.get("data", "") == ""
    assert nothing_was_done()


# --- 2: authentication ---------------------------------------------------------------------------


@each_call
@pytest.mark.parametrize("kind", ["line", "global"])
def test_which_key_may_make_which_call(
    business_line: BusinessLine, access_key: AccessKey, name: str, kind: str
) -> None:
    caller = business_line if kind == "line" else access_key

    response = call(name, header_of(caller))

    if kind in CALLS[name][-1]:
        assert response.status_code in {"retract": [400], "message": [404], "token": [400]}.get(
            name, [200]
        )
        assert response.json()["code"] != 4005
    else:
        needed = "ChannelKey" if kind == "global" else "global AccessKey"
        failed(name, response, status=403, code=4005, words=f"needs a {needed}")


@each_call
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer x", "Basic", "Basic !", "wrong secret", "wrong key", "of the other"],
)
def test_wrong_credentials_are_401_and_ask_for_basic(
    business_line: BusinessLine, access_key: AccessKey, name: str, header: str | None
) -> None:
    made_up = {
        "wrong secret": basic(business_line.channel_key, access_key.master_secret),
        "wrong key": basic("who", business_line.master_secret),
        "of the other": basic(access_key.access_key, business_line.master_secret),
    }

    response = call(name, made_up.get(header or "", header))

    failed(name, response, status=401, code=4005)
    assert response["WWW-Authenticate"].startswith("Basic ")


@each_call
def test_a_closed_line_makes_no_call(business_line: BusinessLine, name: str) -> None:
    BusinessLine.objects.update(enabled=False)

    failed(name, call(name, header_of(business_line)), status=400, code=1015005, words="Shop")


@pytest.mark.parametrize("name", ["user/opt", "user/delete"])
def test_a_closed_access_key_makes_no_call(access_key: AccessKey, name: str) -> None:
    AccessKey.objects.update(enabled=False)

    failed(name, call(name, header_of(access_key)), status=401, code=4005)


def test_keys_of_another_form_are_taken_as_they_are(business_line: BusinessLine) -> None:
    """15 digits and capitals were seen in real code; a secret may hold a colon."""
    BusinessLine.objects.update(channel_key="1A2B3C4D5E6F7G8")
    business_line.refresh_from_db()
    business_line.master_secret = "密:钥"
    business_line.save()

    header = basic("1A2B3C4D5E6F7G8", "密:钥")
    assert post(header, "/v1/sent", TO_U1).json()["code"] == 0


# --- 3.0: statuses and shapes --------------------------------------------------------------------


@each_call
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_another_method_is_405_and_names_the_right_one(
    business_line: BusinessLine, access_key: AccessKey, name: str, method: str
) -> None:
    right, _path, _body, keys = CALLS[name]
    if method == right:
        return
    header = header_of(business_line if "line" in keys else access_key)

    response = call(name, header, method=method)

    failed(name, response, status=405, code=4004, words=method)
    assert right in response["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/", "/v1/send", "/v1/sent/", "/v1/sent/1", "/v1/retract/"),
        *("/v1/%s/broadcast", "/v1/%25s/broadcast"),  # of the PHP client
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_call_is_404(business_line: BusinessLine, path: str, method: str) -> None:
    response = call("sent", header_of(business_line), method=method, path=path)

    failed("", response, status=404, code=4004, words="/v1/")


@each_json_call
def test_a_body_above_the_limit_is_413(
    business_line: BusinessLine, access_key: AccessKey, settings: Settings, name: str
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    header = header_of(access_key if name == "user/delete" else business_line)

    response = call(name, header, body=b" " * 1001)

    failed(name, response, status=413, code=4004, words="1000 bytes")


@each_json_call
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body, id=fact)
        for fact, body in {
            "empty": b"",
            "null": b"null",
            "a number": b"5",
            "a text": b'"text"',
            "cut off": b"[{",
            "a form": b"platform=all&alert=Hi",
            "UTF-16": '{"a": 1}'.encode("utf-16"),
            "not UTF-8": b'{"aud_userid": ["\xff"]}',
            "half a surrogate": b'{"aud_userid": ["\\ud800"]}',
            "brackets without end": b'{"a": ' + b"[" * 100_000,
            "a number without end": b'{"a": ' + b"9" * 5000 + b"}",
            "a userid without end": b'{"aud_userid": [' + b"9" * 5000 + b"]}",
        }.items()
    ],
)
def test_a_body_that_is_not_the_documented_json_is_400(
    business_line: BusinessLine, access_key: AccessKey, name: str, body: bytes
) -> None:
    header = header_of(access_key if name == "user/delete" else business_line)

    failed(name, call(name, header, body=body), status=400, code=4004)


@pytest.mark.parametrize("name", ["sent", "user/opt"])
def test_a_failure_of_the_server_is_500_and_json(
    business_line: BusinessLine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("channels_app.throttling.admit", None)
    client = Client(raise_request_exception=False)

    response: Any = client.post(
        CALLS[name][1], b"", "application/json", headers={"Authorization": header_of(business_line)}
    )

    assert refusal(response, status=500, code=5000).keys() == {"code", "message"}


@each_call
def test_calls_above_the_limit_of_the_minute_are_429(
    business_line: BusinessLine, access_key: AccessKey, name: str
) -> None:
    for holder in (business_line, access_key):
        type(holder).objects.update(calls_per_minute=1)
    header = header_of(business_line if "line" in CALLS[name][-1] else access_key)
    for _try in range(2):  # a minute may end between the two calls
        first, response = (call(name, header, body=b"null") for _number in range(2))
        if response.status_code == 429:
            break

    assert first["X-Rate-Limit-Limit"] == "1"
    failed(name, response, status=429, code=1015030)
    assert response["X-Rate-Limit-Remaining"] == "0"
    assert 1 <= int(response["X-Rate-Limit-Reset"]) <= 60


def test_a_refusal_speaks_the_caller_s_language(business_line: BusinessLine) -> None:
    headers = {"Authorization": header_of(business_line), "Accept-Language": "zh-CN,zh;q=0.9"}

    response: Any = Client().post("/v1/sent", b"{}", "application/json", headers=headers)

    assert "缺少" in refusal(response, code=4004)["message"]
    assert "\\u" not in response.content.decode()


# --- 3.0: quirks of real clients -----------------------------------------------------------------


@each_json_call
@pytest.mark.parametrize(
    "label",
    [
        "application/json;charset=UTF-8",
        "text/html;charset=UTF-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "nonsense",
        "",
    ],
)
def test_a_body_is_json_whatever_its_label(
    business_line: BusinessLine, access_key: AccessKey, name: str, label: str
) -> None:
    header = header_of(access_key if name == "user/delete" else business_line)

    response = call(name, header, content_type=label)

    assert (response.status_code, response.json()["code"]) == (200, 0)


@each_json_call
def test_a_byte_order_mark_is_passed_over(
    business_line: BusinessLine, access_key: AccessKey, name: str
) -> None:
    header = header_of(access_key if name == "user/delete" else business_line)
    body = b"\xef\xbb\xbf" + json.dumps(CALLS[name][2]).encode()

    assert call(name, header, body=body).json()["code"] == 0


def test_clients_ask_the_bare_host_for_its_http_version(client: Client) -> None:
    response = client.head("/")

    assert (response.status_code, response.content) == (302, b"")
