"""Tests of jobs through a gateway with a SQLite database and a folder as artifact store."""

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
from gateway.jobs.feeds import PAGE_EVENTS
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.objects import hash_content
from services.runtime.settings import ImageSettings
from tests.support.campaigns import (
    PHOTO,
    SIZES,
    build_campaign,
    count_results,
    expect_rpc_error,
    fetch_artifact,
    run_job,
    submit_job,
    wait_for_job,
    watch_job,
)
from tests.support.engines import Dragonless, Flat, Repairable, Selective
from tests.support.serving import read_error_details

BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
SUCCEEDED, FAILED = jobs_pb2.JOB_STATE_SUCCEEDED, jobs_pb2.JOB_STATE_FAILED
UNFINISHED = jobs_pb2.JOB_STATE_QUEUED, jobs_pb2.JOB_STATE_RUNNING
CANCELLED = jobs_pb2.JOB_STATE_CANCELLED


async def test_a_campaign_computes_one_cutout_and_every_ad_has_its_size(gateway):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign(["a table", "a beach"], sizes=SIZES, variants=2))
        assert job.state == SUCCEEDED and [ad.state for ad in job.ads] == [SUCCEEDED] * 8
        pictures = [await fetch_artifact(stub, ad.artifact) for ad in job.ads]
    images = ImageCodec(ImageSettings())
    shapes = [images.read(image_pb2.Image(data=data), "ad").shape[:2] for data in pictures]
    assert shapes == [(256, 256)] * 2 + [(256, 320)] * 2 + [(256, 256)] * 2 + [(256, 320)] * 2
    assert [ad.seed for ad in job.ads[:2]] == [7, 8]
    assert count_results(job)["segmentation"] == (1, 7)
    assert count_results(job)["background"] == (8, 0)


async def test_each_ad_has_the_warnings_of_its_own_stages(gateway):
    async with gateway(background=Dragonless()) as stub:
        job = await run_job(stub, build_campaign(["a forest, red dragon", "a beach"]))
    partly, whole = job.ads
    (warning,) = (each for each in partly.warnings if each.reason == "PROMPT_PARTLY_UNDERSTOOD")
    assert [(each.words, each.nearest) for each in warning.left_out] == [("red dragon", "rock")]
    assert not [each for each in whole.warnings if each.left_out]


async def test_backdrop_lettering_and_delivery_apply_to_every_ad(gateway):
    submitted = build_campaign(
        sizes=SIZES,
        accept_format=image_pb2.IMAGE_FORMAT_JPEG,
        backdrop=scene_pb2.Backdrop(
            picture=encode_image(np.full((300, 300, 3), 220, np.uint8), PNG)
        ),
        lettering=finishing_pb2.Lettering(headline="Good morning", logo=PHOTO),
        delivery=finishing_pb2.Delivery(max_kilobytes=20, layers=True),
    )
    async with gateway() as stub:
        job = await run_job(stub, submitted)
        assert [ad.state for ad in job.ads] == [SUCCEEDED] * 2
        files = [await fetch_artifact(stub, ad.artifact) for ad in job.ads]
        manifest = json.loads(await fetch_artifact(stub, job.ads[0].manifest))
    assert all(file[:2] == b"\xff\xd8" and len(file) <= 20_000 for file in files)
    assert "background" not in count_results(job)
    assert manifest["request"]["lettering"]["headline"] == "Good morning"


