"""The installation shows what pip does, and explains why it failed."""

import os
import subprocess
import sys

import pytest

from tools import ROOT
from tools.install import NETWORK_HINT, PipProgress, StatusLine

COLLECTING = """\
Collecting numpy>=2 (from cyclorama-services==0.1.0)
  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.whl (16.6 MB)
Collecting structlog>=25
  Using cached structlog-26.1.0-py3-none-any.whl (73 kB)
""".splitlines()


def test_the_progress_counts_packages_and_bytes():
    progress = PipProgress()
    assert progress.describe() == "Preparing"
    for line in COLLECTING:
        progress.read_line(line)
    assert progress.describe() == "Downloading packages: 2, 17 MB, now structlog"
    progress.read_line("Installing collected packages: numpy, structlog")
    assert progress.describe() == "Installing 2 packages: 0 done"


def test_a_failure_repeats_no_reason_and_names_the_network_if_it_is_that():
    progress = PipProgress()
    for line in ("ERROR: no numpy", "  ERROR: no numpy"):
        progress.read_line(line)
    assert progress.explain_failure()[0] == "ERROR: no numpy"
    assert len(progress.explain_failure()) == 2
    progress.read_line("WARNING: Retrying (Retry(total=4, connect=None)) after connection broken")
    assert progress.explain_failure()[-1] == NETWORK_HINT


def test_a_log_gets_no_rewritten_lines(capsys):
    status = StatusLine()
    status.update("Downloading")
    status.print("Installed.")
    status.clear()
    assert capsys.readouterr().out == "Installed.\n"


@pytest.mark.slow
def test_without_an_index_the_installation_says_so(tmp_path):
    for name in ("pyproject.toml", "tools", "clients", "services", "gateway"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    environment |= {"PIP_FIND_LINKS": "", "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "tools.install", "local"],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[-1] == NETWORK_HINT and len(lines) <= 8
