"""What the pages and --help say can be typed, and does what it says, on light engines."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from textwrap import indent

import pytest
import typer

from cyclorama import Client
from cyclorama.cli import app
from cyclorama.cli.examples import EXAMPLE_JOB, EXAMPLES
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import JPEG
from tests.support.pictures import draw_product
from tests.support.system import kept_in, system_beside
from tools import ROOT
from tools.reference.command_line import commands

PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCKS = [
    (page.stem, kind, text)
    for page in PAGES
    for kind, text in re.findall(r"```(\w+)\n(.*?)```", page.read_text(), re.DOTALL)
]
RUN = ("cyclorama ", "python -m gateway.callers ", "chmod ")
# What installs, builds or stays in the foreground; other tests start services and look at make.
ELSEWHERE = ("make ", "docker ", "kubectl ", "pip ", ".venv/bin/pip ", "python -m services.")
ELSEWHERE += (
    "CYCLORAMA_A1111_URL=",
    "CYCLORAMA_COMPOSITING_SERVE_FINISHING=",
    "CYCLORAMA_GATEWAY_",
)
YAML = next(text for page, kind, text in BLOCKS if kind == "yaml")
# Of the engine that the page on engines teaches, which has a test of its own.
PYTHON = [text for page, kind, text in BLOCKS if kind == "python" and page != "adding-an-engine"]
# Of docstrings, which leave out what goes without saying.
SHORT = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/reference/client.md").read_text(), re.DOTALL
)
PYTHON += [f"import cyclorama\n{text}" for text in SHORT if not text.startswith("async")]
PYTHON += [
    f"import asyncio, cyclorama\nasync def main():\n{indent(text, '    ')}\nasyncio.run(main())"
    for text in SHORT
    if text.startswith("async")
]
(NODE,) = [text for _, kind, text in BLOCKS if kind == "js"]
NPM = ["npm", "install", "--silent", "--no-save", "@grpc/grpc-js@1", "@grpc/proto-loader@0.8"]


def shell_of(page: str) -> list[str]:
    texts = [text for each, kind, text in BLOCKS if each == page and kind == "sh"]
    return [line for text in texts for line in text.splitlines() if line]


def is_run(line: str) -> bool:
    return line.startswith(RUN)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    jobs = kept_in(kept)
    with system_beside(**jobs) as running:
        yield running


@pytest.fixture
def desk(running, tmp_path, monkeypatch):
    """The working folder, with photo.jpg, campaign.yaml and a certificate, before the services."""
    (tmp_path / "photo.jpg").write_bytes(encode_image(draw_product(320, 256)[0], JPEG).data)
    small = YAML.replace("1024x1024", "256x256").replace("768x1344", "192x256")
    (tmp_path / "campaign.yaml").write_text(small)
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "ca.pem").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'clients'}")
    monkeypatch.setenv("CYCLORAMA_GATEWAY", running.address)
    for stage in STAGES:
        address = f"127.0.0.1:{running.stages[stage].port}"
        monkeypatch.setenv(f"CYCLORAMA_{stage.upper()}", address)
    return tmp_path


@pytest.fixture
def typed(running, desk, monkeypatch, capfd):
    """Runs lines in their order, and gives the files that they name as output, and their sizes."""

    def run(lines: list[str]) -> dict[str, int]:
        for line in lines:
            words = shlex.split(line.replace("segmentation=classic", "segmentation=crop"))
            if EXAMPLE_JOB in words:
                with Client(running.address) as client:
                    words[words.index(EXAMPLE_JOB)] = next(client.jobs.list()).name
            assert ended(words) == 0, f"{line}\n{capfd.readouterr()}"
        named = re.findall(r"-o (\S+\.\w+)", "\n".join(lines))
        return {name: (desk / name).stat().st_size for name in named}

    def ended(words: list[str]) -> int | str | None:
        if words[0] == "chmod":
            return program(*words).returncode
        if words[0] == "python":
            return program(sys.executable, *words[1:]).returncode
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as left:
            app.run_command_line()
        return left.value.code or 0

    return run


def program(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True)


def test_every_line_of_the_pages_is_run_here_or_known_to_be_run_elsewhere():
    lines = [line for page in PAGES for line in shell_of(page.stem)]
    assert [line for line in lines if not line.startswith(RUN + ELSEWHERE)] == []


@pytest.mark.parametrize(
    "page", [each.stem for each in PAGES if any(map(is_run, shell_of(each.stem)))]
)
def test_the_commands_of_a_page_work_in_their_order(typed, page):
    made = typed([*filter(is_run, shell_of(page))])
    assert all(size > 1000 for size in made.values()), made


def test_the_examples_of_help_work_in_their_order(typed):
    made = typed([line for lines in EXAMPLES.values() for line in lines])
    assert made and all(size > 1000 for size in made.values()), made


@pytest.mark.parametrize("text", PYTHON)
def test_the_code_of_a_page_runs(running, desk, text):
    text = text.replace("127.0.0.1:50050", running.address)
    done = program(sys.executable, "-W", "error", "-c", text)
    assert done.returncode == 0, done.stderr


def test_a_client_in_another_language_makes_an_ad_and_tells_what_is_wrong(running, desk):
    if not shutil.which("npm") or program(*NPM).returncode:
        pytest.skip("no Node with its gRPC packages is to be had here")
    (desk / "protos").symlink_to(ROOT / "protos")
    (desk / "ad.mjs").write_text(NODE.replace("127.0.0.1:50050", running.address))
    done = program("node", "ad.mjs")
    assert done.returncode == 0, done.stderr
    assert "STAGE_INPAINTING grounding" in done.stdout
    assert (desk / "ad.png").read_bytes()[:4] == b"\x89PNG"
    (desk / "photo.jpg").write_text("no picture")
    refused = program("node", "ad.mjs")
    assert refused.returncode == 1 and refused.stderr.startswith("INVALID_IMAGE")


def test_every_command_has_an_example():
    root = typer.main.get_command(app.app)
    assert {name for name, _ in commands(root)} == set(EXAMPLES)
