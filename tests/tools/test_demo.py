"""The services of `make demo` find each other, and end with its command."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from services.background.engines import BackgroundSettings
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.stage import find_server_variables
from tests.support.processes import STAGES
from tests.support.waiting import wait_until
from tools import ROOT
from tools.demo import assign_addresses, explain_failure, run_command

SERVICES = [*STAGES, "gateway"]
SLEEP = ["sleep", "60"]


def test_the_gateway_of_the_demo_calls_the_stages_of_the_demo(monkeypatch):
    assigned = assign_addresses(SERVICES)
    for name, value in assigned.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    for stage in STAGES:
        address = settings.get_stage_address(stage)
        assert address == assigned[f"CYCLORAMA_{stage.upper()}_LISTEN"]
    assert settings.listen == assigned["CYCLORAMA_GATEWAY"]
    assert len({assigned[f"CYCLORAMA_{name.upper()}_LISTEN"] for name in SERVICES}) == 5


def test_without_its_process_inpainting_is_called_where_background_listens(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_INPAINTING_LISTEN", "127.0.0.1:1")
    assigned = assign_addresses([name for name in SERVICES if name != "inpainting"])
    for name, value in assigned.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    assert settings.get_stage_address("inpainting") == assigned["CYCLORAMA_BACKGROUND_LISTEN"]
    assert BackgroundSettings.from_environment().serve_inpainting
    assert find_server_variables(INPAINTING) == []


@pytest.fixture
def service():
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_the_status_is_that_of_the_command(service):
    assert run_command(["sh", "-c", "exit 3"], os.environ, [service], []) == 3


def test_the_command_ends_with_a_service_that_fails(service, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.demo.LOGS", tmp_path)
    (tmp_path / "gateway.log").write_text("starting\ncannot listen\n")
    service.kill()
    assert run_command(SLEEP, os.environ, [service], []) == -signal.SIGINT
    assert explain_failure(["gateway"], [service]).endswith("gateway stopped: cannot listen")


def test_the_command_ends_with_a_signal(service):
    assert run_command(SLEEP, os.environ, [service], [signal.SIGTERM]) == 128 + signal.SIGTERM


@pytest.fixture
def demo(tmp_path):
    """Starts the demo for a small ad in a folder of its own."""
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", "CYCLORAMA_MODELS": str(ROOT / "models")}
    paths |= {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
    photo = str(ROOT / "clients" / "samples" / "bottle.jpg")
    create = ["cyclorama", "create", photo, "--prompt", "on sand", "--size", "256x256"]
    create += ["-o", "out/ad.png", "--wait", "60"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *SERVICES, "--", *create],
        cwd=tmp_path,
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def find_processes(folder: Path) -> list[str]:
    """Returns the ids of the processes whose working directory is a folder."""
    return [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cwd")
        if os.access(path, os.R_OK) and path.resolve() == folder
    ]


@pytest.mark.slow
def test_the_demo_ends_on_the_path_of_the_ad(demo, tmp_path):
    printed, _ = demo.communicate()
    assert demo.returncode == 0, printed
    assert printed.splitlines()[-1] == "out/ad.png  256 x 256"
    assert (tmp_path / "out" / "ad.png").is_file()
    assert "\x1b" not in printed and len(printed.splitlines()) <= 10
    assert find_processes(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 3])
def test_an_interrupted_demo_leaves_nothing_running(demo, tmp_path, seconds):
    wait_until(lambda: len(find_processes(tmp_path)) > 3, "the start of services")
    time.sleep(seconds)
    demo.send_signal(signal.SIGINT)
    printed, _ = demo.communicate()
    assert demo.returncode == 130 and "Traceback" not in printed
    assert find_processes(tmp_path) == []


@pytest.mark.slow
def test_a_failing_service_is_named_last(demo, tmp_path):
    wait_until(lambda: len(find_processes(tmp_path)) == 7, "the start of all services")
    (background,) = [
        pid
        for pid in find_processes(tmp_path)
        if "services.background" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    ]
    os.kill(int(background), signal.SIGKILL)
    printed, _ = demo.communicate()
    assert demo.returncode == 1
    assert re.search(r"background stopped: .*$", printed.splitlines()[-1])
    assert find_processes(tmp_path) == []
