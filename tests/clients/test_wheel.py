"""The client as its users install it: in an environment with only its own dependencies."""

import os
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

import cyclorama
from tools import ROOT

# The dependencies of the wheel, and theirs.
NEEDED = ("grpcio", "protobuf", "typing_extensions")
CALL = """
import sys, cyclorama
with cyclorama.Client({address!r}, timeout=60) as client:
    ad = client.create_ad("photo.png", "x", size=(64, 64))
others = {{"numpy", "rich", "PIL", "pydantic"}} & set(sys.modules)
print(ad.width, cyclorama.__version__, *sorted(others))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT / "clients", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("cyclorama-*.whl")
    return path


@pytest.fixture(scope="module")
def bare_environment(wheel, tmp_path_factory):
    """The bin folder of an environment with the wheel and what it needs, and no network."""
    home = tmp_path_factory.mktemp("alone")
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    for name in NEEDED:
        link_distribution(name, packages)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin/python"), "--quiet"]
    install = ["install", "--no-index", "--disable-pip-version-check", str(wheel)]
    done = subprocess.run([*pip, *install], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home / "bin"


def link_distribution(name: str, packages: Path) -> None:
    """Makes an installed distribution visible in another environment."""
    for file in distribution(name).files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        place = packages / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file.locate().resolve())


def run(bin_folder: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CYCLORAMA"))}
    return subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True)


def test_the_wheel_makes_an_ad_with_grpc_and_protobuf_alone(bare_environment, running, photo):
    code = CALL.format(address=running.address)
    done = run(
        bare_environment,
        str(bare_environment / "python"),
        "-W",
        "error",
        "-c",
        code,
        cwd=photo.parent,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["64", cyclorama.__version__]


def test_its_types_are_for_others_too(bare_environment):
    (package,) = bare_environment.parent.glob("lib/python*/site-packages/cyclorama")
    assert (package / "py.typed").is_file() and (package / "v1" / "ads_pb2.pyi").is_file()


def test_the_command_says_which_extra_it_needs(bare_environment, tmp_path):
    done = run(bare_environment, str(bare_environment / "cyclorama"), "--help", cwd=tmp_path)
    assert done.returncode == 1 and "pip install 'cyclorama[cli]'" in done.stderr
