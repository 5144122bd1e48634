"""Streamed responses: events and results, interrupted streams, and cancellation."""

import asyncio
import io
from types import SimpleNamespace

import grpc
import pytest
from rich.console import Console

from cyclorama import (
    AsyncClient,
    Client,
    CycloramaError,
    Event,
    Overloaded,
    Timeout,
    resumption,
)
from cyclorama.cli import follow
from cyclorama.cli.campaigns import CampaignPart
from cyclorama.job_operations import merge_job_change
from cyclorama.job_results import read_job
from cyclorama.v1 import ads_pb2, jobs_pb2
from tests.clients.scripted import PendingCall, fail_with, serve_gateway

STARTED = ads_pb2.CreateAdResponse(started={"stage": "STAGE_SEGMENTATION"})
HALF = ads_pb2.CreateAdResponse(
    progress={"stage": "STAGE_SEGMENTATION", "progress": {"fraction": 0.5}}
)
AD = ads_pb2.CreateAdResponse(ad={"image": {"data": b"ad", "format": "IMAGE_FORMAT_PNG"}})


def stream_messages(*messages):
    """Returns a handler that streams messages and ends."""
    return lambda request, context: iter(messages)


def job_change(sequence: int, states: dict[int, str]) -> ads_pb2.WatchJobResponse:
    """Returns a change of a job: the new states of some of its ads, by position."""
    return ads_pb2.WatchJobResponse(
        sequence=sequence,
        positions=list(states),
        job={
            "name": "jobs/1",
            "state": "JOB_STATE_RUNNING",
            "ads": [{"prompt": f"{n}", "state": f"JOB_STATE_{s}"} for n, s in states.items()],
        },
    )


@pytest.fixture
def no_pause(monkeypatch):
    """Makes interrupted watches resume at once."""
    monkeypatch.setattr(resumption, "PAUSE_SECONDS", 0)


def test_events_are_reported_in_order_and_the_result_is_returned():
    events = []
    with (
        serve_gateway(CreateAd=stream_messages(STARTED, HALF, AD)) as gateway,
        Client(gateway.address) as client,
    ):
        ad = client.create_ad(b"photo", "x", on_event=events.append)
    assert ad.data == b"ad" and ad.format == "png"
    assert events == [
        Event("segmentation", "started"),
        Event("segmentation", "progress", 0.5),
    ]


def test_events_are_optional():
    with (
        serve_gateway(CreateAd=stream_messages(HALF, AD)) as gateway,
        Client(gateway.address) as client,
    ):
        assert client.create_ad(b"photo", "x").data == b"ad"


@pytest.mark.parametrize("messages", [(), (STARTED, HALF)])
def test_a_stream_that_ends_without_a_result_is_an_error(messages):
    with (
        serve_gateway(CreateAd=stream_messages(*messages)) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="ended without a result") as caught,
    ):
        client.create_ad(b"photo", "x")
    assert caught.value.code is grpc.StatusCode.INTERNAL and not caught.value.caller_can_fix


async def test_an_async_stream_that_ends_without_a_result_is_an_error():
    with serve_gateway(CreateAd=stream_messages(STARTED)) as gateway:
        async with AsyncClient(gateway.address) as client:
            with pytest.raises(CycloramaError, match="ended without a result"):
                await client.create_ad(b"photo", "x")


def test_a_stream_that_fails_raises_after_its_events():
    def handle(request, context):
        yield HALF
        context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset")

    events = []
    with (
        serve_gateway(CreateAd=handle) as gateway,
        Client(gateway.address, max_retries=0) as client,
        pytest.raises(CycloramaError),
    ):
        client.create_ad(b"photo", "x", on_event=events.append)
    assert len(events) == 1


def test_an_exception_of_the_callers_own_reaches_the_caller():
    def refuse(event):
        raise RuntimeError("stop")

    pending = PendingCall((HALF,))
    with (
        serve_gateway(CreateAd=pending.stream) as gateway,
        Client(gateway.address, timeout=20) as client,
        pytest.raises(RuntimeError, match="stop"),
    ):
        client.create_ad(b"photo", "x", on_event=refuse)
    assert pending.cancelled.wait(10)


