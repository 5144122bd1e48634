"""Sends webhooks: one request for each attempt, without redirects, proxies or reading a body."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache

import certifi
import httpcore

from cyclorama.version import __version__
from gateway.webhooks.attempts import Attempt, FailureReason, judge_response
from gateway.webhooks.connections import DestinationRefused, HostResolver, Resolve, resolve_host
from gateway.webhooks.endpoint_file import WebhookEndpoint
from gateway.webhooks.signatures import build_signature_headers

# Contexts in memory: one for each file of certificate authorities.
MAX_CONTEXTS = 64
# Characters of a cause in the log. Larger: longer lines.
MAX_CAUSE_LENGTH = 200
RETRY_AFTER = b"retry-after"


class WebhookSender:
    """Makes attempts; each has a connection of its own, which ends with the response's headers."""

    def __init__(self, resolve: Resolve = resolve_host) -> None:
        """resolve: returns the addresses of a host; blocks, and runs in a thread."""
        self._resolver = HostResolver(resolve)

    async def send_event(
        self, endpoint: WebhookEndpoint, message_id: str, payload: bytes
    ) -> Attempt:
        """Sends an event to an endpoint, and returns what became of it.

        message_id: of the event. payload: JSON.
        """
        headers = _build_headers(endpoint, message_id, payload)
        return await self._attempt(endpoint, headers, payload)

    async def check_endpoint(self, endpoint: WebhookEndpoint) -> FailureReason | None:
        """Connects to the server of an endpoint without sending anything.

        Returns why it cannot be reached; None when it can.
        """
        return (await self._attempt(endpoint, None, b"")).reason

    async def _attempt(
        self, endpoint: WebhookEndpoint, headers: Mapping[str, str] | None, payload: bytes
    ) -> Attempt:
        """Sends a request, or only connects when `headers` is None; never raises for the server."""
        try:
            async with asyncio.timeout(endpoint.timeout_seconds):
                if headers is None:
                    await self._connect(endpoint)
                    return Attempt()
                return await self._post(endpoint, headers, payload)
        except DestinationRefused as error:
            return _fail(FailureReason.REFUSED_ADDRESS, error)
        except (TimeoutError, httpcore.TimeoutException):
            return _fail(FailureReason.TIMEOUT, f"no response in {endpoint.timeout_seconds:g} s")
        except (httpcore.ProtocolError, ValueError) as error:
            return _fail(FailureReason.INVALID_RESPONSE, error)
        except (httpcore.NetworkError, OSError) as error:
            is_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
            return _fail(FailureReason.TLS if is_tls else FailureReason.UNREACHABLE, error)

    async def _post(
        self, endpoint: WebhookEndpoint, headers: Mapping[str, str], payload: bytes
    ) -> Attempt:
        """Sends a request; returns when the headers of its response have arrived."""
        async with (
            self._open_connection(endpoint) as connection,
            connection.stream(
                "POST", endpoint.url, headers=list(headers.items()), content=payload
            ) as response,
        ):
            values = [value for name, value in response.headers if name.lower() == RETRY_AFTER]
            return judge_response(response.status, values[0].decode("latin-1") if values else None)

    @asynccontextmanager
    async def _open_connection(
        self, endpoint: WebhookEndpoint
    ) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """Yields a connection that is opened by its first request."""
        async with httpcore.AsyncHTTPConnection(
            httpcore.URL(endpoint.url).origin,
            ssl_context=load_certificate_authorities(endpoint.ca_file),
            network_backend=self._resolver.connect_for(endpoint),
        ) as connection:
            yield connection

    async def _connect(self, endpoint: WebhookEndpoint) -> None:
        """Connects to the server of an endpoint, with TLS where its URL has it."""
        origin = httpcore.URL(endpoint.url).origin
        host = origin.host.decode()
        stream = await self._resolver.connect_for(endpoint).connect_tcp(host, origin.port)
        try:
            if origin.scheme == b"https":
                context = load_certificate_authorities(endpoint.ca_file)
                stream = await stream.start_tls(context, server_hostname=host)
        finally:
            await stream.aclose()


def load_certificate_authorities(path: str) -> ssl.SSLContext:
    """Returns a TLS context that trusts the certificate authorities of a file.

    path: PEM; empty for those that browsers trust. Raises OSError when it cannot be read. A file
    that has changed is read again.
    """
    path = path or certifi.where()
    return _load_context(path, os.stat(path).st_mtime_ns)


@lru_cache(MAX_CONTEXTS)
def _load_context(path: str, _modified: int) -> ssl.SSLContext:
    """Returns a TLS context for a file as of its last modification."""
    context = ssl.create_default_context(cafile=path)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _build_headers(endpoint: WebhookEndpoint, message_id: str, payload: bytes) -> dict[str, str]:
    """Returns the headers of a request, signed at the present time."""
    signature = build_signature_headers(message_id, payload, endpoint.keys, int(time.time()))
    return {
        "user-agent": f"Cyclorama/{__version__}",
        "content-type": "application/json",
        "connection": "close",
        **signature,
    }


def _fail(reason: FailureReason, cause: object) -> Attempt:
    """Returns a failed attempt without a response."""
    return Attempt(reason=reason, cause=str(cause)[:MAX_CAUSE_LENGTH])
