"""Jobs are deleted and retried once, however often the gateway is killed with -9 meanwhile."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.v1 import jobs_pb2
from gateway.database import open_database
from gateway.jobs.ledger import JobLedger
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.processes import ServiceProcess, run_stages, start_gateway
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

PHOTO = encode_image(draw_product(320, 256)[0], PNG).data
BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data
WORDS = "a marble table for nobody else"
# Seconds between the start of a change and the kill, so that it falls into each part of it.
MOMENTS = (0.0, 0.003, 0.006, 0.01, 0.015, 0.02, 0.03, 0.05)


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, ServiceProcess]]:
    with run_stages() as running:
        yield running


@pytest.fixture
def start(stages, tmp_path) -> Iterator[Callable[..., ServiceProcess]]:
    """Starts gateways with one database and store; kills them afterwards."""
    job_store = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(tmp_path / "artifacts"),
    }
    with ExitStack() as stack:

        def start_one(listen: str = "127.0.0.1:0", name: str = "gateway") -> ServiceProcess:
            gateway = start_gateway(stages, listen, CYCLORAMA_GATEWAY_NAME=name, **job_store)
            stack.callback(lambda: gateway.alive and gateway.send(signal.SIGKILL))
            return gateway

        yield start_one


def kill_during(gateway: ServiceProcess, change: Callable[[], object], moment: float) -> None:
    """Begins a change in a thread, and kills the gateway some seconds later."""

    def run() -> None:
        with suppress(CycloramaError):
            change()

    changing = threading.Thread(target=run)
    changing.start()
    time.sleep(moment)
    gateway.send(signal.SIGKILL)
    changing.join()


def find_traces(folder: Path) -> list[str]:
    """Returns the files that have words or pixels of a job, and all in the artifact store."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    traces = [str(path) for path in files if "artifacts" in path.parts]
    for path in files:
        data = path.read_bytes()
        if WORDS.encode() in data or PHOTO[64:256] in data:
            traces.append(str(path))
    return traces


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_deletion_that_a_kill_interrupts_leaves_nothing(start, tmp_path, moment):
    gateway = start()
    with Client(gateway.address, timeout=60) as client:
        prompts = [WORDS, f"{WORDS}, again"]
        job = client.jobs.submit(PHOTO, prompts, sizes=[(320, 320)], variants=2)
        for progress in client.jobs.watch(job.name):
            # One is finished, others are in flight.
            if progress.count("succeeded"):
                break
        kill_during(gateway, lambda: client.jobs.delete(job.name), moment)
        start(gateway.address)
        try:
            client.jobs.delete(job.name)
        except CycloramaError as error:
            assert error.reason == "NOT_FOUND"
        # What the second gateway completes at its start.
        wait_until(lambda: find_traces(tmp_path) == [], "the end of the deletion")


def test_a_job_that_was_killed_again_and_again_is_deleted_without_a_trace(start, tmp_path):
    gateway = start()
    with Client(gateway.address, timeout=60) as client:
        job = client.jobs.submit(PHOTO, [WORDS], sizes=[(320, 320)], variants=8)
        for _ in range(4):
            time.sleep(0.7)
            gateway.send(signal.SIGKILL)
            gateway = start(gateway.address)
        client.jobs.delete(job.name)
        assert find_traces(tmp_path) == []


def test_a_job_is_erased_through_another_gateway_than_the_one_that_runs_it(start, tmp_path):
    first, second = start(), start(name="second")
    with Client(first.address, timeout=60) as client, Client(second.address) as other:
        job = client.jobs.submit(PHOTO, [WORDS], sizes=[(320, 320)], variants=8)
        for progress in client.jobs.watch(job.name):
            if progress.count("succeeded"):
                break
        other.jobs.delete(job.name)
        assert find_traces(tmp_path) == []
        with pytest.raises(CycloramaError) as caught:
            client.jobs.get(job.name)
        assert caught.value.reason == "NOT_FOUND"
        time.sleep(2)
        assert find_traces(tmp_path) == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_retry_that_a_kill_interrupts_makes_each_failed_ad_at_most_once(start, tmp_path, moment):
    gateway = start()
    with Client(gateway.address, timeout=60) as client:
        job = client.jobs.submit([BLACK], ["sand"], sizes=[(64, 64)], variants=6)
        *_, ended = client.jobs.watch(job.name)
        assert ended.count("failed") == 6
        kill_during(gateway, lambda: client.jobs.retry_failed(job.name), moment)
        start(gateway.address)
        *_, last = client.jobs.watch(job.name)
        client.jobs.retry_failed(job.name)
        *_, last = client.jobs.watch(job.name)
    assert last.count("failed") == 6
    states = count_states(tmp_path / "jobs.db", job.name)
    retries = states[0][jobs_pb2.JOB_STATE_QUEUED]
    assert retries in (1, 2)
    expected = Counter(
        {
            jobs_pb2.JOB_STATE_QUEUED: retries,
            jobs_pb2.JOB_STATE_RUNNING: retries + 1,
            jobs_pb2.JOB_STATE_FAILED: retries + 1,
        }
    )
    assert states == dict.fromkeys(range(6), expected)


def count_states(database: Path, name: str) -> dict[int, Counter[int]]:
    """Returns how often each ad of a job entered each state, by position."""
    engine = open_database(f"sqlite:///{database}")
    writes = open_database(f"sqlite:///{database}", begin_immediate=True)
    events = JobLedger(engine, writes).load_events(name.removeprefix("jobs/"), 0, 10_000)
    engine.dispose()
    writes.dispose()
    states: dict[int, Counter[int]] = {}
    for event in events:
        states.setdefault(event.position, Counter())[event.state] += 1
    return states
