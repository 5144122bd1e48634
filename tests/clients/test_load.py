"""Load tests: their requests, timing and summaries, and a short run from end to end."""

import csv
import itertools
import math
import os
import time
from pathlib import Path

import pytest

from cyclorama import Client
from cyclorama.load.__main__ import build_locust_command, create_parser, main
from cyclorama.load.calls import (
    CallSender,
    TimedCall,
    TimedCallLog,
    read_call_logs,
    reseed_operation,
)
from cyclorama.load.payloads import SERVICES, create_payloads, find_photos
from cyclorama.load.summary import (
    compute_percentile,
    format_summaries,
    summarize_calls,
    write_summaries,
)
from cyclorama.load.usage import ProcessUsage
from cyclorama.operations import prepare_background, prepare_segmentation
from gateway.rules import RULES as GATEWAY_RULES
from services.runtime.guards.guarded_call import GuardedCall as GuardedCall
from services.runtime.guards.validation import RequestValidator
from services.runtime.settings import ServerSettings
from services.segmentation.engines.noop import NoopSegmentation
from tests.support.system import QUICK, STAGES, start_stage
from tests.support.waiting import wait_until

SAMPLES = Path(__file__).parents[2] / "clients/samples"


@pytest.fixture(scope="module")
def photos():
    return find_photos(SAMPLES)


@pytest.fixture(scope="module")
def address():
    """A segmentation stage whose only engine does nothing."""
    running = start_stage("segmentation", NoopSegmentation())
    yield f"127.0.0.1:{running.port}"
    running.stop(ServerSettings(**QUICK))


def send_one(address: str, photos, engine: str, scheduled: float | None = None) -> TimedCall:
    """Sends one small request and returns its call."""
    done = []
    small = itertools.cycle(create_payloads("segmentation", photos, (64,), engine))
    with Client(address) as client:
        CallSender(client, small, done.append).send(scheduled)
    return done[0]


@pytest.mark.parametrize("service", SERVICES)
def test_every_payload_is_valid_for_its_service(service, photos):
    rules = STAGES[service].rules if service in STAGES else GATEWAY_RULES
    made = create_payloads(service, photos, (256, 512), "noop")
    assert len({each.name for each in made}) == len(made) == 8
    for request in (each.operation.request for each in made):
        assert "noop" in str(request)
        RequestValidator(rules)(GuardedCall("x", request, "1", lambda: True, lambda: None))


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="name a folder of product photos"):
        find_photos(tmp_path)


def test_latency_counts_from_the_scheduled_start(address, photos):
    call = send_one(address, photos, "noop", scheduled=time.time() - 30)
    assert call.status == call.name.replace(call.payload, "OK") == "OK" and call.seconds >= 30
    assert call.received > 64 * 64 * 4


def test_a_failed_call_is_named_by_its_status(address, photos):
    call = send_one(address, photos, engine="")
    assert call.name == call.status == "FAILED_PRECONDITION" and call.received == 0


def test_a_call_log_reads_as_it_was_written(tmp_path):
    calls = [TimedCall("a", 2.0, 0.5, "OK", 1, 2), TimedCall("b", 1.0, 0.25, "UNAVAILABLE", 3, 0)]
    with TimedCallLog(tmp_path / "calls.csv") as log:
        for call in calls:
            log.append(call)
    assert read_call_logs([tmp_path / "calls.csv"]) == calls[::-1]


def test_rate_and_percentiles_count_only_successful_calls():
    successful = [TimedCall("a", float(at), (at + 1) / 1000, "OK", 2**20, 0) for at in range(100)]
    refused = [TimedCall("a", float(at), 50.0, "RESOURCE_EXHAUSTED", 0, 0) for at in range(50)]
    row = summarize_calls(
        "x", sorted(successful + refused, key=lambda call: call.start), None, None
    )
    assert row.p50 == pytest.approx(50.5) and row.p99 == pytest.approx(99.01) and row.most == 100
    assert row.rate == pytest.approx(1.0, rel=0.02) and row.failures == {"RESOURCE_EXHAUSTED": 50}
    assert "RESOURCE_EXHAUSTED 50" in format_summaries([row])


