"""POST /v1/user/delete (protocol/ums.md 3.5)."""

from typing import Any

import pytest

from channels_app.models import AccessKey, BusinessLine
from tests.contract.people import DELETE, opt, outcome, stored, whole_refusal
from tests.messaging_app.calls import post
from users_app.models import Contact, EndUser

U1 = {"app app1 ru1", "tag all a", "phone all 1", "wechatwk_linkedcorp all C/u"}
U12 = {"app app1 r12", "tag all a", "phone all 1", "wechatwk_linkedcorp all C/u"}


@pytest.fixture(autouse=True)
def people(shop: BusinessLine) -> None:
    more = {"tag": {"all": ["a"]}, "phone": {"all": "1"}, "wechatwk_linkedcorp": ["C/u"]}
    for userid in ("u1", "12"):
        opt(shop, {"userid": userid, "app": {"app1": [f"r{userid}"]}, **more})
    assert stored() == {"u1": U1, "12": U12}


def test_the_answer_has_the_form_of_user_opt(access_key: AccessKey) -> None:
    response = post(access_key, DELETE, ["u1"])

    assert (response.status_code, response.content) == (
        200,
        b'{"code":0,"message":"success","data":{"success":["u1"],"fail":[]}}',
    )
    assert stored() == {"12": U12}
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "success", "fail", "left"),
    [
        pytest.param(["u1", "12"], ["u1", "12"], {}, set(), id="several"),
        pytest.param([12], ["12"], {}, {"u1"}, id="integers as a real client writes them"),
        pytest.param(["u1", "u1"], ["u1"], {}, {"12"}, id="a userid twice"),
        pytest.param([12, "12"], ["12"], {}, {"u1"}, id="a userid in both spellings"),
        pytest.param(
            ["x", "u1"], ["u1"], {"x": "The user “x” does not exist."}, {"12"}, id="an unknown one"
        ),
        pytest.param(["x"], [], {"x": "does not exist"}, {"u1", "12"}, id="only unknown ones"),
        pytest.param(["U1"], [], {"U1": "does not exist"}, {"u1", "12"}, id="case counts"),
        pytest.param(
            ["张三\0", "u1"], ["u1"], {"张三\0": "is not allowed"}, {"12"}, id="no userid at all"
        ),
        pytest.param(
            ["x" * 65], [], {"x" * 65: "has 65 characters"}, {"u1", "12"}, id="65 characters"
        ),
        pytest.param([""], [], {"": "userid is empty"}, {"u1", "12"}, id="an empty userid"),
    ],
)
def test_who_is_deleted(
    access_key: AccessKey, body: Any, success: list[str], fail: dict[str, str], left: set[str]
) -> None:
    done, failed = outcome(post(access_key, DELETE, body))

    assert done == success
    assert [userid for userid, _message in failed] == list(fail)
    assert all(fail[userid] in message for userid, message in failed)
    assert set(stored()) == left


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"{}", "Expected `array`", id="an array"),
        pytest.param(b'"u1"', "Expected `array`", id="no text"),
        pytest.param(b"[]", "The array is empty", id="not empty"),
        pytest.param(b"[null]", "Item 1 has no userid", id="no null"),
        pytest.param(b'["u1",true]', "Item 2: it must be a string, not true", id="no bool"),
        pytest.param(b'["u1",1.5]', "Item 2: it must be a string, not 1.5", id="no fraction"),
        pytest.param(b'["u1",["12"]]', 'must be a string, not ["12"]', id="no array"),
        pytest.param(b'[{"userid":"u1"}]', 'must be a string, not {"userid":"u1"}', id="no object"),
        pytest.param(
            b'["u1"' + b',"u1"' * 1000 + b"]", "has 1001 users; at most 1000", id="1001 userids"
        ),
    ],
)
def test_a_body_of_another_form_is_refused_as_a_whole(
    access_key: AccessKey, body: bytes, words: str
) -> None:
    whole_refusal(post(access_key, DELETE, body), words=words)

    assert set(stored()) == {"u1", "12"}


def test_a_thousand_users_are_deleted_in_one_request(access_key: AccessKey) -> None:
    EndUser.objects.bulk_create(EndUser(userid=f"x{n}") for n in range(1000))

    success, fail = outcome(post(access_key, DELETE, [f"x{n}" for n in range(1000)]))

    assert (len(success), fail) == (1000, [])
    assert set(stored()) == {"u1", "12"}


def test_a_channel_key_may_not_delete(shop: BusinessLine) -> None:
    response = post(shop, DELETE, ["u1"])

    whole_refusal(response, status=403, code=4005, words="global AccessKey")
    assert set(stored()) == {"u1", "12"}
