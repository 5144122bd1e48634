"""The segmentation stage on plain grpc.aio without guards: python -m benchmarks.transport_loop.

Its methods run in threads, as in every stage of ours. It has the settings of the stage, TLS
included.
"""

from concurrent.futures import ThreadPoolExecutor

import grpc

from benchmarks.transport_bare import add_stage
from services.runtime.event_loop import run_as_process
from services.segmentation.engines import SegmentationSettings


async def serve_stage() -> None:
    """Serves the stage until the process ends."""
    settings = SegmentationSettings.from_environment()
    threads = ThreadPoolExecutor(settings.max_concurrent_calls)
    server = grpc.aio.server(migration_thread_pool=threads)
    add_stage(server, settings)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    run_as_process(serve_stage())
