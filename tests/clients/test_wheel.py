"""The wheels as users install them: in environments with only their own dependencies."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def build_wheel(project: Path, folder: Path) -> Path:
    """Builds the wheel of a project into a folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("cyclorama*.whl")
    return path


def install_wheel(wheel: Path, extra: str, needed: set[str], home: Path) -> Path:
    """Creates an environment with a wheel and linked distributions, without a network.

    pip refuses the wheel if they are not all that it needs. Returns the bin folder.
    """
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    for name in needed:
        link_distribution(name, packages)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin/python"), "--quiet"]
    install = ["install", "--no-index", "--disable-pip-version-check", f"{wheel}{extra}"]
    done = subprocess.run([*pip, *install], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home / "bin"


@pytest.fixture(scope="module")
def bare_environment(tmp_path_factory):
    """The bin folder of an environment with the client's wheel and what it needs."""
    wheel = build_wheel(ROOT / "clients", tmp_path_factory.mktemp("wheel"))
    return install_wheel(wheel, "", set(NEEDED), tmp_path_factory.mktemp("alone"))


def list_requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yields what an installed distribution with extras needs on this machine."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        chosen = ({"extra": extra} for extra in (extras or {""}))
        if not requirement.marker or any(map(requirement.marker.evaluate, chosen)):
            yield requirement


def list_needed(name: str, extras: frozenset[str]) -> set[str]:
    """Returns the names of all distributions that one with extras needs, however indirectly."""
    found, ahead = set(), [(name, extras)]
    while ahead:
        each = ahead.pop()
        if each not in found:
            found.add(each)
            ahead += [
                (canonicalize_name(it.name), frozenset(it.extras))
                for it in list_requirements(*each)
            ]
    return {needed for needed, _ in found if needed != name}


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


@pytest.fixture(scope="module")
def local_environment(tmp_path_factory):
    """The bin folder of an environment with the wheel of the services and its extra local."""
    wheel = build_wheel(ROOT, tmp_path_factory.mktemp("services-wheel"))
    needed = list_needed("cyclorama-services", frozenset({"local"}))
    return install_wheel(wheel, "[local]", needed, tmp_path_factory.mktemp("services"))


@pytest.mark.slow
def test_the_wheel_of_the_services_makes_an_ad_with_nothing_running(local_environment, photo):
    words = ("run", photo.name, "on a marble table", "-o", "ad.png", "--size", "256x256")
    done = run(local_environment, str(local_environment / "cyclorama"), *words, cwd=photo.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ad.png  256 x 256"
    assert (photo.parent / "ad.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_the_wheel_of_the_services_makes_the_ads_of_a_folder(local_environment, photo, tmp_path):
    shots = tmp_path / "shots"
    shots.mkdir()
    photo.rename(shots / "bottle.png")
    words = ("run", "shots", "on sand", "-o", "ads", "--size", "256x256", "--draft")
    done = run(local_environment, str(local_environment / "cyclorama"), *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ads" / "bottle_on-sand_256x256.png").is_file()
