"""Tests of what gateway and stages log of the ads of jobs."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import structlog

from cyclorama.v1 import ads_pb2
from gateway.artifacts import ArtifactStore
from gateway.jobs.ad_logs import describe_error
from services.imaging.images import encode_image
from services.runtime.errors import NotFound
from services.runtime.formats import PNG
from tests.support.campaigns import PHOTO, build_campaign, run_job

BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
PROMPT = "a table of secret oak"


@pytest.fixture
def lines() -> Iterator[list[dict]]:
    """The log lines of all services, with their bound context."""
    merge = structlog.contextvars.merge_contextvars
    with structlog.testing.capture_logs(processors=[merge]) as captured:
        yield captured


def find_lines(lines: list[dict], **fields) -> list[dict]:
    return [line for line in lines if fields.items() <= line.items()]


async def test_a_failed_ad_is_found_in_the_logs_of_gateway_and_stage(gateway, lines):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign([PROMPT], photos=[PHOTO, BLACK]))
    ids = {"job": job.name.removeprefix("jobs/"), "position": 1}
    (failed,) = find_lines(lines, event="ad failed", **ids)
    assert failed["reason"] == "PRODUCT_NOT_FOUND" and failed["stage"] == "segmentation"
    assert failed["cause"].startswith("segmentation: the photo is black")
    assert failed["attempt"] == 1 and failed["log_level"] == "warning"
    (refused,) = find_lines(lines, event="refused", method="SegmentProduct", **ids)
    assert refused["call_id"] == failed["call_id"] and refused["reason"] == failed["reason"]
    text = json.dumps(lines, default=str)
    assert PROMPT not in text and str(BLACK.data[:16]) not in text


async def test_the_line_of_an_ad_whose_photo_was_deleted_names_the_object(
    gateway, lines, monkeypatch
):
    async def find_nothing(_store, _key):
        return None

    async with gateway() as stub:
        monkeypatch.setattr(ArtifactStore, "measure_object", find_nothing)
        job = await run_job(stub)
    (failed,) = find_lines(lines, event="ad failed", job=job.name.removeprefix("jobs/"))
    assert failed["reason"] == "NOT_FOUND" and len(failed["key"]) == 64
    assert failed["cause"].startswith("a picture is no longer kept")


def test_the_cause_of_an_error_has_no_words_of_the_ad():
    request = ads_pb2.CreateAdRequest(prompt=PROMPT, lettering={"headline": "Sale (50 %)"})
    fields = describe_error(NotFound(f"{PROMPT} and Sale (50 %): missing"), request)
    assert fields["cause"] == "[...] and [...]: missing"


async def test_a_job_leaves_a_line_for_each_ad_and_one_for_its_end(gateway, lines):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign([PROMPT, "a beach"]))
    ids = {"job": job.name.removeprefix("jobs/")}
    own = [line["event"] for line in find_lines(lines, **ids) if "method" not in line]
    assert sorted(own) == ["ad done", "ad done", "job ended"]
    done = find_lines(lines, event="ad done", **ids)
    assert sorted(line["position"] for line in done) == [0, 1]
    assert len({line["call_id"] for line in done}) == 2
    (ended,) = find_lines(lines, event="job ended", **ids)
    assert (ended["ads"], ended["succeeded"], ended["failed"]) == (2, 2, 0)
    (submitted,) = find_lines(lines, event="job submitted", **ids)
    assert submitted["ads"] == 2
