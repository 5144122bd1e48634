"""Campaigns through a gateway with a SQLite database and a folder of artifacts."""

import asyncio
import json
import threading
import uuid

import grpc
import numpy as np
import pytest

from cyclorama.v1 import (
    ads_pb2,
    compositing_pb2,
    finishing_pb2,
    image_pb2,
    jobs_pb2,
    scene_pb2,
)
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.campaigns import (
    PHOTO,
    SIZES,
    campaign,
    counts,
    done,
    ended,
    fetched,
    refusal,
    submit,
    watched,
)
from tests.support.engines import Flat
from tests.support.serving import details_of

BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
SUCCEEDED, FAILED = jobs_pb2.JOB_STATE_SUCCEEDED, jobs_pb2.JOB_STATE_FAILED
CANCELLED = jobs_pb2.JOB_STATE_CANCELLED


async def test_one_cutout_serves_a_campaign_and_every_ad_has_its_size(gateway):
    async with gateway() as stub:
        job = await done(stub, campaign(["a table", "a beach"], sizes=SIZES, variants=2))
        assert job.state == SUCCEEDED and [ad.state for ad in job.ads] == [SUCCEEDED] * 8
        pictures = [await fetched(stub, ad.artifact) for ad in job.ads]
    images = ImageCodec(ImageSettings())
    shapes = [images.read(image_pb2.Image(data=data), "ad").shape[:2] for data in pictures]
    assert shapes == [(256, 256)] * 2 + [(256, 320)] * 2 + [(256, 256)] * 2 + [(256, 320)] * 2
    assert [ad.seed for ad in job.ads[:2]] == [7, 8]
    assert counts(job)["segmentation"] == (1, 7)
    assert counts(job)["background"] == (8, 0)


async def test_own_backdrop_words_and_file_rules_hold_for_every_ad(gateway):
    asked = campaign(
        sizes=SIZES,
        accept_format=image_pb2.IMAGE_FORMAT_JPEG,
        backdrop=scene_pb2.Backdrop(
            picture=encode_image(np.full((300, 300, 3), 220, np.uint8), PNG)
        ),
        lettering=finishing_pb2.Lettering(headline="Good morning", logo=PHOTO),
        delivery=finishing_pb2.Delivery(max_kilobytes=20, layers=True),
    )
    async with gateway() as stub:
        job = await done(stub, asked)
        assert [ad.state for ad in job.ads] == [SUCCEEDED] * 2
        files = [await fetched(stub, ad.artifact) for ad in job.ads]
        manifest = json.loads(await fetched(stub, job.ads[0].manifest))
    assert all(file[:2] == b"\xff\xd8" and len(file) <= 20_000 for file in files)
    assert "background" not in counts(job)
    assert manifest["request"]["lettering"]["headline"] == "Good morning"


async def test_an_override_changes_the_ads_that_it_meets_and_no_others(gateway):
    asked = campaign(
        ["a table", "a beach"],
        sizes=SIZES,
        variants=2,
        compositing=compositing_pb2.CompositingOptions(tint=0.1, width_share=0.5),
        overrides=[
            jobs_pb2.Override(
                size=1,
                accept_format=image_pb2.IMAGE_FORMAT_JPEG,
                compositing=compositing_pb2.CompositingOptions(width_share=0.3),
            ),
            jobs_pb2.Override(prompt=1, variant=1, seed=99),
            jobs_pb2.Override(backdrop=scene_pb2.Backdrop(picture=PHOTO), photo=0, prompt=0),
        ],
    )
    async with gateway() as stub:
        job = await done(stub, asked)
        told = [json.loads(await fetched(stub, ad.manifest)) for ad in job.ads]
    formats = [manifest["ad"]["format"] for manifest in told]
    assert formats == ["PNG", "PNG", "JPEG", "JPEG"] * 2
    options = [manifest["request"]["compositing"] for manifest in told]
    assert [each["width_share"] for each in options] == [0.5, 0.5, 0.3, 0.3] * 2
    assert all(each["tint"] == 0.1 for each in options)
    assert [ad.seed for ad in job.ads] == [7, 8, 7, 8, 7, 99, 7, 99]
    assert [manifest["request"]["seed"] for manifest in told] == [str(ad.seed) for ad in job.ads]
    assert ["backdrop" in manifest for manifest in told] == [True] * 4 + [False] * 4


