"""Tests of job databases that are missing, corrupt, replaced or truncated, at start and later."""

import contextlib
import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from cyclorama.v1 import ads_pb2, ads_pb2_grpc
from gateway.artifacts import ArtifactStore
from gateway.database import close_database, open_database
from gateway.database_check import find_corruption
from gateway.database_failures import FAILURES
from gateway.engine_reports import EngineReports
from gateway.jobs import leases, monitor
from gateway.jobs.ledger import JobLedger
from gateway.jobs.service import JobService
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from tests.support.campaigns import (
    PHOTO,
    SIZES,
    build_campaign,
    expect_rpc_error,
    run_job,
    submit_job,
    wait_for_job,
)
from tests.support.disks import fill_disk, make_read_only, mount_disk
from tests.support.engines import Flat
from tests.support.serving import read_error_details
from tests.support.system import job_store_settings, serve_system

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
JOBS = "cyclorama.v1.AdService/jobs"
AD = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="a table", size=SIZES[0], seed=1)


@pytest.fixture(autouse=True)
def quick_heartbeats(monkeypatch):
    """Changes of the database are seen within a tenth of a second."""
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(monitor, "QUIET_SECONDS", 0.3)


@pytest.fixture
def database(tmp_path) -> Path:
    """A job database with all tables of ours and no job; complete in one file."""
    path = tmp_path / "jobs.db"
    engine = open_database(f"sqlite:///{path}", begin_immediate=True)
    JobLedger(engine, engine)
    close_database(engine)
    return path


def truncate_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def truncate_to_half(path: Path) -> None:
    # With rows, so that those are cut off, and not the definitions of the tables.
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        rows = ((str(number), "season", "x" * 1000) for number in range(200))
        connection.executemany("INSERT INTO cyclorama_labels VALUES (?, ?, ?)", rows)
    os.truncate(path, path.stat().st_size // 2)


def overwrite_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(4096))


def replace_by_text(path: Path) -> None:
    path.write_text("this is no database\n" * 1000)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def delete_but_keep_log(path: Path) -> None:
    path.rename(path.with_name("jobs.db-wal"))


def drop_table(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE cyclorama_events")


async def open_jobs(folder: Path, **settings) -> JobService | None:
    settings = GatewaySettings(**job_store_settings(folder) | settings)
    stages = StageClient(settings)
    artifacts = ArtifactStore(settings.artifact_store)
    return await JobService.open(stages, EngineReports(stages), artifacts, settings)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (truncate_to_nothing, r"jobs.db is empty, it was truncated: restore its backup"),
        (
            truncate_to_half,
            r"jobs.db is corrupt: restore its backup .*restore FILE.* repair NEW_FILE",
        ),
        (
            overwrite_page,
            r"jobs.db is corrupt: restore its backup .*restore FILE.* repair NEW_FILE",
        ),
        (
            replace_by_text,
            r"jobs.db is no SQLite database, .* damaged: restore its backup .*restore FILE",
        ),
        (replace_by_folder, r"jobs.db is a folder: name a file"),
        (delete_but_keep_log, r"jobs.db is missing, and its log .*-wal is there: restore its"),
        (drop_table, r"lacks tables that it had, cyclorama_events: restore its backup"),
    ],
)
async def test_a_gateway_does_not_start_with_a_damaged_database(
    tmp_path, database, damage, sentence
):
    damage(database)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SystemExit, match=sentence) as exit_:
        await open_jobs(tmp_path)
    assert "\n" not in str(exit_.value)
    assert [path for path in before if not path.exists()] == []


@pytest.mark.parametrize("path", ["/proc/jobs.db", "{folder}/" + "x" * 300])
async def test_a_gateway_does_not_start_with_a_path_that_cannot_be_opened(tmp_path, path):
    path = path.format(folder=tmp_path)
    with pytest.raises(SystemExit, match=r"cannot be opened, .*: correct its path, or make"):
        await open_jobs(tmp_path, database=f"sqlite:///{path}")


async def test_a_database_that_is_created_next_to_earlier_results_is_reported(tmp_path):
    await ArtifactStore(str(tmp_path / "artifacts")).put_object(b"an ad")
    with structlog.testing.capture_logs() as lines:
        jobs = await open_jobs(tmp_path)
        await jobs.close()
    assert any("results of earlier jobs" in line["event"] for line in lines)


def test_a_check_that_takes_too_long_proves_nothing(database, monkeypatch):
    engine = open_database(f"sqlite:///{database}")
    assert find_corruption(engine) is False
    monkeypatch.setattr("gateway.database_check.CHECK_SECONDS", -1)
    monkeypatch.setattr("gateway.database_faults.STEPS_PER_LOOK", 1)
    assert find_corruption(engine) is None
    engine.dispose()


