"""urllib3 connections that check the address they really reached."""

import ipaddress
import socket
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ums.lib.outbound import OutboundPolicy


def guarded_pools(policy: OutboundPolicy) -> dict[str, Any]:
    """Pool classes by scheme, for `PoolManager.pool_classes_by_scheme`.

    The check stands on the connected socket, before a byte is sent, so neither a redirect of DNS
    nor a look-up between check and use can lead elsewhere. DomainError if the address is refused.
    """

    class GuardedHTTPConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), policy, self.host)

    class GuardedHTTPSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), policy, self.host)

    class GuardedHTTPPool(HTTPConnectionPool):
        ConnectionCls = GuardedHTTPConnection

    class GuardedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHTTPSConnection

    return {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}


def _checked(sock: socket.socket, policy: OutboundPolicy, host: str) -> socket.socket:
    peer_host, peer_port = sock.getpeername()[:2]
    try:
        policy.check_port(peer_port)
        policy.check_address(ipaddress.ip_address(peer_host.split("%")[0]), host=host)
    except Exception:
        sock.close()
        raise
    return sock
