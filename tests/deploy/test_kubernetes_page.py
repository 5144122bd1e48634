"""The commands of docs/kubernetes.md, from a fresh clone to an ad, on a double of a cluster."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import copy_checkout
from tools import ROOT

PAGE = ROOT / "docs" / "kubernetes.md"
# From the clone to an ad and the page; what follows needs other clusters, or none.
SECTIONS = ("Commands", "Images", "Namespace, certificates and tokens", "Services", "An ad")
# Calls that must fail, each with what it prints.
REFUSED = """
refuse() {
  if output=$("$@" 2>&1); then echo "accepted: $*"; exit 1; fi
  echo "$output" >> refused.txt
}
refuse env --unset=CYCLORAMA_TOKEN_FILE cyclorama engines
refuse env --unset=CYCLORAMA_TOKEN_FILE CYCLORAMA_TOKEN=wrong cyclorama engines
refuse env --unset=CYCLORAMA_CA cyclorama engines
python -m tools.certs other
refuse env CYCLORAMA_CA=other/ca.pem cyclorama engines
"""
OPENED = """
fetch() { curl --silent --fail --retry 60 --retry-delay 1 --retry-connrefused "$@"; }
fetch --output page.html http://127.0.0.1:50080/
fetch --output engines.json http://127.0.0.1:50080/api/engines
"""


def read_commands() -> str:
    """Returns the commands of the sections in their order."""
    parts = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S))
    blocks = [
        block for name in SECTIONS for block in re.findall(r"```sh\n(.*?)```", parts[name], re.S)
    ]
    lines = "".join(blocks).splitlines(keepends=True)
    # Images are built by other tests.
    return "".join(line for line in lines if not line.startswith("docker compose "))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the repository's files, with a virtual environment that is up to date."""
    return copy_checkout(tmp_path / "clone")


def run_on_node(script: str, clone: Path) -> subprocess.CompletedProcess[str]:
    """Runs a script on a node of its own, in the clone, with the double of kubectl."""
    programs, cluster = clone.parent / "programs", clone.parent / "cluster"
    double = [sys.executable, "-m", "tools.doubles.kubernetes"]
    subprocess.run([*double, "install", str(programs)], cwd=ROOT, check=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CYCLORAMA_")}
    environment = clean | {
        "CYCLORAMA_CLUSTER": str(cluster),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": f"{clone}:{clone / 'clients'}",
    }
    return subprocess.run(
        [*double, "node", "bash", "-ex", "-o", "pipefail", "-c", script],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def needs_namespaces() -> str:
    """Returns why no node can be started here; empty if one can."""
    if missing := [
        name for name in ("kubectl", "unshare", "ip", "setpriv", "curl") if not shutil.which(name)
    ]:
        return f"{', '.join(missing)}: not installed"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "ip", "link", "add", "type", "bridge"], capture_output=True
    )
    return "namespaces need root and a kernel with bridges" if tried.returncode else ""


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_commands_of_the_page_lead_from_a_clone_to_an_ad(clone):
    if reason := needs_namespaces():
        pytest.skip(reason)
    # Only those who send the right token over a checked connection are let in.
    done = run_on_node(read_commands() + REFUSED + OPENED, clone)
    assert done.returncode == 0, done.stdout
    assert "An ad can be made." in done.stdout
    refused = re.findall(r"^cyclorama: (\w+):", (clone / "refused.txt").read_text(), re.M)
    assert refused == ["UNAUTHENTICATED", "UNAUTHENTICATED", "UNAVAILABLE", "UNAVAILABLE"]
    assert "<title>Cyclorama" in (clone / "page.html").read_text()
    assert json.loads((clone / "engines.json").read_text())["stages"]["finishing"] == "pillow"
    assert (clone / "ad.png").stat().st_size > 10_000
