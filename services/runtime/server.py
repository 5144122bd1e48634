"""Runs servicers as a gRPC server: port, guards, health, reflection, signals, shutdown."""

import asyncio
import logging
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime.addresses import is_local_address
from services.runtime.event_loop import run_as_process, run_in_event_loop
from services.runtime.guards.accounting import count_call
from services.runtime.guards.admission import MethodConcurrencyLimit
from services.runtime.guards.bodies import RequestReader
from services.runtime.guards.call_log import log_call
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.guarded_call import EarlyCheck, Guard
from services.runtime.guards.interceptor import GuardInterceptor
from services.runtime.guards.memory import release_memory_of_images
from services.runtime.guards.references import ReferenceInterceptor, refuse_references
from services.runtime.guards.validation import FieldRules, RequestValidator
from services.runtime.health import WatchPart, report_parts
from services.runtime.heap import trim_heap_at_intervals
from services.runtime.metrics import serve_metrics
from services.runtime.settings import ServerSettings
from services.runtime.shutdown import StopWork, request_shutdown, stop_work, wait_for_shutdown
from services.runtime.threads import CallThreadPool
from services.runtime.tls import TlsIdentity, server_credentials
from services.runtime.tracing import trace_call

if TYPE_CHECKING:
    from services.runtime.objects import ContentStore

# An hour for the calls of a connection that reached its maximum age: longer than any call may
# take, so that reconnecting never cuts one off.
CONNECTION_GRACE_MS = 3_600_000
# Pings detect callers that froze or lost their network, whose work would go on: after at most 30 s
# without traffic and 10 s without a reply. Smaller: more pings per idle connection.
KEEPALIVE_TIME_MS, KEEPALIVE_TIMEOUT_MS = 30_000, 10_000
# Calls of one connection at a time; further ones wait at the client. Larger: one connection can
# occupy more of a process; smaller: the watchers of a web page, which share one, wait for another.
MAX_CONCURRENT_STREAMS = 256
# Calls that gRPC keeps until the event loop takes them, in milliseconds each; by default it cancels
# some beyond 1,000. Larger: a longer flood delays calls in place of having some fail.
MAX_PENDING_CALLS = 100_000
# Of the compression algorithms of gRPC, as bits: 1 is none.
UNCOMPRESSED_ONLY = 1
# The least interval between a client's pings during a long call; more frequent ones close the
# connection. gRPC's default of 5 minutes would cut off clients that check on us.
MIN_PING_INTERVAL_MS = 500
# In seconds, for the callers of stopped work to get their errors, and for its threads to end.
# Larger: a process that is stuck ends later; smaller: callers see a lost connection instead.
STOP_SECONDS = 0.5
SERVING = health_pb2.HealthCheckResponse.SERVING

# At level DEBUG gRPC logs a server while it frees it: whatever keeps the line keeps freed memory.
logging.getLogger("grpc._cython.cygrpc").setLevel(logging.INFO)

log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """A gRPC service: its full name, the function that adds its servicer, and its field rules.

    token_check: rejects calls of the server before their requests are read. guards: in addition to
    those of every service. parts: what can fail alone, each with its own health. long_methods:
    those that a guard limits in place of `max_concurrent_calls`. resolves_uris: whether the
    servicer itself finds the images that requests name by uri, without a store of the server.
    """

    name: str
    add: Callable[[Any, Any], None]
    servicer: object
    rules: FieldRules = field(default_factory=dict)
    token_check: EarlyCheck | None = None
    guards: Sequence[Guard] = ()
    parts: Mapping[str, WatchPart] = field(default_factory=dict)
    long_methods: Collection[str] = ()
    resolves_uris: bool = False


