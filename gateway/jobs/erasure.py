"""Erases what the artifact store has of deleted jobs: pictures, results and cached results."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from functools import partial
from itertools import chain, compress, islice
from typing import Any, NamedTuple, TypeVar

import grpc
import structlog

from cyclorama.v1 import jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.database_threads import work_on_database
from gateway.jobs.dispatcher import AdDispatcher
from gateway.jobs.erasure_ledger import ErasureLedger
from gateway.jobs.plan import list_images
from gateway.jobs.progress import AdOutcome
from gateway.result_cache import build_folder_name, list_object_keys
from gateway.uploads import ImageUploads
from services.runtime.errors import ServiceError

# What the names of records begin with that name the files of an ad.
NOTE = "ad-"
# Entries of the store that are read or deleted at a time. Larger: faster with a bucket, more
# connections to it.
CONCURRENCY = 32
# Longest wait for ads in flight to stop, here and in other gateways, and time between two checks.
STOP_SECONDS, CHECK_SECONDS = 10.0, 0.05
# Time in which other gateways stop ads that were cancelled before the job was deleted, which they
# look for every BUSY_SECONDS. Larger: deletions take longer where several gateways run.
OTHERS_SECONDS = 1.5
# Attempts to empty the log of the database, which readers of it delay for milliseconds.
LOG_ATTEMPTS = 40

T = TypeVar("T")

log = structlog.get_logger()


class JobStillStopping(ServiceError):
    """A gateway still makes ads of a job that is deleted; nothing of them is erased yet."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "JOB_STILL_STOPPING"
    retry_seconds: float | None = 1.0

    def __init__(self) -> None:
        """Sets the error text, which is always the same."""
        super().__init__("ads of the job have not stopped yet; delete it again in a second")


class _Found(NamedTuple):
    """Records in the folders of a job, and keys of objects: to erase, and of other jobs."""

    records: list[str]
    keys: set[str]
    foreign_keys: set[str]


async def note_files(
    artifacts: ArtifactStore, job: str, owner: str, photo: str, outcome: AdOutcome
) -> None:
    """Notes which files an ad gets before they are stored, so that none is stored without a trace.

    Only then does the database know of them. job, owner: of the ad. photo: key of its photo.
    """
    name = f"{build_folder_name(owner, photo)}/{NOTE}{job}-{outcome.manifest}"
    await artifacts.write_record(name, "\n".join(outcome.keys).encode())


