"""The compose files and the Dockerfile are sound, as far as that shows without an engine."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from tests.support.settings import SETTINGS, names_of
from tools import ROOT

MAIN = ROOT / "docker-compose.yml"
OVERLAYS = sorted((ROOT / "deploy").glob("compose.*.yml"))
COMPOSE = [MAIN, *OVERLAYS]
TOGETHER = [chosen for count in range(5) for chosen in combinations(OVERLAYS, count)]

DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *COMPOSE]
COMMANDS = sorted(
    {
        command.strip()
        for document in DOCUMENTS
        for command in re.findall(r"docker compose [^`\n\\]+", document.read_text())
    }
)


def services_in(file: Path) -> dict[str, dict]:
    """The services that a compose file makes or changes, by name."""
    return yaml.safe_load(file.read_text())["services"]


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The command that puts compose files together."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            tried = subprocess.run([*command, "version"], capture_output=True)
            if tried.returncode == 0:
                return command
    pytest.skip("there is no docker compose here to put the files together")


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_files_keep_to_the_specification(file):
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "overlays", TOGETHER, ids=lambda chosen: "+".join(file.name.split(".")[1] for file in chosen)
)
def test_any_of_the_files_go_together(compose, overlays):
    files = [word for file in (MAIN, *overlays) for word in ("-f", str(file))]
    command = [*compose, *files, "--profile", "*", "config"]
    environment = os.environ | {"STORE_PASSWORD": "secret"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = yaml.safe_load(done.stdout)["services"]
    asked = {name: each for file in (MAIN, *overlays) for name, each in services_in(file).items()}
    assert told.keys() == asked.keys()
    for file in (MAIN, *overlays):
        for name, each in services_in(file).items():
            assert each.get("environment", {}).keys() <= told[name].get("environment", {}).keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_name_what_is_there(command):
    words = shlex.split(command)[2:]
    files = [words[place + 1] for place, word in enumerate(words) if word == "-f"]
    assert {ROOT / file for file in files} <= set(COMPOSE)
    (verb,) = {"up", "run", "ps", "logs", "exec", "down"} & set(words)
    if verb in ("run", "logs", "exec"):
        read = [ROOT / file for file in files] or COMPOSE
        assert {name for file in read for name in services_in(file)} & set(words)


def test_every_setting_of_a_container_is_one_of_its_service():
    for file in COMPOSE:
        for name, each in services_in(file).items():
            given = {key for key in each.get("environment", ()) if key.startswith("CYCLORAMA_")}
            assert not given or given <= names_of(SETTINGS[name]), f"{file.name}: {name}"


def test_containers_of_others_are_of_a_named_version():
    foreign = [
        each
        for file in OVERLAYS
        for name, each in services_in(file).items()
        if name not in SETTINGS
    ]
    assert len(foreign) == 5
    for each in foreign:
        assert any(digit.isdigit() for digit in each["image"].partition(":")[2]), each["image"]
        assert each["restart"] and each["security_opt"] == ["no-new-privileges:true"]


def test_containers_of_ours_run_without_rights():
    services = services_in(MAIN)
    ours = {name: each for name, each in services.items() if "build" in each}
    assert len(ours) == 6
    for each in ours.values():
        assert each["read_only"] and each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert each["mem_limit"] and each["stop_grace_period"]


def test_nothing_is_published_beyond_this_machine():
    services = [each for file in COMPOSE for each in services_in(file).values()]
    ports = [port for each in services for port in each.get("ports", ())]
    assert len(ports) == 4 and all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_mounted_from_the_project_is_there():
    mounts = [
        mount.partition(":")[0]
        for file in COMPOSE
        for each in services_in(file).values()
        for mount in each.get("volumes", ())
    ]
    ours = [mount for mount in mounts if mount.startswith("./")]
    assert len(ours) == 3 and all((ROOT / mount).is_dir() for mount in ours)


def test_the_dockerfile_is_clean():
    file = ROOT / "services" / "Dockerfile"
    # Versions of system packages are the base image's; words are split and ports filled in by sh.
    ignored = [f"--ignore={rule}" for rule in ("DL3008", "DL3025", "SC2086")]
    command = [str(Path(sys.executable).with_name("hadolint")), *ignored, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
