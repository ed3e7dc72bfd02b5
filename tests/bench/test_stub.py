"""The JPush of the benchmark push, and the clients that it is measured beside."""

import socket
from collections.abc import Iterator

import pytest
import requests

from bench.benchmarks.push import check
from bench.figures import BenchError
from bench.load import get_json
from bench.rivals.push_clients import CLIENTS, IDS_PER_CALL, bodies
from ums.local.stack import Stack, free_port


@pytest.fixture(scope="module")
def stub() -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Stack({}) as stack:
        stack.start("stub", "-m", "bench.stub", str(port), "0.001")
        stack.wait_for("stub", f"{url}/stub/report")
        yield url


@pytest.fixture(autouse=True)
def _begin_anew(stub: str) -> None:
    get_json(f"{stub}/stub/report")


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_pushes_every_device_once(stub: str, name: str) -> None:
    seconds = CLIENTS[name](stub, bodies(20), 3)

    report = get_json(f"{stub}/stub/report")
    check(name, report, calls=20)
    assert seconds > 0
    assert report["distinct_cids"] == 20
    assert 0 < report["first_call_at"] <= report["last_answer_at"]


def test_a_client_that_is_refused_fails(stub: str) -> None:
    with pytest.raises(requests.HTTPError):
        CLIENTS["pool"](f"{stub}/prefix", bodies(1), 1)


def test_a_device_that_comes_twice_is_no_measurement(stub: str) -> None:
    twice = bodies(1) * 2

    CLIENTS["serial"](stub, twice, 1)

    report = get_json(f"{stub}/stub/report")
    assert (report["ids"], report["distinct_ids"]) == (2 * IDS_PER_CALL, IDS_PER_CALL)
    with pytest.raises(BenchError, match="JPush has seen"):
        check("serial", report, calls=2)


def test_a_device_that_never_comes_is_no_measurement(stub: str) -> None:
    CLIENTS["serial"](stub, bodies(1), 1)

    with pytest.raises(BenchError, match="JPush has seen"):
        check("serial", get_json(f"{stub}/stub/report"), calls=2)


def test_cids_and_msg_ids_are_always_new(stub: str) -> None:
    with requests.Session() as session:
        stocks = [
            session.get(f"{stub}/v3/push/cid?type=push&count={count}").json()["cidlist"]
            for count in (3, 1000)
        ]
        (body,) = bodies(1)
        msg_ids = [
            session.post(f"{stub}/v3/push", data=body).json()["msg_id"] for _time in range(2)
        ]

    assert [len(stock) for stock in stocks] == [3, 10]
    assert len({*stocks[0], *stocks[1]}) == 13
    assert len(set(msg_ids)) == 2
    assert get_json(f"{stub}/stub/report")["cid_calls"] == 2


def test_a_body_may_come_in_pieces(stub: str) -> None:
    (body,) = bodies(1)
    head = f"POST /v3/push HTTP/1.1\r\nHost: stub\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(stub.rpartition(":")[2]))) as connection:
        for piece in (head[:10], head[10:], body[:100], body[100:]):
            connection.sendall(piece)
        answer = connection.recv(10_000)

    assert answer.startswith(b"HTTP/1.1 200 ")
    check("pieces", get_json(f"{stub}/stub/report"), calls=1)
