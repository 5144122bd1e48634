"""Campaigns as the tests of jobs send and follow them."""

import grpc
import pytest

from cyclorama.v1 import ads_pb2, image_pb2, jobs_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product

PHOTO = encode_image(draw_product()[0], PNG)
SIZES = [image_pb2.Size(width=256, height=256), image_pb2.Size(width=320, height=256)]


def campaign(prompts=("a table",), photo=PHOTO, **how) -> jobs_pb2.Campaign:
    return jobs_pb2.Campaign(photo=photo, prompts=prompts, **{"sizes": SIZES[:1], "seed": 7} | how)


async def submit(stub, asked=None, **how) -> jobs_pb2.Job:
    request = ads_pb2.SubmitJobRequest(campaign=asked or campaign(), **how)
    return (await stub.SubmitJob(request)).job


async def watched(stub, name: str, after: int = 0) -> list[ads_pb2.WatchJobResponse]:
    request = ads_pb2.WatchJobRequest(name=name, after_sequence=after)
    return [event async for event in stub.WatchJob(request, timeout=60)]


async def done(stub, asked=None, **how) -> jobs_pb2.Job:
    return await ended(stub, (await submit(stub, asked, **how)).name)


async def ended(stub, name: str) -> jobs_pb2.Job:
    """A job with all its ads, once it has ended."""
    await watched(stub, name)
    return (await stub.GetJob(ads_pb2.GetJobRequest(name=name))).job


async def fetched(stub, name: str, offset: int = 0) -> bytes:
    request = ads_pb2.GetArtifactRequest(name=name, offset=offset)
    return b"".join([chunk.data async for chunk in stub.GetArtifact(request)])


async def refusal(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def counts(job: jobs_pb2.Job) -> dict[str, tuple[int, int]]:
    return {each.stage: (each.computed, each.cached) for each in job.stages}