async def test_an_override_changes_a_part_of_the_lettering(gateway):
    raised = jobs_pb2.Override(lettering=finishing_pb2.Lettering(top=0.2))
    asked = campaign(
        lettering=finishing_pb2.Lettering(headline="Good morning"),
        overrides=[raised],
    )
    async with gateway() as stub:
        job = await done(stub, asked)
        manifest = json.loads(await fetched(stub, job.ads[0].manifest))
        wordless = campaign(overrides=[raised])
        refused = await refusal(submit(stub, wordless))
    said = manifest["request"]["lettering"]
    assert said["headline"] == "Good morning" and said["top"] == pytest.approx(0.2)
    assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "overrides[0] whose lettering says nothing" in refused.details()


async def test_no_picture_is_in_the_database(gateway, tmp_path):
    asked = campaign(
        more_photos=[PHOTO],
        backdrop=scene_pb2.Backdrop(picture=PHOTO),
        lettering=finishing_pb2.Lettering(logo=PHOTO),
    )
    async with gateway() as stub:
        await done(stub, asked)
    for path in tmp_path.glob("jobs.db*"):
        assert PHOTO.data[:64] not in path.read_bytes()


async def test_the_manifest_of_an_ad_is_kept_beside_it(gateway):
    async with gateway() as stub:
        job = await done(stub)
        manifest = json.loads(await fetched(stub, job.ads[0].manifest))
        picture = await fetched(stub, job.ads[0].artifact)
    assert manifest["request"]["prompt"] == "a table"
    assert job.ads[0].artifact.endswith(manifest["ad"]["sha256"])
    assert len(picture) > 1000


async def test_equal_work_of_another_job_is_served(gateway):
    async with gateway() as stub:
        first, second = await done(stub), await done(stub)
    assert counts(first)["inpainting"] == (1, 0)
    assert counts(second) == dict.fromkeys(counts(first), (0, 1))
    assert first.name != second.name
    assert first.ads[0].artifact.split("/")[-1] == second.ads[0].artifact.split("/")[-1]


async def test_another_prompt_makes_everything_but_the_cutout_again(gateway):
    async with gateway() as stub:
        await done(stub)
        changed = await done(stub, campaign(["a chair"]))
    assert counts(changed)["segmentation"] == (0, 1)
    assert counts(changed)["background"] == (1, 0)


async def test_an_artifact_is_fetched_from_any_byte_on(gateway):
    async with gateway() as stub:
        name = (await done(stub)).ads[0].artifact
        whole = await fetched(stub, name)
        assert await fetched(stub, name, 1000) == whole[1000:]
        assert await fetched(stub, name, len(whole)) == b""


async def test_each_ad_fails_alone_and_says_why(gateway):
    async with gateway() as stub:
        job = await done(stub, campaign(more_photos=[BLACK]))
        assert job.state == SUCCEEDED
        assert [ad.state for ad in job.ads] == [SUCCEEDED, FAILED]
        assert "the photo is black" in job.ads[1].error
        assert (await done(stub, campaign(photo=BLACK))).state == FAILED


async def test_the_same_request_id_a_hundred_times_starts_one_job(gateway):
    asked = campaign()
    async with gateway(max_concurrent_calls=128) as stub:
        request_id = str(uuid.uuid4())
        jobs = await asyncio.gather(
            *(submit(stub, asked, request_id=request_id) for _ in range(100))
        )
        assert {job.name for job in jobs} == {f"jobs/{request_id}"}
        listed = await stub.ListJobs(ads_pb2.ListJobsRequest())
        assert len(listed.jobs) == 1


async def test_a_watch_goes_on_where_it_was_cut_off(gateway):
    async with gateway() as stub:
        job = await submit(stub, campaign(["a table", "a beach"]))
        events = await watched(stub, job.name)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        for cut in range(len(events)):
            first, *others = await watched(stub, job.name, cut)
            assert others == events[cut + 1 :] and first.sequence == cut + 1
            assert list(first.positions) == [0, 1] and len(first.job.ads) == 2
        assert all(len(event.job.ads) == len(event.positions) == 1 for event in events[1:])
        assert events[-1].job.counts.succeeded == 2


