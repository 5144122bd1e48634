"""A photo that ends every process which decodes it: how many replicas it takes with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from benchmarks.chaos_faults import CALLERS
from benchmarks.chaos_rig import PHOTO, CallLog, Replica, ReplicatedSystem, record_call, run_ads
from benchmarks.chaos_stage import FATAL
from benchmarks.serving import NOOP
from cyclorama import Client
from cyclorama.jobs import Job

FATAL_PHOTO = PHOTO + FATAL
# Seconds between two looks at a process that may have to be started again.
RESTART_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class CrashResult:
    """The call of the photo, all other calls, and how many replicas ended."""

    fatal: CallLog
    others: CallLog
    ended: int


def send_fatal_photo(system: ReplicatedSystem, calls: int) -> CrashResult:
    """Sends a photo that ends replicas of segmentation among calls; none is started again."""
    replicas, fatal = system.stages["segmentation"], CallLog()

    def send() -> None:
        with Client(system.gateway.address, timeout=60) as client:
            record_call(
                fatal,
                lambda: client.create_ad(FATAL_PHOTO, "x", size=(256, 256), options=NOOP),
            )

    others = run_ads(system.gateway.address, calls, CALLERS, {calls // 2: send})
    ended = sum(replica.process.poll() is not None for replica in replicas)
    return CrashResult(fatal, others, ended)


def run_fatal_job(system: ReplicatedSystem, photos: int) -> tuple[Job, int]:
    """Runs a job of photos, one of which ends each replica of segmentation that decodes it.

    Returns the finished job, whose first ad has that photo, and how often a replica was started
    again.
    """
    first, *others = system.stages["segmentation"]
    for replica in others:
        replica.stop()
    with restart_when_ended(first) as restarts, Client(system.gateway.address) as client:
        # Different bytes after the end of the picture: equal photos would be cut out only once.
        sound = [PHOTO + bytes([number]) for number in range(1, photos)]
        job = client.jobs.submit(
            [FATAL_PHOTO, *sound],
            ["x"],
            sizes=[(256, 256)],
            options=NOOP,
            request_id=str(uuid4()),
        )
        *_, last = client.jobs.watch(job.name)
    return last, len(restarts)


@contextmanager
def restart_when_ended(replica: Replica) -> Iterator[list[int]]:
    """Starts a replica again whenever it ends, as Docker does; yields the exit statuses."""
    statuses: list[int] = []
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(RESTART_POLL_SECONDS):
            status = replica.process.poll()
            if status is not None:
                statuses.append(status)
                replica.start()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield statuses
    finally:
        finished.set()
        thread.join()
