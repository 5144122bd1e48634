"""Campaigns as the gateway reports them: jobs and their ads."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import grpc

from cyclorama.responses import report_fields_from_message
from cyclorama.results import AdWarning, Measurement, ProfileReport, warning_from_message
from cyclorama.v1 import jobs_pb2

# The states in which an ad has ended, and those in which a job has.
AD_END_STATES = ("succeeded", "failed", "cancelled")
END_STATES = (*AD_END_STATES, "partially_succeeded")
# By the number that the contract has for an error; without one, it is 0.
_STATUS_NAMES = {code.value[0]: code.name for code in grpc.StatusCode if code.value[0]}


@dataclass(frozen=True)
class JobAd:
    """One ad of a job.

    prompt: its scene. size: width and height in pixels. seed: its seed. photo: SHA-256 of the
    photo. state: queued, running, succeeded, failed or cancelled. artifact: the name of its file
    for Jobs.fetch, empty until the ad succeeds. manifest: the name of its manifest, likewise.
    error: why it failed, else empty. warnings: those of all its stages, once it has succeeded.
    score, flaw_probability, reasons, profile: as in Ad, once the ad has succeeded. measurements:
    those that warn or fail, and of the profile as well; the manifest has all. preview: the name of
    a small JPEG of it for Jobs.fetch, empty where there is none. engines: what made it, by stage:
    the engine's name, then that of its model if it has one; empty until the ad succeeds. draft:
    whether it is a draft, whose picture has half of `size`. photo_name: the name of the photo's
    file, if the campaign was submitted with one. error_reason: why an ad failed, as a fixed reason
    such as "PRODUCT_NOT_FOUND". error_status: the name of its gRPC status. error_stage: the stage
    that failed, empty when the gateway itself failed. stage: the one that an ad in flight is in, in
    a watch with stages, else empty. stage_fraction: share of its work that is done, 0 to 1.
    attempt: number of the attempt to make it, from 1; 0 where `stage` is empty. retry_reason: of
    the error that ended the attempt before, empty in the first.
    """

    prompt: str
    size: tuple[int, int]
    seed: int
    photo: str
    state: str
    artifact: str
    manifest: str
    error: str
    warnings: tuple[AdWarning, ...] = ()
    score: float = 0.0
    flaw_probability: float = 0.0
    reasons: str = ""
    measurements: tuple[Measurement, ...] = ()
    profile: ProfileReport | None = None
    preview: str = ""
    engines: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    photo_name: str = ""
    error_reason: str = ""
    error_status: str = ""
    error_stage: str = ""
    stage: str = ""
    stage_fraction: float = 0.0
    attempt: int = 0
    retry_reason: str = ""


@dataclass(frozen=True)
class JobReport:
    """A campaign as the gateway reports it.

    name: such as "jobs/5f0c". state: queued, running, succeeded, partially_succeeded, failed or
    cancelled. created: when the job was submitted, in UTC, without a time zone. updated: when the
    job last changed, in UTC, without a time zone. ads: in the order of photos, prompts, sizes and
    variants; empty in lists of jobs. counts: number of its ads by state; running ads count as
    waiting. stages: how many results each stage computed for it, and how many were cached; empty in
    lists. sequence: number of its last event, when watched. display_name, labels: as they were
    submitted.
    """

    name: str
    state: str
    created: datetime
    updated: datetime
    ads: tuple[JobAd, ...]
    counts: Mapping[str, int]
    stages: Mapping[str, tuple[int, int]]
    sequence: int = 0
    display_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the job has reached its final state."""
        return self.state in END_STATES

    def count(self, state: str) -> int:
        """Returns the number of its ads in a state, such as "succeeded"."""
        return self.counts.get(state, sum(ad.state == state for ad in self.ads))

    @property
    def total(self) -> int:
        """Number of its ads."""
        return sum(self.counts.values())


ReportT = TypeVar("ReportT", bound=JobReport)
CallsT = TypeVar("CallsT")


class JobCalls(Protocol):
    """Protocol of what manages the jobs of a blocking client, such as Jobs."""

    def wait(
        self, job: str, *, timeout: float | None, on_update: Callable[["Job"], None] | None
    ) -> "Job":
        """Waits until a job has ended."""

    def cancel(self, job: str) -> "Job":
        """Cancels a job."""

    def retry_failed(self, job: str, positions: Iterable[int] = ()) -> "Job":
        """Queues failed ads of a job once more."""

    def delete(self, job: str) -> None:
        """Erases a job."""

    def download(self, job: JobReport, folder: str | Path) -> Sequence[Path]:
        """Saves the finished ads of a job."""


class AsyncJobCalls(Protocol):
    """Protocol of what manages the jobs of an asyncio client, such as AsyncJobs."""

    async def wait(
        self, job: str, *, timeout: float | None, on_update: "OnAsyncUpdate | None"
    ) -> "AsyncJob":
        """Waits until a job has ended."""

    async def cancel(self, job: str) -> "AsyncJob":
        """Cancels a job."""

    async def retry_failed(self, job: str, positions: Iterable[int] = ()) -> "AsyncJob":
        """Queues failed ads of a job once more."""

    async def delete(self, job: str) -> None:
        """Erases a job."""

    async def download(self, job: JobReport, folder: str | Path) -> Sequence[Path]:
        """Saves the finished ads of a job."""


