"""Load tests: what they send, how they time it, and a small one from end to end."""

import csv
import itertools
import os
import time
from pathlib import Path

import pytest

from cyclorama import Client
from cyclorama.load.__main__ import main
from cyclorama.load.calls import Call, Caller, Record, read_records
from cyclorama.load.payloads import SERVICES, find_photos, payloads
from cyclorama.load.summary import summarize, table
from gateway.rules import RULES as GATEWAY_RULES
from services.runtime.guards.interceptor import GuardedCall as Guarded
from services.runtime.guards.validation import RequestValidator
from services.runtime.settings import ServerSettings
from services.segmentation.engines.noop import Noop
from tests.support.system import QUICK, STAGES, start_stage

SAMPLES = Path(__file__).parents[2] / "clients/samples"


@pytest.fixture(scope="module")
def photos():
    return find_photos(SAMPLES)


@pytest.fixture(scope="module")
def address():
    """A segmentation stage whose only engine does nothing."""
    running = start_stage("segmentation", Noop())
    yield f"127.0.0.1:{running.port}"
    running.stop(ServerSettings(**QUICK))


def sent(address: str, photos, engine: str, meant: float | None = None) -> Call:
    """What became of one small request."""
    done = []
    small = itertools.cycle(payloads("segmentation", photos, (64,), engine))
    with Client(address) as client:
        Caller(client, small, done.append).send(meant)
    return done[0]


@pytest.mark.parametrize("service", SERVICES)
def test_every_payload_keeps_the_rules_of_its_service(service, photos):
    rules = STAGES[service].rules if service in STAGES else GATEWAY_RULES
    made = payloads(service, photos, (256, 512), "noop")
    assert len({each.name for each in made}) == len(made) == 8
    for request in (each.operation.request for each in made):
        assert "noop" in str(request)
        with RequestValidator(rules)(Guarded("x", request, "1", lambda: True, lambda: None)):
            pass


def test_a_folder_without_photos_is_told(tmp_path):
    with pytest.raises(SystemExit, match="name a folder of product photos"):
        find_photos(tmp_path)


def test_a_call_counts_from_when_it_was_meant_to_start(address, photos):
    call = sent(address, photos, "noop", meant=time.time() - 30)
    assert call.status == call.name.replace(call.payload, "OK") == "OK" and call.seconds >= 30
    assert call.received > 64 * 64 * 4


def test_a_refused_call_is_told_by_its_status(address, photos):
    call = sent(address, photos, engine="")
    assert call.name == call.status == "FAILED_PRECONDITION" and call.received == 0


def test_a_record_reads_as_it_was_written(tmp_path):
    calls = [Call("a", 2.0, 0.5, "OK", 1, 2), Call("b", 1.0, 0.25, "UNAVAILABLE", 3, 0)]
    with Record(tmp_path / "calls.csv") as record:
        for call in calls:
            record(call)
    assert read_records([tmp_path / "calls.csv"]) == calls[::-1]


def test_percentiles_are_of_answered_calls_and_the_rate_counts_them_only():
    answered = [Call("a", float(at), (at + 1) / 1000, "OK", 2**20, 0) for at in range(100)]
    refused = [Call("a", float(at), 50.0, "RESOURCE_EXHAUSTED", 0, 0) for at in range(50)]
    row = summarize("x", sorted(answered + refused, key=lambda call: call.start), None, None)
    assert row.p50 == pytest.approx(50.5) and row.p99 == pytest.approx(99.01) and row.most == 100
    assert row.rate == pytest.approx(1.0, rel=0.02) and row.failures == {"RESOURCE_EXHAUSTED": 50}
    assert "RESOURCE_EXHAUSTED 50" in table([row])


def test_a_test_without_a_call_is_told():
    with pytest.raises(SystemExit, match="no call was made"):
        summarize("x", [], None, None)


def test_both_kinds_of_load_leave_their_reports(address, tmp_path, capfd):
    words = ["--users", "2", "--rate", "20", "--duration", "1s", "--sizes", "64"]
    words += ["--engine", "noop", "--pid", str(os.getpid()), "--out", str(tmp_path)]
    main(["segmentation", "--target", address, *words])
    callers, arrivals = csv.DictReader((tmp_path / "summary.csv").read_text().splitlines())
    for row in (callers, arrivals):
        assert int(row["calls"]) > 0 and row["failures"] == "" and float(row["memory_mib"]) > 10
        assert 0 < float(row["p50"]) <= float(row["p99"]) <= float(row["most"])
    # They are sent when they are due, no sooner and no matter how the stage fares.
    starts = [call.start for call in read_records([tmp_path / "arrivals-calls.csv"])]
    gaps = [round(after - before, 3) for before, after in itertools.pairwise(starts)]
    assert gaps and set(gaps) == {0.05}
    assert "<html" in (tmp_path / "callers.html").read_text()
    assert "20 arrivals/s" in capfd.readouterr().out