async def test_cancelling_a_task_cancels_the_call_on_the_server():
    pending = PendingCall((HALF,))
    with serve_gateway(CreateAd=pending.stream) as gateway:
        async with AsyncClient(gateway.address) as client:
            seen = asyncio.Event()
            task = asyncio.create_task(
                client.create_ad(b"photo", "x", on_event=lambda _: seen.set())
            )
            await seen.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(pending.cancelled.wait, 10)


def test_leaving_a_watch_early_cancels_it_on_the_server():
    pending = PendingCall((job_change(1, {0: "RUNNING"}),))
    with serve_gateway(WatchJob=pending.stream) as gateway, Client(gateway.address) as client:
        watch = client.jobs.watch("jobs/1")
        next(watch)
        watch.close()
        assert pending.cancelled.wait(10)


def test_an_artifact_is_joined_from_its_parts_and_starts_at_the_offset():
    parts = [ads_pb2.GetArtifactResponse(data=each) for each in (b"ab", b"", b"c")]
    with (
        serve_gateway(GetArtifact=stream_messages(*parts)) as gateway,
        Client(gateway.address) as client,
    ):
        assert client.jobs.fetch("artifacts/1", 7) == b"abc"
    (request,) = gateway.requests
    assert (request.name, request.offset) == ("artifacts/1", 7)


def test_a_watch_merges_changes_into_the_whole_job():
    changes = [
        job_change(1, {0: "QUEUED", 1: "QUEUED"}),
        job_change(2, {1: "RUNNING"}),
        job_change(3, {0: "SUCCEEDED"}),
    ]
    with (
        serve_gateway(WatchJob=stream_messages(*changes)) as gateway,
        Client(gateway.address) as client,
    ):
        seen = list(client.jobs.watch("jobs/1"))
    states = [[ad.state for ad in job.ads] for job in seen]
    assert states == [["queued", "queued"], ["queued", "running"], ["succeeded", "running"]]
    assert [job.sequence for job in seen] == [1, 2, 3]


def test_an_interrupted_watch_resumes_after_the_last_event(no_pause):
    def handle(request, context):
        if request.after_sequence < 5:
            yield job_change(request.after_sequence + 5, {0: "RUNNING"})
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        yield job_change(9, {0: "SUCCEEDED"})

    with serve_gateway(WatchJob=handle) as gateway, Client(gateway.address) as client:
        seen = [job.sequence for job in client.jobs.watch("jobs/1", after=2)]
    assert seen == [7, 9]
    assert [request.after_sequence for request in gateway.requests] == [2, 7]


async def test_an_interrupted_async_watch_resumes_after_the_last_event(no_pause):
    def handle(request, context):
        if not request.after_sequence:
            yield job_change(1, {0: "RUNNING"})
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        yield job_change(2, {0: "SUCCEEDED"})

    with serve_gateway(WatchJob=handle) as gateway:
        async with AsyncClient(gateway.address) as client:
            seen = [job.sequence async for job in client.jobs.watch("jobs/1")]
    assert seen == [1, 2]


def test_a_watch_gives_up_when_its_time_to_resume_is_over(monkeypatch):
    monkeypatch.setattr(resumption, "RESUME_SECONDS", 0)
    failing = fail_with(
        grpc.StatusCode.UNAVAILABLE, "down", reason="STAGE_UNREACHABLE", retry_seconds="1"
    )
    with (
        serve_gateway(WatchJob=failing) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="down"),
    ):
        list(client.jobs.watch("jobs/1"))
    assert len(gateway.requests) == 1


def build_overload(retry_seconds: float) -> Overloaded:
    return Overloaded(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", retry_seconds=retry_seconds, reason="OVERLOADED"
    )


