"""The compose files and the Dockerfile are sound, as far as that shows without an engine."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = [ROOT / "docker-compose.yml", *(ROOT / "deploy").glob("compose.*.yml")]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_files_keep_to_the_specification(file):
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_containers_of_ours_run_without_rights():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = {name: each for name, each in services.items() if "build" in each}
    assert len(ours) == 5
    for each in ours.values():
        assert each["read_only"] and each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert each["mem_limit"] and each["stop_grace_period"]


def test_nothing_is_published_beyond_this_machine():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = [port for each in services.values() for port in each.get("ports", ())]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_the_dockerfile_is_clean():
    file = ROOT / "services" / "Dockerfile"
    # Versions of system packages are the base image's; words are split and ports filled in by sh.
    ignored = [f"--ignore={rule}" for rule in ("DL3008", "DL3025", "SC2086")]
    command = [str(Path(sys.executable).with_name("hadolint")), *ignored, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
