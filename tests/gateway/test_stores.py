"""Tests of jobs when the gateway restarts, or the store is missing, full, read-only or corrupt."""

import asyncio
import threading

import grpc
import numpy as np
import pytest

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.database import open_database
from gateway.database_check import exit_if_unusable
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import STORE_VERSION
from tests.support.campaigns import (
    build_campaign,
    count_results,
    expect_rpc_error,
    fetch_artifact,
    run_job,
    submit_job,
    wait_for_job,
)
from tests.support.disks import fill_disk, make_read_only, mount_disk
from tests.support.engines import Flat

BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
RUNNING, SUCCEEDED = jobs_pb2.JOB_STATE_RUNNING, jobs_pb2.JOB_STATE_SUCCEEDED


async def test_unfinished_ads_continue_after_a_restart(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background) as stub:
        name = (await submit_job(stub, build_campaign(["a table", "a beach"]))).name
        assert await asyncio.to_thread(background.waiting.wait, 20)
    async with gateway() as stub:
        job = await wait_for_job(stub, name)
    assert [ad.state for ad in job.ads] == [SUCCEEDED, SUCCEEDED]


async def test_ads_wait_for_a_missing_store_and_continue_when_it_returns(gateway, tmp_path):
    background = Flat(threading.Event())
    store, moved = tmp_path / "artifacts", tmp_path / "moved"
    async with gateway(background=background) as stub:
        name = (await submit_job(stub)).name
        assert await asyncio.to_thread(background.waiting.wait, 20)
        store.rename(moved)
        store.write_bytes(b"no folder")
        error = await expect_rpc_error(submit_job(stub))
        assert error.code() is grpc.StatusCode.UNAVAILABLE and "store" in error.details()
        background.go.set()
        assert (await stub.GetJob(ads_pb2.GetJobRequest(name=name))).job.state == RUNNING
        # At once: the gateway would make an empty folder meanwhile.
        link = tmp_path / "link"
        link.symlink_to(moved)
        link.replace(store)
        assert (await wait_for_job(stub, name)).state == SUCCEEDED


@pytest.fixture
def disk(tmp_path):
    """Mounts a small disk."""
    with mount_disk(tmp_path / "disk") as folder:
        yield folder


@pytest.mark.parametrize("break_disk", [fill_disk, make_read_only])
async def test_ads_wait_for_a_disk_that_is_full_or_read_only(gateway, disk, break_disk):
    background = Flat(threading.Event())
    async with gateway(background=background, artifact_store=str(disk / "artifacts")) as stub:
        name = (await submit_job(stub)).name
        assert await asyncio.to_thread(background.waiting.wait, 20)
        repair_disk = break_disk(disk)
        error = await expect_rpc_error(submit_job(stub, build_campaign(photos=[BLACK])))
        assert error.code() is grpc.StatusCode.UNAVAILABLE and "store" in error.details()
        background.go.set()
        assert (await stub.GetJob(ads_pb2.GetJobRequest(name=name))).job.state == RUNNING
        repair_disk()
        job = await wait_for_job(stub, name)
        assert job.state == SUCCEEDED
        assert len(await fetch_artifact(stub, job.ads[0].artifact)) > 1000
    assert not list(disk.rglob("*#*"))


async def test_a_corrupt_artifact_is_computed_again(gateway, tmp_path):
    async with gateway() as stub:
        first = await run_job(stub)
        for path in (tmp_path / "artifacts" / STORE_VERSION / "objects").rglob("*"):
            if path.is_file() and path.name not in (first.ads[0].photo,):
                path.write_bytes(b"corrupt")
        second = await run_job(stub)
        assert second.state == SUCCEEDED
        assert count_results(second)["inpainting"] == (1, 0)
        assert len(await fetch_artifact(stub, second.ads[0].artifact)) > 1000


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("jobs.db", "is no address of a database; name sqlite"),
        ("postgresql://host:port/jobs", "is no address of a database; name sqlite"),
        ("mysql://x/y", "mysql is not supported; name sqlite:///path or postgresql://"),
        ("sqlite:////proc/none/jobs.db", "/proc/none cannot be made"),
    ],
)
def test_an_invalid_database_address_ends_the_process_with_the_reason(address, text):
    expected = pytest.raises(SystemExit, match=f"CYCLORAMA_GATEWAY_DATABASE: {text}")
    with expected, exit_if_unusable(address):
        open_database(address)
