"""Tests of the shares of callers: slow readers and watchers do not lock out others."""

import asyncio
import contextlib
import threading
from collections import Counter

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc
from gateway.jobs.ledger import JobLedger
from services.runtime.objects import object_path_from_key
from tests.support.callers import token_metadata, write_callers
from tests.support.campaigns import (
    PHOTO,
    SIZES,
    build_campaign,
    expect_rpc_error,
    fetch_artifact,
    run_job,
    submit_job,
    wait_for_job,
)
from tests.support.engines import Flat
from tests.support.serving import read_error_details
from tests.support.system import job_store_settings, serve_system

AD = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="a table", size=SIZES[0], seed=1)
# More than gRPC buffers for a stream that takes nothing.
LARGE = bytes(8 * 2**20)
# Otherwise the channels of one process share a connection.
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


@contextlib.asynccontextmanager
async def connect(address: str):
    async with grpc.aio.insecure_channel(address, options=OWN_CONNECTION) as channel:
        yield ads_pb2_grpc.AdServiceStub(channel)


async def create_ad(stub, **options) -> ads_pb2.Ad:
    return [event async for event in stub.CreateAd(AD, timeout=60, **options)][-1].ad


async def expect_refusal(call) -> grpc.aio.AioRpcError:
    async def read_to_end():
        async for _ in call:
            pass

    error = await expect_rpc_error(read_to_end())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert read_error_details(error)["RetryInfo"].retry_delay.seconds == 2
    return error


async def test_slow_readers_and_watchers_leave_space_for_other_callers(tmp_path):
    background = Flat(threading.Event())
    settings = {"background": background, "max_streams": 8, "max_concurrent_calls": 2}
    async with (
        serve_system(**job_store_settings(tmp_path) | settings) as running,
        connect(running.address) as hog,
        connect(running.address) as other,
    ):
        background.go.set()
        done = await run_job(hog)
        name = done.ads[0].artifact
        key = name.rpartition("/")[2]
        (tmp_path / "artifacts" / object_path_from_key(key)).write_bytes(LARGE)
        background.go.clear()
        waiting = await submit_job(hog, build_campaign(["a beach"]))
        read, watch = ads_pb2.GetArtifactRequest(name=name), ads_pb2.WatchJobRequest
        stalled = [hog.GetArtifact(read), hog.GetArtifact(read)]
        stalled += [hog.WatchJob(watch(name=waiting.name)) for _ in range(2)]
        # Only now are they in flight for certain.
        await asyncio.gather(*(call.initial_metadata() for call in stalled[:2]))
        error = await expect_refusal(hog.GetArtifact(read))
        assert read_error_details(error)["ErrorInfo"].reason == "QUOTA_EXCEEDED"
        assert "4 of your watches and downloads are in flight" in error.details()
        assert len(await fetch_artifact(other, name)) == len(LARGE)
        background.go.set()
        assert (await wait_for_job(other, waiting.name)).counts.succeeded == 1
        assert (await create_ad(other)).image.data
        for call in stalled:
            call.cancel()


async def test_one_caller_has_a_share_of_the_calls_unless_the_file_says_otherwise(tmp_path):
    background = Flat(threading.Event())
    callers = tmp_path / "callers.toml"
    tokens = write_callers(callers)
    text = callers.read_text()
    callers.write_text(text.replace("[caller.agency]", "[caller.agency]\nmax_concurrent_calls = 3"))
    settings = {"callers": str(callers), "max_concurrent_calls": 4, "background": background}
    async with serve_system(**settings) as running, connect(running.address) as stub:
        shop, agency = (token_metadata(tokens[name]) for name in ("shop", "agency"))
        calls = [asyncio.create_task(create_ad(stub, metadata=shop)) for _ in range(2)]
        assert await asyncio.to_thread(background.waiting.wait, 20)
        error = await expect_refusal(stub.CreateAd(AD, metadata=shop))
        assert "2 of your CreateAd calls are in flight, your share of 4" in error.details()
        # Those of the agency only meet the limit of the method.
        calls += [asyncio.create_task(create_ad(stub, metadata=agency)) for _ in range(2)]
        background.go.set()
        assert all(ad.image.data for ad in await asyncio.gather(*calls))


async def test_streams_of_all_callers_are_limited(tmp_path):
    background = Flat(threading.Event())
    settings = {"background": background, "max_streams": 1, "caller_share": 1}
    async with (
        serve_system(**job_store_settings(tmp_path) | settings) as running,
        connect(running.address) as stub,
    ):
        job = await submit_job(stub)
        first = stub.WatchJob(ads_pb2.WatchJobRequest(name=job.name))
        await first.read()
        error = await expect_refusal(stub.WatchJob(ads_pb2.WatchJobRequest(name=job.name)))
        assert read_error_details(error)["ErrorInfo"].reason == "OVERLOADED"
        assert "1 watches and downloads are already in flight" in error.details()
        background.go.set()


@pytest.fixture
def queries(monkeypatch) -> Counter:
    """Counts the queries for events of jobs."""
    counted: Counter[str] = Counter()

    def count(name: str):
        query = getattr(JobLedger, name)

        def run(*args, **kwargs):
            counted[name] += 1
            return query(*args, **kwargs)

        monkeypatch.setattr(JobLedger, name, run)

    for name in ("load_events", "count_events"):
        count(name)
    return counted


async def test_watchers_of_a_job_share_its_queries(tmp_path, queries):
    background = Flat(threading.Event())
    settings = {"background": background, "caller_share": 1}
    async with (
        serve_system(**job_store_settings(tmp_path) | settings) as running,
        connect(running.address) as stub,
    ):
        job = await submit_job(stub)
        assert await asyncio.to_thread(background.waiting.wait, 20)

        async def watch() -> list[int]:
            call = stub.WatchJob(ads_pb2.WatchJobRequest(name=job.name), timeout=60)
            return [event.sequence async for event in call]

        watchers = [asyncio.create_task(watch()) for _ in range(60)]
        # They wait for events and poll meanwhile.
        await asyncio.sleep(1.5)
        background.go.set()
        assert await asyncio.gather(*watchers) == [[1, 2]] * 60
    # A second of polls, and one query for each event and each wake.
    assert queries["count_events"] + queries["load_events"] < 30
