"""The on-call page: its exercise runs, and each of its commands shows what the page says."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from benchmarks.serving import find_free_port
from cyclorama import Client, CycloramaError
from tests.support.processes import STAGES
from tests.support.waiting import wait_until
from tools import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "on-call.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
EXERCISE = next(text for kind, text in BLOCKS if "make up" in text)
SERVICES = " ".join((*STAGES, "gateway"))
# The IDs of the page's slow and failed ad.
SLOW, FAILED = "5f2a80a9ed834f56", "9c1d2be7a0f34e58"
# Commands of containers, which tests/deploy covers, and the exercise's own.
ELSEWHERE = (
    "docker ",
    "kubectl ",
    "cyclorama create ",
    "cyclorama --max-retries 0 create ",
    "CYCLORAMA_",
    "export PATH=",
    ".venv/bin/python -m gateway.callers ",
)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """An OTLP collector that keeps the spans it receives, each with its service's name."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self._server = grpc.server(ThreadPoolExecutor(2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def Export(self, request, context):  # noqa: N802
        for resource in request.resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += ((names["service.name"], span) for span in scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()

    def render_trace(self, trace_id: str) -> str:
        """Returns a trace as the page writes it: spans in order, indented below their parents."""
        spans = [each for each in self.spans if each[1].trace_id.hex() == trace_id]

        def render(parent: bytes, indent: str) -> Iterator[str]:
            children = [each for each in spans if each[1].parent_span_id == parent]
            for service, span in sorted(children, key=lambda each: each[1].start_time_unix_nano):
                error = ": error" if span.status.code == Status.STATUS_CODE_ERROR else ""
                yield f"{indent}{service} {span.name}{error}\n"
                yield from render(span.span_id, f"{indent}  ")

        return "".join(render(b"", ""))

    def stop(self) -> None:
        self._server.stop(None).wait()


@dataclass
class Night:
    """What the exercise has left: a folder with its log and ads, and how to reach the services.

    ids: of the calls, by the ID on the page. error: what the failed ad's command printed.
    """

    folder: Path
    environment: dict[str, str]
    metrics: str
    collector: Collector
    ids: dict[str, str]
    error: str

    def run(self, line: str) -> str:
        """Runs a line of the page with this night's IDs, and returns its output."""
        for example, own in self.ids.items():
            line = line.replace(example, own)
        line = line.replace("127.0.0.1:9100", self.metrics)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Iterator[Night]:
    """Runs the page's exercise: the services from its command, on free ports, and the two ads."""
    if not all(map(shutil.which, ("jq", "curl"))):
        pytest.skip("jq and curl are not installed")
    folder, collector = tmp_path_factory.mktemp("night"), Collector()
    for name in photos_of_exercise():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    metrics = f"127.0.0.1:{find_free_port()}"
    gateway = f"127.0.0.1:{find_free_port()}"
    environment = build_environment(gateway, folder)
    # Its process ID, as the others of the command end when it does.
    up = f"sh -c 'echo $$ > {folder}/up; exec honcho -f deploy/Procfile start {SERVICES}'"
    command = EXERCISE.replace("make up", up)
    command = command.replace("127.0.0.1:9100", metrics).replace("4317", str(collector.port))
    command = command.replace("127.0.0.1:7860", f"127.0.0.1:{find_free_port()}")
    command = command.replace("cyclorama.log", str(folder / "cyclorama.log"))
    services = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=environment)
    try:
        wait_until(lambda: is_ready(gateway), "the start of all stages")
        ids, error = make_ads(folder, environment)
        wait_until(lambda: count_roots(collector) >= 2, "the export of both traces")
        yield Night(folder, environment, metrics, collector, ids, error)
    finally:
        os.kill(int((folder / "up").read_text()), signal.SIGTERM)
        services.wait()
        collector.stop()


def photos_of_exercise() -> set[str]:
    """Returns the paths of the photos that the exercise sends."""
    return set(re.findall(r"^cyclorama (?:--max-retries 0 )?create (\S+)", PAGE, re.MULTILINE))