def test_a_stream_resumes_when_the_server_says_until_a_minute_is_over(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(resumption, "time", SimpleNamespace(monotonic=lambda: now[0]))
    resumed = resumption.Resumption()
    assert 20 <= resumed.next_pause(build_overload(20)) <= 25
    assert 0.5 <= resumed.next_pause(build_overload(0.001)) <= 0.7
    now[0] += 45
    with pytest.raises(Overloaded):
        resumed.next_pause(build_overload(20))
    resumed.note_response()
    assert resumed.next_pause(build_overload(20))
    with pytest.raises(Overloaded):
        resumed.next_pause(build_overload(3600))


def test_a_pause_ends_with_the_time_limit(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(resumption, "time", SimpleNamespace(monotonic=lambda: now[0]))
    resumed = resumption.Resumption(5)
    assert resumed.next_pause(build_overload(20)) == 5
    now[0] += 5
    with pytest.raises(Timeout, match="no result within 5 s"):
        resumed.next_pause(build_overload(20))


def test_ads_of_a_job_are_in_order_in_whichever_order_they_come():
    ads = {}
    for positions in ([3, 1], [1, 3], [0, 2]):
        change = job_change(1, dict.fromkeys(positions, "QUEUED"))
        job = merge_job_change(change, ads)
    assert [ad.prompt for ad in job.ads] == ["0", "1", "2", "3"]


def test_a_watch_of_a_missing_job_fails_at_once(no_pause):
    failing = fail_with(grpc.StatusCode.NOT_FOUND, "no such job", reason="NOT_FOUND")
    with (
        serve_gateway(WatchJob=failing) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="no such job"),
    ):
        list(client.jobs.watch("jobs/none"))
    assert len(gateway.requests) == 1


def test_a_followed_job_is_rendered_less_often_than_it_changes(monkeypatch, tmp_path):
    states = ["QUEUED"] + ["RUNNING"] * 500
    changes = [job_change(number, {0: state}) for number, state in enumerate(states, 1)]
    rendered, render = [], follow._render_job
    monkeypatch.setattr(
        follow, "_render_job", lambda *values: rendered.append(values) or render(*values)
    )
    with (
        serve_gateway(WatchJob=stream_messages(*changes)) as gateway,
        Client(gateway.address) as client,
    ):
        followed = follow.CampaignJob(CampaignPart((), ("x",)), read_job(changes[0].job))
        follow.follow_jobs(
            client, [followed], tmp_path, Console(file=io.StringIO(), force_terminal=True)
        )
    assert 1 <= len(rendered) < 100


def follow_to_text(changes, tmp_path, **options):
    """Returns what following a job with these changes prints where there is no terminal."""
    printed = io.StringIO()
    with (
        serve_gateway(WatchJob=stream_messages(*changes)) as gateway,
        Client(gateway.address) as client,
    ):
        followed = follow.CampaignJob(CampaignPart((), ("x",)), read_job(changes[0].job))
        follow.follow_jobs(client, [followed], tmp_path, Console(file=printed), **options)
    return printed.getvalue().splitlines()


def test_without_a_terminal_each_ad_that_ends_has_one_line(tmp_path):
    changes = [
        job_change(1, {0: "QUEUED", 1: "QUEUED"}),
        job_change(2, {1: "FAILED"}),
        job_change(3, {0: "RUNNING"}),
        job_change(4, {0: "CANCELLED"}),
    ]
    changes[-1].job.state = jobs_pb2.JOB_STATE_FAILED
    first, second = follow_to_text(changes, tmp_path)
    assert first.startswith("1 of 2  ") and first.endswith("failed")
    assert second.startswith("2 of 2  ") and second.endswith("cancelled")
    assert follow_to_text(changes, tmp_path, lines=False) == []


def list_jobs(request, context):
    """Responds with two pages of jobs, by the request's page token."""
    names, token = (["a", "b"], "next") if not request.page_token else (["c"], "")
    found = [{"name": name, "state": "JOB_STATE_FAILED"} for name in names]
    return ads_pb2.ListJobsResponse(jobs=found, next_page_token=token)


def test_jobs_are_listed_page_by_page():
    with serve_gateway(ListJobs=list_jobs) as gateway, Client(gateway.address) as client:
        listed = client.jobs.list("failed")
        assert next(listed).name == "a" and len(gateway.requests) == 1
        assert [job.name for job in listed] == ["b", "c"]
    assert [request.page_token for request in gateway.requests] == ["", "next"]
    assert {tuple(request.states) for request in gateway.requests} == {(jobs_pb2.JOB_STATE_FAILED,)}


async def test_jobs_are_listed_page_by_page_with_asyncio():
    with serve_gateway(ListJobs=list_jobs) as gateway:
        async with AsyncClient(gateway.address) as client:
            assert [job.name async for job in client.jobs.list()] == ["a", "b", "c"]
    assert not gateway.requests[0].states