async def test_an_override_changes_only_the_ads_that_it_selects(gateway):
    submitted = build_campaign(
        ["a table", "a beach"],
        sizes=SIZES,
        variants=2,
        compositing=compositing_pb2.CompositingOptions(tint=0.1, width_share=0.5),
        overrides=[
            jobs_pb2.Override(
                size=SIZES[1],
                accept_format=image_pb2.IMAGE_FORMAT_JPEG,
                compositing=compositing_pb2.CompositingOptions(width_share=0.3),
            ),
            jobs_pb2.Override(prompt="a beach", variant=1, seed=99),
            jobs_pb2.Override(
                backdrop=scene_pb2.Backdrop(picture=PHOTO),
                photo=hash_content(PHOTO.data),
                prompt="a table",
            ),
        ],
    )
    async with gateway() as stub:
        job = await run_job(stub, submitted)
        manifests = [json.loads(await fetch_artifact(stub, ad.manifest)) for ad in job.ads]
    formats = [manifest["ad"]["format"] for manifest in manifests]
    assert formats == ["PNG", "PNG", "JPEG", "JPEG"] * 2
    options = [manifest["request"]["compositing"] for manifest in manifests]
    assert [each["width_share"] for each in options] == [0.5, 0.5, 0.3, 0.3] * 2
    assert all(each["tint"] == 0.1 for each in options)
    assert [ad.seed for ad in job.ads] == [7, 8, 7, 8, 7, 99, 7, 99]
    assert [manifest["request"]["seed"] for manifest in manifests] == [
        str(ad.seed) for ad in job.ads
    ]
    assert ["backdrop" in manifest for manifest in manifests] == [True] * 4 + [False] * 4


async def test_an_override_selects_a_photo_by_name(gateway):
    campaign = build_campaign(photos=[PHOTO, PHOTO])
    campaign.photos[0].name, campaign.photos[1].name = "front.png", "back.png"
    campaign.overrides.add(photo="back.png", seed=99)
    async with gateway() as stub:
        job = await submit_job(stub, campaign)
    assert [(ad.photo_name, ad.seed) for ad in job.ads] == [("front.png", 7), ("back.png", 99)]


async def test_an_override_changes_single_fields_of_the_lettering(gateway):
    raised = jobs_pb2.Override(lettering=finishing_pb2.Lettering(top=0.2))
    submitted = build_campaign(
        lettering=finishing_pb2.Lettering(headline="Good morning"),
        overrides=[raised],
    )
    async with gateway() as stub:
        job = await run_job(stub, submitted)
        manifest = json.loads(await fetch_artifact(stub, job.ads[0].manifest))
        without_text = build_campaign(overrides=[raised])
        refused = await expect_rpc_error(submit_job(stub, without_text))
    lettering = manifest["request"]["lettering"]
    assert lettering["headline"] == "Good morning" and lettering["top"] == pytest.approx(0.2)
    assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "overrides[0] whose lettering says nothing" in refused.details()


async def test_the_database_contains_no_image(gateway, tmp_path):
    submitted = build_campaign(
        photos=[PHOTO, PHOTO],
        backdrop=scene_pb2.Backdrop(picture=PHOTO),
        lettering=finishing_pb2.Lettering(logo=PHOTO),
    )
    async with gateway() as stub:
        await run_job(stub, submitted)
    for path in tmp_path.glob("jobs.db*"):
        assert PHOTO.data[:64] not in path.read_bytes()


async def test_the_manifest_of_an_ad_is_stored_with_it(gateway):
    async with gateway() as stub:
        job = await run_job(stub)
        manifest = json.loads(await fetch_artifact(stub, job.ads[0].manifest))
        picture = await fetch_artifact(stub, job.ads[0].artifact)
    assert manifest["request"]["prompt"] == "a table"
    assert job.ads[0].artifact.endswith(manifest["ad"]["sha256"])
    assert len(picture) > 1000


async def test_results_of_an_equal_job_are_cached(gateway):
    async with gateway() as stub:
        first, second = await run_job(stub), await run_job(stub)
    assert count_results(first)["inpainting"] == (1, 0)
    assert count_results(second) == dict.fromkeys(count_results(first), (0, 1))
    assert first.name != second.name
    assert first.ads[0].artifact.split("/")[-1] == second.ads[0].artifact.split("/")[-1]


async def test_another_prompt_reuses_only_the_cutout(gateway):
    async with gateway() as stub:
        await run_job(stub)
        changed = await run_job(stub, build_campaign(["a chair"]))
    assert count_results(changed)["segmentation"] == (0, 1)
    assert count_results(changed)["background"] == (1, 0)


async def test_an_artifact_can_be_read_from_any_byte_offset(gateway):
    async with gateway() as stub:
        name = (await run_job(stub)).ads[0].artifact
        whole = await fetch_artifact(stub, name)
        assert await fetch_artifact(stub, name, 1000) == whole[1000:]
        assert await fetch_artifact(stub, name, len(whole)) == b""


