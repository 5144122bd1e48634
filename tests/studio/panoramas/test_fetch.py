"""The package of panoramas: unpacked and checked, and what happens where it cannot be had."""

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile

import pytest

from services.runtime.downloads import DownloadError
from services.studio.panoramas import fetch
from services.studio.panoramas.cards import load_cards

EXR = b"\x76\x2f\x31\x01 a panorama"


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Puts an npm first on the path that packs the modules that it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(modules: dict[str, bytes]) -> None:
        with tarfile.open(folder / "package.tgz", "w:gz") as archive:
            for name, data in modules.items():
                member = tarfile.TarInfo(f"package/hdri/{name}.exr.js")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        program = folder / "npm"
        program.write_text(
            '#!/bin/sh\nwhile [ "$1" != --pack-destination ]; do shift; done\n'
            f'cp {folder}/package.tgz "$2"\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return install


@pytest.fixture
def forest(monkeypatch):
    """Leaves one card: that of a panorama whose file is EXR."""
    card = load_cards()["forest"].model_copy(update={"sha256": hashlib.sha256(EXR).hexdigest()})
    monkeypatch.setattr(fetch, "load_cards", lambda: {"forest": card})


def encode_module(data: bytes) -> bytes:
    """Returns the module of the package that contains a file."""
    return b"export default 'data:application/exr;base64," + base64.b64encode(data) + b"'"


def test_panoramas_are_taken_out_of_the_package(npm, forest, tmp_path):
    npm({"forest": encode_module(EXR)})
    (path,) = fetch.fetch_panoramas(tmp_path / "models/places")
    assert path.read_bytes() == EXR
    assert os.listdir(path.parent) == ["forest.exr"]


def test_panoramas_that_are_there_are_not_fetched_again(forest, tmp_path, monkeypatch):
    (tmp_path / "forest.exr").write_bytes(EXR)
    monkeypatch.setenv("PATH", "")
    assert fetch.fetch_panoramas(tmp_path) == [tmp_path / "forest.exr"]


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ({"forest": encode_module(b"another")}, "forest.exr is another file"),
        ({"forest": b"export default 1"}, "has no panorama forest"),
        ({}, "has no panorama forest"),
    ],
)
def test_another_package_is_refused(npm, forest, tmp_path, modules, reason):
    npm(modules)
    with pytest.raises(DownloadError, match=reason):
        fetch.fetch_panoramas(tmp_path / "places")
    assert os.listdir(tmp_path / "places") == []


def test_without_a_network_set_up_says_one_sentence_and_goes_on(tmp_path):
    settings = {
        **os.environ,
        "PATH": "",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
        "CYCLORAMA_PLACES": str(tmp_path / "places"),
    }
    command = [sys.executable, "-m", "services.background.places"]
    process = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert process.returncode == 1
    assert "make places" in process.stderr and len(process.stderr.splitlines()) == 1


def test_check_says_what_is_missing(tmp_path):
    settings = {**os.environ, "CYCLORAMA_PLACES": str(tmp_path)}
    command = [sys.executable, "-m", "services.background.places", "--check"]
    process = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    assert "18 of 18 photographed places are missing" in process.stdout
