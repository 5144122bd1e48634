"""Load tests: their requests, timing and summaries, and a short run from end to end."""

import csv
import itertools
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cyclorama import Client
from cyclorama.load.__main__ import (
    build_locust_command,
    create_parser,
    judge_loads,
    main,
    run_load,
)
from cyclorama.load.calls import (
    CallSender,
    TimedCall,
    TimedCallLog,
    read_call_logs,
    read_new_calls,
    reseed_operation,
)
from cyclorama.load.live import LiveLine
from cyclorama.load.payloads import SERVICES, create_payloads, find_photos
from cyclorama.load.summary import (
    LoadSummary,
    compute_percentile,
    format_summaries,
    summarize_calls,
    summarize_sizes,
    write_summaries,
)
from cyclorama.load.thresholds import parse_threshold
from cyclorama.load.usage import ProcessUsage
from cyclorama.operations import prepare_background, prepare_segmentation
from gateway.rules import RULES as GATEWAY_RULES
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.validation import RequestValidator
from services.runtime.settings import ServerSettings
from services.segmentation.engines.noop import NoopSegmentation
from tests.support.processes import is_running
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
    assert "noop" in call.error and "\n" not in call.error


def test_a_call_log_reads_as_it_was_written(tmp_path):
    failed = TimedCall("b", 1.0, 0.25, "UNAVAILABLE", 3, 0, "nothing, answers")
    calls = [TimedCall("a", 2.0, 0.5, "OK", 1, 2), failed]
    with TimedCallLog(tmp_path / "calls.csv") as log:
        for call in calls:
            log.append(call)
    assert read_call_logs([tmp_path / "calls.csv"]) == calls[::-1]


def test_calls_are_read_while_they_are_logged(tmp_path):
    call, offsets = TimedCall("a", 2.0, 0.5, "OK", 1, 2), {}
    assert read_new_calls(tmp_path, offsets) == []
    with TimedCallLog(tmp_path / "calls.csv") as log:
        log.append(call)
        assert read_new_calls(tmp_path, offsets) == [call]
        assert read_new_calls(tmp_path, offsets) == []
        with (tmp_path / "calls.csv").open("a") as half:
            half.write("a,3.0,0.5,OK")
            half.flush()
            assert read_new_calls(tmp_path, offsets) == []
            half.write(",1,2,\n")
        assert read_new_calls(tmp_path, offsets) == [replace(call, start=3.0)]


def test_the_live_line_has_calls_rate_latency_and_failures(tmp_path, capsys, monkeypatch):
    live = LiveLine("gateway, 2 callers", "60s", tmp_path)
    live.update()
    assert capsys.readouterr().out == ""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2)
    live.update()
    assert capsys.readouterr().out == "gateway, 2 callers: starting\n"
    with TimedCallLog(tmp_path / "calls.csv") as log:
        for seconds, status in ((0.1, "OK"), (0.3, "OK"), (0.2, "UNAVAILABLE")):
            log.append(TimedCall("a", now + 9, seconds, status, 1, 2))
    monkeypatch.setattr(time, "time", lambda: now + 13)
    live.update()
    assert capsys.readouterr().out == (
        "gateway, 2 callers, 4 s of 60s: 3 calls, 0.5/s, p95 290 ms, 1 failed\n"
    )
    monkeypatch.setattr(time, "time", lambda: now + 29)
    live.update()
    assert ": 3 calls, 0.0/s, 1 failed" in capsys.readouterr().out


def test_every_size_has_a_row_of_its_own():
    names = ("2048 px, png in, raw out", "512 px, png in, raw out", "512 px, jpeg in, png out")
    calls = [TimedCall(name, 1.0, len(name), "OK", 2**20, 0) for name in names]
    failed = replace(calls[0], status="UNAVAILABLE", error="down")
    small, large = summarize_sizes([*calls, failed])
    assert (small.load, small.calls, small.failures) == ("512 px", 2, {})
    assert (large.load, large.calls, large.failures) == ("2048 px", 2, {"UNAVAILABLE": 1})
    assert large.errors == {"UNAVAILABLE": "down"}


def summarize_statuses(*statuses: str) -> LoadSummary:
    """Returns the summary of calls of 100 ms with these statuses, one each second."""
    errors = {"OK": ""}
    calls = [
        TimedCall("64 px", float(at), 0.1, status, 2**20, 2**20, errors.get(status, "down"))
        for at, status in enumerate(statuses)
    ]
    return summarize_calls("x", calls, None, None)


@pytest.mark.parametrize(
    ("limit", "is_met"),
    [
        ("p95<200", True),
        ("p95 < 100 ms", False),
        ("p50>=100", True),
        ("max<=99.9ms", False),
        ("rate>0.9/s", True),
        ("rate>1", False),
        ("failures<34%", True),
        ("failures<33", False),
    ],
)
def test_a_limit_is_met_or_not(limit, is_met):
    summary = summarize_statuses("OK", "UNAVAILABLE", "OK")
    assert parse_threshold(limit).is_met(summary) == is_met
    assert ("NOT MET" in parse_threshold(limit).describe(summary)) != is_met


@pytest.mark.parametrize("limit", ["p95", "p90<1", "p95<", "p95<1s", "p95=1", "p95<-1"])
def test_another_limit_is_refused_with_what_to_write(limit):
    with pytest.raises(ValueError, match="write one of p50, p95"):
        parse_threshold(limit)