async def test_a_failed_ad_reports_the_reason_and_does_not_fail_the_others(gateway):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign(photos=[PHOTO, BLACK]))
        assert job.state == jobs_pb2.JOB_STATE_PARTIALLY_SUCCEEDED
        assert [ad.state for ad in job.ads] == [SUCCEEDED, FAILED]
        assert not job.ads[0].HasField("error")
        error = job.ads[1].error
        assert error.message.startswith("segmentation: the photo is black")
        assert (error.reason, error.stage) == ("PRODUCT_NOT_FOUND", "segmentation")
        assert error.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
        assert (await run_job(stub, build_campaign(photos=[BLACK]))).state == FAILED


async def test_a_hundred_submissions_with_one_request_id_start_one_job(gateway):
    submitted = build_campaign()
    # Half of which are the share of one caller.
    async with gateway(max_concurrent_calls=256) as stub:
        request_id = str(uuid.uuid4())
        jobs = await asyncio.gather(
            *(submit_job(stub, submitted, request_id=request_id) for _ in range(100))
        )
        assert {job.name for job in jobs} == {f"jobs/{request_id}"}
        listed = await stub.ListJobs(ads_pb2.ListJobsRequest())
        assert len(listed.jobs) == 1


async def test_a_job_is_found_by_state_time_label_and_owner(gateway):
    campaigns = [
        build_campaign(seed=1, labels={"shop": "north", "season": "spring"}, display_name="Spring"),
        build_campaign(seed=2, labels={"shop": "south", "season": "spring"}),
        build_campaign(photos=[BLACK]),
    ]
    async with gateway() as stub:
        first, second, failed = [await run_job(stub, each) for each in campaigns]
        assert (first.display_name, dict(first.labels)) == ("Spring", dict(campaigns[0].labels))

        async def find_jobs(**fields) -> list[str]:
            page = await stub.ListJobs(ads_pb2.ListJobsRequest(**fields))
            return [job.name for job in page.jobs]

        assert await find_jobs(states=[FAILED]) == [failed.name]
        assert await find_jobs(states=[FAILED, SUCCEEDED]) == [failed.name, second.name, first.name]
        assert await find_jobs(labels={"season": "spring"}) == [second.name, first.name]
        both = {"season": "spring", "shop": "north"}
        assert await find_jobs(labels=both) == [first.name]
        assert await find_jobs(labels={"season": "autumn"}) == []
        assert await find_jobs(created_from=second.create_time) == [failed.name, second.name]
        assert await find_jobs(created_before=second.create_time) == [first.name]
        assert await find_jobs(owner="local", page_size=5000) == [
            *(failed.name, second.name, first.name)
        ]
        assert await find_jobs(owner="shop") == []
        listed = (await stub.ListJobs(ads_pb2.ListJobsRequest(labels=both))).jobs[0]
        assert (listed.display_name, listed.labels) == (first.display_name, first.labels)


async def test_a_basic_view_of_a_job_has_everything_but_its_ads_and_stages(gateway):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign(labels={"shop": "north"}, display_name="Spring"))
        request = ads_pb2.GetJobRequest(name=job.name, view=jobs_pb2.JOB_VIEW_BASIC)
        basic = (await stub.GetJob(request)).job
        missing = ads_pb2.GetJobRequest(name="jobs/none", view=jobs_pb2.JOB_VIEW_BASIC)
        error = await expect_rpc_error(stub.GetJob(missing))
    assert job.ads and job.stages and job.labels
    del job.ads[:], job.stages[:]
    assert basic == job
    assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_an_ad_that_takes_longer_than_its_campaign_allows_fails_alone(gateway):
    campaign = build_campaign(["stuck", "a beach"])
    campaign.ad_timeout.FromMilliseconds(1500)
    async with gateway(background=Selective(threading.Event())) as stub:
        job = await run_job(stub, campaign)
    assert job.state == jobs_pb2.JOB_STATE_PARTIALLY_SUCCEEDED
    error = job.ads[0].error
    assert error.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert error.reason == "AD_TIMEOUT" and "within 1.5 s" in error.message
    assert job.ads[1].state == SUCCEEDED


