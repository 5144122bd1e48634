"""Commands, code, settings and paths of the README work."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cyclorama.stages import STAGES as ALL_STAGES
from services.diffusion import errors as diffusion
from tests.support.documents import list_commands, read_blocks
from tests.support.processes import STAGES, run_services
from tools import ROOT
from tools.reference.settings import PROCESSES

README = (ROOT / "README.md").read_text()
(YAML,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
CAMPAIGN = Path("clients/examples/campaign.yaml")
PAGES = "\n".join(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))
SHELL = list_commands(ROOT / "README.md")
PYTHON = [text for kind, text in read_blocks(ROOT / "README.md") if kind == "python"]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    jobs = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{kept}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(kept / "artifacts"),
    }
    with run_services(**jobs) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(system, tmp_path_factory):
    """A folder with the samples, a small campaign file, and the environment of the commands."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / CAMPAIGN).parent.mkdir(parents=True)
    (folder / "clients" / "samples").symlink_to(ROOT / "clients" / "samples")
    (folder / CAMPAIGN).write_text(YAML.replace("1024x1024, 768x1344", "256x256"))
    addresses = {f"CYCLORAMA_{stage.upper()}": system[stage].address for stage in STAGES}
    path = {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
    gateway = {"CYCLORAMA_GATEWAY": system["gateway"].address}
    return folder, os.environ | addresses | gateway | path


def test_the_readme_contains_commands_and_code():
    assert len(SHELL) >= 8 and len(PYTHON) == 1


def test_the_readme_shows_the_campaign_file():
    assert (ROOT / CAMPAIGN).read_text().endswith(YAML) and str(CAMPAIGN) in README


@pytest.mark.slow
def test_commands_of_the_readme_run_in_order(workspace):
    folder, environment = workspace
    commands = [line for line in SHELL if line.startswith("cyclorama ")]
    for command in commands:
        done = subprocess.run(
            command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    written = set(re.findall(r"-o (\S+)", "\n".join(commands)))
    assert written and all((folder / name).stat().st_size > 1000 for name in written)


@pytest.mark.slow
@pytest.mark.parametrize("text", PYTHON, ids=["create"])
def test_code_of_the_readme_runs(system, workspace, text):
    folder, environment = workspace
    text = text.replace("127.0.0.1:50050", system["gateway"].address)
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", re.findall(r"^make .*", f"{README}\n{PAGES}", re.MULTILINE))
def test_every_make_target_of_the_readme_exists(line):
    done = subprocess.run(
        ["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_setting_of_the_readme_exists():
    clients = "".join(path.read_text() for path in Path("clients/cyclorama").rglob("*.py"))
    known = {"CYCLORAMA_EVAL", *re.findall(r"CYCLORAMA_[A-Z_]+[A-Z]", clients)}
    known |= {f"CYCLORAMA_{name}" for name in ("CA", "CERT", "KEY", "TOKEN")}
    # Of images, in the compose files.
    known |= {"CYCLORAMA_REGISTRY", "CYCLORAMA_TAG"}
    known |= {f"CYCLORAMA_{stage.upper()}" for stage in ALL_STAGES}
    for settings in PROCESSES.values():
        for field in settings.model_fields.values():
            known |= set(field.validation_alias.choices)
    named = set(re.findall(r"CYCLORAMA_[A-Z][A-Z0-9_]+[A-Z]", README + PAGES))
    assert named <= known


def test_every_error_reason_of_stable_diffusion_servers_is_documented():
    known = {each.reason for each in vars(diffusion).values() if hasattr(each, "reason")}
    assert set(re.findall(r"^\| `(DIFFUSION_\w+)`", PAGES, re.MULTILINE)) == {
        reason for reason in known if reason.startswith("DIFFUSION_")
    }


def test_every_path_of_the_readme_exists():
    cells = re.findall(r"^\| (`[\w/]+/`.*?) \|", README, re.MULTILINE)
    paths = re.findall(r"`([\w/]+/)`", " ".join(cells))
    assert "tools/" in paths and all((ROOT / path).is_dir() for path in paths), paths
    for path in re.findall(r"\[.*?\]\((docs/.*?)[#)]", README):
        assert (ROOT / path).is_file(), path