def test_a_load_is_judged_by_its_limits_and_fails_without_a_success(capsys):
    good = summarize_statuses("OK")
    assert judge_loads([good], [parse_threshold("p95<200")])
    assert not judge_loads([good, good], [parse_threshold("p95<200"), parse_threshold("p50<1")])
    capsys.readouterr()
    assert not judge_loads([good, summarize_statuses("UNAVAILABLE")], [])
    assert capsys.readouterr().out == "x: UNAVAILABLE: down\nNOT MET: x: no call succeeded\n"
    assert not parse_threshold("p95<200").is_met(summarize_statuses("UNAVAILABLE"))


def test_a_load_fails_when_most_calls_fail_unless_a_limit_says_how_many_may(capsys):
    mixed = summarize_statuses("OK", "UNAVAILABLE", "INTERNAL")
    assert not judge_loads([mixed], [])
    assert "NOT MET: x: more than half of the calls failed" in capsys.readouterr().out
    assert judge_loads([mixed], [parse_threshold("failures<70%")])
    assert judge_loads([summarize_statuses("OK", *["RESOURCE_EXHAUSTED"] * 9)], [])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--users", "0", "--rate", "0"], "there is nothing to send"),
        (["--users", "-1"], "write a whole number, 0 or more"),
        (["--rate", "nan"], "write a number, 0 or more"),
        (["--duration", "0s"], "0s: write a duration, such as 90s"),
        (["--duration", "soon"], "soon: write a duration"),
        (["--sizes", "abc"], "abc: write sides in pixels, such as 512,1024"),
        (["--target", "http://host:1"], 'leave out "http://"'),
    ],
)
def test_a_wrong_word_of_the_command_line_is_named(capsys, words, sentence):
    with pytest.raises(SystemExit) as ended:
        main(["gateway", "--target", "host:1", *words])
    assert ended.value.code == 2 and sentence in capsys.readouterr().err


@pytest.mark.parametrize("duration", ["90s", "5m", "1h30m", "60"])
def test_a_duration_is_passed_as_it_is_written(duration):
    words = ["gateway", "--target", "host:1", "--duration", duration]
    assert create_parser().parse_args(words).duration == duration


def test_ctrl_c_exits_without_a_traceback(monkeypatch):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("cyclorama.load.__main__.find_target_error", interrupt)
    with pytest.raises(SystemExit) as ended:
        main(["gateway", "--target", "host:1"])
    assert ended.value.code == 130


@pytest.mark.slow
def test_a_target_that_ends_during_the_loads_fails(tmp_path, capsys, monkeypatch):
    stage = start_stage("segmentation", NoopSegmentation())

    def run_and_stop(*arguments):
        result = run_load(*arguments)
        stage.stop(ServerSettings(**QUICK))
        return result

    monkeypatch.setattr("cyclorama.load.__main__.run_load", run_and_stop)
    words = ["--users", "1", "--rate", "0", "--duration", "1s", "--engine", "noop"]
    target = f"127.0.0.1:{stage.port}"
    with pytest.raises(SystemExit) as ended:
        main(["segmentation", "--target", target, "--out", str(tmp_path), *words])
    assert ended.value.code == 1
    assert f"NOT MET: {target} does not answer any more" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_load_stays_when_the_load_test_ends(address, tmp_path, number, status):
    words = ["--rate", "0", "--duration", "10m", "--engine", "noop", "--out", tmp_path]
    command = [sys.executable, "-m", "cyclorama.load", "segmentation", "--target", address]
    process = subprocess.Popen([*command, *map(str, words)], stderr=subprocess.PIPE)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until((tmp_path / "callers_stats.csv").exists, "the start of locust")
    (locust,) = map(int, children.read_text().split())
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == status and b"Traceback" not in err
    wait_until(lambda: not is_running(locust), "the end of locust")


def test_the_table_names_units_and_has_no_bytes_of_failed_calls():
    head, row = format_summaries([summarize_statuses("UNAVAILABLE")]).splitlines()
    assert "p95 ms" in head and "MiB/s in" in head and "MiB/s out" in head
    assert row.split() == [
        "x",
        "1",
        "0.0",
        "-",
        "-",
        "-",
        "-",
        "0.0",
        "0.0",
        "-",
        "-",
        *row.split()[-2:],
    ]
    assert len(head.rpartition("failures")[0]) == len(row.rpartition("UNAVAILABLE 1")[0])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--target", "unix:/nowhere"], "unix:/nowhere cannot be tested: UNAVAILABLE: nothing"),
        (["--engine", "net"], "cannot be tested: .*engine net: there is no such engine"),
        (["--photos", "nofolder"], "there is no .jpg or .png in nofolder"),
    ],
)
def test_a_target_that_cannot_be_called_fails_at_once(address, tmp_path, words, sentence):
    base = ["segmentation", "--target", address, "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match=sentence) as ended:
        main([*base, *words])
    assert isinstance(ended.value.code, str) and not (tmp_path / "out").exists()


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
    rows = list(csv.DictReader((tmp_path / "summary.csv").read_text().splitlines()))
    assert [row["load"] for row in rows[1::2]] == ["64 px", "64 px"]
    callers, arrivals = rows[::2]
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
    assert reseeded.request.prompt == "x"


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