class AioServer:
    """A server that was started in an event loop: its port, and how to stop it."""

    def __init__(
        self,
        server: grpc.aio.Server,
        port: int,
        health_service: health.aio.HealthServicer,
        threads: CallThreadPool,
    ) -> None:
        """Takes over a server that was started.

        port: the port that it listens on.
        health_service: its health service, which tells clients whether it is serving.
        threads: that run its calls.
        """
        self.port = port
        self._server = server
        self._checks = health_service
        self._threads = threads

    async def stop(
        self, settings: ServerSettings, stop_late: StopWork = lambda timeout: True
    ) -> None:
        """Stops the server without cutting calls off; returns when it has stopped.

        Reports NOT_SERVING, waits settings.drain_seconds for clients to see it, then lets calls in
        flight finish for at most settings.grace_seconds.

        stop_late: stops the work of calls that take longer, so that they fail with an error of
            their own before they are cut off.
        """
        await self._checks.enter_graceful_shutdown()
        await asyncio.sleep(settings.drain_seconds)
        stopping = asyncio.ensure_future(self._server.stop(settings.grace_seconds + STOP_SECONDS))
        _, late = await asyncio.wait({stopping}, timeout=settings.grace_seconds)
        if late:
            await asyncio.to_thread(stop_late, 0.0)
        await stopping
        self._threads.shutdown(wait=False)


class RunningServer:
    """A server that was started for callers without an event loop."""

    def __init__(self, server: AioServer) -> None:
        """Takes over a server that was started with run_in_event_loop()."""
        self.port = server.port
        self._server = server

    def stop(self, settings: ServerSettings, stop_late: StopWork = lambda timeout: True) -> None:
        """Stops the server as AioServer.stop() does; blocks until it has stopped."""
        run_in_event_loop(self._server.stop(settings, stop_late))


def start_server(
    services: Sequence[Service], settings: ServerSettings, store: "ContentStore | None" = None
) -> RunningServer:
    """Starts a server as start_aio_server() does, in the event loop of this process's servers."""
    return RunningServer(run_in_event_loop(start_aio_server(services, settings, store)))


async def start_aio_server(
    services: Sequence[Service], settings: ServerSettings, store: "ContentStore | None" = None
) -> AioServer:
    """Starts a gRPC server in this event loop, which reports SERVING when this function returns.

    Raises SystemExit if it cannot listen.

    services: what it serves.
    settings: how it listens, and its limits.
    store: shared with the callers, to pass images by reference; None if they are sent as bytes.
    """
    threads = CallThreadPool(settings.max_concurrent_calls)
    interceptors = _build_interceptors(services, settings, threads, store)
    server = grpc.aio.server(interceptors=interceptors, options=_build_options(settings))
    _add_services(services, server)
    # Answered in the event loop, which no work, thread or request occupies for long.
    health_service = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    port = _bind_port(server, settings)
    await server.start()
    names = [service.name for service in services]
    # The empty name stands for the server as a whole.
    for name in ("", *names):
        await health_service.set(name, SERVING)
    for service in services:
        await report_parts(health_service, service.name, service.parts)
    log.info("listening", services=names, address=settings.listen, port=port)
    return AioServer(server, port, health_service, threads)


def run_server(
    services: Sequence[Service], settings: ServerSettings, store: "ContentStore | None" = None
) -> None:
    """Starts a gRPC server and serves until SIGTERM or Ctrl-C; blocks.

    services: what it serves.
    settings: how it listens, its limits, and how long it takes to stop.
    store: shared with the callers, to pass images by reference; None if they are sent as bytes.
    """
    run_as_process(run_aio_server(services, settings, store))


async def run_aio_server(
    services: Sequence[Service], settings: ServerSettings, store: "ContentStore | None" = None
) -> None:
    """Does the same in the event loop of the caller."""
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, request_shutdown)
    with serve_metrics(settings.metrics_address), trim_heap_at_intervals():
        running_server = await start_aio_server(services, settings, store)
        await asyncio.to_thread(wait_for_shutdown)
        log.info("draining")
        await running_server.stop(settings, stop_work)
        # Also what no caller waits for any longer: Python cannot end while native code runs.
        if not await asyncio.to_thread(stop_work, STOP_SECONDS):
            log.warning("work not stopped", consequence="it ends with the process")
        log.info("stopped")