async def test_a_watch_after_more_events_than_there_are_is_refused(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background) as stub:
        job = await submit_job(stub)
        assert await asyncio.to_thread(background.waiting.wait, 20)
        error = await expect_rpc_error(watch_job(stub, job.name, 2))
        background.go.set()
        assert len(await watch_job(stub, job.name, 1)) == 1
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "after_sequence: is after the job's last event, 1" in error.details()


async def test_a_watch_continues_after_the_last_sequence(gateway):
    async with gateway() as stub:
        job = await submit_job(stub, build_campaign(["a table", "a beach"]))
        events = await watch_job(stub, job.name)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        for cut in range(len(events)):
            first, *others = await watch_job(stub, job.name, cut)
            assert others == events[cut + 1 :] and first.sequence == cut + 1
            assert list(first.positions) == [0, 1] and len(first.job.ads) == 2
        assert all(len(event.job.ads) == len(event.positions) == 1 for event in events[1:])
        assert events[-1].job.counts.succeeded == 2


async def test_a_watch_with_stages_says_which_stage_an_ad_is_in(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background) as stub:
        job = await submit_job(stub)
        request = ads_pb2.WatchJobRequest(name=job.name, with_stages=True)
        stages = []
        async for response in stub.WatchJob(request):
            ads = dict(zip(response.positions, response.job.ads, strict=True))
            stages += [ads[0].stage] if 0 in ads else []
            if stages[-1:] == ["background"]:
                background.go.set()
        # The last one is that of the event that ended it.
        assert "background" in stages and stages[-1] == ""
        assert response.job.ads[0].state == SUCCEEDED
        assert not [
            each
            for event in await watch_job(stub, job.name)
            for each in event.job.ads
            if each.stage
        ]


async def test_a_watch_with_stages_says_why_an_ad_is_made_again(gateway):
    background = Flat(threading.Event())
    attempts = []
    async with gateway(background=background, ad_timeout_seconds=1) as stub:
        job = await submit_job(stub)
        request = ads_pb2.WatchJobRequest(name=job.name, with_stages=True)
        async for response in stub.WatchJob(request):
            attempts += [(ad.attempt, ad.retry_reason) for ad in response.job.ads if ad.stage]
            if attempts and attempts[-1][0] > 1:
                background.go.set()
    assert list(dict.fromkeys(attempts))[:2] == [(1, ""), (2, "OUT_OF_TIME")]
    ended = response.job.ads[0]
    assert ended.state == SUCCEEDED and not ended.attempt and not ended.retry_reason


async def test_jobs_are_listed_newest_first_with_pages_and_a_state_filter(gateway):
    async with gateway() as stub:
        names = [(await run_job(stub, build_campaign(seed=seed))).name for seed in range(5)]
        failed = await run_job(stub, build_campaign(photos=[BLACK]))
        pages, token = [], ""
        while not pages or token:
            request = ads_pb2.ListJobsRequest(page_size=2, page_token=token, states=[SUCCEEDED])
            page = await stub.ListJobs(request)
            pages.append([job.name for job in page.jobs])
            token = page.next_page_token
        assert pages == [names[4:2:-1], names[2:0:-1], names[:1]]
        listed = await stub.ListJobs(ads_pb2.ListJobsRequest(states=[FAILED]))
        assert [(job.name, job.state) for job in listed.jobs] == [(failed.name, FAILED)]
        assert listed.jobs[0].counts == failed.counts and not listed.jobs[0].ads
        assert listed.jobs[0].update_time == failed.update_time


async def test_a_wait_ends_with_the_job_or_after_its_time(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background) as stub:
        job = await submit_job(stub)
        request = ads_pb2.WaitJobRequest(name=job.name, timeout={"nanos": 10**8})
        assert (await stub.WaitJob(request)).job.state in UNFINISHED
        now = ads_pb2.WaitJobRequest(name=job.name, timeout={})
        assert (await stub.WaitJob(now)).job.state in UNFINISHED
        waiting = asyncio.ensure_future(
            stub.WaitJob(ads_pb2.WaitJobRequest(name=job.name, view=jobs_pb2.JOB_VIEW_BASIC))
        )
        assert await asyncio.to_thread(background.waiting.wait, 20)
        assert not waiting.done()
        background.go.set()
        ended = (await waiting).job
        assert ended.state == SUCCEEDED and not ended.ads
        whole = (await stub.WaitJob(ads_pb2.WaitJobRequest(name=job.name))).job
    assert whole.state == SUCCEEDED and len(whole.ads) == 1


