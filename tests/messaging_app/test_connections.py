"""Clients and cids that the threads of one worker share."""

import threading
import time

import pytest
from responses import RequestsMock

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import connections as module
from messaging_app.connections import CIDS_PER_CALL, CidStock, Connections
from tests.messaging_app.makers import CID_URL

PRIVATE_CID_URL = "https://push.example.com/v3/push/cid"


@pytest.fixture
def connections() -> Connections:
    return Connections()


def test_a_thread_keeps_its_client(connections: Connections, channel: Channel) -> None:
    first = connections.client(channel)

    assert connections.client(Channel.objects.get(pk=channel.pk)) is first


def test_each_thread_and_each_channel_has_a_client_of_its_own(
    connections: Connections, channel: Channel, private: Channel
) -> None:
    clients = [connections.client(channel), connections.client(private)]
    thread = threading.Thread(target=lambda: clients.append(connections.client(channel)))
    thread.start()
    thread.join()

    assert len(set(map(id, clients))) == 3


@pytest.mark.parametrize("change", ["app_key", "master_secret"])
def test_changed_credentials_are_used_at_once(
    connections: Connections, channel: Channel, change: str
) -> None:
    before = connections.client(channel)
    setattr(channel, change, "changed")

    after = connections.client(channel)

    assert after is not before
    assert connections.client(channel) is after


def test_after_closing_a_client_is_made_anew(connections: Connections, channel: Channel) -> None:
    before = connections.client(channel)

    connections.close()

    assert connections.client(channel) is not before


def refill(stock: CidStock, channel: Channel) -> None:
    connections = Connections()
    try:
        stock.refill(channel, connections.client(channel))
    finally:
        connections.close()


class Hours:
    """Lets the stock's clock run ahead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        monotonic = time.monotonic
        monkeypatch.setattr(
            "messaging_app.connections.time.monotonic", lambda: monotonic() + self._ahead
        )

    def pass_by(self, seconds: float) -> None:
        self._ahead += seconds


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


def test_one_call_brings_cids_for_ten_pushes(channel: Channel, cids: RequestsMock) -> None:
    stock = CidStock()
    assert list_of(stock, channel, 1) == []
    assert stock.missing(channel, 1) == 1

    refill(stock, channel)

    assert stock.missing(channel, CIDS_PER_CALL) == 0
    assert list_of(stock, channel, 3) == ["c0", "c1", "c2"]
    assert list_of(stock, channel, 99) == [f"c{n}" for n in range(3, 10)]
    assert list_of(stock, channel, 1) == []
    assert cids.calls[0].request.url == f"{CID_URL}?type=push&count=10"


@pytest.mark.parametrize(("wanted", "calls"), [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2)])
def test_so_many_calls_are_missing_as_bring_what_is_wanted(
    channel: Channel, cids: RequestsMock, wanted: int, calls: int
) -> None:
    stock = CidStock()
    refill(stock, channel)

    assert stock.missing(channel, wanted) == calls


def test_cids_that_have_waited_too_long_are_thrown_away(
    channel: Channel, cids: RequestsMock, hours: Hours
) -> None:
    stock = CidStock()
    refill(stock, channel)

    hours.pass_by(module.CID_STOCK_SECONDS + 1)

    assert list_of(stock, channel, 10) == []
    assert stock.missing(channel, 10) == 1


def test_cids_that_nobody_has_used_are_the_next(channel: Channel, cids: RequestsMock) -> None:
    stock = CidStock()
    refill(stock, channel)
    taken = stock.take(channel, 4)
    assert taken is not None

    stock.give_back(channel, taken)

    assert list_of(stock, channel, 99) == [f"c{n}" for n in range(10)]


@pytest.mark.parametrize("number", [1, 10, 99])
def test_a_cid_grows_old_however_often_it_is_given_back(
    channel: Channel, cids: RequestsMock, hours: Hours, number: int
) -> None:
    stock = CidStock()
    refill(stock, channel)

    for _hour in range(2):
        hours.pass_by(module.CID_STOCK_SECONDS * 0.6)
        taken = stock.take(channel, number)
        assert taken is not None
        stock.give_back(channel, taken)

    assert list_of(stock, channel, 99) == []


def test_a_cid_belongs_to_the_app_key_that_it_was_fetched_for(
    channel: Channel, cids: RequestsMock
) -> None:
    stock = CidStock()
    refill(stock, channel)

    channel.app_key = "changed"

    assert list_of(stock, channel, 1) == []


def test_channels_do_not_share_cids(channel: Channel, private: Channel, cids: RequestsMock) -> None:
    stock = CidStock()
    refill(stock, channel)

    assert list_of(stock, private, 1) == []


@pytest.mark.parametrize("status", [404, 405])
def test_a_private_cloud_may_have_no_cids(
    private: Channel, jpush: RequestsMock, hours: Hours, status: int
) -> None:
    jpush.get(PRIVATE_CID_URL, status=status)
    stock = CidStock()

    refill(stock, private)

    assert stock.take(private, 1) is None
    assert stock.missing(private, 99) == 0
    hours.pass_by(module.NO_CID_RECHECK_SECONDS + 1)
    assert list_of(stock, private, 1) == []
    assert stock.missing(private, 1) == 1


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_another_failure_of_a_private_cloud_is_one(
    private: Channel, jpush: RequestsMock, status: int
) -> None:
    jpush.get(PRIVATE_CID_URL, status=status)
    stock = CidStock()

    with pytest.raises(JPushError):
        refill(stock, private)

    assert list_of(stock, private, 1) == []


def test_the_public_cloud_always_has_cids(channel: Channel, jpush: RequestsMock) -> None:
    jpush.get(CID_URL, status=404)

    with pytest.raises(JPushError):
        refill(CidStock(), channel)


def list_of(stock: CidStock, channel: Channel, number: int) -> list[str]:
    taken = stock.take(channel, number)
    assert taken is not None
    return list(taken)
