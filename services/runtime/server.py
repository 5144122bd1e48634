"""The process around a servicer: port, guards, health, reflection, signals, drain."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime.addresses import is_private
from services.runtime.guards.accounting import counted
from services.runtime.guards.admission import Admission
from services.runtime.guards.cancellation import tracked
from services.runtime.guards.interceptor import (
    AioGuardInterceptor,
    Gate,
    Guard,
    GuardInterceptor,
    logged,
)
from services.runtime.guards.memory import large_given_back
from services.runtime.guards.references import References, refuse_references
from services.runtime.guards.validation import Rules, Validation
from services.runtime.metrics import shown
from services.runtime.settings import ServerSettings
from services.runtime.threads import Threads
from services.runtime.tls import Identity, server_credentials
from services.runtime.tracing import traced

if TYPE_CHECKING:
    from services.runtime.objects import Objects

CONNECTION_GRACE_MS = 3_600_000
SERVING = health_pb2.HealthCheckResponse.SERVING

log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """A servicer, the function that adds it to a server, its full name and its field rules.

    gate, guards: beyond those that every service has; of asyncio services only.
    """

    name: str
    add: Callable[[object, grpc.Server], None]
    servicer: object
    rules: Rules = field(default_factory=dict)
    gate: Gate | None = None
    guards: Sequence[Guard] = ()


class Running:
    """A started server: its port, and how to end it."""

    def __init__(self, server: grpc.Server, port: int, checks: health.HealthServicer) -> None:
        self.port = port
        self._server = server
        self._checks = checks

    def stop(self, settings: ServerSettings) -> None:
        """Says NOT_SERVING, waits for callers to notice, lets running calls end."""
        self._checks.enter_graceful_shutdown()
        time.sleep(settings.drain_seconds)
        self._server.stop(settings.grace_seconds).wait()


def start(
    services: Sequence[Service], settings: ServerSettings, objects: "Objects | None" = None
) -> Running:
    """Starts a synchronous server of some services that is healthy once this returns.

    objects: the store that it shares with its callers, if any.
    """
    guards = GuardInterceptor(_guards(services, settings, objects))
    server = grpc.server(
        Threads(settings.max_concurrent_calls),
        interceptors=[guards, References(objects)] if objects else [guards],
        options=_options(settings),
    )
    _add(services, server)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    port = _bind(server, settings)
    server.start()
    names = [service.name for service in services]
    for name in ("", *names):
        checks.set(name, SERVING)
    log.info("listening", services=names, address=settings.listen, port=port)
    return Running(server, port, checks)


def run(
    services: Sequence[Service], settings: ServerSettings, objects: "Objects | None" = None
) -> None:
    """As start(), and serves until SIGTERM or Ctrl-C, then drains."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with shown(settings.metrics_address):
        running = start(services, settings, objects)
        stop.wait()
        log.info("draining")
        running.stop(settings)
        log.info("stopped")


async def start_aio(service: Service, settings: ServerSettings):
    """Starts an asyncio server; returns it with its port and health servicer."""
    guards = AioGuardInterceptor(_guards([service], settings), service.gate)
    server = grpc.aio.server(interceptors=[guards], options=_options(settings))
    _add([service], server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    port = _bind(server, settings)
    await server.start()
    for name in ("", service.name):
        await checks.set(name, SERVING)
    log.info("listening", services=[service.name], address=settings.listen, port=port)
    return server, port, checks


async def run_aio(service: Service, settings: ServerSettings) -> None:
    """As run(), for an asyncio servicer."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with shown(settings.metrics_address):
        server, _, checks = await start_aio(service, settings)
        await stop.wait()
        log.info("draining")
        await checks.enter_graceful_shutdown()
        await asyncio.sleep(settings.drain_seconds)
        await server.stop(settings.grace_seconds)
        log.info("stopped")


def _add(services: Sequence[Service], server) -> None:
    """Registers the servicers with reflection."""
    for service in services:
        service.add(service.servicer, server)
    names = [service.name for service in services]
    known = (*names, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(known, server)


def _guards(
    services: Sequence[Service], settings: ServerSettings, objects: "Objects | None" = None
) -> list[Guard]:
    own = [guard for service in services for guard in service.guards]
    rules = {kind: each for service in services for kind, each in service.rules.items()}
    # Invalid requests are refused as such even when there is no room for valid ones.
    checks = [*own, Validation(rules), *([] if objects else [refuse_references])]
    return [
        traced,
        logged,
        tracked,
        counted,
        *checks,
        Admission(settings.max_concurrent_calls),
        large_given_back,
    ]


def _options(settings: ServerSettings) -> list[tuple[str, int]]:
    limit = settings.max_message_mib * 2**20
    return [
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        # Without this a second process could share the port unnoticed.
        ("grpc.so_reuseport", 0),
        # Callers look up the replicas anew, and so find new ones; running calls may end first.
        ("grpc.max_connection_age_ms", round(settings.max_connection_age_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", CONNECTION_GRACE_MS),
        # Callers that froze or were cut off are noticed, and their work is stopped.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # Without this one, a minute by default, the timeout above has no effect.
        ("grpc.http2.ping_timeout_ms", 10_000),
        # Without these a caller that checks on us in a long call is cut off for it.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 500),
    ]


def _bind(server, settings: ServerSettings) -> int:
    address = settings.listen
    identity = Identity(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    if not identity.paths and not is_private(address) and not settings.allow_plaintext:
        raise SystemExit(
            f"{address} can be reached from other machines and there is no TLS: set "
            "CYCLORAMA_TLS_CERT and CYCLORAMA_TLS_KEY, listen on 127.0.0.1, or set "
            "CYCLORAMA_ALLOW_PLAINTEXT=true"
        )
    if identity.ca and not identity.cert:
        raise SystemExit("CYCLORAMA_TLS_CLIENT_CA is of no use without CYCLORAMA_TLS_CERT")
    identity.check()
    try:
        if not identity.cert:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, server_credentials(identity))
    except RuntimeError:
        raise SystemExit(f"cannot listen on {address}: it is taken or not ours") from None