def _build_interceptors(
    services: Sequence[Service],
    settings: ServerSettings,
    threads: CallThreadPool,
    store: "ContentStore | None",
) -> list[grpc.aio.ServerInterceptor]:
    """Returns what surrounds the methods of a server: the guards, then images by reference."""
    long_methods = [method for service in services for method in service.long_methods]
    limit = MethodConcurrencyLimit(settings.max_concurrent_calls, exempt=long_methods)
    token_checks = [service.token_check for service in services if service.token_check]
    takes_uris = store is not None or any(service.resolves_uris for service in services)
    guards = GuardInterceptor(
        _list_guards(services, limit, takes_uris=takes_uris),
        RequestReader(settings),
        threads,
        settings.stall_timeout_seconds,
        [*token_checks, limit.check_early],
    )
    return [guards, ReferenceInterceptor(store)] if store else [guards]


def _add_services(services: Sequence[Service], server: grpc.aio.Server) -> None:
    """Adds services to a gRPC server, and lists them in its reflection service for tools."""
    for service in services:
        service.add(service.servicer, server)
    names = [service.name for service in services]
    listed = (*names, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(listed, server)


def _list_guards(
    services: Sequence[Service], limit: MethodConcurrencyLimit, *, takes_uris: bool
) -> list[Guard]:
    """Returns the guards of every call, the outermost first.

    A guard runs around a call: it observes the call or rejects it.

    services: their field rules and own guards are included.
    limit: of the calls in flight.
    takes_uris: whether images may be passed by reference.
    """
    service_guards = [guard for service in services for guard in service.guards]
    rules = {
        message_type: field_rules
        for service in services
        for message_type, field_rules in service.rules.items()
    }
    return [
        trace_call,
        log_call,
        track_call,
        count_call,
        *service_guards,
        # Before the concurrency limit: retries would not help an invalid request.
        RequestValidator(rules),
        *([] if takes_uris else [refuse_references]),
        limit,
        release_memory_of_images,
    ]


def _build_options(settings: ServerSettings) -> list[tuple[str, int]]:
    """Returns the gRPC options of a server, by name: message sizes, connection age, keepalive."""
    max_message_bytes = settings.max_message_mib * 2**20
    return [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # Without compression: a few kilobytes could become a message as large as may be.
        ("grpc.compression_enabled_algorithms_bitset", UNCOMPRESSED_ONLY),
        # Otherwise a second process could share the port unnoticed.
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", MAX_CONCURRENT_STREAMS),
        ("grpc.server.max_pending_requests", MAX_PENDING_CALLS),
        ("grpc.server.max_pending_requests_hard_limit", MAX_PENDING_CALLS),
        # Makes clients resolve the name again and find new replicas.
        ("grpc.max_connection_age_ms", round(settings.max_connection_age_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", CONNECTION_GRACE_MS),
        ("grpc.keepalive_time_ms", KEEPALIVE_TIME_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        # Its default of a minute would override the timeout above.
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
    ]


def _bind_port(server: grpc.aio.Server, settings: ServerSettings) -> int:
    """Makes a server listen at settings.listen, with TLS if that is set up; returns the port.

    Raises SystemExit if it cannot, or if other machines could connect without TLS.
    """
    address = settings.listen
    identity = TlsIdentity(cert=settings.tls_cert, key=settings.tls_key, ca=settings.tls_client_ca)
    if not identity.paths and not is_local_address(address) and not settings.allow_plaintext:
        raise SystemExit(
            f"{address} can be reached from other machines and there is no TLS: set "
            "CYCLORAMA_TLS_CERT and CYCLORAMA_TLS_KEY, listen on 127.0.0.1, or set "
            "CYCLORAMA_ALLOW_PLAINTEXT=true"
        )
    if identity.ca and not identity.cert:
        raise SystemExit("CYCLORAMA_TLS_CLIENT_CA has no effect without CYCLORAMA_TLS_CERT")
    identity.exit_if_unusable()
    try:
        if not identity.cert:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, server_credentials(identity))
    except RuntimeError:
        reason = "the port is in use, or the address is not on this machine"
        raise SystemExit(f"cannot listen on {address}: {reason}") from None
