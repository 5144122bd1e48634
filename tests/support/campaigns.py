"""Campaigns: building, submitting and watching them in tests."""

import grpc
import pytest

from cyclorama.v1 import ads_pb2, image_pb2, jobs_pb2
from gateway.jobs.events import AdChange, add_events, load_counts
from gateway.jobs.progress import NO_OUTCOME, AdOutcome
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product

PHOTO = encode_image(draw_product()[0], PNG)
SIZES = [image_pb2.Size(width=256, height=256), image_pb2.Size(width=320, height=256)]


def build_campaign(prompts=("a table",), photos=(PHOTO,), **fields) -> jobs_pb2.Campaign:
    """Builds a campaign of one small ad per photo and prompt; other fields replace the defaults."""
    fields = {"sizes": SIZES[:1], "seed": 7} | fields
    pictures = [jobs_pb2.Photo(image=photo) for photo in photos]
    return jobs_pb2.Campaign(photos=pictures, prompts=prompts, **fields)


async def submit_job(stub, campaign=None, **fields) -> jobs_pb2.Job:
    """Submits a campaign and returns its job as of now."""
    request = ads_pb2.SubmitJobRequest(campaign=campaign or build_campaign(), **fields)
    return (await stub.SubmitJob(request)).job


async def watch_job(stub, name: str, after: int = 0) -> list[ads_pb2.WatchJobResponse]:
    """Returns the events of a job until its end, from the sequence number after `after`."""
    request = ads_pb2.WatchJobRequest(name=name, after_sequence=after)
    return [event async for event in stub.WatchJob(request, timeout=60)]


async def run_job(stub, campaign=None, **fields) -> jobs_pb2.Job:
    """Submits a campaign, waits for its end and returns the job with all its ads."""
    return await wait_for_job(stub, (await submit_job(stub, campaign, **fields)).name)


async def wait_for_job(stub, name: str) -> jobs_pb2.Job:
    """Waits for the end of a job and returns it with all its ads."""
    await watch_job(stub, name)
    return (await stub.GetJob(ads_pb2.GetJobRequest(name=name))).job


async def fetch_artifact(stub, name: str, offset: int = 0) -> bytes:
    """Downloads an artifact from an offset in bytes."""
    request = ads_pb2.GetArtifactRequest(name=name, offset=offset)
    return b"".join([chunk.data async for chunk in stub.GetArtifact(request)])


async def expect_rpc_error(call) -> grpc.aio.AioRpcError:
    """Awaits a call that must fail and returns its error."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def count_results(job: jobs_pb2.Job) -> dict[str, tuple[int, int]]:
    """Returns the numbers of computed and cached results of a job by stage."""
    return {each.stage: (each.computed, each.cached) for each in job.stages}


def end_first_ad(write_engine, job: str, outcome: AdOutcome = NO_OUTCOME) -> None:
    """Adds the events of a first ad that succeeded to a job in the database."""
    changes = [AdChange(0, jobs_pb2.JOB_STATE_RUNNING)]
    changes.append(AdChange(0, jobs_pb2.JOB_STATE_SUCCEEDED, outcome))
    with write_engine.begin() as connection:
        add_events(connection, load_counts(connection, job), changes, claimed=1)