class RunningGateway:
    """A gateway whose database is taken away; its stub, and the health of its jobs."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub = ads_pb2_grpc.AdServiceStub(channel)
        self._health = health_pb2_grpc.HealthStub(channel)

    async def wait_for_health(self, status: int) -> None:
        request = health_pb2.HealthCheckRequest(service=JOBS)
        async for response in self._health.Watch(request, timeout=30):
            if response.status == status:
                return

    async def check_that_ads_are_created(self) -> None:
        events = [event async for event in self.stub.CreateAd(AD, timeout=30)]
        assert events[-1].ad.image.data
        whole = await self._health.Check(health_pb2.HealthCheckRequest())
        assert whole.status == SERVING


@contextlib.asynccontextmanager
async def open_gateway(folder: Path, **settings):
    async with (
        serve_system(**job_store_settings(folder) | settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield RunningGateway(channel)


def back_up(path: Path) -> Path:
    """Copies a database that is in use."""
    copy = path.with_name("backup.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    return copy


def move_away(path: Path) -> Callable[[], None]:
    moved = path.with_name("moved.db")
    path.rename(moved)
    return lambda: moved.rename(path)


def delete(path: Path) -> Callable[[], None]:
    copy = back_up(path)
    path.unlink()
    return lambda: shutil.copy(copy, path)


def replace_by_other(path: Path) -> Callable[[], None]:
    copy = back_up(path)
    path.with_name("other.db").touch()
    os.replace(path.with_name("other.db"), path)
    return lambda: os.replace(copy, path)


def corrupt(path: Path) -> Callable[[], None]:
    copy = back_up(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # Otherwise the whole database is still in its log.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
    return lambda: os.replace(copy, path)


def drop_tables(path: Path) -> Callable[[], None]:
    copy = back_up(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in ("cyclorama_events", "cyclorama_jobs"):
            connection.execute(f"DROP TABLE {table}")
    return lambda: os.replace(copy, path)


@pytest.mark.parametrize(
    ("take_away", "reason"),
    [
        (move_away, "JOB_DATABASE_LOST"),
        (delete, "JOB_DATABASE_LOST"),
        (replace_by_other, "JOB_DATABASE_LOST"),
        (corrupt, "JOB_DATABASE_CORRUPT"),
        (drop_tables, "JOB_DATABASE_LOST"),
    ],
)
async def test_a_lost_database_stops_jobs_alone_and_they_continue_when_it_returns(
    tmp_path, monkeypatch, take_away, reason
):
    monkeypatch.setattr(monitor, "CHECK_INTERVAL_SECONDS", 0.1)
    background = Flat(threading.Event())
    async with open_gateway(tmp_path, background=background, max_concurrent_ads=1) as gateway:
        job = await submit_job(gateway.stub, build_campaign(["a table", "a beach"]))
        await gateway.wait_for_health(SERVING)
        bring_back = take_away(tmp_path / "jobs.db")
        await gateway.wait_for_health(NOT_SERVING)
        error = await expect_rpc_error(submit_job(gateway.stub))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert read_error_details(error)["ErrorInfo"].reason == reason
        assert "jobs.db" not in error.details()
        background.go.set()
        await gateway.check_that_ads_are_created()
        bring_back()
        await gateway.wait_for_health(SERVING)
        assert (await wait_for_job(gateway.stub, job.name)).counts.succeeded == 2
        assert (await run_job(gateway.stub)).counts.succeeded == 1


def list_job_calls(stub: ads_pb2_grpc.AdServiceStub, job: str) -> list:
    """Calls of every method of jobs, not awaited."""
    artifact = ads_pb2.GetArtifactRequest(name=f"{job}/artifacts/ab")
    return [
        submit_job(stub),
        stub.GetJob(ads_pb2.GetJobRequest(name=job)),
        stub.ListJobs(ads_pb2.ListJobsRequest()),
        stub.WatchJob(ads_pb2.WatchJobRequest(name=job)).read(),
        stub.WaitJob(ads_pb2.WaitJobRequest(name=job)),
        stub.CancelJob(ads_pb2.CancelJobRequest(name=job)),
        stub.RetryJob(ads_pb2.RetryJobRequest(name=job)),
        stub.DeleteJob(ads_pb2.DeleteJobRequest(name=job)),
        stub.GetArtifact(artifact).read(),
    ]


async def test_every_method_of_jobs_is_refused_while_a_corrupt_database_still_answers(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(monitor, "CHECK_INTERVAL_SECONDS", 0.1)
    async with open_gateway(tmp_path) as gateway:
        job = await run_job(gateway.stub)
        await gateway.wait_for_health(SERVING)
        monkeypatch.setattr(monitor, "find_corruption", lambda _engine: True)
        await gateway.wait_for_health(NOT_SERVING)
        for call in list_job_calls(gateway.stub, job.name):
            error = await expect_rpc_error(call)
            assert read_error_details(error)["ErrorInfo"].reason == "JOB_DATABASE_CORRUPT"
        failed = {each.reason: read_failure_metric(each.reason) for each in FAILURES}
        assert [reason for reason, value in failed.items() if value] == ["JOB_DATABASE_CORRUPT"]
        monkeypatch.setattr(monitor, "find_corruption", lambda _engine: False)
        await gateway.wait_for_health(SERVING)
        assert read_failure_metric("JOB_DATABASE_CORRUPT") == 0
        listed = await gateway.stub.ListJobs(ads_pb2.ListJobsRequest())
        assert [each.name for each in listed.jobs] == [job.name]


def read_failure_metric(reason: str) -> float | None:
    return REGISTRY.get_sample_value("cyclorama_job_database_failed", {"reason": reason})


@contextlib.contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Writes to an SQLite database, as another program would, for the whole block."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def freeze_server(address: str) -> Iterator[None]:
    """Stops all processes of a Postgres server for the block; its machine still acknowledges."""
    engine = open_database(address)
    with engine.connect() as connection:
        pids = list(connection.scalars(sa.text("SELECT pid FROM pg_stat_activity")))
    engine.dispose()
    # The parent of a process follows its name and state (proc(5)).
    stat = Path(f"/proc/{pids[0]}/stat").read_text()
    pids.append(int(stat.rpartition(")")[2].split()[1]))
    send_signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(pids, signal.SIGCONT)


def send_signal(pids: list[int], number: int) -> None:
    """Sends a signal to those of some processes that still exist."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def check_that_a_stalled_database_stops_jobs_alone(gateway: RunningGateway, stall) -> None:
    """Has a database stand still for a while. stall: does so, as a context manager."""
    await gateway.wait_for_health(SERVING)
    with stall:
        await gateway.wait_for_health(NOT_SERVING)
        error = await expect_rpc_error(submit_job(gateway.stub))
        assert read_error_details(error)["ErrorInfo"].reason == "JOB_DATABASE_UNAVAILABLE"
        assert read_failure_metric("JOB_DATABASE_UNAVAILABLE") == 1
        await gateway.check_that_ads_are_created()
    await gateway.wait_for_health(SERVING)
    assert (await run_job(gateway.stub)).counts.succeeded == 1