class Job(JobReport):
    """A campaign that a Client returned, with methods that ask its gateway."""

    _jobs: ClassVar[JobCalls | None] = None

    def wait(
        self, *, timeout: float | None = None, on_update: Callable[["Job"], None] | None = None
    ) -> "Job":
        """Waits until the job has ended and returns it, with all of its ads.

        timeout: seconds, after which Timeout is raised and the job continues. on_update: called
        with the job after each of its events.
        """
        return _check_bound(self._jobs).wait(self.name, timeout=timeout, on_update=on_update)

    def cancel(self) -> "Job":
        """Cancels the job and returns it; its finished ads stay."""
        return _check_bound(self._jobs).cancel(self.name)

    def retry_failed(self, positions: Iterable[int] = ()) -> "Job":
        """Queues its failed ads once more, with their seeds, and returns the job.

        positions: of the ads to queue, counted from 0; none for all that failed.
        """
        return _check_bound(self._jobs).retry_failed(self.name, positions)

    def delete(self) -> None:
        """Cancels the job, and erases all that the gateway stores of it."""
        _check_bound(self._jobs).delete(self.name)

    def download(self, folder: str | Path) -> list[Path]:
        """Saves its finished ads in a folder, each with its manifest; see Jobs.download."""
        return list(_check_bound(self._jobs).download(self, folder))


class AsyncJob(JobReport):
    """A campaign that an AsyncClient returned: every method of Job, awaited."""

    _jobs: ClassVar[AsyncJobCalls | None] = None

    async def wait(
        self,
        *,
        timeout: float | None = None,
        on_update: "OnAsyncUpdate | None" = None,
    ) -> "AsyncJob":
        """As Job.wait: waits until the job has ended and returns it."""
        return await _check_bound(self._jobs).wait(self.name, timeout=timeout, on_update=on_update)

    async def cancel(self) -> "AsyncJob":
        """As Job.cancel: cancels the job and returns it."""
        return await _check_bound(self._jobs).cancel(self.name)

    async def retry_failed(self, positions: Iterable[int] = ()) -> "AsyncJob":
        """As Job.retry_failed: queues its failed ads once more, and returns the job."""
        return await _check_bound(self._jobs).retry_failed(self.name, positions)

    async def delete(self) -> None:
        """As Job.delete: erases all that the gateway stores of the job."""
        await _check_bound(self._jobs).delete(self.name)

    async def download(self, folder: str | Path) -> list[Path]:
        """As Job.download: saves its finished ads in a folder, each with its manifest."""
        return list(await _check_bound(self._jobs).download(self, folder))


OnAsyncUpdate = Callable[[AsyncJob], Awaitable[object] | None]
"""A function or a coroutine function, which is awaited."""


def bind_job(report: JobReport, kind: type[ReportT], jobs: Any) -> ReportT:
    """Returns a job whose methods ask a gateway.

    kind: Job or AsyncJob. jobs: the Jobs or AsyncJobs of the client that the gateway is asked with.
    """
    job = kind(**{each.name: getattr(report, each.name) for each in fields(JobReport)})
    # No field: a client cannot be compared, copied or stored.
    object.__setattr__(job, "_jobs", jobs)
    return job


def _check_bound(jobs: CallsT | None) -> CallsT:
    """Returns what manages a job; raises ValueError when no client returned it."""
    if jobs is None:
        raise ValueError("no client returned this job; ask client.jobs.get(name) for it")
    return jobs


def read_job(job: jobs_pb2.Job) -> JobReport:
    """Converts a Job message of the contract."""
    return JobReport(
        name=job.name,
        state=_read_state(job.state),
        created=job.create_time.ToDatetime(),
        updated=job.update_time.ToDatetime(),
        ads=tuple(map(read_job_ad, job.ads)),
        counts={state: getattr(job.counts, state) for state in ("waiting", *AD_END_STATES)},
        stages={entry.stage: (entry.computed, entry.cached) for entry in job.stages},
        display_name=job.display_name,
        labels=dict(job.labels),
    )


def read_job_ad(ad: jobs_pb2.JobAd) -> JobAd:
    """Converts a JobAd message of the contract into the dataclass JobAd."""
    return JobAd(
        prompt=ad.prompt,
        size=(ad.size.width, ad.size.height),
        seed=ad.seed,
        photo=ad.photo,
        photo_name=ad.photo_name,
        state=_read_state(ad.state),
        artifact=ad.artifact,
        manifest=ad.manifest,
        error=ad.error.message,
        error_reason=ad.error.reason,
        error_status=_STATUS_NAMES.get(ad.error.code, ""),
        error_stage=ad.error.stage,
        stage=ad.stage,
        stage_fraction=ad.stage_fraction,
        attempt=ad.attempt,
        retry_reason=ad.retry_reason,
        warnings=tuple(map(warning_from_message, ad.warnings)),
        preview=ad.preview,
        engines={each.stage: f"{each.engine} {each.model}".strip() for each in ad.engines},
        **report_fields_from_message(ad),
    )


def _read_state(state: int) -> str:
    """Returns the name of a JobState value, such as "running"."""
    return jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
