"""JPushClient against real sockets: which failures leave it open whether a push was taken."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels_app.jpush import client as client_module
from channels_app.jpush.client import Credentials, JPushClient
from channels_app.jpush.errors import JPushError
from ums.lib.outbound import OutboundPolicy

LOOPBACK = ("127.0.0.0/8",)
Answer = Callable[[socket.socket], None]


@contextlib.contextmanager
def server(answer: Answer) -> Iterator[int]:
    """A server for one connection on loopback; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _peer = listener.accept()
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "untrusted")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def failure(url: str, *, ports: tuple[int, ...], allow: tuple[str, ...] = LOOPBACK) -> JPushError:
    client = JPushClient(Credentials("k", "hidden", url), OutboundPolicy(ports, allow))
    with pytest.raises(JPushError) as caught:
        client.push({})
    client.close()
    assert "hidden" not in str(caught.value)
    return caught.value


def read_request(connection: socket.socket) -> None:
    while not connection.recv(65536).endswith(b"{}"):
        pass


def test_a_refused_connection_is_unreachable_and_harmless() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]

    error = failure(f"http://127.0.0.1:{port}", ports=(port,))

    assert (error.unreachable, error.ambiguous, error.retryable) == (True, False, True)
    assert "refuses the connection" in error.message


def test_a_connection_that_closes_without_an_answer_is_ambiguous() -> None:
    with server(read_request) as port:
        error = failure(f"http://127.0.0.1:{port}", ports=(port,))

    assert (error.unreachable, error.ambiguous, error.retryable) == (False, True, True)
    assert "gave no answer" in error.message


def test_an_answer_that_takes_too_long_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_TIMEOUT_SECONDS", 0.2)
    gave_up = threading.Event()

    def wait(connection: socket.socket) -> None:
        gave_up.wait(5)

    with server(wait) as port:
        error = failure(f"http://127.0.0.1:{port}", ports=(port,))
        gave_up.set()

    assert (error.unreachable, error.ambiguous) == (False, True)
    assert "ReadTimeout" in error.message


def test_an_answer_that_breaks_off_is_ambiguous() -> None:
    def half(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"msg')

    with server(half) as port:
        error = failure(f"http://127.0.0.1:{port}", ports=(port,))

    assert error.ambiguous


def test_no_connection_in_time_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_TIMEOUT_SECONDS", 0.2)
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _number in range(3):  # the queue of connections is full now
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)

        error = failure(f"http://127.0.0.1:{address[1]}", ports=(address[1],))

    assert (error.unreachable, error.ambiguous) == (True, False)
    assert "within 0.2 seconds" in error.message


def test_an_unknown_host_name_is_unreachable() -> None:
    error = failure("http://no-such-host.invalid", ports=(80,))

    assert (error.unreachable, error.ambiguous) == (True, False)
    assert "DNS" in error.message


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "..", "exa mple:x", "*."])
def test_an_address_that_cannot_exist_is_final(host: str) -> None:
    error = failure(f"http://{host}", ports=(80,))

    assert (error.retryable, error.ambiguous) == (False, False)
    assert "not a valid address" in error.message


def test_plain_text_on_a_tls_port_is_reported() -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with server(plain) as port:
        error = failure(f"https://127.0.0.1:{port}", ports=(port,))

    assert error.retryable


def test_an_untrusted_certificate_is_unreachable(tls: ssl.SSLContext) -> None:
    def shake_hands(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True):
            pass

    with server(shake_hands) as port:
        error = failure(f"https://127.0.0.1:{port}", ports=(port,))

    assert (error.unreachable, error.ambiguous) == (True, False)
    assert "certificate that is not valid" in error.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_the_guard_closes_a_connection_to_a_local_address(host: str) -> None:
    received: list[bytes] = []
    with server(lambda connection: received.append(connection.recv(65536))) as port:
        error = failure(f"http://{host}:{port}", ports=(port,), allow=())

    assert received == [b""]
    assert "UMS_OUTBOUND_ALLOW" in error.message
    assert (error.retryable, error.ambiguous) == (False, False)


def test_the_guard_closes_a_connection_to_a_port_that_is_not_allowed() -> None:
    received: list[bytes] = []
    with server(lambda connection: received.append(connection.recv(65536))) as port:
        error = failure(f"http://127.0.0.1:{port}", ports=(443,))

    assert received == [b""]
    assert "UMS_ALLOWED_PORTS" in error.message


def test_an_allowed_connection_works_and_ignores_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"msg_id":7}')

    with server(answer) as port:
        credentials = Credentials("k", "s", f"http://127.0.0.1:{port}")
        client = JPushClient(credentials, OutboundPolicy((port,), LOOPBACK))

        assert client.push({}).msg_id == "7"

        client.close()
