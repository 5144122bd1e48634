"""`make up`: five processes in the foreground that come back when killed and end with Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cyclorama import Client, CycloramaError
from tests.support.processes import READY_SECONDS, STAGES
from tests.support.waiting import eventually
from tools import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def pids_of(session: int) -> list[int]:
    """Processes below a process, by the kernel's own list."""
    children = Path(f"/proc/{session}/task/{session}/children")
    try:
        direct = [int(pid) for pid in children.read_text().split()]
    except FileNotFoundError:
        return []
    return direct + [pid for child in direct for pid in pids_of(child)]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def up(tmp_path):
    """Runs what `make up` runs, on free ports: the process, the gateway's address, the log."""
    gateway, *ports = free_ports(5)
    environment = {
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "CYCLORAMA_GATEWAY_LISTEN": f"127.0.0.1:{gateway}",
        "CYCLORAMA_LOG_FORMAT": "text",
        "CYCLORAMA_GRACE_SECONDS": "4",
        "CYCLORAMA_DRAIN_SECONDS": "0",
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(tmp_path / "artifacts"),
    }
    for stage, port in zip(STAGES, ports, strict=True):
        environment[f"CYCLORAMA_{stage.upper()}_LISTEN"] = f"127.0.0.1:{port}"
        environment[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = f"127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["honcho", "-f", "deploy/Procfile", "start", *STAGES, "gateway"],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    yield process, f"127.0.0.1:{gateway}", log
    process.kill()
    process.wait()


def ready(address: str) -> bool:
    with Client(address, timeout=5) as client:
        try:
            return {each.stage for each in client.engines() if each.ready} == {*STAGES, "finishing"}
        except CycloramaError:
            return False


def test_the_makefile_starts_all_five():
    assert "honcho -f deploy/Procfile start $(STAGES) gateway page" in MAKEFILE


def test_the_demo_takes_no_port_that_make_up_needs():
    """Of what the Procfile has, the demo starts only what has ports in its environment."""
    command = ["make", "--dry-run", "demo", "-o", ".venv/local"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    started = re.search(r"--no-prefix (.*)", told)[1].split()
    assert started == [*STAGES, "gateway", "demo"]
    for name in started[:-1]:
        assert f"CYCLORAMA_{name.upper()}_LISTEN=" in (ROOT / "deploy" / "demo.env").read_text()


@pytest.mark.parametrize(
    ("given", "url", "last"),
    [
        (["SD=double", "KIND=sdcpp"], "http://127.0.0.1:7860", "double"),
        (["SD=http://gpu:7860"], "http://gpu:7860", "page"),
        ([], "mine", "page"),
    ],
)
def test_a_stable_diffusion_server_or_its_double_is_one_word_away(tmp_path, given, url, last):
    """Runs make with a honcho that tells how it was called."""
    honcho = tmp_path / "honcho"
    honcho.write_text('#!/bin/sh\necho "$CYCLORAMA_A1111_URL $KIND $*"\n')
    honcho.chmod(0o755)
    path = f"PATH={tmp_path}:{os.environ['PATH']}"
    command = ["make", "--no-print-directory", "up", "-o", ".venv/local", path, *given]
    environment = os.environ | {"CYCLORAMA_A1111_URL": "mine"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-1].split()
    assert told[0] == url and told[-1] == last
    assert ("sdcpp" in told) == ("KIND=sdcpp" in given)


def test_a_killed_stage_comes_back_and_ctrl_c_ends_everything(up):
    process, address, log = up
    eventually(lambda: ready(address), "readiness")
    (compositing,) = (
        pid
        for pid in pids_of(process.pid)
        if Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1:3]
        == ["-m", "services.compositing"]
    )
    os.kill(compositing, signal.SIGKILL)
    eventually(lambda: not alive(compositing), "the kill")
    eventually(lambda: ready(address), "the return of the stage")
    running = pids_of(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(READY_SECONDS)
    assert not [pid for pid in running if alive(pid)]
    text = log.read_text()
    assert len(re.findall(r"compositing.*listening", text)) == 2
    assert "Traceback" not in text


def test_a_wrong_setting_ends_all_with_a_failure_that_names_it():
    environment = os.environ | {"CYCLORAMA_WEB_LISTEN": "nowhere"}
    command = [f"{sys.prefix}/bin/honcho", "-f", "deploy/Procfile", "start", "page"]
    environment["PATH"] = f"{sys.prefix}/bin:{os.environ['PATH']}"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "CYCLORAMA_WEB_LISTEN" in done.stdout
