"""Campaigns: many ads as one job, which the gateway stores and runs to its end."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast
from uuid import uuid4

import grpc

from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.operations import (
    AsyncRunner,
    Operation,
    PictureLike,
    Runner,
    image_from_picture,
    name_quality,
    report_fields_from_message,
    set_message_fields,
)
from cyclorama.results import (
    AdWarning,
    Measurement,
    Picture,
    ProfileReport,
    warning_from_message,
)
from cyclorama.v1 import ads_pb2, jobs_pb2
from cyclorama.v1.ads_pb2_grpc import AdServiceStub

# The states in which an ad has ended, and those in which a job has.
AD_END_STATES = ("succeeded", "failed", "cancelled")
END_STATES = (*AD_END_STATES, "partially_succeeded")
# By the number that the contract has for an error; without one, it is 0.
_STATUS_NAMES = {code.value[0]: code.name for code in grpc.StatusCode if code.value[0]}
# Attempts in a row to resume an interrupted watch, and the pause between two: about a minute, in
# which a gateway restarts.
WATCH_ATTEMPTS, WATCH_PAUSE_SECONDS = 120, 0.5


@dataclass(frozen=True)
class JobAd:
    """One ad of a job.

    prompt: its scene. size: width and height in pixels. seed: its seed. photo: SHA-256 of the
    photo. state: queued, running, succeeded, failed or cancelled. artifact: the name of its file
    for Jobs.fetch, empty until the ad succeeds. manifest: the name of its manifest, likewise.
    error: why it failed, in words, else empty. warnings: those of all its stages, once it has
    succeeded. score, flaw_probability, reasons, profile: as in Ad, once it has succeeded.
    measurements: those that warn or fail, and of the profile as well; the manifest has all.
    preview: the name of a small JPEG of it for Jobs.fetch, empty where there is none. engines: what
    made it, by stage: the engine's name, then that of its model if it has one; empty until the ad
    succeeds. draft: whether it is a draft, whose picture has half of `size`. photo_name: the name
    of the photo's file, if the campaign was submitted with one. error_reason, error_status,
    error_stage: of an ad that failed, a reason such as "PRODUCT_NOT_FOUND", the name of the gRPC
    status, and the stage, empty when the gateway itself failed.
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


