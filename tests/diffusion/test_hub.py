"""Models of the Hugging Face Hub: found in its cache, fetched with consent, and never otherwise."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files import hub
from services.diffusion.in_process.files.hub import (
    choose_downloads,
    download_model,
    forbid_downloads,
)
from services.diffusion.in_process.files.model_files import inspect_model
from services.runtime.errors import EngineNotReady

REVISION = "0123456789abcdef0123456789abcdef01234567"
# Inspects models in one process, whose environment names the hub and its cache.
SCRIPT = """
import json, sys
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_files import inspect_model
from services.runtime.errors import EngineNotReady

for name, may_fetch in json.loads(sys.argv[1]):
    settings = DiffusersSettings(diffusers_model=name, diffusers_allow_download=may_fetch)
    try:
        files = inspect_model(settings)
        print(json.dumps(f"{files.name} {files.fingerprint}"))
    except EngineNotReady as error:
        print(json.dumps(str(error)))
"""


class HubHandler(BaseHTTPRequestHandler):
    """Answers the requests by which models are fetched, from a folder of repositories."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.paths.append(self.path)
        path = self.path.partition("?")[0]
        if "gated" in path:
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif self.server.is_broken or "broken" in path:
            self._send(400, b"{}", {})
        elif path.startswith("/api/models/"):
            self._send_listing(*path.removeprefix("/api/models/").split("/")[:3])
        else:
            name, _, file = path[1:].partition(f"/resolve/{REVISION}/")
            self._send(200, (self.server.folder / name / file).read_bytes(), {})

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args):
        """Logs nothing."""

    def _send_listing(self, organization, name, kind="revision"):
        folder = self.server.folder / organization / name
        if not folder.is_dir():
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        files = [path for path in folder.rglob("*") if path.is_file()]
        entries = [
            {
                "type": "file",
                "path": str(path.relative_to(folder)),
                "size": path.stat().st_size,
                "oid": hashlib.sha1(path.read_bytes()).hexdigest(),
            }
            for path in files
        ]
        siblings = [{"rfilename": entry["path"]} for entry in entries]
        model = {"id": f"{organization}/{name}", "sha": REVISION, "siblings": siblings}
        self._send(200, json.dumps(entries if kind == "tree" else model).encode(), {})

    def _send(self, status, content, headers):
        self.send_response(status)
        etag = hashlib.sha1(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": REVISION, **headers}
        for key, value in {**headers, "Content-Length": len(content)}.items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


@contextmanager
def run_hub(folder):
    """Runs a hub with the repositories in a folder; yields it with the paths of requests."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HubHandler) as server:
        server.folder, server.paths, server.is_broken = folder, [], False
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def inspect_names(hub, cache, *names):
    """Inspects models by name in a process of its own; returns a line about each.

    names: with whether they may be fetched.
    """
    environment = {
        **os.environ,
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(cache),
        "NO_PROXY": "127.0.0.1",
    }
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-c", SCRIPT, json.dumps(names)]
    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith('"')]


@pytest.mark.slow
def test_models_are_fetched_with_consent_only(tiny_model, tmp_path):
    fingerprint = inspect_model(DiffusersSettings(diffusers_model=str(tiny_model()))).fingerprint
    repository = shutil.copytree(tiny_model(), tmp_path / "hub" / "org" / "painter")
    for name in ("run.py", "unet/diffusion_pytorch_model.bin", "big.safetensors"):
        (repository / name).write_text("unwanted")
    (tmp_path / "hub" / "org" / "pickled").mkdir()
    (tmp_path / "hub" / "org" / "pickled" / "model_index.json").write_text("{}")
    cache = tmp_path / "cache"
    with run_hub(tmp_path / "hub") as running:
        refused, fetched, cached, *others = inspect_names(
            running,
            cache,
            ("org/painter", False),
            ("org/painter", True),
            ("org/painter", False),
            ("org/nothing", True),
            ("org/gated", True),
            ("org/pickled", True),
            ("org/broken", True),
        )
        assert "CYCLORAMA_DIFFUSERS_ALLOW_DOWNLOAD=true" in refused
        assert fetched == cached == f"painter {fingerprint}"
        assert not any(
            name in path for path in running.paths for name in ("run.py", ".bin", "big.")
        )
        assert [line.partition("; ")[0] for line in others] == [
            "model org/nothing is not on the hub, or private",
            "model org/gated needs consent to its license",
            "model org/pickled is none of diffusers with safetensors",
            "model org/broken could not be fetched",
        ]
        # What is in the cache is used without any request, or while the hub fails.
        running.paths, running.is_broken = [], True
        assert inspect_names(running, cache, ("org/painter", False)) == [fetched]
        assert not running.paths
        assert inspect_names(running, cache, ("org/painter", True)) == [fetched]


@pytest.mark.usefixtures("_absent_hub")
def test_a_hub_that_is_away_is_asked_once_without_retries(caplog):
    """A hub on a port that nothing listens on, as where there is no network."""
    texts = []
    for _ in range(2):
        with pytest.raises(EngineNotReady) as caught:
            download_model("org/absent")
        texts.append(str(caught.value))
    assert texts == ["model org/absent could not be fetched; " + texts[0].partition("; ")[2]] * 2
    assert hub._try_download.cache_info().misses == 1
    assert not [record for record in caplog.records if record.name.startswith("huggingface_hub")]


@pytest.fixture
def _absent_hub(monkeypatch, tmp_path):
    """Lets the hub's client use an address at which nothing listens, and an empty cache."""
    from huggingface_hub import constants

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    for name, value in (("ENDPOINT", url), ("HF_HUB_CACHE", str(tmp_path))):
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub._try_download.cache_clear()
    yield
    hub._try_download.cache_clear()


def test_libraries_cannot_fetch_while_a_model_is_loaded():
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    with forbid_downloads(), pytest.raises(OfflineModeIsEnabled):
        HfApi().list_repo_files("org/painter")
    assert not constants.HF_HUB_OFFLINE


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["unet/a.safetensors", "unet/a.fp16.safetensors"], ["unet/a.safetensors"]),
        (["unet/a.fp16.safetensors", "unet/a.ema.safetensors"], ["unet/a.fp16.safetensors"]),
        (
            ["unet/a.fp16-00001-of-00001.safetensors", "vae/b.safetensors"],
            ["unet/a.fp16-00001-of-00001.safetensors", "vae/b.safetensors"],
        ),
        (["unet/a.safetensors", "unet/a.onnx", "x.safetensors"], ["unet/a.safetensors"]),
        (["unet/a.safetensors", "other/a.safetensors"], ["unet/a.safetensors"]),
    ],
)
def test_only_needed_files_are_fetched(names, chosen):
    assert choose_downloads(["model_index.json", *names]) == ["model_index.json", *chosen]


def test_other_repositories_are_not_fetched():
    assert not choose_downloads(["config.json", "model.safetensors"])
    assert not choose_downloads(["model_index.json", "unet/diffusion_pytorch_model.bin"])
