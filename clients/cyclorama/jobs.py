"""Campaigns: many ads as one job, which the gateway stores and runs to its end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Unpack

from cyclorama.arguments import CampaignArguments, ListArguments, StateName
from cyclorama.callbacks import await_callback
from cyclorama.checks import check_callback, check_count, check_path, check_text, describe
from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.job_operations import (
    merge_job_change,
    prepare_cancellation,
    prepare_deletion,
    prepare_download,
    prepare_job_page,
    prepare_job_query,
    prepare_job_watch,
    prepare_retry,
    prepare_submission,
)
from cyclorama.job_results import AsyncJob, Job, JobAd, JobReport, OnAsyncUpdate, bind_job
from cyclorama.keyword_signatures import list_keywords
from cyclorama.manifests import parse_manifest
from cyclorama.operations import AsyncRunner, Runner
from cyclorama.pictures import PictureLike
from cyclorama.result_names import name_results
from cyclorama.results import Ad
from cyclorama.resumption import Resumption

# Digits of a job's identifier in names of files. Fewer: two jobs are more often taken for one.
IDENTIFIER_LENGTH = 8


class Jobs:
    """Submits, watches and cancels the campaigns of a gateway: `client.jobs`.

    A job keeps running when the caller disconnects, and resumes when the gateway restarts. Each of
    its ads succeeds or fails on its own. Methods that take a job take its name as well.
    """

    def __init__(self, client: Runner) -> None:
        self._client = client

    @list_keywords
    def submit(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompts: str | Sequence[str],
        **arguments: Unpack[CampaignArguments],
    ) -> Job:
        """Submits a campaign: one ad for every combination of photo, prompt, size and variant.

        Returns the job at once, while the gateway runs it. `create` is another name of this method.

        photos: one picture, or several. prompts: one scene, or several. arguments: sizes, number of
        variants, seed and more; see CampaignArguments.

        Errors: INVALID_REQUEST when there are too many ads or an argument is out of range,
        JOB_QUEUE_FULL when too many ads are queued already, ARTIFACT_STORE_UNAVAILABLE or a reason
        that begins with JOB_DATABASE_ when the storage of jobs cannot be used, UNSUPPORTED_FEATURE
        when the gateway has no job database.
        """
        return self._bind(self._client.run(prepare_submission(photos, prompts, **arguments)))

    # The name that callers of other services expect.
    create = submit

    def get(self, job: str | JobReport) -> Job:
        """Returns a job, with all of its ads, in its current state.

        job: such as "jobs/5f0c".

        Errors: NOT_FOUND when there is no such job, or it belongs to another caller.
        """
        return self._bind(self._client.run(prepare_job_query(_name_of(job))))

    @list_keywords
    def list(
        self, state: StateName | Literal[""] = "", **matching: Unpack[ListArguments]
    ) -> Iterator[Job]:
        """Yields every job, newest first, without its ads.

        state: only jobs in this state, such as "running"; default all. matching: only jobs of a
        time, with some labels or of an owner; see ListArguments.
        """
        page_token: str | None = ""
        while page_token is not None:
            operation = prepare_job_page(state, page_token, **matching)
            jobs, page_token = self._client.run(operation)
            yield from map(self._bind, jobs)

    def watch(
        self,
        job: str | JobReport,
        after: int = 0,
        *,
        timeout: float | None = None,
        with_stages: bool = False,
    ) -> Iterator[Job]:
        """Yields the whole job after each of its events, until it has ended.

        Resumes when the gateway cannot be reached or is overloaded, for about a minute.

        job: such as "jobs/5f0c". after: the sequence number of the last event already seen, as in
        Job.sequence; 0 starts with the first. timeout: seconds, None for no limit. with_stages:
        whether the job is also yielded when an ad in flight gets on; see JobAd.stage.

        Errors: NOT_FOUND when there is no such job.
        """
        check_count(after, "after", 0)
        resumption = Resumption(timeout)
        while True:
            # By position: a stream begins with all ads, then has those that changed.
            ads: dict[int, JobAd] = {}
            operation = prepare_job_watch(_name_of(job), after, with_stages)
            try:
                left = resumption.seconds_left
                for change in self._client.stream(operation, timeout=left):
                    after = change.sequence
                    resumption.note_response()
                    yield self._bind(merge_job_change(change, ads))
                return  # The stream ends when the job has ended.
            except CycloramaError as error:
                pause = resumption.next_pause(error)
            time.sleep(pause)

    def wait(
        self,
        job: str | JobReport,
        *,
        timeout: float | None = None,
        on_update: Callable[[Job], None] | None = None,
    ) -> Job:
        """Waits until a job has ended and returns it, with all of its ads.

        job: such as "jobs/5f0c". timeout: seconds, after which Timeout is raised and the job
        continues; None for no limit. on_update: called with the job after each of its events.

        Errors: NOT_FOUND when there is no such job.
        """
        check_callback(on_update, "on_update")
        for last in self.watch(job, timeout=timeout):
            if on_update:
                on_update(last)
        return last

    def cancel(self, job: str | JobReport) -> Job:
        """Cancels a job and returns it; its finished ads stay.

        job: such as "jobs/5f0c".

        Errors: NOT_FOUND when there is no such job.
        """
        return self._bind(self._client.run(prepare_cancellation(_name_of(job))))

    def retry_failed(self, job: str | JobReport, positions: Iterable[int] = ()) -> Job:
        """Queues the failed ads of a job once more, with their seeds; returns the job.

        Its other ads stay as they are. job: such as "jobs/5f0c". positions: of the ads to queue,
        counted from 0; none for all that failed.

        Errors: NOT_FOUND when there is no such job, JOB_QUEUE_FULL when too many ads are queued.
        """
        return self._bind(self._client.run(prepare_retry(_name_of(job), positions)))

    def delete(self, job: str | JobReport) -> None:
        """Cancels a job, and erases its photos, its results and all else that is stored of it.

        job: such as "jobs/5f0c".

        Errors: NOT_FOUND when there is no such job.
        """
        self._client.run(prepare_deletion(_name_of(job)))

    def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """Downloads an ad's file, or its manifest, from the gateway and returns the bytes.

        Resumes as `watch` does.

        artifact: as in JobAd.artifact or JobAd.manifest. offset: number of bytes to skip.

        Errors: NOT_FOUND when the file does not exist, or no longer.
        """
        check_count(offset, "offset", 0)
        data, resumption = bytearray(), Resumption()
        while True:
            try:
                for part in self._client.stream(prepare_download(artifact, offset + len(data))):
                    data += part
                    resumption.note_response()
                return bytes(data)
            except CycloramaError as error:
                pause = resumption.next_pause(error)
            time.sleep(pause)

    def fetch_ad(self, ad: JobAd) -> Ad:
        """Downloads a finished ad of a job, with its manifest.

        ad: one of Job.ads.

        Errors: NOT_FOUND when the ad is no longer kept; ValueError when it is not finished.
        """
        _check_finished(ad)
        return _build_ad(ad, self.fetch(ad.artifact), self.fetch(ad.manifest))

    def download(self, job: str | JobReport, folder: str | Path) -> Sequence[Path]:
        """Saves the ads of a job that are finished by now, each with its manifest next to it.

        job: such as "jobs/5f0c". folder: created if it is missing. The files are named by photo,
        scene and size, such as bottle_on-sand_512x512.png; where a file of another job has that
        name, the first digits of the job's identifier follow.

        Returns the paths of the ads.

        Errors: NOT_FOUND when there is no such job; OSError when a file cannot be written.
        """
        path, report = check_path(folder, "folder"), self.get(job)
        return [
            _save_ad(self.fetch_ad(ad), path / name, report)
            for ad, name in _name_finished_ads(report)
        ]

    def _bind(self, report: JobReport) -> Job:
        return bind_job(report, Job, self)


class AsyncJobs:
    """Jobs for asyncio: every method of Jobs, awaited; list and watch with `async for`."""

    def __init__(self, client: AsyncRunner) -> None:
        self._client = client

    @list_keywords
    async def submit(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompts: str | Sequence[str],
        **arguments: Unpack[CampaignArguments],
    ) -> AsyncJob:
        """As Jobs.submit: submits a campaign of photos and prompts, and returns its job at once."""
        operation = prepare_submission(photos, prompts, **arguments)
        return self._bind(await self._client.run(operation))

    create = submit

    async def get(self, job: str | JobReport) -> AsyncJob:
        """As Jobs.get: returns a job in its current state."""
        return self._bind(await self._client.run(prepare_job_query(_name_of(job))))

    @list_keywords
    async def list(
        self, state: StateName | Literal[""] = "", **matching: Unpack[ListArguments]
    ) -> AsyncIterator[AsyncJob]:
        """As Jobs.list: yields every job, newest first, without its ads.

        state limits the list to jobs in that state, such as "running"; matching is as ListArguments
        describes it.
        """
        page_token: str | None = ""
        while page_token is not None:
            operation = prepare_job_page(state, page_token, **matching)
            jobs, page_token = await self._client.run(operation)
            for job in jobs:
                yield self._bind(job)

    async def watch(
        self,
        job: str | JobReport,
        after: int = 0,
        *,
        timeout: float | None = None,
        with_stages: bool = False,
    ) -> AsyncIterator[AsyncJob]:
        """As Jobs.watch: yields the whole job after each of its events, until it has ended.

        Resumes when the gateway cannot be reached or is overloaded, for about a minute. after is
        the sequence number of the last event already seen; with_stages says whether the job is also
        yielded when an ad in flight gets on.
        """
        check_count(after, "after", 0)
        resumption = Resumption(timeout)
        while True:
            # By position: a stream begins with all ads, then has those that changed.
            ads: dict[int, JobAd] = {}
            operation = prepare_job_watch(_name_of(job), after, with_stages)
            try:
                left = resumption.seconds_left
                async for change in self._client.stream(operation, timeout=left):
                    after = change.sequence
                    resumption.note_response()
                    yield self._bind(merge_job_change(change, ads))
                return  # The stream ends when the job has ended.
            except CycloramaError as error:
                pause = resumption.next_pause(error)
            await asyncio.sleep(pause)

    async def wait(
        self,
        job: str | JobReport,
        *,
        timeout: float | None = None,
        on_update: OnAsyncUpdate | None = None,
    ) -> AsyncJob:
        """As Jobs.wait: waits until a job has ended and returns it, with all of its ads.

        on_update is called with the job after each of its events, and awaited if it is async.
        """
        check_callback(on_update, "on_update", may_be_async=True)
        async for last in self.watch(job, timeout=timeout):
            await await_callback(on_update, last)
        return last

    async def cancel(self, job: str | JobReport) -> AsyncJob:
        """As Jobs.cancel: cancels a job; its finished ads stay."""
        return self._bind(await self._client.run(prepare_cancellation(_name_of(job))))

    async def retry_failed(self, job: str | JobReport, positions: Iterable[int] = ()) -> AsyncJob:
        """As Jobs.retry_failed: queues failed ads of a job once more, by position or all of them.

        Returns the job.
        """
        return self._bind(await self._client.run(prepare_retry(_name_of(job), positions)))

    async def delete(self, job: str | JobReport) -> None:
        """As Jobs.delete: erases a job, and all that is stored of it."""
        await self._client.run(prepare_deletion(_name_of(job)))

    async def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """As Jobs.fetch: downloads an ad's file or its manifest and returns the bytes.

        artifact is a name as in JobAd.artifact; offset is the number of bytes to skip.
        """
        check_count(offset, "offset", 0)
        data, resumption = bytearray(), Resumption()
        while True:
            operation = prepare_download(artifact, offset + len(data))
            try:
                async for part in self._client.stream(operation):
                    data += part
                    resumption.note_response()
                return bytes(data)
            except CycloramaError as error:
                pause = resumption.next_pause(error)
            await asyncio.sleep(pause)

    async def fetch_ad(self, ad: JobAd) -> Ad:
        """As Jobs.fetch_ad: downloads a finished ad of a job, with its manifest."""
        _check_finished(ad)
        return _build_ad(ad, await self.fetch(ad.artifact), await self.fetch(ad.manifest))

    async def download(self, job: str | JobReport, folder: str | Path) -> Sequence[Path]:
        """As Jobs.download: saves the finished ads of a job in a folder."""
        path, report = check_path(folder, "folder"), await self.get(job)
        return [
            _save_ad(await self.fetch_ad(ad), path / name, report)
            for ad, name in _name_finished_ads(report)
        ]

    def _bind(self, report: JobReport) -> AsyncJob:
        return bind_job(report, AsyncJob, self)


def _name_of(job: str | JobReport) -> str:
    """Returns the name of a job; raises ValueError when it is no job and no name."""
    return job.name if isinstance(job, JobReport) else check_text(job, "job", "'jobs/5f0c'")


def _check_finished(ad: JobAd) -> None:
    """Raises ValueError when an ad has no file."""
    if not isinstance(ad, JobAd):
        raise ValueError(f"ad: is {describe(ad)}; pass one of job.ads")
    if not ad.artifact:
        raise ValueError(f"this ad has no file: it is {ad.state}{ad.error and f', {ad.error}'}")


def _build_ad(ad: JobAd, data: bytes, manifest: bytes) -> Ad:
    """Returns an ad of a job with the bytes of its file and of its manifest."""
    manifest_json = manifest.decode()
    file = parse_manifest(manifest_json)["ad"]
    return Ad(
        data=data,
        format=find_format(file["format"]).name,
        width=file["width"],
        height=file["height"],
        manifest_json=manifest_json,
        score=ad.score,
        reasons=ad.reasons,
        measurements=ad.measurements,
        flaw_probability=ad.flaw_probability,
        profile=ad.profile,
        draft=ad.draft,
    )


def _name_finished_ads(job: JobReport) -> Iterable[tuple[JobAd, str]]:
    """Returns the ads of a job that have a file, each with a name for it without a suffix."""
    names = name_results((ad.photo_name, ad.prompt, ad.size) for ad in job.ads)
    return [(ad, name) for ad, name in zip(job.ads, names, strict=True) if ad.artifact]


def _save_ad(ad: Ad, path: Path, job: JobReport) -> Path:
    """Saves an ad of a job and its manifest, without replacing those of another job.

    path: without a suffix. Returns the path of the ad.
    """
    suffix = find_format(ad.format).suffix
    file = path.with_name(path.name + suffix)
    if file.exists() and file.read_bytes() != ad.data:
        identifier = job.name.rpartition("/")[2][:IDENTIFIER_LENGTH]
        file = path.with_name(f"{path.name}_{identifier}{suffix}")
    return ad.save(file)
