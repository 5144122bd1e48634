"""Campaigns: many ads as one job that the gateway keeps, whoever stops or starts."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from os import PathLike
from typing import TypedDict, Unpack, cast
from uuid import uuid4

import grpc

from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.operations import AsyncRunner, Operation, PictureLike, Runner, fill, to_image
from cyclorama.results import Picture
from cyclorama.v1 import ads_pb2, jobs_pb2
from cyclorama.v1.ads_pb2_grpc import AdServiceStub

ENDED = ("succeeded", "failed", "cancelled")
# How often in a row a watch that was cut off is taken up again, and after which pause.
RETRIES, PAUSE_SECONDS = 120, 0.5


@dataclass(frozen=True)
class JobAd:
    """One ad of a job.

    prompt: its scene. size: width and height in pixels. seed: that it is made with. photo: SHA-256
    of the photo. state: queued, running, succeeded, failed or cancelled. artifact: the name of its
    file for Jobs.fetch, empty until it is made. manifest: the name of its record, likewise. error:
    why it failed, else empty.
    """

    prompt: str
    size: tuple[int, int]
    seed: int
    photo: str
    state: str
    artifact: str
    manifest: str
    error: str


@dataclass(frozen=True)
class Job:
    """A campaign at work.

    name: such as "jobs/5f0c". state: queued, running, succeeded, failed or cancelled. created,
    updated: in UTC, without a time zone. ads: in the order of photos, prompts, sizes and variants;
    empty in lists of jobs. counts: of its ads, by state; those at work count as waiting. stages:
    how many results each stage computed for it, and how many were cached; empty in lists. sequence:
    of the last event in it, when watched.
    """

    name: str
    state: str
    created: datetime
    updated: datetime
    ads: tuple[JobAd, ...]
    counts: Mapping[str, int]
    stages: Mapping[str, tuple[int, int]]
    sequence: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    def count(self, state: str) -> int:
        """How many of its ads are in a state, such as "succeeded"."""
        return self.counts.get(state, sum(ad.state == state for ad in self.ads))

    @property
    def total(self) -> int:
        """How many ads it has."""
        return sum(self.counts.values())


class CampaignWishes(TypedDict, total=False):
    """What may be said about a campaign.

    negative_prompt: what the scenes should not show. sizes: widths and heights in pixels, default
    one of 1024 x 1024. variants: ads per prompt and size that differ by seed, default 1. seed: of
    the first variant; the others count up. format: as for an ad. options: by stage, as for an ad.
    overrides: what is other for some ads, each a mapping of the fields of Override in the contract,
    such as {"size": 1, "lettering": {"headline": "New"}} for all ads of the second size. priority:
    0 to 9, default 0; higher goes first. request_id: a UUID; the same one again gives the job that
    it started, so that a submission may safely be repeated.
    """

    negative_prompt: str
    sizes: Sequence[tuple[int, int]]
    variants: int
    seed: int
    format: str
    options: Mapping[str, object]
    overrides: Sequence[Mapping[str, object]]
    priority: int
    request_id: str


class Jobs:
    """The campaigns of a gateway: `client.jobs`.

    A job goes on when the caller leaves and when the gateway stops and starts again. Each of its
    ads succeeds or fails alone.
    """

    def __init__(self, client: Runner) -> None:
        self._client = client

    def submit(
        self,
        photos: PictureLike | Sequence[PictureLike],
        prompts: Sequence[str],
        **wishes: Unpack[CampaignWishes],
    ) -> Job:
        """Starts a job of all photos, prompts, sizes and variants, and returns at once.

        photos: one picture, or several. prompts: one scene each. wishes: see CampaignWishes.

        Errors: INVALID_REQUEST when there are too many ads or a wish is out of range, OVERLOADED
        when too many ads wait already, ARTIFACT_STORE_UNAVAILABLE or JOB_DATABASE_UNAVAILABLE when
        what keeps jobs does not answer, UNSUPPORTED_FEATURE when the gateway keeps none.
        """
        return self._client.run(submit(photos, prompts, **wishes))

    def get(self, name: str) -> Job:
        """A job as it stands.

        name: as in Job.name.

        Errors: NOT_FOUND when there is no such job, or it is another caller's.
        """
        return self._client.run(get(name))

    def list(self, state: str = "") -> Iterator[Job]:
        """Every job, newest first, without its ads.

        state: only those in it, such as "running"; default all.
        """
        token: str | None = ""
        while token is not None:
            jobs, token = self._client.run(page(state, token))
            yield from jobs

    def watch(self, name: str, after: int = 0) -> Iterator[Job]:
        """The job after each of its events, until it has ended.

        A watch that is cut off is taken up again, for about a minute.

        name: as in Job.name. after: the sequence of the last event already seen.

        Errors: NOT_FOUND when there is no such job.
        """
        attempts = 0
        while attempts < RETRIES:
            ads: dict[int, JobAd] = {}
            try:
                for told in self._client.stream(watch(name, after)):
                    after, attempts = told.sequence, 0
                    yield _whole(told, ads)
                return
            except CycloramaError as error:
                attempts = _next_attempt(error, attempts)
                time.sleep(PAUSE_SECONDS)

    def cancel(self, name: str) -> Job:
        """Stops a job; finished ads stay.

        name: as in Job.name.

        Errors: NOT_FOUND when there is no such job.
        """
        return self._client.run(cancel(name))

    def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """The bytes of an ad's file or of its manifest.

        artifact: as in JobAd.artifact or JobAd.manifest. offset: the first byte wanted.

        Errors: NOT_FOUND when there is no such file, or not any more.
        """
        parts = self._client.stream(fetch(artifact, offset))
        return b"".join(parts)


class AsyncJobs:
    """The same for asyncio: every method of Jobs, awaited; list and watch with `async for`."""

    def __init__(self, client: AsyncRunner) -> None:
        self._client = client

    async def submit(
        self,
        photos: PictureLike | Sequence[PictureLike],
        prompts: Sequence[str],
        **wishes: Unpack[CampaignWishes],
    ) -> Job:
        """As Jobs.submit."""
        return await self._client.run(submit(photos, prompts, **wishes))

    async def get(self, name: str) -> Job:
        """As Jobs.get."""
        return await self._client.run(get(name))

    async def list(self, state: str = "") -> AsyncIterator[Job]:
        """As Jobs.list."""
        token: str | None = ""
        while token is not None:
            jobs, token = await self._client.run(page(state, token))
            for job in jobs:
                yield job

    async def watch(self, name: str, after: int = 0) -> AsyncIterator[Job]:
        """As Jobs.watch."""
        attempts = 0
        while attempts < RETRIES:
            ads: dict[int, JobAd] = {}
            try:
                async for told in self._client.stream(watch(name, after)):
                    after, attempts = told.sequence, 0
                    yield _whole(told, ads)
                return
            except CycloramaError as error:
                attempts = _next_attempt(error, attempts)
                await asyncio.sleep(PAUSE_SECONDS)

    async def cancel(self, name: str) -> Job:
        """As Jobs.cancel."""
        return await self._client.run(cancel(name))

    async def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """As Jobs.fetch."""
        return b"".join([part async for part in self._client.stream(fetch(artifact, offset))])


def submit(
    photos: PictureLike | Sequence[PictureLike],
    prompts: Sequence[str],
    **wishes: Unpack[CampaignWishes],
) -> Operation[Job]:
    """Photos and prompts become a job."""
    first, *more = map(to_image, _each(photos))
    campaign = jobs_pb2.Campaign(photo=first, more_photos=more, prompts=prompts)
    fields: dict[str, object] = dict(wishes)
    request = ads_pb2.SubmitJobRequest(
        request_id=str(fields.pop("request_id", "") or uuid4()),
        priority=wishes.get("priority"),
    )
    fields.pop("priority", None)
    if "sizes" in fields:
        sizes = (dict(zip(("width", "height"), size, strict=True)) for size in wishes["sizes"])
        fields["sizes"] = list(sizes)
    if "format" in fields:
        fields["accept_format"] = find_format(str(fields.pop("format"))).enum_name
    fields.pop("options", None)
    fill(campaign, {**fields, **wishes.get("options", {})})
    request.campaign.CopyFrom(campaign)
    return Operation(AdServiceStub, "SubmitJob", request, lambda reply: _job(reply.job))


def get(name: str) -> Operation[Job]:
    """One job."""
    request = ads_pb2.GetJobRequest(name=name)
    return Operation(AdServiceStub, "GetJob", request, lambda reply: _job(reply.job))


def page(state: str, token: str) -> Operation[tuple[list[Job], str | None]]:
    """Some jobs, and what to ask with for more."""
    wanted = f"JOB_STATE_{state}".upper() if state else None
    request = ads_pb2.ListJobsRequest(page_token=token, state=wanted)
    return Operation(
        AdServiceStub,
        "ListJobs",
        request,
        lambda reply: ([_job(job) for job in reply.jobs], reply.next_page_token or None),
    )


def watch(name: str, after: int) -> Operation[ads_pb2.WatchJobResponse]:
    """What every event changed."""
    request = ads_pb2.WatchJobRequest(name=name, after_sequence=after)
    return Operation(AdServiceStub, "WatchJob", request, lambda told: told)


def cancel(name: str) -> Operation[Job]:
    """The end of a job."""
    request = ads_pb2.CancelJobRequest(name=name)
    return Operation(AdServiceStub, "CancelJob", request, lambda reply: _job(reply.job))


def fetch(artifact: str, offset: int) -> Operation[bytes]:
    """The parts of an artifact."""
    request = ads_pb2.GetArtifactRequest(name=artifact, offset=offset)
    return Operation(AdServiceStub, "GetArtifact", request, lambda part: part.data)


def _each(photos: PictureLike | Sequence[PictureLike]) -> Sequence[PictureLike]:
    one = isinstance(photos, (bytes, str, PathLike, Picture))
    return cast(Sequence[PictureLike], [photos] if one else photos)


def _next_attempt(error: CycloramaError, attempts: int) -> int:
    if error.code is not grpc.StatusCode.UNAVAILABLE or attempts + 1 >= RETRIES:
        raise error
    return attempts + 1


def _whole(told: ads_pb2.WatchJobResponse, ads: dict[int, JobAd]) -> Job:
    """The job with all ads, of which those that did not change are known from before."""
    ads.update(zip(told.positions, map(_ad, told.job.ads), strict=True))
    job = _job(told.job)
    return replace(job, ads=tuple(ads[at] for at in sorted(ads)), sequence=told.sequence)


def _job(job: jobs_pb2.Job) -> Job:
    return Job(
        job.name,
        _state(job.state),
        job.create_time.ToDatetime(),
        job.update_time.ToDatetime(),
        tuple(map(_ad, job.ads)),
        {state: getattr(job.counts, state) for state in ("waiting", *ENDED)},
        {each.stage: (each.computed, each.cached) for each in job.stages},
    )


def _ad(ad: jobs_pb2.JobAd) -> JobAd:
    return JobAd(
        ad.prompt,
        (ad.size.width, ad.size.height),
        ad.seed,
        ad.photo,
        _state(ad.state),
        ad.artifact,
        ad.manifest,
        ad.error,
    )


def _state(state: int) -> str:
    return jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
