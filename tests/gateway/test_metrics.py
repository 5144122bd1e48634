"""Tests of the metrics of stages, cached results and jobs."""

import grpc
import numpy as np
from prometheus_client import REGISTRY

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.system import job_store_settings, serve_system

PHOTO = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG)
SIZES = [image_pb2.Size(width=256, height=256)]


def read_metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_jobs_by_state_and_cached_results_are_counted(tmp_path):
    stores = job_store_settings(tmp_path)
    cached = read_metric("cyclorama_stage_results_total", stage="segmentation", origin="cached")
    waits = read_metric("cyclorama_stage_wait_seconds_count", stage="background")
    campaign = jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=["a", "b"], sizes=SIZES, seed=1)
    async with (
        serve_system(**stores) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)
        job = (await stub.SubmitJob(ads_pb2.SubmitJobRequest(campaign=campaign))).job
        async for _ in stub.WatchJob(ads_pb2.WatchJobRequest(name=job.name), timeout=60):
            pass
        assert read_metric("cyclorama_jobs", state="succeeded") == 1
        assert read_metric("cyclorama_jobs", state="running") == 0
        assert REGISTRY.get_sample_value("cyclorama_ads_queued") == 0
        assert read_metric("cyclorama_ads_queued_limit") == 10_000
        assert read_metric("cyclorama_artifact_store_free_bytes") > 0
    assert REGISTRY.get_sample_value("cyclorama_ads_queued") is None
    assert (
        read_metric("cyclorama_stage_results_total", stage="segmentation", origin="cached")
        == cached + 1
    )
    assert read_metric("cyclorama_stage_wait_seconds_count", stage="background") == waits + 2
