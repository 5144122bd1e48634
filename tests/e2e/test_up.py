"""`make up` restarts killed services and stops all of them on Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cyclorama import Client, CycloramaError
from gateway.settings import GatewaySettings
from tests.support.processes import READY_SECONDS, STAGES, is_running
from tests.support.waiting import wait_until
from tools import ROOT

DEMO = dict(re.findall(r"(?m)^(\w+)=(.*)$", (ROOT / "deploy" / "demo.env").read_text()))
MAKEFILE = (ROOT / "Makefile").read_text()


def find_free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def find_descendants(session: int) -> list[int]:
    """Returns the ids of all descendants of a process."""
    children = Path(f"/proc/{session}/task/{session}/children")
    try:
        direct = [int(pid) for pid in children.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return direct + [pid for child in direct for pid in find_descendants(child)]


@pytest.fixture
def up(tmp_path):
    """Runs the services of `make up` on free ports: the process, the gateway's address, the log."""
    gateway, *ports = find_free_ports(5)
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


def is_ready(address: str) -> bool:
    with Client(address, timeout=5) as client:
        try:
            return {each.stage for each in client.engines() if each.ready} == {
                *STAGES,
                "finishing",
            }
        except CycloramaError:
            return False


def test_make_up_starts_all_services():
    assert "honcho -f deploy/Procfile start $(STAGES) gateway page" in MAKEFILE


def test_the_demo_uses_other_ports_than_make_up():
    """The demo starts only services whose port is in its environment."""
    command = ["make", "--dry-run", "demo", "-o", ".venv/local"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    started = re.search(r"--no-prefix (.*)", printed)[1].split()
    assert started == [*STAGES, "gateway", "demo"]
    for name in started[:-1]:
        assert f"CYCLORAMA_{name.upper()}_LISTEN" in DEMO


def test_the_gateway_of_the_demo_calls_the_stages_of_the_demo(monkeypatch):
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    for stage in STAGES:
        assert settings.get_stage_address(stage) == DEMO[f"CYCLORAMA_{stage.upper()}_LISTEN"]


@pytest.mark.parametrize(
    ("arguments", "printed", "last"),
    [
        (["SD=double", "KIND=sdcpp"], "http://127.0.0.1:7860 mine sdcpp", "double"),
        (["SD=http://gpu:7860"], "http://gpu:7860 mine a1111", "page"),
        (["COMFYUI=double"], "mine http://127.0.0.1:8188", "comfyui-double"),
        (["COMFYUI=http://gpu:8188"], "mine http://gpu:8188", "page"),
        ([], "mine mine", "page"),
    ],
)
def test_make_up_passes_the_image_servers_on(tmp_path, arguments, printed, last):
    """Runs make with a honcho that prints its arguments."""
    honcho = tmp_path / "honcho"
    honcho.write_text('#!/bin/sh\necho "$CYCLORAMA_A1111_URL $CYCLORAMA_COMFYUI_URL $KIND $*"\n')
    honcho.chmod(0o755)
    path = f"PATH={tmp_path}:{os.environ['PATH']}"
    command = [
        "make",
        "--no-print-directory",
        "up",
        *("-o", ".venv/local", "-o", ".venv/doubles"),
        path,
        *arguments,
    ]
    urls = {"CYCLORAMA_A1111_URL": "mine", "CYCLORAMA_COMFYUI_URL": "mine"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | urls, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[-1]
    assert line.startswith(f"{printed} ") and line.split()[-1] == last


@pytest.mark.slow
def test_a_killed_stage_restarts_and_ctrl_c_stops_everything(up):
    process, address, log = up
    wait_until(lambda: is_ready(address), "readiness")
    (compositing,) = (
        pid
        for pid in find_descendants(process.pid)
        if Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1:3]
        == ["-m", "services.compositing"]
    )
    os.kill(compositing, signal.SIGKILL)
    wait_until(lambda: not is_running(compositing), "the kill")
    wait_until(lambda: is_ready(address), "the return of the stage")
    running = find_descendants(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(READY_SECONDS)
    wait_until(lambda: not any(map(is_running, running)), "the end of all services")
    text = log.read_text()
    assert len(re.findall(r"compositing.*listening", text)) == 2
    assert "Traceback" not in text


def test_an_invalid_setting_stops_all_and_is_named():
    environment = os.environ | {"CYCLORAMA_WEB_LISTEN": "nowhere"}
    command = [f"{sys.prefix}/bin/honcho", "-f", "deploy/Procfile", "start", "page"]
    environment["PATH"] = f"{sys.prefix}/bin:{os.environ['PATH']}"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "CYCLORAMA_WEB_LISTEN" in done.stdout
