"""Commands of pages run as typed from a clean shell, in a fresh checkout with its own network."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import copy_checkout
from tests.support.command_runs import SHELL_PAGES, find_reason
from tests.support.documents import list_commands
from tools import ROOT

pytestmark = pytest.mark.slow

WORKFLOW = "docs/workflows/flux-lora-background.json"
# Commands that run until Ctrl-C.
ALL_SERVICES = re.compile(r"(\w+=\S+ )*(make|cyclorama) up\b")
SERVICE = re.compile(r"(\w+=\S+ )*python -m (services\.\w+|gateway)$")
# The reader's own files on these pages.
OWN_FILES = {"photo.jpg": "clients/samples/jar.jpg", "workflow.json": WORKFLOW}
# Starts a service in the background and waits until its log has some words.
PREPARED = """set -eu -o pipefail
ip link set lo up
start() {
  words="$1"; shift
  "$@" > service.log 2>&1 &
  for _ in $(seq 240); do
    if grep -q "$words" service.log; then return; fi
    kill -0 $! || { cat service.log; exit 1; }
    sleep 0.5
  done
  cat service.log; exit 1
}
stop() { kill $(jobs -p) 2> /dev/null || true; wait; }
"""


def write_script(page: str) -> str:
    """Returns a script of a page's commands; services run in the background."""
    lines = [PREPARED, SHELL_PAGES[page]]
    for command in list_commands(ROOT / page):
        if find_reason(command):
            continue
        if ALL_SERVICES.match(command):
            # Two of them would need the same ports.
            lines += ["stop", f"start 'All services run' env {command}"]
        elif SERVICE.match(command):
            lines.append(f"start listening env {command}")
        else:
            lines.append(command)
    # Not the last command but bash, which reaps processes, is the first process of the script.
    return "\n".join([*lines, "exit 0"])


def run_in_clean_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a script without this environment; its processes end with it."""
    # /usr/sbin has ip.
    environment = {"HOME": str(folder.parent), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin"}
    isolated = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"]
    return subprocess.run(
        [*isolated, "--mount-proc", "bash", "-x", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    tried = subprocess.run(
        ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--mount-proc", "true"],
        capture_output=True,
    )
    if tried.returncode or not shutil.which("ip", path=f"{os.defpath}:/usr/sbin"):
        pytest.skip("network namespaces cannot be created here")
    return copy_checkout(tmp_path / "checkout")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", SHELL_PAGES)
def test_commands_of_a_page_run_as_typed(checkout, page):
    for name, source in OWN_FILES.items():
        shutil.copy(checkout / source, checkout / name)
    done = run_in_clean_shell(write_script(page), checkout)
    assert done.returncode == 0, done.stdout[-6000:]
    if "run clients/examples/campaign.yaml -o ads" in (ROOT / page).read_text():
        assert len(list((checkout / "ads").glob("*.png"))) == 4


def test_a_failed_command_ends_the_script(checkout):
    done = run_in_clean_shell(PREPARED + "cyclorama doctor\ntouch reached", checkout)
    assert done.returncode == 127 and not (checkout / "reached").exists()
