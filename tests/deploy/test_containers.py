"""Checks of the compose files and the Dockerfile that need no container engine."""

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

from cyclorama.version import __version__
from cyclorama.web.healthcheck import has_page
from cyclorama.web.settings import read_page_settings
from tests.support.processes import STAGES
from tests.support.settings import SETTINGS, variable_names
from tools import ROOT

MAIN = ROOT / "docker-compose.yml"
OVERLAYS = sorted((ROOT / "deploy").glob("compose.*.yml"))
COMPOSE = [MAIN, *OVERLAYS]
DIFFUSERS, DIFFUSERS_GPU = (
    ROOT / "deploy" / f"compose.{name}.yml" for name in ("diffusers", "diffusers-gpu")
)
# That for a GPU needs the other one; alone this is tested below.
COMBINATIONS = [
    chosen
    for count in range(len(OVERLAYS) + 1)
    for chosen in combinations(OVERLAYS, count)
    if (DIFFUSERS in chosen) == (DIFFUSERS_GPU in chosen)
]

DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *COMPOSE]
COMMANDS = sorted(
    {
        command.strip()
        for document in DOCUMENTS
        for command in re.findall(
            r"docker compose [^`\n]+", document.read_text().replace("\\\n", " ")
        )
    }
)
VERBS_OF_SERVICES = {"run", "exec", "restart", "stop"}
VERBS = VERBS_OF_SERVICES | {"up", "ps", "logs", "down", "build", "push"}
# Readers write it as docs/on-call.md shows.
OWN_FILE = ROOT / "night.yml"
CLIENT_VARIABLES = {
    f"CYCLORAMA_{name}" for name in ("GATEWAY", "CA", "TOKEN", *map(str.upper, STAGES))
}
PAGE_VARIABLES = {
    f"CYCLORAMA_{name}" for name in ("GATEWAY", "CA", "TOKEN_FILE", "WEB_LISTEN", "WEB_HOSTS")
}
VARIABLES = {
    **{name: variable_names(settings) for name, settings in SETTINGS.items()},
    "page": PAGE_VARIABLES,
    "cyclorama": CLIENT_VARIABLES,
    "callers": {"CYCLORAMA_GATEWAY_CALLERS"},
}
# Variables without which files are invalid.
REQUIRED = {"STORE_PASSWORD": "secret", "CYCLORAMA_DIFFUSERS_MODEL": "./models/sdxl"}


def read_services(file: Path) -> dict[str, dict]:
    """Returns the services of a compose file by name."""
    return yaml.safe_load(file.read_text())["services"]


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The command that merges compose files: docker compose or docker-compose."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            tried = subprocess.run([*command, "version"], capture_output=True)
            if tried.returncode == 0:
                return command
    pytest.skip("docker compose is not installed")


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_files_match_the_compose_schema(file):
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "overlays",
    COMBINATIONS,
    ids=lambda chosen: "+".join(file.name.split(".")[1] for file in chosen),
)
def test_every_combination_of_compose_files_is_valid(compose, overlays):
    files = [word for file in (MAIN, *overlays) for word in ("-f", str(file))]
    command = [*compose, *files, "--profile", "*", "config"]
    environment = os.environ | REQUIRED
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    merged = yaml.safe_load(done.stdout)["services"]
    expected = {
        name: each for file in (MAIN, *overlays) for name, each in read_services(file).items()
    }
    assert merged.keys() == expected.keys()
    for file in (MAIN, *overlays):
        for name, each in read_services(file).items():
            assert each.get("environment", {}).keys() <= merged[name].get("environment", {}).keys()


