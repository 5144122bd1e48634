"""Runs of pytest whose workers die or grow: they end soon, fail and say why."""

import os
import re
import subprocess
import sys
import time
import tomllib

import pytest

from tests.support.processes import is_running
from tests.support.waiting import wait_until
from tools import ROOT

pytestmark = pytest.mark.slow

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Options of plugins that the small runs do not load, because importing them takes seconds.
OTHER_PLUGINS = ("--hypothesis",)
OPTIONS = [
    option
    for option in PROJECT["tool"]["pytest"]["ini_options"]["addopts"]
    if not option.startswith(OTHER_PLUGINS)
]
# Keeps the second worker busy for longer than a failed run may take to end. The module with the
# most tests runs first, so these have one.
BUSY = """
import threading
def test_busy(): threading.Event().wait({seconds})
"""
KILLED = """
import os, signal
def test_before(): pass
def test_killed(): os.kill(os.getpid(), signal.SIGKILL)
def test_after(): pass
"""
# The forked process keeps the pipes open by whose end the death of a worker is noticed.
KILLED_WITH_CHILD = """
import os, pathlib, signal, threading
def test_before(): pass
def test_killed():
    child = os.fork()
    if not child:
        threading.Event().wait(300)
    pathlib.Path("child").write_text(str(child))
    os.kill(os.getpid(), signal.SIGKILL)
"""
LARGE = """
def test_large(): assert bytearray(200 * 2**20).count(1) == 0
def test_small(): pass
"""


@pytest.fixture
def run_pytest(tmp_path):
    """Runs pytest with the project's options on one module and two busy ones.

    Returns the exit status, the output and the duration in seconds.
    """

    def run(text: str, *options: str, busy_seconds: float = 0) -> tuple[int, str, float]:
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.support.workers"]\n')
        (tmp_path / "test_one.py").write_text(text)
        for number in range(2):
            busy = BUSY.format(seconds=busy_seconds)
            (tmp_path / f"test_busy_{number}.py").write_text(busy)
        command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider"]
        environment = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        start = time.monotonic()
        done = subprocess.run(
            [*command, *OPTIONS, *options, "--rootdir=.", "."],
            cwd=tmp_path,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout, time.monotonic() - start

    return run


@pytest.mark.parametrize("text", [KILLED, KILLED_WITH_CHILD], ids=["alone", "with a child"])
def test_a_killed_worker_fails_the_run_within_a_minute(run_pytest, tmp_path, text):
    status, output, seconds = run_pytest(text, "--numprocesses=2", busy_seconds=200)
    assert status == pytest.ExitCode.TESTS_FAILED, output
    assert re.search(r"worker 'gw\d' crashed while running '.*::test_killed'", output)
    assert re.search(r"gw\d died: killed by SIGKILL", output)
    assert "replacing crashed worker" not in output
    assert seconds < 60
    child = tmp_path / "child"
    if child.exists():
        pid = int(child.read_text())
        wait_until(lambda: not is_running(pid), "the end of the worker's child")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_worker_above_the_memory_limit_fails_the_run_and_its_files_are_named(run_pytest, workers):
    status, output, _ = run_pytest(LARGE, f"--numprocesses={workers}", "--max-worker-mib=150")
    assert status == pytest.ExitCode.TESTS_FAILED, output
    assert re.search(r"exceeded the limit: .*test_one\.py \+\d{2,} MiB", output)
    assert " failed" not in output


def test_the_peak_memory_of_every_worker_is_printed(run_pytest):
    status, output, _ = run_pytest(LARGE, "--numprocesses=2")
    assert status == pytest.ExitCode.OK, output
    peaks = re.findall(r"^(gw\d): peak \d+ MiB, limit 2048 MiB$", output, re.MULTILINE)
    assert peaks == ["gw0", "gw1"]
