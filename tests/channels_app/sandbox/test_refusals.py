"""The sandbox refuses a whole app with any code of JPush's error table."""

import pytest

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.jpush.sandbox.answers import PUSH_ERRORS
from tests.channels_app.sandbox.calling import Client, push_body

# protocol/jpush.md 8.1 and 8.6: HTTP status to codes
CODES = {
    400: (1002, 1003, 1005, 1008, 1009, 1011, 1012, 1035, 20101, 21011, 23008),
    401: (1004, 21004),
    403: (2003, 2004, 2005, 2006, 2007, 2008),
    404: (1020,),
    405: (1001,),
    429: (2002,),
    500: (1000, 27000),
    503: (1030, 21030),
}
STATUSES = {code: status for status, codes in CODES.items() for code in codes}


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
def test_a_refused_app_gets_the_code_and_its_status(shared: Client, code: int, status: int) -> None:
    shared.call("POST", "/sandbox/faults", {"refuse_code": code})

    refused = shared.push("rid-1")

    shared.call("POST", "/sandbox/faults", {"refuse_code": 0})
    assert (refused.status, refused.data["error"]["code"]) == (status, code)
    assert shared.stats()["accepted"]["pushes"] == 0


def test_every_code_of_the_table_is_rehearsed() -> None:
    assert set(STATUSES) == set(PUSH_ERRORS)


def test_the_whole_push_api_is_refused_and_nothing_is_taken() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid, msg_id = client.cid(), client.push("rid-1").data["msg_id"]
        body = push_body("rid-1", cid=cid)
        sandbox.change_faults(refuse_code=2003)
        refused = [
            client.call("POST", "/v3/push", body),
            client.call("POST", "/v3/push/validate", body),
            client.call("GET", "/v3/push/cid"),
            client.call("DELETE", f"/v3/push/{msg_id}"),
        ]

        assert [reply.status for reply in refused] == [403] * 4
        assert {reply.data["error"]["code"] for reply in refused} == {2003}
        assert sandbox.stats()["errors"] == {"2003": 4}
        assert sandbox.stats()["accepted"]["pushes"] == 1
        assert sandbox.stats()["messages"][msg_id]["withdrawn"] is False
        assert client.call("GET", "/v3/devices/rid-1").status == 200
        sandbox.change_faults(refuse_code=0)
        assert client.call("POST", "/v3/push", body).status == 200
        assert sandbox.stats()["duplicates_by_cid"] == 0


def test_a_fraction_may_be_refused() -> None:
    with Sandbox(Options(seed=3, faults=Faults(refuse_code=2002, refuse_rate=0.5))) as sandbox:
        client = Client(sandbox.url)
        statuses = [client.push("rid-1").status for _ in range(40)]

        assert set(statuses) == {200, 429}
        assert sandbox.stats()["accepted"]["pushes"] == statuses.count(200)


def test_a_code_that_jpush_does_not_have_is_refused_in_a_sentence(shared: Client) -> None:
    refused = shared.call("POST", "/sandbox/faults", {"refuse_code": 1234})

    assert refused.status == 400
    assert refused.data["error"]["message"].startswith("refuse_code must be 0 or one of 1000, ")
    assert refused.data["error"]["message"].endswith(", not 1234.")
