import hashlib
import os
import socket
import subprocess
import sys

import pytest

from services.segmentation import checkpoints
from services.segmentation.checkpoints import (
    FILES,
    CheckpointDownloadError,
    download_checkpoint,
    find_checkpoint,
)
from tools import ROOT
from tools.doubles.files import run_file_server

DATA = bytes(range(256)) * 4000
NAME = f"sam_vit_l_{hashlib.sha256(DATA).hexdigest()[:6]}.pth"


@pytest.fixture(autouse=True)
def _small_files(monkeypatch):
    """Makes vit_l a file of a megabyte whose name has its checksum."""
    monkeypatch.setitem(FILES, "vit_l", NAME)


@pytest.fixture
def server():
    with run_file_server({f"/{NAME}": DATA}) as server:
        yield server


def test_a_file_is_downloaded_under_its_official_name_with_progress_reports(server, tmp_path):
    reports = []
    path = download_checkpoint(
        "vit_l", tmp_path / "models", server.url, lambda *at: reports.append(at)
    )
    assert path == tmp_path / "models" / NAME and path.read_bytes() == DATA
    assert reports[-1] == (len(DATA), len(DATA)) and sorted(reports) == reports
    assert os.listdir(path.parent) == [NAME]


def test_an_existing_file_is_not_downloaded_again(server, tmp_path):
    download_checkpoint("vit_l", tmp_path, server.url)
    download_checkpoint("vit_l", tmp_path, server.url)
    assert len(server.requested_ranges) == 1


def test_an_interrupted_response_is_resumed_where_it_stopped(server, tmp_path):
    server.cut_after = [300_000, 200_000]
    assert download_checkpoint("vit_l", tmp_path, server.url).read_bytes() == DATA
    assert server.requested_ranges[0] is None and len(server.requested_ranges) == 3
    starts = [int(each[6:-1]) for each in server.requested_ranges[1:]]
    assert 0 < starts[0] <= 300_000 and starts[0] < starts[1] <= 500_000


def test_a_killed_download_is_resumed_by_the_next_run(server, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:400_000])
    assert download_checkpoint("vit_l", tmp_path, server.url).read_bytes() == DATA
    assert server.requested_ranges == ["bytes=400000-"]


def test_a_complete_partial_file_is_only_renamed(server, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA)
    assert download_checkpoint("vit_l", tmp_path, server.url).read_bytes() == DATA


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.ranges = False
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:400_000])
    assert download_checkpoint("vit_l", tmp_path, server.url).read_bytes() == DATA


def test_a_file_with_a_wrong_checksum_is_rejected_and_deleted(server, tmp_path):
    server.files[f"/{NAME}"] = DATA[::-1]
    with pytest.raises(CheckpointDownloadError, match="another file"):
        download_checkpoint("vit_l", tmp_path, server.url)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_http_error_names_the_file_and_the_status(server, tmp_path, status):
    server.status = status
    with pytest.raises(CheckpointDownloadError, match=rf"no {NAME} \(status {status}\)"):
        download_checkpoint("vit_l", tmp_path, server.url)


def test_a_download_that_keeps_breaking_gives_up_and_keeps_its_partial_file(server, tmp_path):
    server.cut_after = [100_000] * 50
    with pytest.raises(CheckpointDownloadError, match="CYCLORAMA_SEGMENTATION_MIRROR"):
        download_checkpoint("vit_l", tmp_path, server.url)
    assert 0 < (tmp_path / f"{NAME}.part").stat().st_size < len(DATA)


def test_the_best_checkpoint_of_a_folder_is_found(tmp_path):
    assert find_checkpoint(tmp_path) is None
    (tmp_path / FILES["vit_b"]).write_bytes(b"x")
    assert find_checkpoint(tmp_path).name == FILES["vit_b"]
    (tmp_path / NAME).write_bytes(b"x")
    assert find_checkpoint(tmp_path).name == NAME


def run_command(*words: str, **settings: str) -> subprocess.CompletedProcess:
    environment = os.environ | {f"CYCLORAMA_SEGMENTATION_{k}": v for k, v in settings.items()}
    line = [sys.executable, "-m", checkpoints.__name__, *words]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)


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
    assert done.returncode == 2 and "vit_l" in done.stderr
