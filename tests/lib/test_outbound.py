"""The outbound address guard: what an operator may make this server call."""

import ipaddress

import pytest
from pytest_django.fixtures import Settings

from ums.lib.errors import DomainError
from ums.lib.outbound import OutboundPolicy

POLICY = OutboundPolicy(ports=(80, 443, 25, 465), allow=())


@pytest.mark.parametrize(
    "url",
    [
        "https://push.example.com",
        "http://push.example.com:80/prefix",
        "https://push.example.com:465/a/b",
        "http://8.8.8.8",
        "https://[2606:4700::1111]:443/",
        "HTTPS://PUSH.EXAMPLE.COM",
    ],
)
def test_a_public_address_is_allowed(url: str) -> None:
    POLICY.check_url(url)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("push.example.com", "must begin with http:// or https://"),
        ("ftp://push.example.com", "must begin with http:// or https://"),
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("//push.example.com", "must begin with http:// or https://"),
        ("https://", "must begin with http:// or https://"),
        ("https://:443", "must begin with http:// or https://"),
        ("", "must begin with http:// or https://"),
        ("http://[::1", "is not a web address"),
        ("http://host:99999", "is not a web address"),
        ("http://host:x", "is not a web address"),
        ("https://user@push.example.com", "a host, a port and a path only"),
        ("https://u:p@push.example.com", "a host, a port and a path only"),
        ("https://push.example.com?a=b", "a host, a port and a path only"),
        ("https://push.example.com/#a", "a host, a port and a path only"),
        ("http://127.0.0.1\\@push.example.com", "a host, a port and a path only"),
        ("https://push.example.com:8443", "UMS_ALLOWED_PORTS"),
        ("https://push.example.com:0", "UMS_ALLOWED_PORTS"),
        ("http://127.0.0.1", "UMS_OUTBOUND_ALLOW"),
        ("http://[::1]", "UMS_OUTBOUND_ALLOW"),
        ("http://2130706433", "UMS_OUTBOUND_ALLOW"),
        ("http://0x7f.1", "UMS_OUTBOUND_ALLOW"),
        ("http://0177.0.0.1", "UMS_OUTBOUND_ALLOW"),
        ("http://127.1", "UMS_OUTBOUND_ALLOW"),
        ("http://[::ffff:10.0.0.1]", "UMS_OUTBOUND_ALLOW"),
    ],
)
def test_another_address_is_refused_with_value_and_rule(url: str, rule: str) -> None:
    with pytest.raises(DomainError, match=rule) as caught:
        POLICY.check_url(url)

    assert "UMS_ALLOWED_PORTS" in caught.value.message or "“" in caught.value.message


def test_a_refused_port_is_named_beside_those_that_are_allowed() -> None:
    with pytest.raises(DomainError, match=r"Port 8443 is not allowed.*80, 443, 25, 465"):
        POLICY.check_port(8443)


PRIVATE_ADDRESSES = [
    "0.0.0.0",  # noqa: S104  # not bound to
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("text", PRIVATE_ADDRESSES)
def test_a_private_address_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match=r"“host” leads to .* private or local"):
        POLICY.check_address(ipaddress.ip_address(text), host="host")


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_passes(text: str) -> None:
    POLICY.check_address(ipaddress.ip_address(text), host="host")


@pytest.mark.parametrize(
    ("rule", "text", "host"),
    [
        ("10.0.0.0/8", "10.1.2.3", "x"),
        (" 10.1.2.3 ", "10.1.2.3", "x"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", "x"),
        ("10.0.0.5/8", "10.1.2.3", "x"),
        ("fc00::/7", "fd00::1", "x"),
        ("::1", "::1", "x"),
        ("Push.Intranet", "10.1.2.3", "push.intranet"),
    ],
)
def test_a_rule_allows_an_address_a_network_or_a_host(rule: str, text: str, host: str) -> None:
    policy = OutboundPolicy(ports=(80,), allow=("203.0.113.0/24", rule))

    policy.check_address(ipaddress.ip_address(text), host=host)


@pytest.mark.parametrize("rule", ["10.0.0.0/9", "push.intranet", "::/0", ""])
def test_a_rule_allows_nothing_else(rule: str) -> None:
    policy = OutboundPolicy(ports=(80,), allow=(rule,))

    with pytest.raises(DomainError):
        policy.check_address(ipaddress.ip_address("10.200.0.1"), host="other.intranet")


def test_a_host_is_checked_at_every_address_that_it_has() -> None:
    with pytest.raises(DomainError, match="“localhost” leads to"):
        POLICY.check_host("localhost", 80)

    OutboundPolicy(ports=(80,), allow=("localhost",)).check_host("localhost", 80)


def test_a_host_without_an_address_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r".+"):
        POLICY.check_host("no-such-host.invalid", 80)


def test_the_policy_comes_from_the_settings(settings: Settings) -> None:
    settings.UMS_ALLOWED_PORTS = [443]
    settings.UMS_OUTBOUND_ALLOW = ["10.0.0.0/8"]

    assert OutboundPolicy.from_settings() == OutboundPolicy((443,), ("10.0.0.0/8",))