@pytest.fixture
def quick_stalls(monkeypatch):
    """A database that stands still is seen within a second."""
    monkeypatch.setattr(monitor, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(monitor, "STALL_CHECK_SECONDS", 0.1)


async def test_jobs_do_not_serve_while_another_program_locks_the_database(tmp_path, quick_stalls):
    async with open_gateway(tmp_path) as gateway:
        lock = lock_file(tmp_path / "jobs.db")
        await check_that_a_stalled_database_stops_jobs_alone(gateway, lock)


@pytest.mark.slow
async def test_jobs_do_not_serve_while_the_database_server_is_frozen(
    tmp_path, quick_stalls, postgres
):
    address = postgres("frozen")
    async with open_gateway(tmp_path, database=address) as gateway:
        await check_that_a_stalled_database_stops_jobs_alone(gateway, freeze_server(address))


@pytest.fixture
def disk(tmp_path):
    """Mounts a small disk."""
    with mount_disk(tmp_path / "disk") as folder:
        yield folder


@pytest.mark.slow
async def test_jobs_continue_when_the_full_disk_of_the_database_has_space_again(tmp_path, disk):
    background = Flat(threading.Event())
    settings = {"background": background, "database": f"sqlite:///{disk}/jobs.db"}
    async with open_gateway(tmp_path, **settings) as gateway:
        job = await submit_job(gateway.stub)
        await gateway.wait_for_health(SERVING)
        free_disk = fill_disk(disk)
        await gateway.wait_for_health(NOT_SERVING)
        error = await expect_rpc_error(submit_job(gateway.stub))
        assert read_error_details(error)["ErrorInfo"].reason == "JOB_DATABASE_FULL"
        background.go.set()
        await gateway.check_that_ads_are_created()
        free_disk()
        await gateway.wait_for_health(SERVING)
        assert (await wait_for_job(gateway.stub, job.name)).counts.succeeded == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_disk", "sentence"),
    [(fill_disk, "as its disk is full: free space"), (make_read_only, "is read-only: make the")],
)
async def test_a_gateway_does_not_start_on_a_disk_that_cannot_be_written(
    tmp_path, disk, break_disk, sentence
):
    engine = open_database(f"sqlite:///{disk}/jobs.db", begin_immediate=True)
    JobLedger(engine, engine)
    close_database(engine)
    repair_disk = break_disk(disk)
    settings = {"database": f"sqlite:///{disk}/jobs.db"}
    with pytest.raises(SystemExit, match=sentence):
        await open_jobs(tmp_path, **settings)
    repair_disk()
