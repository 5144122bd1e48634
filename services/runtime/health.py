"""The health of the parts of a service, in its gRPC health service."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from grpc_health.v1 import health, health_pb2

WatchPart = Callable[[Callable[[bool], None]], None]
"""Calls a function, in any thread, with whether a part serves: now, and when that changes."""

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def report_parts(
    health_service: health.aio.HealthServicer, service: str, parts: Mapping[str, WatchPart]
) -> None:
    """Has the health service of an asyncio server report the parts of a service.

    service: its full name. parts: by name; "jobs" is reported as cyclorama.v1.AdService/jobs.
    """
    loop = asyncio.get_running_loop()

    def report_part(name: str, serves: bool) -> None:
        """Sets the status of a part; thread-safe."""
        status = SERVING if serves else NOT_SERVING
        asyncio.run_coroutine_threadsafe(health_service.set(name, status), loop)

    for part, watch in parts.items():
        watch(partial(report_part, f"{service}/{part}"))