async def test_jobs_are_listed_newest_first_by_pages_and_by_state(gateway):
    async with gateway() as stub:
        names = [(await done(stub, campaign(seed=seed))).name for seed in range(5)]
        failed = await done(stub, campaign(photo=BLACK))
        pages, token = [], ""
        while not pages or token:
            request = ads_pb2.ListJobsRequest(page_size=2, page_token=token, state=SUCCEEDED)
            page = await stub.ListJobs(request)
            pages.append([job.name for job in page.jobs])
            token = page.next_page_token
        assert pages == [names[4:2:-1], names[2:0:-1], names[:1]]
        listed = await stub.ListJobs(ads_pb2.ListJobsRequest(state=FAILED))
        assert [(job.name, job.state) for job in listed.jobs] == [(failed.name, FAILED)]
        assert listed.jobs[0].counts == failed.counts and not listed.jobs[0].ads
        assert listed.jobs[0].update_time == failed.update_time


async def test_a_cancelled_job_stops_what_runs_and_never_starts_what_waits(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background, max_concurrent_ads=1) as stub:
        job = await submit(stub, campaign(["a table", "a beach"]))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        cancelled = await stub.CancelJob(ads_pb2.CancelJobRequest(name=job.name))
        assert cancelled.job.state == CANCELLED
        assert await asyncio.to_thread(background.abandoned.wait, 20)
        background.waiting.clear()
        background.go.set()
        ads = (await ended(stub, job.name)).ads
        assert [ad.state for ad in ads] == [CANCELLED, CANCELLED]
        assert (await done(stub, campaign(["a chair"]))).state == SUCCEEDED


async def test_too_many_waiting_ads_are_refused_with_when_to_come_back(gateway):
    async with gateway(max_queued_ads=3) as stub:
        error = await refusal(submit(stub, campaign(["a table"] * 4)))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert details_of(error)["RetryInfo"].retry_delay.seconds > 0
        assert (await done(stub, campaign(["a table"] * 3))).state == SUCCEEDED


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetJob", ads_pb2.GetJobRequest(name="jobs/none")),
        ("GetJob", ads_pb2.GetJobRequest(name="../etc")),
        ("CancelJob", ads_pb2.CancelJobRequest(name="jobs/none")),
    ],
)
async def test_a_job_that_is_not_there_is_not_found(gateway, method, request_):
    async with gateway() as stub:
        error = await refusal(getattr(stub, method)(request_))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    "name", ["jobs/none/artifacts/ab", "{job}/artifacts/../../jobs.db", "{job}"]
)
async def test_nothing_but_artifacts_of_the_job_is_given_out(gateway, name):
    async with gateway() as stub:
        job = (await done(stub)).name
        error = await refusal(fetched(stub, name.format(job=job)))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"campaign": None}, "campaign"),
        ({"campaign": campaign([])}, "campaign.prompts"),
        ({"campaign": campaign([" "])}, "campaign.prompts"),
        ({"campaign": campaign(variants=17)}, "campaign.variants"),
        ({"campaign": campaign(sizes=[image_pb2.Size(width=1, height=1)])}, "campaign.sizes"),
        ({"campaign": campaign(["x"] * 1000, variants=11)}, "campaign"),
        ({"campaign": campaign(), "request_id": "../x"}, "request_id"),
        ({"campaign": campaign(), "priority": 10}, "priority"),
        ({"campaign": campaign(overrides=[jobs_pb2.Override(size=1)])}, "campaign"),
        (
            {"campaign": campaign(overrides=[jobs_pb2.Override(seed=-1)])},
            "campaign.overrides[0].seed",
        ),
    ],
)
async def test_a_wrong_campaign_is_refused_before_any_work(gateway, fields, wrong):
    async with gateway() as stub:
        error = await refusal(stub.SubmitJob(ads_pb2.SubmitJobRequest(**fields)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    named = [each.field for each in details_of(error)["BadRequest"].field_violations]
    assert wrong in named


async def test_without_a_database_jobs_are_unimplemented(gateway):
    async with gateway(database="") as stub:
        error = await refusal(submit(stub))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "CYCLORAMA_GATEWAY_DATABASE" in error.details()
