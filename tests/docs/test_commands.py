"""Commands and code of the documentation and of --help run, on test engines."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from textwrap import indent

import pytest
import typer
from huggingface_hub.cli import download, hf

from cyclorama import Client
from cyclorama.cli import app
from cyclorama.cli.examples import EXAMPLE_JOB, EXAMPLES
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import JPEG
from tests.support.command_runs import OWN_PAGES, is_run_next_to_engines
from tests.support.documents import list_commands, read_blocks
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.support.webhooks import write_endpoints
from tools import ROOT
from tools.reference.command_line import walk_commands

PAGES = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / page for page in OWN_PAGES})
BLOCKS = [(page.stem, kind, text) for page in PAGES for kind, text in read_blocks(page)]
# Pages whose commands take longer than all others.
LONG_PAGES = ("cli",)
HF_DOWNLOAD = ".venv/bin/hf download "
WORKFLOW = ROOT / "docs" / "workflows" / "flux-lora-background.json"
# The first campaign file of each page.
CAMPAIGNS = {page: text for page, kind, text in reversed(BLOCKS) if kind == "yaml"}
# Pages whose code has tests of its own: the engine of the tutorial, receivers of webhooks, and
# programs without our packages.
OWN_TESTS = ("adding-an-engine", "webhooks", "content-credentials")
PYTHON = [text for page, kind, text in BLOCKS if kind == "python" and page not in OWN_TESTS]
# Examples in docstrings leave out the imports.
DOCSTRING_EXAMPLES = [
    text
    for page in sorted((ROOT / "docs/reference/client").glob("*.md"))
    for kind, text in read_blocks(page)
    if kind == "python"
]
PYTHON += [
    f"import cyclorama\n{text}" for text in DOCSTRING_EXAMPLES if not text.startswith("async")
]
PYTHON += [
    f"import asyncio, cyclorama\nasync def main():\n{indent(text, '    ')}\nasyncio.run(main())"
    for text in DOCSTRING_EXAMPLES
    if text.startswith("async")
]
(NODE,) = [text for _, kind, text in BLOCKS if kind == "js"]
NPM = ["npm", "install", "--silent", "--no-save", "@grpc/grpc-js@1", "@grpc/proto-loader@0.8"]


def shell_lines(page: str) -> list[str]:
    return list_commands(ROOT / "docs" / f"{page}.md")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    # Of a server that is never called.
    shop = {"url": "https://shop.invalid/", "events": ["job.canceled"]}
    webhooks = write_endpoints(kept / "webhooks.toml", shop=shop)
    jobs = job_store_settings(kept) | {"webhooks": str(webhooks)}
    with pytest.MonkeyPatch.context() as patch, serve_system_in_thread(**jobs) as running:
        # The commands that concern it run next to it.
        patch.setenv("CYCLORAMA_GATEWAY_DATABASE", jobs["database"])
        yield running


@pytest.fixture
def workspace(running, tmp_path, monkeypatch):
    """The working directory: photos, campaigns, workflow.json and a certificate."""
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/bottle.jpg"):
        (tmp_path / name).write_bytes(encode_image(draw_product(320, 256)[0], JPEG).data)
    (tmp_path / "ads.csv").write_text("photo,prompt,size\nphoto.jpg,on sand,256x256\n")
    small = CAMPAIGNS["cli"].replace("1024x1024", "256x256").replace("768x1344", "192x256")
    (tmp_path / "campaign.yaml").write_text(small)
    (tmp_path / "archived.yaml").write_text(CAMPAIGNS["webhooks"])
    shutil.copy(WORKFLOW, tmp_path / "workflow.json")
    (tmp_path / "clients").symlink_to(ROOT / "clients")
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
def run_lines(running, workspace, monkeypatch, capfd):
    """Runs lines in order and returns the size of each output file by its name."""

    def run(lines: list[str]) -> dict[str, int]:
        for line in lines:
            words = shlex.split(line.replace("segmentation=classic", "segmentation=crop"))
            if EXAMPLE_JOB in words:
                with Client(running.address) as client:
                    words[words.index(EXAMPLE_JOB)] = next(client.jobs.list()).name
            # The flat pictures of the test engines may be assessed as flawed.
            allowed = (0, 1) if words[1] == "assess" else (0,)
            assert exit_status(words) in allowed, f"{line}\n{capfd.readouterr()}"
        named = re.findall(r"-o (\S+\.\w+)", "\n".join(lines))
        return {name: (workspace / name).stat().st_size for name in named}

    def exit_status(words: list[str]) -> int | str | None:
        if words[0].endswith("python"):
            return run_program(sys.executable, *words[1:]).returncode
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as left:
            app.run_command_line()
        return left.value.code or 0

    return run


def run_program(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True)


@pytest.mark.parametrize(
    "line",
    [line for page in PAGES for line in shell_lines(page.stem) if line.startswith(HF_DOWNLOAD)],
)
def test_downloads_name_all_their_files_by_patterns(monkeypatch, line):
    """A pattern that is no value of an option names a file: the options then have no effect."""
    asked = []
    monkeypatch.setattr(download, "snapshot_download", lambda **words: asked.append(words) or "x")
    monkeypatch.setattr("sys.argv", shlex.split(line))
    with pytest.raises(SystemExit) as left:
        hf.main()
    assert not left.value.code
    (words,) = asked
    assert words["allow_patterns"] == re.findall(r'"(\*[^"]+)"', line)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page.stem, marks=[pytest.mark.slow] * (page.stem in LONG_PAGES))
        for page in PAGES
        if any(map(is_run_next_to_engines, shell_lines(page.stem)))
    ],
)
def test_commands_of_a_page_run_in_order(run_lines, page):
    written = run_lines([*filter(is_run_next_to_engines, shell_lines(page))])
    assert all(size > 1000 for size in written.values()), written


@pytest.mark.slow
def test_examples_of_help_run_in_order(run_lines):
    lines = [line for lines in EXAMPLES.values() for line in lines]
    written = run_lines([*filter(is_run_next_to_engines, lines)])
    assert written and all(size > 1000 for size in written.values()), written


@pytest.mark.parametrize("text", PYTHON)
def test_code_of_a_page_runs(running, workspace, text):
    text = text.replace("127.0.0.1:50050", running.address)
    done = run_program(sys.executable, "-W", "error", "-c", text)
    assert done.returncode == 0, done.stderr


def test_the_code_of_the_readme_runs_as_typed_in_a_checkout(running, workspace):
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    text = text.replace("127.0.0.1:50050", running.address)
    done = run_program(sys.executable, "-W", "error", "-c", text)
    assert done.returncode == 0, done.stderr
    assert (workspace / "ad.json").exists() and done.stdout.startswith("['crop', ")


@pytest.mark.slow
def test_the_node_client_creates_an_ad_and_prints_errors(running, workspace):
    if not shutil.which("npm") or run_program(*NPM).returncode:
        pytest.skip("Node or its gRPC packages cannot be installed")
    (workspace / "protos").symlink_to(ROOT / "protos")
    (workspace / "ad.mjs").write_text(NODE.replace("127.0.0.1:50050", running.address))
    done = run_program("node", "ad.mjs")
    assert done.returncode == 0, done.stderr
    assert "STAGE_INPAINTING grounding" in done.stdout
    assert (workspace / "ad.png").read_bytes()[:4] == b"\x89PNG"
    (workspace / "photo.jpg").write_text("no picture")
    rejected = run_program("node", "ad.mjs")
    assert rejected.returncode == 1 and rejected.stderr.startswith("INVALID_IMAGE")


def test_every_command_has_an_example():
    root = typer.main.get_command(app.app)
    assert {name for name, _ in walk_commands(root)} == set(EXAMPLES)
