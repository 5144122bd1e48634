"""Faults of jobs: a lost database, a queue of thousands, slow readers and watchers."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.chaos_rig import PHOTO, Replica, start_rig, stop_at_exit
from benchmarks.report import BenchmarkRow
from benchmarks.serving import NOOP, ROOT
from cyclorama import Client, CycloramaError
from cyclorama.jobs import Job
from cyclorama.v1 import ads_pb2, ads_pb2_grpc
from services.runtime.objects import object_path_from_key

JOBS_HEALTH = "cyclorama.v1.AdService/jobs"
SERVING = health_pb2.HealthCheckResponse.SERVING
# Otherwise the channels of one process share a connection, which counts as one caller.
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
# Watchers on one connection, fewer than the streams that a connection may have.
WATCHERS_PER_CONNECTION = 50
ARTIFACT_BYTES = 8 * 2**20
SIZE = (64, 64)
# Takes longer than all that is measured meanwhile.
LONG_JOB_ADS, VARIANTS = 3000, 10
# More than the feeder of the queue adds in one turn.
KILLED_JOB_ADS = 200
# Until calls count as locked out.
TIMEOUT_SECONDS = 30


def measure_jobs(ads: int, readers: int, watchers: int) -> Iterator[BenchmarkRow]:
    """Measures the answer to a large job, then other callers next to stalled streams, then a loss.

    ads: of the large job. readers, watchers: streams that take nothing.
    """
    with tempfile.TemporaryDirectory() as name, start_job_gateway(Path(name)) as gateway:
        yield measure_answer(gateway, ads)
        yield measure_kill(gateway, Path(name))
        yield from measure_stalled_streams(gateway, Path(name), readers, watchers)
        yield from measure_lost_database(gateway, Path(name))


@contextmanager
def start_job_gateway(folder: Path) -> Iterator[Replica]:
    """Starts a gateway with jobs in a folder, and stages that only sleep."""
    stores = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(folder / "artifacts"),
    }
    with start_rig((), **stores) as system:
        log = folder / "gateway.log"
        environment = system.gateway.environment | {"CYCLORAMA_LOG_LEVEL": "info"}
        system.gateway.stop()
        gateway = Replica("gateway", log=log, **environment)
        with stop_at_exit(gateway):
            yield gateway.wait_until_serving()


def measure_answer(gateway: Replica, ads: int) -> BenchmarkRow:
    """Measures the time until a job of many ads is answered."""
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        # Connects.
        list(client.jobs.list())
        start = time.perf_counter()
        job = submit_job(client, ads)
        seconds = time.perf_counter() - start
        client.jobs.cancel(job.name)
    return BenchmarkRow(f"SubmitJob of {ads:,} ads", "s", 0.0, seconds, 1, "ours", True)


def measure_kill(gateway: Replica, folder: Path) -> BenchmarkRow:
    """Kills the gateway right after it answered a job; counts ads that did not run exactly once."""
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        job = submit_job(client, KILLED_JOB_ADS)
        gateway.stop()
        gateway.start()
        gateway.wait_until_serving()
        *_, ended = client.jobs.watch(job.name)
    id_ = job.name.removeprefix("jobs/")
    done = Counter(
        line["position"]
        for line in read_log(folder / "gateway.log")
        if line["event"] == "ad done" and line["job"] == id_
    )
    failed = KILLED_JOB_ADS - sum(done[position] == 1 for position in range(KILLED_JOB_ADS))
    failed += KILLED_JOB_ADS - ended.count("succeeded")
    claim = f"gateway killed after the answer of {KILLED_JOB_ADS} ads: ads not made once"
    return BenchmarkRow(claim, "ads", 0.0, failed, 0, "ours", True)


def read_log(path: Path) -> Iterator[dict]:
    """Yields the lines of a log that are JSON; those of libraries are not."""
    for line in path.read_text().splitlines():
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def measure_stalled_streams(
    gateway: Replica, folder: Path, readers: int, watchers: int
) -> Iterator[BenchmarkRow]:
    """Counts the calls of another caller that fail while one has streams that take nothing."""
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        job = client.jobs.submit(PHOTO, ["x"], sizes=[SIZE], options=NOOP)
        *_, ended = client.jobs.watch(job.name)
        artifact = ended.ads[0].artifact
    path = folder / "artifacts" / object_path_from_key(artifact.rpartition("/")[2])
    path.write_bytes(bytes(ARTIFACT_BYTES))
    before = gateway.memory_mib
    with ExitStack() as stack:
        hog = [
            stack.enter_context(connect(gateway))
            for _ in range(-(-watchers // WATCHERS_PER_CONNECTION))
        ]
        read = ads_pb2.GetArtifactRequest(name=artifact)
        stalled = [hog[0].GetArtifact(read) for _ in range(readers)]
        waiting = submit_long_job(gateway)
        watch = ads_pb2.WatchJobRequest(name=waiting)
        stalled += [
            hog[each // WATCHERS_PER_CONNECTION].WatchJob(watch) for each in range(watchers)
        ]
        time.sleep(2)
        failed = count_failed_calls(gateway, artifact, waiting)
        yield BenchmarkRow(
            f"{readers} slow readers, {watchers} watchers: failed calls of another caller",
            *("calls", 0.0, failed, 0, "ours", True),
        )
        growth = gateway.memory_mib - before
        claim = f"{readers} slow readers, {watchers} watchers: memory of the gateway"
        yield BenchmarkRow(claim, "MiB", before, before + growth, 2048, "ours", True)
        for call in stalled:
            call.cancel()
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        client.jobs.cancel(waiting)


@contextmanager
def connect(gateway: Replica) -> Iterator[ads_pb2_grpc.AdServiceStub]:
    """Yields a stub of the gateway on a connection of its own."""
    with grpc.insecure_channel(gateway.address, options=OWN_CONNECTION) as channel:
        yield ads_pb2_grpc.AdServiceStub(channel)


def submit_job(client: Client, ads: int) -> Job:
    """Submits a job of many ads, of ten variants for each prompt."""
    prompts = [f"table {each}" for each in range(ads // VARIANTS)]
    return client.jobs.submit(PHOTO, prompts, variants=VARIANTS, sizes=[SIZE], options=NOOP)


def submit_long_job(gateway: Replica) -> str:
    """Submits a job whose ads still run when the watchers of it are measured; returns its name."""
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        return submit_job(client, LONG_JOB_ADS).name


def count_failed_calls(gateway: Replica, artifact: str, job: str) -> int:
    """Returns how many calls of another caller fail or take too long: one of each kind."""
    failed = 0
    with Client(gateway.address, timeout=TIMEOUT_SECONDS, max_retries=0) as client:
        for call in (
            lambda: client.jobs.fetch(artifact),
            lambda: next(iter(client.jobs.watch(job))),
            lambda: client.jobs.get(job),
            lambda: client.create_ad(PHOTO, "x", seed=1, size=SIZE, options=NOOP),
        ):
            try:
                call()
            except CycloramaError:
                failed += 1
    return failed


def measure_lost_database(gateway: Replica, folder: Path) -> Iterator[BenchmarkRow]:
    """Deletes the database, and restores a backup: seconds until either shows in the health."""
    database, copy = folder / "jobs.db", folder / "backup.db"
    commands = [sys.executable, "-m", "gateway.jobs", "--database", f"sqlite:///{database}"]
    subprocess.run([*commands, "backup", str(copy)], cwd=ROOT, check=True, capture_output=True)
    start = time.perf_counter()
    database.unlink()
    wait_for_jobs(gateway, serving=False)
    seconds = time.perf_counter() - start
    yield BenchmarkRow("jobs.db deleted: until jobs are down", "s", 0.0, seconds, 2, "ours", True)
    with Client(gateway.address, timeout=TIMEOUT_SECONDS, max_retries=0) as client:
        client.create_ad(PHOTO, "x", seed=2, size=SIZE, options=NOOP)
    start = time.perf_counter()
    subprocess.run([*commands, "restore", str(copy)], cwd=ROOT, check=True, capture_output=True)
    wait_for_jobs(gateway, serving=True)
    seconds = time.perf_counter() - start
    yield BenchmarkRow("... restored: until jobs are back", "s", 0.0, seconds, 10, "ours", True)


def wait_for_jobs(gateway: Replica, *, serving: bool) -> None:
    """Waits until the health service reports that jobs are served, or that they are not."""
    with grpc.insecure_channel(gateway.address) as channel:
        request = health_pb2.HealthCheckRequest(service=JOBS_HEALTH)
        for response in health_pb2_grpc.HealthStub(channel).Watch(request, timeout=60):
            if (response.status == SERVING) == serving:
                return