@dataclass(frozen=True)
class Job:
    """A campaign as the gateway reports it.

    name: such as "jobs/5f0c". state: queued, running, succeeded, partially_succeeded, failed or
    cancelled. created, updated: in UTC, without a time zone. ads: in the order of photos, prompts,
    sizes and variants; empty in lists of jobs. counts: number of its ads by state; running ads
    count as waiting. stages: how many results each stage computed for it, and how many were cached;
    empty in lists. sequence: number of its last event, when watched. display_name, labels: as they
    were submitted.
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


class CampaignArguments(TypedDict, total=False):
    """Optional arguments of Jobs.submit.

    negative_prompt: what the scenes should not show. sizes: widths and heights in pixels, default
    one of 1024 x 1024. variants: ads per prompt and size that differ by seed, default 1. seed: of
    the first variant; the others count up. format: as for an ad. options: by stage, as for an ad.
    overrides: changes for some of the ads, each a mapping of the fields of Override in the
    contract, such as {"size": (728, 90), "lettering": {"headline": "New"}} for all ads of a size;
    "photo" is the name of a file, a SHA-256, or the picture itself, such as a Path.
    draft: whether to make drafts, as for an ad. priority: 0 to 9, default 0; higher runs first.
    request_id: a UUID; submitting it again returns the job that it started, so that a submission
    may safely be retried. display_name, labels: of the job, for people and for Jobs.list.
    ad_timeout: seconds after which an ad that is not finished fails, without the others.
    """

    negative_prompt: str
    sizes: Sequence[tuple[int, int]]
    variants: int
    seed: int
    format: str
    options: Mapping[str, object]
    overrides: Sequence[Mapping[str, object]]
    draft: bool
    priority: int
    request_id: str
    display_name: str
    labels: Mapping[str, str]
    ad_timeout: float


class ListArguments(TypedDict, total=False):
    """Optional arguments of Jobs.list.

    created_from, created_before: when the jobs were submitted; a time without a zone is in UTC.
    labels: those that the jobs have, all of them. owner: the caller who submitted them, for admins.
    """

    created_from: datetime
    created_before: datetime
    labels: Mapping[str, str]
    owner: str


class Jobs:
    """Submits, watches and cancels the campaigns of a gateway: `client.jobs`.

    A job keeps running when the caller disconnects, and resumes when the gateway restarts. Each of
    its ads succeeds or fails on its own.
    """

    def __init__(self, client: Runner) -> None:
        self._client = client

    def submit(
        self,
        photos: PictureLike | Sequence[PictureLike],
        prompts: Sequence[str],
        **arguments: Unpack[CampaignArguments],
    ) -> Job:
        """Submits a campaign: one ad for every combination of photo, prompt, size and variant.

        Returns the job at once, while the gateway runs it.

        photos: one picture, or several. prompts: one scene each. arguments: sizes, number of
        variants, seed and more; see CampaignArguments.

        Errors: INVALID_REQUEST when there are too many ads or an argument is out of range,
        JOB_QUEUE_FULL when too many ads are queued already, ARTIFACT_STORE_UNAVAILABLE or a reason
        that begins with JOB_DATABASE_ when the storage of jobs cannot be used, UNSUPPORTED_FEATURE
        when the gateway has no job database.
        """
        return self._client.run(prepare_submission(photos, prompts, **arguments))

    def get(self, name: str) -> Job:
        """Returns a job, with all of its ads, in its current state.

        name: as in Job.name.

        Errors: NOT_FOUND when there is no such job, or it belongs to another caller.
        """
        return self._client.run(prepare_job_query(name))

    def list(self, state: str = "", **matching: Unpack[ListArguments]) -> Iterator[Job]:
        """Yields every job, newest first, without its ads.

        state: only jobs in this state, such as "running"; default all. matching: only jobs of a
        time, with some labels or of an owner; see ListArguments.
        """
        page_token: str | None = ""
        while page_token is not None:
            jobs, page_token = self._client.run(prepare_job_page(state, page_token, **matching))
            yield from jobs

    def watch(self, name: str, after: int = 0) -> Iterator[Job]:
        """Yields the whole job after each of its events, until it has ended.

        Resumes when the gateway cannot be reached, for about a minute.

        name: as in Job.name. after: the sequence number of the last event already seen, as in
        Job.sequence; 0 starts with the first.

        Errors: NOT_FOUND when there is no such job.
        """
        attempts = 0  # Failed ones in a row.
        while attempts < WATCH_ATTEMPTS:
            # By position: a stream begins with all ads, then has those that changed.
            ads: dict[int, JobAd] = {}
            try:
                for change in self._client.stream(prepare_job_watch(name, after)):
                    after, attempts = change.sequence, 0
                    yield _merge_job_change(change, ads)
                return  # The stream ends when the job has ended.
            except CycloramaError as error:
                attempts = _count_attempt(error, attempts)
                time.sleep(WATCH_PAUSE_SECONDS)

    def cancel(self, name: str) -> Job:
        """Cancels a job and returns it; its finished ads stay.

        name: as in Job.name.

        Errors: NOT_FOUND when there is no such job.
        """
        return self._client.run(prepare_cancellation(name))

    def retry(self, name: str) -> Job:
        """Queues the failed ads of a job once more, with their seeds; returns the job.

        Its other ads stay as they are. name: as in Job.name.

        Errors: NOT_FOUND when there is no such job, JOB_QUEUE_FULL when too many ads are queued.
        """
        return self._client.run(prepare_retry(name))

    def delete(self, name: str) -> None:
        """Cancels a job, and erases its photos, its results and all else that is stored of it.

        name: as in Job.name.

        Errors: NOT_FOUND when there is no such job.
        """
        self._client.run(prepare_deletion(name))

    def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """Downloads an ad's file, or its manifest, from the gateway and returns the bytes.

        artifact: as in JobAd.artifact or JobAd.manifest. offset: number of bytes to skip.

        Errors: NOT_FOUND when the file does not exist, or no longer.
        """
        parts = self._client.stream(prepare_download(artifact, offset))
        return b"".join(parts)


class AsyncJobs:
    """Jobs for asyncio: every method of Jobs, awaited; list and watch with `async for`."""

    def __init__(self, client: AsyncRunner) -> None:
        self._client = client

    async def submit(
        self,
        photos: PictureLike | Sequence[PictureLike],
        prompts: Sequence[str],
        **arguments: Unpack[CampaignArguments],
    ) -> Job:
        """As Jobs.submit: submits a campaign of photos and prompts, and returns its job at once."""
        return await self._client.run(prepare_submission(photos, prompts, **arguments))

    async def get(self, name: str) -> Job:
        """As Jobs.get: returns a job, named as in Job.name, in its current state."""
        return await self._client.run(prepare_job_query(name))

    async def list(self, state: str = "", **matching: Unpack[ListArguments]) -> AsyncIterator[Job]:
        """As Jobs.list: yields every job, newest first, without its ads.

        state limits the list to jobs in that state, such as "running"; matching is as ListArguments
        describes it.
        """
        page_token: str | None = ""
        while page_token is not None:
            jobs, page_token = await self._client.run(
                prepare_job_page(state, page_token, **matching)
            )
            for job in jobs:
                yield job

    async def watch(self, name: str, after: int = 0) -> AsyncIterator[Job]:
        """As Jobs.watch: yields the whole job after each of its events, until it has ended.

        Resumes when the gateway cannot be reached, for about a minute. after is the sequence number
        of the last event already seen.
        """
        attempts = 0  # Failed ones in a row.
        while attempts < WATCH_ATTEMPTS:
            # By position: a stream begins with all ads, then has those that changed.
            ads: dict[int, JobAd] = {}
            try:
                async for change in self._client.stream(prepare_job_watch(name, after)):
                    after, attempts = change.sequence, 0
                    yield _merge_job_change(change, ads)
                return  # The stream ends when the job has ended.
            except CycloramaError as error:
                attempts = _count_attempt(error, attempts)
                await asyncio.sleep(WATCH_PAUSE_SECONDS)

    async def cancel(self, name: str) -> Job:
        """As Jobs.cancel: cancels a job, named as in Job.name; its finished ads stay."""
        return await self._client.run(prepare_cancellation(name))

    async def retry(self, name: str) -> Job:
        """As Jobs.retry: queues the failed ads of a job once more; name is as in Job.name."""
        return await self._client.run(prepare_retry(name))

    async def delete(self, name: str) -> None:
        """As Jobs.delete: erases a job, named as in Job.name, and all that is stored of it."""
        await self._client.run(prepare_deletion(name))

    async def fetch(self, artifact: str, offset: int = 0) -> bytes:
        """As Jobs.fetch: downloads an ad's file or its manifest and returns the bytes.

        artifact is a name as in JobAd.artifact; offset is the number of bytes to skip.
        """
        return b"".join(
            [part async for part in self._client.stream(prepare_download(artifact, offset))]
        )


def prepare_submission(
    photos: PictureLike | Sequence[PictureLike],
    prompts: Sequence[str],
    **arguments: Unpack[CampaignArguments],
) -> Operation[Job]:
    """Prepares, without sending it, the call that submits a campaign as a job.

    photos: one picture, or several. prompts: one scene each. arguments: sizes, seed, options,
    priority and more; see CampaignArguments.
    """
    pictures = map(_build_photo, _list_photos(photos))
    campaign = jobs_pb2.Campaign(photos=pictures, prompts=prompts)
    # The arguments that are fields of the Campaign; the others are taken out below.
    fields: dict[str, object] = dict(arguments)
    request = ads_pb2.SubmitJobRequest(
        request_id=str(fields.pop("request_id", "") or uuid4()),
        priority=arguments.get("priority"),
    )
    fields.pop("priority", None)
    if "sizes" in fields:
        fields["sizes"] = [_build_size(size) for size in arguments["sizes"]]
    if "overrides" in fields:
        fields["overrides"] = [_build_override(each) for each in arguments["overrides"]]
    if "format" in fields:
        fields["accept_format"] = find_format(str(fields.pop("format"))).enum_name
    if "ad_timeout" in fields:
        fields["ad_timeout"] = f"{arguments['ad_timeout']:.3f}s"
    if "draft" in fields:
        fields["quality"] = name_quality(bool(fields.pop("draft")))
    fields.pop("options", None)
    set_message_fields(campaign, {**fields, **arguments.get("options", {})})
    request.campaign.CopyFrom(campaign)
    return Operation(AdServiceStub, "SubmitJob", request, lambda reply: _read_job(reply.job))


def prepare_job_query(name: str) -> Operation[Job]:
    """Prepares, without sending it, the call that reads one job, named as in Job.name."""
    request = ads_pb2.GetJobRequest(name=name)
    return Operation(AdServiceStub, "GetJob", request, lambda reply: _read_job(reply.job))


def prepare_job_page(
    state: str, token: str, **matching: Unpack[ListArguments]
) -> Operation[tuple[list[Job], str | None]]:
    """Prepares, without sending it, the call that lists one page of jobs, newest first.

    state: only jobs in this state, such as "running"; empty for all. token: of the page, as the
    previous page returned it; empty for the first page. matching: see ListArguments.

    The result of the call is the jobs and the token of the next page, None after the last page.
    """
    states = [f"JOB_STATE_{state}".upper()] if state else []
    request = ads_pb2.ListJobsRequest(page_token=token, states=states, **matching)
    return Operation(
        AdServiceStub,
        "ListJobs",
        request,
        lambda reply: ([_read_job(job) for job in reply.jobs], reply.next_page_token or None),
    )


def prepare_job_watch(name: str, after: int) -> Operation[ads_pb2.WatchJobResponse]:
    """Prepares, without sending it, the call that streams the changes of a job as raw messages.

    name: as in Job.name. after: the sequence number of the last event already seen, 0 for none.
    """
    request = ads_pb2.WatchJobRequest(name=name, after_sequence=after)
    return Operation(AdServiceStub, "WatchJob", request, lambda change: change)


def prepare_cancellation(name: str) -> Operation[Job]:
    """Prepares, without sending it, the call that cancels a job, named as in Job.name."""
    request = ads_pb2.CancelJobRequest(name=name)
    return Operation(AdServiceStub, "CancelJob", request, lambda reply: _read_job(reply.job))


def prepare_retry(name: str) -> Operation[Job]:
    """Prepares, without sending it, the call that retries the failed ads of a job."""
    request = ads_pb2.RetryJobRequest(name=name)
    return Operation(AdServiceStub, "RetryJob", request, lambda reply: _read_job(reply.job))


def prepare_deletion(name: str) -> Operation[None]:
    """Prepares, without sending it, the call that deletes a job, named as in Job.name."""
    request = ads_pb2.DeleteJobRequest(name=name)
    return Operation(AdServiceStub, "DeleteJob", request, lambda _: None)


def prepare_download(artifact: str, offset: int) -> Operation[bytes]:
    """Prepares, without sending it, the call that streams the bytes of an ad's file in parts.

    artifact: the name of the file or manifest, as in JobAd. offset: number of bytes to skip.
    """
    request = ads_pb2.GetArtifactRequest(name=artifact, offset=offset)
    return Operation(AdServiceStub, "GetArtifact", request, lambda part: part.data)


def _list_photos(photos: PictureLike | Sequence[PictureLike]) -> Sequence[PictureLike]:
    """Returns one or several photos as a sequence."""
    is_one = isinstance(photos, (bytes, str, PathLike, Picture))
    return cast(Sequence[PictureLike], [photos] if is_one else photos)


def _build_photo(picture: PictureLike) -> jobs_pb2.Photo:
    """Returns a photo of a campaign; one that is read from a file has its name."""
    is_path = isinstance(picture, (str, PathLike))
    name = Path(cast("str | PathLike[str]", picture)).name if is_path else ""
    return jobs_pb2.Photo(image=image_from_picture(picture), name=name)


def _build_size(size: Any) -> object:
    """Returns a width and a height as fields of the message Size; a mapping stays as it is."""
    return size if isinstance(size, Mapping) else dict(zip(("width", "height"), size, strict=True))


def _build_override(override: Mapping[str, Any]) -> dict[str, object]:
    """Returns an override as fields of the message Override in proto3 JSON.

    override: its photo may be a text, which is a name or a hash, or a picture, its size a tuple.
    """
    fields = dict(override)
    if "photo" in fields and not isinstance(fields["photo"], str):
        fields["photo"] = sha256(image_from_picture(fields["photo"]).data).hexdigest()
    if "size" in fields:
        fields["size"] = _build_size(fields["size"])
    return fields


def _count_attempt(error: CycloramaError, attempts: int) -> int:
    """Returns the number of failed attempts in a row to watch a job, this one included.

    error: of this attempt; raised when it is not transient, or after WATCH_ATTEMPTS.
    attempts: the failed attempts in a row before this one.
    """
    if not error.is_transient or attempts + 1 >= WATCH_ATTEMPTS:
        raise error
    return attempts + 1


def _merge_job_change(change: ads_pb2.WatchJobResponse, ads: dict[int, JobAd]) -> Job:
    """Returns the whole job after a change, of which the message has only the ads that changed.

    ads: all ads so far by their position in the job; updated in place.
    """
    ads.update(zip(change.positions, map(_read_job_ad, change.job.ads), strict=True))
    job = _read_job(change.job)
    all_ads = tuple(ads[position] for position in sorted(ads))
    return replace(job, ads=all_ads, sequence=change.sequence)


def _read_job(job: jobs_pb2.Job) -> Job:
    """Converts a Job message of the contract into the dataclass Job."""
    return Job(
        name=job.name,
        state=_read_state(job.state),
        created=job.create_time.ToDatetime(),
        updated=job.update_time.ToDatetime(),
        ads=tuple(map(_read_job_ad, job.ads)),
        counts={state: getattr(job.counts, state) for state in ("waiting", *AD_END_STATES)},
        stages={entry.stage: (entry.computed, entry.cached) for entry in job.stages},
        display_name=job.display_name,
        labels=dict(job.labels),
    )


def _read_job_ad(ad: jobs_pb2.JobAd) -> JobAd:
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
        warnings=tuple(map(warning_from_message, ad.warnings)),
        preview=ad.preview,
        engines={each.stage: f"{each.engine} {each.model}".strip() for each in ad.engines},
        **report_fields_from_message(ad),
    )


def _read_state(state: int) -> str:
    """Returns the name of a JobState value, such as "running"."""
    return jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
