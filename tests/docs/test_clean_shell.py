"""Commands of pages run as typed from a clean shell, in a fresh checkout with its own network."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import copy_checkout
from tests.support.documents import list_commands
from tools import ROOT

pytestmark = pytest.mark.slow

# Commands that run until Ctrl-C.
SERVICES = re.compile(r"(\w+=\S+ )*(make up\b|python -m (services\.\w+|gateway)$)")
# Programs of containers and clusters, and what would change the environment of the tests: others
# run these commands, and tests/docs/test_shell.py checks their words.
ELSEWHERE = re.compile(
    r"(\w+=\S+ )*(docker|kubectl|pip|uvx|pipx|make images|make models|python -m hatchling)\b"
    r"|chmod 644|echo \"CLI_USER|\.venv/bin/pip\b"
)
# Starts a service in the background and waits until its log says that it runs.
PREPARED = """set -eu -o pipefail
ip link set lo up
start() {
  "$@" > service.log 2>&1 &
  for _ in $(seq 240); do
    if grep -E -q 'All services run|listening' service.log; then return; fi
    kill -0 $! || { cat service.log; exit 1; }
    sleep 0.5
  done
  cat service.log; exit 1
}
"""
RUNNING = "start make up\n"
# Pages, and what runs before their commands.
PAGES = {
    "README.md": "",
    "docs/index.md": "",
    "docs/installation.md": "",
    "docs/security.md": "",
    "docs/operations.md": "",
    "docs/job-database.md": RUNNING,
    "docs/troubleshooting.md": RUNNING + 'export PATH="$PWD/.venv/bin:$PATH"\n',
}


def write_script(page: str) -> str:
    """Returns a script of a page's commands; services run in the background."""
    lines = [PREPARED, PAGES[page]]
    for command in list_commands(ROOT / page):
        if not ELSEWHERE.match(command):
            lines.append(f"start env {command}" if SERVICES.match(command) else command)
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
@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_run_as_typed(checkout, page):
    (checkout / "clients/examples/campaign.yaml").write_text(
        "photo: ../samples/bottle.jpg\nprompts: [on sand]\nsizes: [256x256]\n"
    )
    done = run_in_clean_shell(write_script(page), checkout)
    assert done.returncode == 0, done.stdout[-6000:]


def test_a_failed_command_ends_the_script(checkout):
    done = run_in_clean_shell(PREPARED + "cyclorama doctor\ntouch reached", checkout)
    assert done.returncode == 127 and not (checkout / "reached").exists()
