"""How commands reach the gateway: credentials, waiting for stages, and shell completion."""

import itertools

import grpc
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.cli import connection
from cyclorama.cli.connection import complete_from_gateway, list_waiting, wait_for_stages
from cyclorama.cli.flag_options import complete_engines
from cyclorama.cli.jobs import complete_jobs, find_newest_job
from cyclorama.v1 import ads_pb2
from tests.clients.scripted import PendingCall, fail_with, serve_gateway


def list_ready(**ready: bool):
    """Returns a response of ListEngines: one engine per stage, ready or not."""
    return ads_pb2.AdServiceListEnginesResponse(
        stages=[
            {"stage": f"STAGE_{stage.upper()}", "engines": [{"name": "e", "ready": is_ready}]}
            for stage, is_ready in ready.items()
        ]
    )


def respond_in_turn(*responses):
    """Returns a handler that answers with one response after the other and repeats the last."""
    remaining = itertools.chain(responses[:-1], itertools.repeat(responses[-1]))
    return lambda request, context: next(remaining)


@pytest.mark.parametrize(("options", "calls"), [((), 3), (("--max-retries", "0"), 1)])
def test_a_command_retries_as_often_as_the_command_line_says(command, tmp_path, options, calls):
    full = fail_with(grpc.StatusCode.RESOURCE_EXHAUSTED, reason="OVERLOADED", retry_seconds="0.01")
    with serve_gateway(GetJob=full) as gateway:
        status, _, _ = command(*options, "jobs", "show", "jobs/a", "--gateway", gateway.address)
    assert status == 1 and len(gateway.requests) == calls


@pytest.fixture
def no_pause(monkeypatch):
    """Polls without a pause."""
    monkeypatch.setattr(connection, "POLL_SECONDS", 0)


def test_waiting_ends_when_every_stage_has_a_ready_engine(no_pause):
    started = list_ready(segmentation=True, background=True)
    handler = respond_in_turn(list_ready(segmentation=True, background=False), started)
    with serve_gateway(ListEngines=handler) as gateway, Client(gateway.address) as client:
        wait_for_stages(client, 30)
    assert len(gateway.requests) == 2


def test_waiting_for_a_gateway_that_starts_tolerates_errors(no_pause):
    calls = itertools.count()

    def handle(request, context):
        if next(calls) < 2:
            context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        return list_ready(segmentation=True)

    with serve_gateway(ListEngines=handle) as gateway, Client(gateway.address) as client:
        wait_for_stages(client, 30)
    assert len(gateway.requests) == 3


def test_waiting_ends_when_its_time_is_over(no_pause):
    handler = respond_in_turn(list_ready(segmentation=False))
    with serve_gateway(ListEngines=handler) as gateway, Client(gateway.address) as client:
        wait_for_stages(client, 0.1)
        assert gateway.requests
        count = len(gateway.requests)
        wait_for_stages(client, 0)
    assert len(gateway.requests) == count


def test_what_is_waited_for_is_named_by_stage():
    handler = respond_in_turn(list_ready(segmentation=False, background=True, inpainting=False))
    with serve_gateway(ListEngines=handler) as gateway, Client(gateway.address) as client:
        assert list_waiting(client) == ["segmentation", "inpainting"]
    with Client(gateway.address, timeout=5) as client:
        assert list_waiting(client) == ["the gateway"]


def test_waiting_does_not_hide_an_error_of_the_caller(no_pause):
    failing = fail_with(grpc.StatusCode.UNAUTHENTICATED, "no token", reason="UNAUTHENTICATED")
    with (
        serve_gateway(ListEngines=failing) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="no token"),
    ):
        wait_for_stages(client, 30)


def test_completion_offers_ready_engines_that_start_with_the_word(monkeypatch):
    handler = respond_in_turn(list_ready(segmentation=True, background=True, inpainting=False))
    with serve_gateway(ListEngines=handler) as gateway:
        monkeypatch.setenv("CYCLORAMA_GATEWAY", gateway.address)
        assert complete_engines("seg") == ["segmentation=e"]
        assert complete_engines("") == ["segmentation=e", "background=e"]


def test_completion_offers_jobs_and_lists_no_more_than_it_shows(monkeypatch):
    def handle(request, context):
        names = [{"name": f"jobs/{n}", "state": "JOB_STATE_RUNNING"} for n in range(60)]
        return ads_pb2.ListJobsResponse(jobs=names, next_page_token="more")

    with serve_gateway(ListJobs=handle) as gateway:
        monkeypatch.setenv("CYCLORAMA_GATEWAY", gateway.address)
        assert len(complete_jobs("jobs/")) == 100
    assert len(gateway.requests) == 2


def test_completion_offers_nothing_when_the_gateway_fails_or_is_slow(monkeypatch):
    monkeypatch.setattr(connection, "COMPLETION_SECONDS", 0.3)
    pending = PendingCall()
    with serve_gateway(ListEngines=pending.respond) as gateway:
        monkeypatch.setenv("CYCLORAMA_GATEWAY", gateway.address)
        assert complete_engines("") == []
    assert complete_from_gateway(lambda client: [client.version()], "") == []


def test_without_jobs_there_is_no_newest_one():
    handler = respond_in_turn(ads_pb2.ListJobsResponse())
    with (
        serve_gateway(ListJobs=handler) as gateway,
        Client(gateway.address) as client,
        pytest.raises(ValueError, match="there are no jobs yet"),
    ):
        find_newest_job(client)


@pytest.mark.parametrize("source", ["option", "variable", "token"])
def test_a_token_comes_from_a_file_or_the_environment(command, monkeypatch, tmp_path, source):
    file = tmp_path / "token"
    file.write_text("secret\n")
    if source == "variable":
        monkeypatch.setenv("CYCLORAMA_TOKEN_FILE", str(file))
    if source == "token":
        monkeypatch.setenv("CYCLORAMA_TOKEN", "secret")
    words = ["--token-file", file] if source == "option" else []
    with serve_gateway(ListEngines=respond_in_turn(list_ready(segmentation=True))) as gateway:
        status, _, err = command(*words, "engines", "--gateway", gateway.address)
    assert status == 0, err
    assert gateway.metadata[0]["authorization"] == "Bearer secret"


def test_a_token_is_refused_in_plain_text_over_a_network(command, monkeypatch):
    monkeypatch.setenv("CYCLORAMA_TOKEN", "secret")
    status, _, err = command("engines", "--gateway", "gateway.example:50050")
    assert status == 2 and "plain text" in err and "secret" not in err


def test_a_missing_token_file_is_named(command):
    status, _, err = command("--token-file", "nowhere", "engines")
    assert status == 2 and "nowhere" in err