async def test_cancelling_a_job_stops_running_ads_and_starts_no_queued_ones(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background, max_concurrent_ads=1) as stub:
        job = await submit_job(stub, build_campaign(["a table", "a beach"]))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        cancelled = await stub.CancelJob(ads_pb2.CancelJobRequest(name=job.name))
        assert cancelled.job.state == CANCELLED
        assert await asyncio.to_thread(background.abandoned.wait, 20)
        background.waiting.clear()
        background.go.set()
        ads = (await wait_for_job(stub, job.name)).ads
        assert [ad.state for ad in ads] == [CANCELLED, CANCELLED]
        assert (await run_job(stub, build_campaign(["a chair"]))).state == SUCCEEDED


async def test_failed_ads_are_retried_in_their_job_with_their_seeds(gateway):
    background = Repairable()
    async with gateway(background=background) as stub:
        job = await run_job(stub, build_campaign(["a table", "a beach"], variants=2))
        assert job.state == FAILED and job.counts.failed == 4
        background.repair()
        retried = (await stub.RetryJob(ads_pb2.RetryJobRequest(name=job.name))).job
        assert retried.state == jobs_pb2.JOB_STATE_RUNNING and retried.counts.waiting == 4
        assert not any(ad.HasField("error") for ad in retried.ads)
        ended = await wait_for_job(stub, job.name)
        assert ended.state == SUCCEEDED and ended.counts.succeeded == 4
        assert [ad.seed for ad in ended.ads] == [ad.seed for ad in job.ads] == [7, 8, 7, 8]
        again = (await stub.RetryJob(ads_pb2.RetryJobRequest(name=job.name))).job
        assert again == ended
        listed = await stub.ListJobs(ads_pb2.ListJobsRequest())
        assert [each.name for each in listed.jobs] == [job.name]


async def test_chosen_ads_are_retried_and_others_stay_failed(gateway):
    background = Repairable()
    async with gateway(background=background) as stub:
        job = await run_job(stub, build_campaign(["a table", "a beach", "a road"]))
        background.repair()
        # There is no ad at position 9.
        request = ads_pb2.RetryJobRequest(name=job.name, positions=[1, 9])
        assert (await stub.RetryJob(request)).job.counts.waiting == 1
        ended = await wait_for_job(stub, job.name)
    assert [ad.state for ad in ended.ads] == [FAILED, SUCCEEDED, FAILED]


