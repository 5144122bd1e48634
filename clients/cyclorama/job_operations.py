"""Prepares the gRPC calls of campaigns, as cyclorama.operations does those of ads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Literal, Unpack
from uuid import uuid4

from cyclorama.arguments import (
    CAMPAIGN_PATHS,
    LIST_PATHS,
    OVERRIDE_PATHS,
    CampaignArguments,
    ListArguments,
    OverrideArguments,
    StateName,
    set_arguments,
)
from cyclorama.campaign_values import MAX_NAME
from cyclorama.checks import check_text, describe
from cyclorama.job_results import JobAd, JobReport, read_job, read_job_ad
from cyclorama.messages import build_message
from cyclorama.operations import Operation
from cyclorama.pictures import PictureLike, image_from_picture, iterate_pictures, name_of_picture
from cyclorama.v1 import ads_pb2, jobs_pb2
from cyclorama.v1.ads_pb2_grpc import AdServiceStub

# Arguments of a submission that are no fields of its campaign.
SUBMISSION_ARGUMENTS = ("request_id", "priority", "overrides")


def prepare_submission(
    photos: PictureLike | Iterable[PictureLike],
    prompts: str | Sequence[str],
    **arguments: Unpack[CampaignArguments],
) -> Operation[JobReport]:
    """Prepares, without sending it, the call that submits a campaign as a job.

    photos: one picture, or several. prompts: one scene, or several. arguments: sizes, seed,
    options, priority and more; see CampaignArguments.
    """
    pictures = [_build_photo(photo) for photo in iterate_pictures(photos)]
    if not pictures:
        raise ValueError("photos: there are none; give at least one")
    if prompts is None:
        raise ValueError("prompts: is None; give a text, or a list of texts")
    campaign = build_message(jobs_pb2.Campaign, prompts=prompts)
    if not campaign.prompts:
        raise ValueError("prompts: there are none; give at least one")
    campaign.photos.extend(pictures)
    fields = {name: value for name, value in arguments.items() if name not in SUBMISSION_ARGUMENTS}
    set_arguments(campaign, fields, CAMPAIGN_PATHS, CampaignArguments.__annotations__)
    _add_overrides(campaign, arguments.get("overrides") or ())
    request = build_message(
        ads_pb2.SubmitJobRequest,
        request_id=arguments.get("request_id") or str(uuid4()),
        priority=arguments.get("priority"),
    )
    request.campaign.CopyFrom(campaign)
    return Operation(AdServiceStub, "SubmitJob", request, lambda reply: read_job(reply.job))


def _add_overrides(campaign: jobs_pb2.Campaign, overrides: Any) -> None:
    """Adds changes for some of the ads to a campaign; errors start with their position."""
    known = {*OverrideArguments.__annotations__, *OVERRIDE_PATHS}
    if not isinstance(overrides, Iterable):
        raise ValueError(f"overrides: is {describe(overrides)}; give a list of mappings")
    for index, arguments in enumerate([overrides] if isinstance(overrides, Mapping) else overrides):
        if not isinstance(arguments, Mapping):
            text = f'is {describe(arguments)}; give a mapping, such as {{"size": "728x90"}}'
            raise ValueError(f"overrides[{index}]: {text}")
        try:
            fields = dict(arguments)
            photo = fields.get("photo")
            if photo is not None and not isinstance(photo, str):
                fields["photo"] = _hash_photo(photo)
            set_arguments(campaign.overrides.add(), fields, OVERRIDE_PATHS, known)
        except (TypeError, ValueError) as error:
            raise ValueError(f"overrides[{index}].{error}") from None


def _build_photo(picture: PictureLike) -> jobs_pb2.Photo:
    """Returns a photo of a campaign; one that is read from a path has the name of the file.

    A name that the contract does not allow is left out.
    """
    name = name_of_picture(picture)
    is_valid = len(name) <= MAX_NAME and name.isprintable()
    image = image_from_picture(picture, "photos")
    return jobs_pb2.Photo(image=image, name=name if is_valid else "")


def _hash_photo(picture: PictureLike) -> str:
    """Returns the SHA-256 of a photo by which an override names it."""
    image = image_from_picture(picture, "photo")
    return image.uri or sha256(image.data).hexdigest()


def prepare_job_query(name: str) -> Operation[JobReport]:
    """Prepares, without sending it, the call that reads one job, named as in Job.name."""
    request = ads_pb2.GetJobRequest(name=name)
    return Operation(AdServiceStub, "GetJob", request, lambda reply: read_job(reply.job))


def prepare_job_page(
    state: StateName | Literal[""], token: str, **matching: Unpack[ListArguments]
) -> Operation[tuple[list[JobReport], str | None]]:
    """Prepares, without sending it, the call that lists one page of jobs, newest first.

    state: only jobs in this state, such as "running"; empty for all. token: of the page, as the
    previous page returned it; empty for the first page. matching: see ListArguments.

    The result of the call is the jobs and the token of the next page, None after the last page.
    """
    states = [name.removeprefix("JOB_STATE_").lower() for name in jobs_pb2.JobState.keys()[1:]]
    if state and str(state).lower() not in states:
        raise ValueError(f"state: is {describe(state)}; give one of {', '.join(states)}")
    names = [f"JOB_STATE_{state}".upper()] if state else []
    request = ads_pb2.ListJobsRequest(page_token=token, states=names)
    set_arguments(request, matching, LIST_PATHS, LIST_PATHS)
    return Operation(
        AdServiceStub,
        "ListJobs",
        request,
        lambda reply: ([read_job(job) for job in reply.jobs], reply.next_page_token or None),
    )


def prepare_job_watch(
    name: str, after: int, with_stages: bool = False
) -> Operation[ads_pb2.WatchJobResponse]:
    """Prepares, without sending it, the call that streams the changes of a job as raw messages.

    name: as in Job.name. after: the sequence number of the last event already seen, 0 for none.
    with_stages: whether there are changes as well when an ad in flight gets on.
    """
    request = ads_pb2.WatchJobRequest(name=name, after_sequence=after, with_stages=with_stages)
    return Operation(AdServiceStub, "WatchJob", request, lambda change: change)


def prepare_cancellation(name: str) -> Operation[JobReport]:
    """Prepares, without sending it, the call that cancels a job, named as in Job.name."""
    request = ads_pb2.CancelJobRequest(name=name)
    return Operation(AdServiceStub, "CancelJob", request, lambda reply: read_job(reply.job))


def prepare_retry(name: str, positions: Iterable[int]) -> Operation[JobReport]:
    """Prepares, without sending it, the call that retries failed ads of a job.

    positions: of the ads, counted from 0; none for all that failed.
    """
    request = ads_pb2.RetryJobRequest(name=name, positions=positions)
    return Operation(AdServiceStub, "RetryJob", request, lambda reply: read_job(reply.job))


def prepare_deletion(name: str) -> Operation[None]:
    """Prepares, without sending it, the call that deletes a job, named as in Job.name."""
    request = ads_pb2.DeleteJobRequest(name=name)
    return Operation(AdServiceStub, "DeleteJob", request, lambda _: None)


def prepare_download(artifact: str, offset: int) -> Operation[bytes]:
    """Prepares, without sending it, the call that streams the bytes of an ad's file in parts.

    artifact: the name of the file or manifest, as in JobAd. offset: number of bytes to skip.
    """
    name = check_text(artifact, "artifact")
    request = ads_pb2.GetArtifactRequest(name=name, offset=offset)
    return Operation(AdServiceStub, "GetArtifact", request, lambda part: part.data)


def merge_job_change(change: ads_pb2.WatchJobResponse, ads: dict[int, JobAd]) -> JobReport:
    """Returns the whole job after a change, of which the message has only the ads that changed.

    ads: all ads so far by their position in the job; updated in place.
    """
    known = len(ads)
    ads.update(zip(change.positions, map(read_job_ad, change.job.ads), strict=True))
    if len(ads) > known:
        # Sorted when ads are added, not for every change: jobs have thousands of them.
        ordered = sorted(ads.items())
        ads.clear()
        ads.update(ordered)
    return replace(read_job(change.job), ads=tuple(ads.values()), sequence=change.sequence)
