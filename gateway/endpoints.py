"""Finds the addresses of a stage's replicas: reads the setting and resolves its names."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar

import structlog

from services.runtime.addresses import HOST_PORT, SCHEME

# Left to gRPC as one endpoint: dns://server/name asks that DNS server, which only gRPC can do, and
# with ipv4:/// gRPC itself balances, which benchmarks compare.
LEFT_TO_GRPC = re.compile(r"dns://[^/]+/|ipv[46]:///")

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, order=True)
class Endpoint:
    """What one channel connects to.

    target: of gRPC, such as "ipv4:10.0.0.1:50051". authority: host:port as in the setting, whose
    host the certificate of the replica must name; empty for gRPC's default.
    """

    target: str
    authority: str = ""


class EndpointResolver:
    """The endpoints that the address of a stage leads to.

    Each IP address of a name is an endpoint of its own.
    """

    def __init__(self, address: str) -> None:
        """Reads an address; its names have no endpoints before they are resolved.

        address: host:port or several separated by commas, also after ipv4:, ipv6: or dns:///. Any
            other target of gRPC, such as unix:/path, is one endpoint, which gRPC resolves.
        """
        parts = SCHEME.sub("", address).split(",")
        if LEFT_TO_GRPC.match(address) or not all(map(HOST_PORT.fullmatch, parts)):
            self._literals, self._names = frozenset({Endpoint(address)}), frozenset[str]()
        else:
            self._names = frozenset(part for part in parts if not _is_ip_address(part))
            self._literals = frozenset(map(_endpoint_from_ip, set(parts) - self._names))
        self._resolved: dict[str, frozenset[Endpoint]] = {}
        self._unresolved = frozenset[str]()

    @property
    def has_names(self) -> bool:
        """Whether names lead to the endpoints, which may change."""
        return bool(self._names)

    @property
    def endpoints(self) -> frozenset[Endpoint]:
        """The endpoints known so far."""
        return self._literals.union(*self._resolved.values())

    @property
    def is_unresolved(self) -> bool:
        """Whether the names could not be resolved when that was last tried, and never before."""
        return bool(self._unresolved) and not self.endpoints

    async def resolve(self) -> None:
        """Resolves all names again; one that cannot be resolved keeps its endpoints."""
        # Not in a pool, whose threads Python joins at exit: a DNS server may never answer.
        found = await asyncio.wrap_future(
            _run_in_daemon_thread(lambda: _resolve_names(self._names))
        )
        unresolved = self._names - found.keys()
        for name in sorted(unresolved - self._unresolved):
            log.warning("host name not resolved", name=name)
        self._resolved |= found
        self._unresolved = unresolved


def _run_in_daemon_thread(function: Callable[[], T]) -> Future[T]:
    """Returns the future result of a function, for which the end of the process does not wait."""
    future = Future[T]()
    # From here on the future cannot be cancelled, so that the thread may always set it.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="resolver").start()
    return future


def _resolve_names(names: Iterable[str]) -> dict[str, frozenset[Endpoint]]:
    """Returns the endpoints of each name, host:port, that can be resolved."""
    found = {}
    for name in names:
        host, _, port = name.rpartition(":")
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name with an empty or long label cannot be encoded.
        except (OSError, UnicodeError):
            continue
        found[name] = frozenset(_endpoint_from_ip(f"[{info[4][0]}]:{port}", name) for info in infos)
    return found


def _endpoint_from_ip(address: str, authority: str = "") -> Endpoint:
    """Returns the endpoint of ip:port, with or without brackets; authority: that by default."""
    host, _, port = address.rpartition(":")
    ip = ip_address(host.strip("[]"))
    # A target is a URI, in which the zone of a link-local address follows an encoded %.
    host = f"ipv6:[{str(ip).replace('%', '%25')}]" if ip.version == 6 else f"ipv4:{ip}"
    return Endpoint(f"{host}:{port}", authority or address)


def _is_ip_address(address: str) -> bool:
    """Whether the host of host:port is an IP address rather than a name."""
    try:
        ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True