def test_a_load_test_without_calls_is_refused():
    with pytest.raises(SystemExit, match="no call was made"):
        summarize_calls("x", [], None, None)


@pytest.mark.slow
def test_both_kinds_of_load_write_their_reports(address, tmp_path, capfd):
    words = ["--users", "2", "--rate", "20", "--duration", "1s", "--sizes", "64"]
    words += ["--engine", "noop", "--pid", str(os.getpid()), "--out", str(tmp_path)]
    main(["segmentation", "--target", address, *words])
    callers, arrivals = csv.DictReader((tmp_path / "summary.csv").read_text().splitlines())
    for row in (callers, arrivals):
        assert int(row["calls"]) > 0 and row["failures"] == "" and float(row["memory_mib"]) > 10
        assert 0 < float(row["p50"]) <= float(row["p99"]) <= float(row["most"])
    # Scheduled at fixed times, whatever the latency of the stage.
    starts = [call.start for call in read_call_logs([tmp_path / "arrivals-calls.csv"])]
    gaps = [round(after - before, 3) for before, after in itertools.pairwise(starts)]
    assert gaps and set(gaps) == {0.05}
    assert "<html" in (tmp_path / "callers.html").read_text()
    assert "20 arrivals/s" in capfd.readouterr().out


def test_every_call_has_a_seed_of_its_own_and_payloads_are_not_changed():
    original = prepare_background("x", seed=1)
    reseeded = reseed_operation(original, 7)
    assert reseeded.request.seed == 7 and original.request.seed == 1
    assert reseeded.request.prompt == "x" and reseeded.read("message") == "message"


def test_a_request_without_a_seed_is_sent_as_it_is():
    original = prepare_segmentation(b"photo")
    assert reseed_operation(original, 7).request == original.request


@pytest.mark.parametrize(("values", "expected"), [([], math.nan), ([3.0], 3.0), ([1, 2, 3], 2)])
def test_a_percentile_of_few_values(values, expected):
    assert compute_percentile(values, 0.5) == pytest.approx(expected, nan_ok=True)


def test_a_load_without_a_success_has_a_rate_of_zero_and_no_latency():
    summary = summarize_calls("x", [TimedCall("a", 1.0, 0.5, "UNAVAILABLE", 1, 0)], None, None)
    assert summary.rate == 0 and math.isnan(summary.p50) and math.isnan(summary.most)


def test_summaries_are_written_as_a_table(tmp_path):
    calls = [TimedCall("a", 1.0, 0.5, status, 1, 0) for status in ("OK", "UNAVAILABLE")]
    write_summaries([summarize_calls("x, 2 callers", calls, 1.5, 20.0)], tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["load"], row["calls"], row["failures"]) == ("x, 2 callers", "2", "UNAVAILABLE=1")
    assert (row["cores"], row["memory_mib"]) == ("1.5", "20.0")


def test_without_processes_there_is_no_usage():
    with ProcessUsage([]) as usage:
        pass
    assert usage.cores is None and usage.memory_mib is None


def test_the_usage_of_a_process_is_measured_until_its_context_ends():
    with ProcessUsage([os.getpid()]) as usage:
        wait_until(lambda: usage._peak_mib, "a reading of memory")
    assert usage.cores >= 0 and usage.memory_mib > 1


def test_options_are_passed_to_locust_only_when_they_are_given():
    words = ["segmentation", "--target", "host:1"]
    plain = build_locust_command(create_parser().parse_args(words))
    assert plain[plain.index("--host") + 1] == "host:1" and "--engine" not in plain
    words += ["--engine", "sam", "--processes", "2", "--timeout", "5"]
    full = build_locust_command(create_parser().parse_args(words), "Callers")
    for option, value in {"--engine": "sam", "--processes": "2", "--timeout": "5.0"}.items():
        assert full[full.index(option) + 1] == value
    assert full[-1] == "Callers"


def test_an_unknown_stage_is_refused(capsys):
    with pytest.raises(SystemExit):
        create_parser().parse_args(["painting", "--target", "host:1"])
    assert "segmentation" in capsys.readouterr().err
