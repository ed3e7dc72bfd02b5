"""The sandbox gives cids, and takes one push for each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import HOURS_24, KEY, Client, Clock


def test_a_second_push_with_a_cid_gets_the_first_answer() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()
        first = client.push("rid-1", cid=cid, options={"sendno": 5})
        second = client.push("rid-1", cid=cid, options={"sendno": 6})

        assert cid.startswith(f"{KEY}-")
        assert second.data == first.data
        assert sandbox.stats()["accepted"]["pushes"] == 1
        assert sandbox.stats()["duplicates_by_cid"] == 1


def test_a_cid_may_be_used_again_after_a_failure() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()

        assert client.push("gone-1", cid=cid).status == 400
        assert client.push("rid-1", cid=cid).status == 200
        assert sandbox.stats()["duplicates_by_cid"] == 0


def test_of_concurrent_pushes_with_one_cid_one_is_effective() -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(8) as pool:
        client = Client(sandbox.url)
        cid = client.cid()
        answers = list(pool.map(lambda _: client.push("rid-1", cid=cid).data["msg_id"], range(8)))

        assert len(set(answers)) == 1
        assert sandbox.stats()["accepted"]["registration_ids"] == 1
        assert sandbox.stats()["duplicates_by_cid"] == 7


def test_a_cid_is_for_its_app_and_for_a_day() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()

        assert Client(sandbox.url, key="other").push("rid-1", cid=cid).status == 400
        clock.now += HOURS_24
        assert client.push("rid-1", cid=cid).data["error"]["code"] == 1003


@pytest.mark.parametrize(("count", "given"), [("1", 1), ("3", 3), ("1000", 4)])
def test_the_number_of_cids_is_capped(count: str, given: int) -> None:
    with Sandbox(Options(cid_max=4)) as sandbox:
        answer = Client(sandbox.url).call("GET", f"/v3/push/cid?count={count}")

        assert len(answer.data["cidlist"]) == given


@pytest.mark.parametrize("query", ["count=0", "count=-1", "count=many", "type=pull"])
def test_a_strange_cid_call_is_refused(shared: Client, query: str) -> None:
    assert shared.call("GET", f"/v3/push/cid?{query}").data["error"]["code"] == 1003


def test_an_older_private_cloud_has_no_cids() -> None:
    with Sandbox(Options(cid_enabled=False)) as sandbox:
        answer = Client(sandbox.url).call("GET", "/v3/push/cid")

        assert answer.status == 404
        assert "error" not in answer.data