class JobEraser:
    """Erases deleted jobs; may be interrupted at any time, and then begins again."""

    def __init__(
        self,
        ledger: ErasureLedger,
        artifacts: ArtifactStore,
        uploads: ImageUploads,
        dispatcher: AdDispatcher,
    ) -> None:
        """Keeps what erasing needs.

        ledger: knows the deleted jobs. artifacts: the store. uploads: the pictures in it that
        callers uploaded. dispatcher: stops ads of deleted jobs here.
        """
        self._ledger, self._artifacts, self._dispatcher = ledger, artifacts, dispatcher
        self._uploads = uploads
        # By id of the job.
        self._erasing: dict[str, asyncio.Task[None]] = {}

    def close(self) -> None:
        """Stops what is being erased; it begins again when the gateway starts."""
        for task in self._erasing.values():
            task.cancel()

    async def erase_deleted_jobs(self) -> None:
        """Erases the jobs whose deletion was interrupted; logs which cannot be erased yet."""
        # A crash after the last step may have left them in the log.
        await self._empty_log()
        for job in await work_on_database(self._ledger.list_erasures):
            # The error is logged.
            with suppress(ServiceError):
                await self.erase_job(job)

    async def erase_job(self, job: str) -> None:
        """Erases all that is stored of a deleted job, when its ads have stopped.

        job: its id. Goes on when its caller is cancelled. Raises JobStillStopping,
        JobDatabaseUnavailable and ArtifactStoreUnavailable; what is not erased by then stays noted.
        """
        if job not in self._erasing:
            self._erasing[job] = asyncio.create_task(self._erase(job))
            self._erasing[job].add_done_callback(partial(self._end_erasing, job))
        await asyncio.shield(self._erasing[job])

    def _end_erasing(self, job: str, task: "asyncio.Task[None]") -> None:
        """Forgets the task that erased a job, and logs its error, which callers may have left."""
        del self._erasing[job]
        if not task.cancelled() and (error := task.exception()):
            log.warning("job not erased yet", job=job, cause=str(error))

    async def _erase(self, job: str) -> None:
        """Erases a deleted job; as of erase_job."""
        erasure = await work_on_database(self._ledger.load_erasure, job)
        if erasure is None:
            return
        await self._wait_until_released(job)
        found = await self._find_records(job, erasure.owner, erasure.campaign)
        keys = found.keys.union(erasure.keys) - found.foreign_keys
        await self._delete_uploads(job, erasure.owner, keys)
        keys -= await work_on_database(self._ledger.find_shared_objects, job, keys)
        keys -= await self._find_uploads(keys)
        # The records last: they lead to the objects.
        await _call_for_each(self._artifacts.delete_object, keys)
        await _call_for_each(self._artifacts.delete_record, found.records)
        await work_on_database(self._ledger.end_erasure, job)
        await self._empty_log()

    async def _wait_until_released(self, job: str) -> None:
        """Waits until no gateway makes an ad of the job; raises JobStillStopping."""
        self._dispatcher.wake()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while not await self._is_released(job):
                    await asyncio.sleep(CHECK_SECONDS)
                if await work_on_database(self._ledger.has_several_gateways):
                    await asyncio.sleep(OTHERS_SECONDS)
        except TimeoutError:
            raise JobStillStopping() from None

    async def _is_released(self, job: str) -> bool:
        """Returns whether no gateway makes an ad of the job."""
        if self._dispatcher.runs_job(job):
            return False
        return await work_on_database(self._ledger.is_released, job)

    async def _find_records(self, job: str, owner: str, campaign: jobs_pb2.Campaign) -> _Found:
        """Finds the records of the results from the photos and prompts of a job, and their objects.

        What ads of other jobs with such a photo have noted as their files is foreign.
        """
        sources = {*campaign.prompts, *(photo.image.uri for photo in campaign.photos)}
        folders = [build_folder_name(owner, source) for source in sources]
        names = list(
            chain.from_iterable(await _call_for_each(self._artifacts.list_records, folders))
        )
        contents = await _call_for_each(self._artifacts.read_record, names)
        noted_by = {name: _find_noting_job(name) for name in names}
        others = {noting for noting in noted_by.values() if noting not in (None, job)}
        existing = await work_on_database(self._ledger.find_jobs, others)
        found = _Found([], {image.uri for image in list_images(campaign)}, set())
        for name, content in zip(names, contents, strict=True):
            if noted_by[name] in existing:
                found.foreign_keys.update(_list_keys(name, content or b""))
            else:
                found.records.append(name)
                found.keys.update(_list_keys(name, content or b""))
        return found

    async def _delete_uploads(self, job: str, owner: str, keys: set[str]) -> None:
        """Deletes the uploads of an owner that a job had and no other of the owner's jobs has.

        keys: of all objects of the job.
        """
        used = await work_on_database(self._ledger.find_shared_objects, job, keys, owner)
        await _call_for_each(partial(self._uploads.delete_upload, owner=owner), keys - used)

    async def _find_uploads(self, keys: set[str]) -> set[str]:
        """Returns those of some keys whose pictures callers have uploaded."""
        ordered = list(keys)
        uploaded = await _call_for_each(self._uploads.is_uploaded, ordered)
        return set(compress(ordered, uploaded))

    async def _empty_log(self) -> None:
        """Empties the log of the database, which has what was deleted; logs when it cannot."""
        for _ in range(LOG_ATTEMPTS):
            if await work_on_database(self._ledger.empty_log):
                return
            await asyncio.sleep(CHECK_SECONDS)
        log.warning(
            "the log of the job database is in use; it has deleted jobs until it is emptied"
        )


def _find_noting_job(record_name: str) -> str | None:
    """Returns the id of the job that noted the files of an ad; None for a cached result."""
    _, _, name = record_name.rpartition("/")
    return name.removeprefix(NOTE).rpartition("-")[0] if name.startswith(NOTE) else None


def _list_keys(record_name: str, record: bytes) -> list[str]:
    """Returns the keys of the objects that a record leads to."""
    if _find_noting_job(record_name) is None:
        return list_object_keys(record_name, record)
    return record.decode(errors="replace").split()


async def _call_for_each(
    function: Callable[[str], Coroutine[Any, Any, T]], values: Collection[str]
) -> list[T]:
    """Calls a function with each of some values, CONCURRENCY at a time; returns the results."""
    results: list[T] = []
    remaining = iter(values)
    while chunk := list(islice(remaining, CONCURRENCY)):
        results += await asyncio.gather(*map(function, chunk))
    return results
