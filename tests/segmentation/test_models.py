"""Weights by their model's name: found, fetched from where they are published, or explained."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.downloads import DownloadError
from services.runtime.errors import EngineNotReady
from services.segmentation import models
from services.segmentation.cards import FOLDER
from services.segmentation.models import (
    CHECKPOINTS,
    ModelSettings,
    fetch_model,
    find_checkpoint,
)
from tools import ROOT
from tools.doubles.files import run_file_server

DATA = b"weights" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
CHECKPOINT = f"sam_vit_l_{SHA256[:6]}.pth"


@pytest.fixture(autouse=True)
def _small_files(monkeypatch):
    """Makes vit_l a small file whose name has its checksum."""
    monkeypatch.setitem(CHECKPOINTS, "vit_l", CHECKPOINT)


@pytest.fixture
def folder(tmp_path):
    """A folder for models with the card of a small network, "mine"."""
    lines = (FOLDER / "u2netp.toml").read_text().replace("u2netp.onnx", "mine.onnx")
    (tmp_path / "models").mkdir()
    (tmp_path / "models/mine.toml").write_text(
        "".join(
            f'sha256 = "{SHA256}"\n' if line.startswith("sha256") else line
            for line in lines.splitlines(keepends=True)
        )
    )
    return tmp_path / "models"


@pytest.fixture
def server():
    with run_file_server({f"/{CHECKPOINT}": DATA, "/mine.onnx": DATA}) as server:
        yield server


@pytest.mark.parametrize(("name", "file"), [("vit_l", CHECKPOINT), ("mine", "mine.onnx")])
def test_weights_come_from_the_mirror_once(name, file, folder, server):
    settings = ModelSettings(models=folder, mirror=server.url)
    for _ in range(2):
        assert fetch_model(name, settings) == folder / file
    assert (folder / file).read_bytes() == DATA
    assert len(server.requested_ranges) == 1


def test_another_file_under_the_name_of_a_network_is_kept_and_named(folder, server):
    (folder / "mine.onnx").write_bytes(b"mine")
    with pytest.raises(DownloadError, match=r"mine.onnx is another file.*delete it"):
        fetch_model("mine", ModelSettings(models=folder, mirror=server.url))
    assert (folder / "mine.onnx").read_bytes() == b"mine"


def test_a_network_that_users_bring_says_where_it_is(tmp_path):
    with pytest.raises(DownloadError, match=r"BiRefNet.*releases.*copy the file to"):
        fetch_model("birefnet-general", ModelSettings(models=tmp_path))


def test_an_unknown_model_is_an_error(tmp_path):
    with pytest.raises(EngineNotReady, match="no network card 'magic'"):
        fetch_model("magic", ModelSettings(models=tmp_path))


def test_the_best_checkpoint_of_a_folder_is_found(tmp_path):
    assert find_checkpoint(tmp_path) is None
    (tmp_path / CHECKPOINTS["vit_b"]).write_bytes(b"x")
    assert find_checkpoint(tmp_path).name == CHECKPOINTS["vit_b"]
    (tmp_path / CHECKPOINT).write_bytes(b"x")
    assert find_checkpoint(tmp_path).name == CHECKPOINT


def run_command(*words: str, **settings: str) -> subprocess.CompletedProcess:
    environment = os.environ | {f"CYCLORAMA_SEGMENTATION_{k}": v for k, v in settings.items()}
    line = [sys.executable, "-m", models.__name__, *words]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_command_prints_the_path_of_the_file(folder, server):
    done = run_command("mine", MODELS=str(folder), MIRROR=server.url)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == DATA


def test_the_command_without_network_says_in_one_sentence_what_to_do(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{free.getsockname()[1]}"
        done = run_command("vit_b", MODELS=str(tmp_path), MIRROR=mirror)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert "check the connection" in sentence and str(tmp_path) in sentence


def test_the_command_rejects_unknown_models_and_names_the_known_ones():
    done = run_command("vit_x")
    assert done.returncode == 2 and "vit_l" in done.stderr and "u2netp" in done.stderr
