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


@pytest.fixture
def private(db: None) -> Channel:
    return Channel.objects.create(
        code="own",
        name="Own cloud",
        cloud="private",
        api_url="https://push.example.com",
        app_key="b" * 24,
        master_secret="s",
    )


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


def test_one_call_brings_cids_for_ten_pushes(channel: Channel, cids: RequestsMock) -> None:
    stock = CidStock()
    assert stock.take(channel) is None

    refill(stock, channel)

    taken = [stock.take(channel) for _ in range(CIDS_PER_CALL)]
    assert taken == [f"c{n}" for n in range(10)]
    assert stock.take(channel) is None
    assert cids.calls[0].request.url == f"{CID_URL}?type=push&count=10"


def test_cids_that_have_waited_too_long_are_thrown_away(
    channel: Channel, cids: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = CidStock()
    refill(stock, channel)
    later = time.monotonic() + module.CID_STOCK_SECONDS

    monkeypatch.setattr("messaging_app.connections.time.monotonic", lambda: later)

    assert stock.take(channel) is None


def test_a_cid_belongs_to_the_app_key_that_it_was_fetched_for(
    channel: Channel, cids: RequestsMock
) -> None:
    stock = CidStock()
    refill(stock, channel)

    channel.app_key = "changed"

    assert stock.take(channel) is None


def test_channels_do_not_share_cids(channel: Channel, private: Channel, cids: RequestsMock) -> None:
    stock = CidStock()
    refill(stock, channel)

    assert stock.take(private) is None


@pytest.mark.parametrize("status", [404, 405])
def test_a_private_cloud_may_have_no_cids(
    private: Channel, jpush: RequestsMock, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    jpush.get(PRIVATE_CID_URL, status=status)
    stock = CidStock()

    refill(stock, private)

    assert stock.take(private) == ""
    later = time.monotonic() + module.NO_CID_RECHECK_SECONDS
    monkeypatch.setattr("messaging_app.connections.time.monotonic", lambda: later)
    assert stock.take(private) is None


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_another_failure_of_a_private_cloud_is_one(
    private: Channel, jpush: RequestsMock, status: int
) -> None:
    jpush.get(PRIVATE_CID_URL, status=status)
    stock = CidStock()

    with pytest.raises(JPushError):
        refill(stock, private)

    assert stock.take(private) is None


def test_the_public_cloud_always_has_cids(channel: Channel, jpush: RequestsMock) -> None:
    jpush.get(CID_URL, status=404)

    with pytest.raises(JPushError):
        refill(CidStock(), channel)