async def test_a_watch_from_the_first_event_goes_beyond_a_retry(gateway):
    background = Repairable()
    # More events than a watch loads at once, so that the job has ended at the end of a page.
    prompts = [f"table {each}" for each in range(PAGE_EVENTS // 2)]
    async with gateway(background=background, max_concurrent_ads=8) as stub:
        job = await run_job(stub, build_campaign(prompts))
        background.repair()
        await stub.RetryJob(ads_pb2.RetryJobRequest(name=job.name))
        events = await watch_job(stub, job.name)
    assert len(events) == 5 * len(prompts) and events[PAGE_EVENTS - 1].job.state == FAILED
    assert events[-1].job.state == SUCCEEDED


async def test_a_full_queue_says_how_many_ads_wait_and_when_to_try_again(gateway):
    background = Flat(threading.Event())
    async with gateway(background=background, max_queued_ads=3) as stub:
        await submit_job(stub, build_campaign(["a table"] * 2))
        error = await expect_rpc_error(submit_job(stub, build_campaign(["a table"] * 2)))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        details = read_error_details(error)
        assert details["ErrorInfo"].reason == "JOB_QUEUE_FULL"
        assert "adds 2 ads to the 2 that have not ended" in error.details()
        assert "space for 3" in error.details() and "replica" not in error.details()
        assert f"in {details['RetryInfo'].retry_delay.seconds} s" in error.details()
        too_large = await expect_rpc_error(submit_job(stub, build_campaign(["a table"] * 4)))
        assert "RetryInfo" not in read_error_details(too_large)
        assert "split it into smaller jobs" in too_large.details()
        background.go.set()


async def test_a_job_of_ten_thousand_ads_is_answered_before_they_are_queued(gateway):
    background = Flat(threading.Event())
    campaign = build_campaign([f"table {each}" for each in range(1000)], variants=10)
    async with gateway(background=background) as stub:
        async with asyncio.timeout(4):
            job = await submit_job(stub, campaign)
        assert len(job.ads) == 10_000
        background.go.set()


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetJob", ads_pb2.GetJobRequest(name="jobs/none")),
        ("GetJob", ads_pb2.GetJobRequest(name="../etc")),
        ("CancelJob", ads_pb2.CancelJobRequest(name="jobs/none")),
        ("RetryJob", ads_pb2.RetryJobRequest(name="jobs/none")),
        ("WaitJob", ads_pb2.WaitJobRequest(name="jobs/none")),
    ],
)
async def test_an_unknown_job_is_not_found(gateway, method, request_):
    async with gateway() as stub:
        error = await expect_rpc_error(getattr(stub, method)(request_))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    "name", ["jobs/none/artifacts/ab", "{job}/artifacts/../../jobs.db", "{job}"]
)
async def test_only_artifacts_of_the_job_can_be_read(gateway, name):
    async with gateway() as stub:
        job = (await run_job(stub)).name
        error = await expect_rpc_error(fetch_artifact(stub, name.format(job=job)))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "invalid"),
    [
        ({"campaign": None}, "campaign"),
        ({"campaign": build_campaign([])}, "campaign.prompts"),
        ({"campaign": build_campaign([" "])}, "campaign.prompts"),
        ({"campaign": build_campaign(variants=17)}, "campaign.variants"),
        ({"campaign": build_campaign(sizes=[image_pb2.Size(width=1, height=1)])}, "campaign.sizes"),
        ({"campaign": build_campaign(["x"] * 1000, variants=11)}, "campaign"),
        ({"campaign": build_campaign(labels={"Shop": "x"})}, "campaign.labels"),
        ({"campaign": build_campaign(labels={"shop": "x" * 64})}, "campaign.labels"),
        ({"campaign": build_campaign(labels={"shop": "\n"})}, "campaign.labels"),
        (
            {"campaign": build_campaign(labels={f"key{each}": "x" for each in range(65)})},
            "campaign.labels",
        ),
        ({"campaign": build_campaign(display_name="x" * 201)}, "campaign.display_name"),
        ({"campaign": build_campaign(ad_timeout={"seconds": 86401})}, "campaign.ad_timeout"),
        ({"campaign": build_campaign(ad_timeout={"nanos": 1})}, "campaign.ad_timeout"),
        ({"campaign": build_campaign(), "request_id": "../x"}, "request_id"),
        ({"campaign": build_campaign(), "priority": 10}, "priority"),
        *(
            ({"campaign": build_campaign(overrides=[override])}, "campaign")
            for override in (
                jobs_pb2.Override(photo="other.png"),
                jobs_pb2.Override(photo=hash_content(BLACK.data)),
                jobs_pb2.Override(prompt="a chair"),
                jobs_pb2.Override(size=SIZES[1]),
                jobs_pb2.Override(variant=1),
            )
        ),
        ({"campaign": build_campaign(photos=[])}, "campaign.photos"),
        (
            {"campaign": build_campaign(overrides=[jobs_pb2.Override(seed=-1)])},
            "campaign.overrides[0].seed",
        ),
    ],
)
async def test_an_invalid_campaign_is_rejected(gateway, fields, invalid):
    async with gateway() as stub:
        error = await expect_rpc_error(stub.SubmitJob(ads_pb2.SubmitJobRequest(**fields)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    named = [each.field for each in read_error_details(error)["BadRequest"].field_violations]
    assert invalid in named


async def test_jobs_are_unimplemented_without_a_database(gateway):
    async with gateway(database="") as stub:
        error = await expect_rpc_error(submit_job(stub))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "CYCLORAMA_GATEWAY_DATABASE" in error.details()
