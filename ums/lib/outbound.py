"""The outbound address guard: which addresses an operator may make this server call."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
DEFAULT_PORTS = {"http": 80, "https": 443}
# Python takes these for public: site-local and IPv4-compatible addresses (RFC 3879, RFC 4291).
OBSOLETE_NETWORKS = (ipaddress.ip_network("fec0::/10"), ipaddress.ip_network("::/96"))
NAT64_NETWORK = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """Ports that may be called, and hosts or CIDRs that may be private or loopback."""

    ports: tuple[int, ...]
    allow: tuple[str, ...]

    @classmethod
    def from_settings(cls) -> "OutboundPolicy":
        return cls(tuple(settings.UMS_ALLOWED_PORTS), tuple(settings.UMS_OUTBOUND_ALLOW))

    def check_url(self, url: str) -> None:
        """DomainError unless the form, the port and a literal address of `url` are allowed."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise DomainError(
                _("“%(url)s” is not a web address: %(reason)s.") % {"url": url, "reason": exc}
            ) from exc
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise DomainError(
                _("“%(url)s” must begin with http:// or https:// and name a host.") % {"url": url}
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise DomainError(
                _("“%(url)s” may have a host, a port and a path only.") % {"url": url}
            )
        self.check_port(DEFAULT_PORTS[parts.scheme] if port is None else port)
        if address := _literal(parts.hostname):
            self.check_address(address, host=parts.hostname)

    def check_port(self, port: int) -> None:
        if port not in self.ports:
            raise DomainError(
                _(
                    "Port %(port)d is not allowed. Allowed are %(ports)s; an administrator can add"
                    " it to the setting UMS_ALLOWED_PORTS."
                )
                % {"port": port, "ports": ", ".join(map(str, self.ports))}
            )

    def check_host(self, host: str, port: int) -> None:
        """Resolve `host` and check every address that it has; OSError if it has none."""
        for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self.check_address(ipaddress.ip_address(info[4][0]), host=host)

    def check_address(self, address: IPAddress, *, host: str) -> None:
        """The last check, made on the connected socket, so a changed DNS answer cannot pass."""
        address = _unwrapped(address)
        obsolete = any(address in network for network in OBSOLETE_NETWORKS)
        if address.is_global and not address.is_multicast and not obsolete:
            return
        if any(_matches(rule.strip(), address, host) for rule in self.allow):
            return
        raise DomainError(
            _(
                "“%(host)s” leads to %(address)s, a private or local address. An administrator can"
                " allow it with the setting UMS_OUTBOUND_ALLOW."
            )
            % {"host": host, "address": address}
        )


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # What the system resolver takes for an address as well: 2130706433, 0x7f.1
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for, where packets end up there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64_NETWORK:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _matches(rule: str, address: IPAddress, host: str) -> bool:
    try:
        return address in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return rule.lower() == host.lower()