@pytest.mark.parametrize("model", ["./models/sdxl", "models/sdxl", "/srv/sdxl.safetensors"])
def test_a_model_keeps_its_name_in_the_container(compose, model):
    environment = os.environ | {"CYCLORAMA_DIFFUSERS_MODEL": model}
    command = [*compose, "-f", str(MAIN), "-f", str(DIFFUSERS), "config"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    background = yaml.safe_load(done.stdout)["services"]["background"]
    inside = os.path.normpath(background["environment"]["CYCLORAMA_DIFFUSERS_MODEL"])
    assert inside.endswith(Path(model).name)
    assert f"{os.path.normpath(ROOT / model)}:{inside}:ro" in map(read_mount, background["volumes"])


def read_mount(mount: str | dict) -> str:
    """Returns a mount as source:target:mode, whichever form the merged file has."""
    if isinstance(mount, str):
        return mount
    # Old versions of compose leave the paths of the long form as they are.
    source, target = os.path.normpath(ROOT / mount["source"]), os.path.normpath(mount["target"])
    return f"{source}:{target}:{'ro' if mount.get('read_only') else 'rw'}"


def test_the_container_with_a_model_serves_inpainting_instead_of_its_own():
    services = read_services(DIFFUSERS)
    (port,) = re.findall(r":(\d+)", services["gateway"]["environment"].popitem()[1])
    assert read_services(MAIN)["background"]["build"]["args"]["PORT"] == int(port)
    assert services["inpainting"] == {"scale": 0}
    assert services["background"]["build"]["args"]["EXTRA"] == "background,diffusers"


@pytest.mark.parametrize("command", COMMANDS)
def test_documented_commands_name_existing_files_and_services(command):
    words = shlex.split(command)[2:]
    files = [words[place + 1] for place, word in enumerate(words) if word == "-f"]
    assert {ROOT / file for file in files} <= {*COMPOSE, OWN_FILE}
    (verb,) = VERBS & set(words)
    if verb in VERBS_OF_SERVICES:
        read = [ROOT / file for file in files if ROOT / file in COMPOSE] or COMPOSE
        assert {name for file in read for name in read_services(file)} & set(words)


def test_containers_set_only_settings_of_their_service():
    for file in COMPOSE:
        for name, each in read_services(file).items():
            settings = {key for key in each.get("environment", ()) if key.startswith("CYCLORAMA_")}
            assert not settings or settings <= VARIABLES[name], f"{file.name}: {name}"


def test_third_party_images_have_a_version_tag():
    third_party = [
        each
        for file in OVERLAYS
        for name, each in read_services(file).items()
        if name not in VARIABLES
    ]
    assert len(third_party) == 5
    for each in third_party:
        assert any(digit.isdigit() for digit in each["image"].partition(":")[2]), each["image"]
        assert each["restart"] and each["security_opt"] == ["no-new-privileges:true"]


def test_logs_of_every_container_are_bounded():
    started = [
        (name, each)
        for file in COMPOSE
        for name, each in read_services(file).items()
        if "image" in each and (file is MAIN or name not in VARIABLES)
    ]
    assert len(started) == 16
    for name, each in started:
        assert each["logging"]["driver"] == "json-file", name
        assert {"max-size", "max-file"} == each["logging"]["options"].keys(), name


def test_images_are_named_for_publishing_and_tagged_with_the_version():
    ours = [
        each
        for file in COMPOSE
        for name, each in read_services(file).items()
        if "image" in each and name in VARIABLES
    ]
    assert len(ours) == 11
    for each in ours:
        registry, name = each["image"].split("cyclorama/")
        assert registry == "${CYCLORAMA_REGISTRY:-}"
        assert re.fullmatch(r"[a-z-]+:\$\{CYCLORAMA_TAG:-(.+)\}", name)[1] == __version__
        assert each["build"]["args"].get("VERSION", __version__) == __version__


def test_one_image_has_one_set_of_build_arguments():
    services = read_services(MAIN)
    assert services["callers"]["image"] == services["cyclorama"]["image"]
    assert services["callers"]["build"] == services["cyclorama"]["build"]


def test_the_page_is_set_up_for_browsers_of_this_machine(monkeypatch):
    page = read_services(MAIN)["page"]
    monkeypatch.setenv("CYCLORAMA_GATEWAY", page["environment"]["CYCLORAMA_GATEWAY"])
    monkeypatch.setenv("CYCLORAMA_WEB_LISTEN", f"0.0.0.0:{page['build']['args']['PORT']}")
    settings = read_page_settings([])
    assert settings.gateway == "gateway:50050" and settings.address == ("0.0.0.0", 50080)
    assert page["ports"] == ["127.0.0.1:${PAGE_PORT:-50080}:50080"]
    assert page["depends_on"] == {"gateway": {"condition": "service_healthy"}}


def test_the_page_passes_its_health_check_while_it_runs():
    """Without a gateway too: another process of the page would not reach it either."""
    command = [sys.executable, "-m", "cyclorama.web", "--listen", "127.0.0.1:0"]
    page = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        address = page.stdout.readline().strip().rpartition("/")[2]
        assert has_page(address)
    finally:
        page.terminate()
        page.communicate()
    assert not has_page(address, timeout=1)


def test_containers_run_without_privileges():
    services = read_services(MAIN)
    ours = {name: each for name, each in services.items() if "build" in each}
    assert ours.keys() == VARIABLES.keys()
    for each in ours.values():
        assert each["read_only"] and each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert each["mem_limit"] and each["stop_grace_period"]
        assert each["pids_limit"] and each["ulimits"]["nofile"]


def test_ports_are_published_on_loopback_only():
    services = [each for file in COMPOSE for each in read_services(file).values()]
    ports = [port for each in services for port in each.get("ports", ())]
    assert len(ports) == 5 and all(port.startswith("127.0.0.1:") for port in ports)


def test_mounted_folders_of_the_project_exist():
    mounts = [
        read_mount(mount).partition(":")[0]
        for file in COMPOSE
        for each in read_services(file).values()
        for mount in each.get("volumes", ())
    ]
    ours = [mount for mount in mounts if mount.startswith("./")]
    assert len(ours) == 3 and all((ROOT / mount).is_dir() for mount in ours)


def test_the_dockerfile_passes_hadolint():
    file = ROOT / "services" / "Dockerfile"
    # Versions of system packages are the base image's; words are split and ports filled in by sh.
    ignored = [f"--ignore={rule}" for rule in ("DL3008", "DL3025", "SC2086")]
    command = [str(Path(sys.executable).with_name("hadolint")), *ignored, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
