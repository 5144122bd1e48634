"""The locks match pyproject.toml and each other, and name no download host."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from tools import ROOT
from tools.lock import ALL, FOLDER, IMAGES

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(
    r"^([a-z0-9][\w.-]*)==(\S+)((?: ;[^\\\n]*)?(?: \\\n +--hash=sha256:[0-9a-f]{64})+)$"
)


def read_pins(name: str) -> dict[str, str]:
    """Returns the pinned version of each package of a lock; each has at least one hash."""
    text = (FOLDER / f"{name}.txt").read_text()
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    found = re.findall(PIN.pattern, body, re.MULTILINE)
    assert len(found) == len(re.findall(r"^[a-z0-9]", body, re.MULTILINE))
    return {package: version for package, version, _ in found}


def read_requirements(extra: str) -> list[Requirement]:
    """Returns the requirements of an extra and of the extras it includes."""
    found = []
    for word in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(word)
        if requirement.name == PROJECT["name"]:
            found += [each for inner in requirement.extras for each in read_requirements(inner)]
        else:
            found.append(requirement)
    return [*map(Requirement, PROJECT["dependencies"]), *found]


@pytest.mark.parametrize(("name", "extras"), [(ALL, (*IMAGES, "otel", "c2pa")), *IMAGES.items()])
def test_a_lock_satisfies_the_requirements_of_its_extras(name, extras):
    locked = read_pins(name)
    for extra in extras:
        for requirement in read_requirements(extra):
            package = re.sub(r"[-_.]+", "-", requirement.name).lower()
            assert requirement.specifier.contains(locked[package]), (
                f"{requirement}: run `make lock`"
            )


@pytest.mark.parametrize("image", IMAGES)
def test_all_locks_pin_the_same_versions(image):
    assert read_pins(image).items() <= read_pins(ALL).items()


def test_every_image_has_a_lock():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    arguments = [each["build"]["args"] for each in services.values() if "build" in each]
    assert {each.get("EXTRA", each["SERVICE"]) for each in arguments} == set(IMAGES)
    assert {path.stem for path in FOLDER.iterdir()} == {ALL, *IMAGES}


@pytest.mark.parametrize("name", [ALL, *IMAGES])
def test_a_lock_contains_no_host_and_no_torch(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert "://" not in text and "index" not in text
    assert not re.search(r"^(torch|nvidia\S*|triton)\b", text, re.MULTILINE)


def test_a_package_with_another_hash_is_rejected(tmp_path):
    lock = tmp_path / "lock.txt"
    text = (FOLDER / "gateway.txt").read_text()
    pin = re.search(r"^structlog==([\d.]+).*(?:\n +--hash.*)+", text, re.MULTILINE)
    lock.write_text(pin[0])
    wheel = tmp_path / f"structlog-{pin[1]}-py3-none-any.whl"
    wheel.write_bytes(b"not the real one")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    command += [
        "--ignore-installed",
        "--require-hashes",
        f"--find-links={tmp_path}",
        "-r",
        str(lock),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode and "DO NOT MATCH THE HASHES" in done.stderr
