"""Opens connections for webhooks: to the addresses that were checked, and to no others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from gateway.database_threads import DaemonThreads
from gateway.webhooks.addresses import find_address_fault, is_loopback
from gateway.webhooks.endpoint_file import WebhookEndpoint

# Time for one address of several to accept a connection. Larger: less time of an attempt is left
# for the others.
CONNECT_SECONDS = 5.0

Resolve = Callable[[str, int], list[str]]
"""Returns the IP addresses of a host, given with its port; raises OSError without any."""


class DestinationRefused(Exception):
    """The destination has an address to which webhooks may not connect."""


def resolve_host(host: str, port: int) -> list[str]:
    """Returns the IP addresses of a host, from the resolver of the system; blocks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # In its order, without the repetitions for each protocol.
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves the host of an endpoint once per connection, checks all addresses, and connects.

    No name is resolved between the check and the connection. Raises DestinationRefused when one of
    the addresses is not allowed, whichever the others are.
    """

    def __init__(
        self, endpoint: WebhookEndpoint, resolve: Callable[[str, int], Awaitable[list[str]]]
    ) -> None:
        """endpoint: says what is allowed. resolve: as of Resolve, in a coroutine."""
        self._endpoint, self._resolve = endpoint, resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Returns a connection to the first address of a host that accepts one."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the host is not found: {error}") from error
        self._check_addresses(addresses)
        last: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout=CONNECT_SECONDS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    def _check_addresses(self, addresses: Sequence[str]) -> None:
        """Raises DestinationRefused unless all addresses are allowed."""
        networks = self._endpoint.networks
        for address in addresses:
            if fault := find_address_fault(address, networks):
                raise DestinationRefused(fault)
            if not self._endpoint.has_tls and not is_loopback(address):
                raise DestinationRefused(f"{address} is another machine, which requires https")


class HostResolver:
    """Resolves hosts in threads, each endpoint in its own: a slow server of names delays one."""

    def __init__(self, resolve: Resolve = resolve_host) -> None:
        self._resolve = resolve
        # By name of the endpoint.
        self._threads: dict[str, DaemonThreads] = {}

    def connect_for(self, endpoint: WebhookEndpoint) -> CheckedBackend:
        """Returns the backend that opens connections for an endpoint."""
        name = f"webhook-resolver-{endpoint.name}"
        threads = self._threads.setdefault(
            endpoint.name, DaemonThreads(name, endpoint.max_concurrent)
        )

        async def resolve(host: str, port: int) -> list[str]:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, self._resolve, host, port)

        return CheckedBackend(endpoint, resolve)