def build_environment(gateway: str, folder: Path) -> dict[str, str]:
    """Returns the environment of the exercise: free ports, and no settings of this machine."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CYCLORAMA_")}
    own = {
        "PATH": f"{sys.prefix}/bin:{clean['PATH']}",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}",
        "CYCLORAMA_GATEWAY": gateway,
        "CYCLORAMA_GATEWAY_LISTEN": gateway,
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(folder / "artifacts"),
    }
    for stage in STAGES:
        address = f"127.0.0.1:{find_free_port()}"
        own[f"CYCLORAMA_{stage.upper()}_LISTEN"] = address
        own[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = address
    own["CYCLORAMA_GATEWAY_FINISHING_ADDRESS"] = own["CYCLORAMA_COMPOSITING_LISTEN"]
    return clean | own


def is_ready(gateway: str) -> bool:
    """Returns whether every stage behind a gateway has an engine that is ready."""
    with Client(gateway, timeout=10, max_retries=0) as client:
        try:
            return len({each.stage for each in client.engines() if each.ready}) == 5
        except CycloramaError:
            return False


def make_ads(folder: Path, environment: dict[str, str]) -> tuple[dict[str, str], str]:
    """Runs the page's commands for the two ads; returns their calls' IDs, and the error."""
    lines = [line for _, text in BLOCKS for line in text.splitlines()]
    slow, failed = (
        subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True
        )
        for line in lines
        if line.startswith("cyclorama ") and " create " in line
    )
    assert slow.returncode == 0, slow.stderr
    assert failed.returncode == 1, failed.stderr
    ids = {
        SLOW: json.loads((folder / "slow.json").read_text())["call_id"],
        FAILED: re.search(r"call ID (\w+)", failed.stderr)[1],
    }
    return ids, failed.stderr


def count_roots(collector: Collector) -> int:
    """Returns how many calls for ads have been exported."""
    return sum(span.name == "CreateAd" for _, span in collector.spans)


def normalize(text: str) -> list[str]:
    """Returns the lines of an output, sorted, with n for every ID and number, and no spaces."""
    lines = re.sub(r"(?<![.\d])\b[0-9a-f]{16,32}\b", "id", text)
    return sorted(
        re.sub(r"\d[\d.:]*(e-\d+)?", "n", line).strip() for line in lines.splitlines() if line
    )


def list_examples() -> Iterator[tuple[str, str]]:
    """Yields each command of the page that prints something, and what it prints."""
    for (kind, command), (next_kind, text) in pairwise(BLOCKS):
        if kind == "sh" and next_kind == "text":
            yield command.strip(), text


def test_every_command_of_the_page_is_run():
    run = [command for command, _ in list_examples()]
    lines = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
    assert [line for line in lines if line not in run and not line.startswith(ELSEWHERE)] == []
    assert len(run) >= 7


def test_a_clone_has_the_photos_of_the_exercise():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    assert photos_of_exercise() <= set(listed.stdout.splitlines())


def test_the_exercise_installs_what_it_needs_and_shows_why_it_does_not_start(tmp_path):
    """In a clone without .venv, in which `make` prints what it would do."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = EXERCISE.replace("make up", "make --dry-run up")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    for extra in ("local", "otel"):
        assert f"tools.install {extra}" in done.stdout, done.stderr


def test_the_failed_ad_prints_what_the_customer_sends(night):
    (shown,) = [text for _, text in BLOCKS if text.startswith("cyclorama: ")]
    assert shown.replace(FAILED, night.ids[FAILED]) == night.error.splitlines()[-1] + "\n"


@pytest.mark.parametrize(("command", "shown"), [*list_examples()])
def test_a_command_shows_what_the_page_says(night, command, shown):
    printed = normalize(night.run(command))
    assert set(normalize(shown)) <= set(printed), "\n".join(printed)
    if "retrying" not in shown:
        assert len(printed) == len(normalize(shown))


@pytest.mark.parametrize("example", [SLOW, FAILED])
def test_the_trace_of_a_call_is_the_one_on_the_page(night, example):
    slow, failed = (text for kind, text in BLOCKS if kind == "trace")
    log = (night.folder / "cyclorama.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if night.ids[example] in line]
    (trace_id,) = {line["trace_id"] for line in lines}
    shown = {SLOW: slow, FAILED: failed}[example]

    def is_same() -> bool:
        printed = night.collector.render_trace(trace_id)
        return sorted(printed.splitlines()) == sorted(shown.splitlines())

    wait_until(is_same, f"the trace\n{night.collector.render_trace(trace_id)}")
    calls = {
        each.value.string_value
        for _, span in night.collector.spans
        if span.trace_id.hex() == trace_id
        for each in span.attributes
        if each.key == "cyclorama.call_id"
    }
    assert calls == {night.ids[example]}
