"""The command `doctor`, which checks this machine and the services and says what is missing."""

import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.connection import Gateway, explain_tls_mismatch, open_client
from cyclorama.cli.output import Json, console, print_json, stderr_console
from cyclorama.defaults import GATEWAY
from cyclorama.diagnoses import Diagnosis, diagnose_engines, diagnose_stage, diagnose_version
from cyclorama.stages import STAGES

SIGNS = {"ok": "[green]ok[/]", "warning": "[yellow]--[/]", "error": "[red]NO[/]"}
# `requires-python` of the services.
MIN_PYTHON = (3, 11)
# What the services need at 1024 x 1024 with some reserve, and the size of the largest model with
# its weights.
MIN_MEMORY_GIB, MIN_DISK_GIB = 4, 5
GIB = 2**30  # Bytes.
# Time limits: for a local program such as nvidia-smi, which answers at once; for the gateway; and
# for opening a stage's engines, without a diffusion model and with one, of which gigabytes are read
# before it generates an image.
PROGRAM_SECONDS, GATEWAY_SECONDS, ENGINES_SECONDS, MODEL_SECONDS = 3, 10, 120, 900
# Time limit for the gateway to connect to the servers of webhooks: longer than for one of them.
WEBHOOK_SECONDS = 65
# What to do about a server that the gateway does not reach, by reason.
WEBHOOK_ADVICE = {
    "REFUSED_ADDRESS": "its address is not public; have allow_networks name its network",
    "UNREACHABLE": "check the host and port of its url, and whether it runs",
    "TIMEOUT": "check whether a firewall is between the gateway and the server",
    "TLS": "check its certificate, and ca_file for one of your own authority",
}
# Time limit for importing PyTorch, which reads a gigabyte from a disk.
TORCH_SECONDS = 60
# The stages that a diffusion model serves, the setting of a model for which `make up` starts one
# process instead of two, and those of a model for one stage.
MODEL_STAGES = ("background", "inpainting")
MODEL_SETTING = "CYCLORAMA_DIFFUSERS_MODEL"
STAGE_MODEL_SETTINGS = tuple(f"CYCLORAMA_{stage.upper()}_DIFFUSERS_MODEL" for stage in MODEL_STAGES)
# The settings of signing ads, the file of them that `make certs` writes, and the time limit of a
# trial: a signer and a timestamp authority may each take long.
SIGNING_SETTINGS = tuple(
    f"{prefix}_{name}"
    for prefix in ("CYCLORAMA_FINISHING_CREDENTIALS", "CYCLORAMA_CREDENTIALS")
    for name in ("CERT", "KEY", "SIGNER_URL", "SIGNER_TOKEN", "TIMESTAMP_URL", "TRUST")
)
SIGNING_FILE = Path("certs/credentials.env")
SIGNING_SECONDS = 60
INSTALL = "`make up` installs the services"
START = "start it with `make up` or `docker compose up`, or name another with --gateway"


def diagnose_installation(as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Checks this machine and the running services: what works, and how to fix the rest.

    Exits with 0 when an ad can be made, with 1 when not.
    """
    # Lists of diagnoses, one for each check.
    machine, services = check_machine(), check_gateway(gateway)
    services += check_webhooks(gateway) if services[0].state != "error" else []
    settings = read_make_settings()
    machine += check_model_installation(settings)
    machine += check_signing(settings)
    # No gateway runs that could report the engines.
    if services[0].advice == START:
        with stderr_console.status("No gateway runs: opening the engines of this machine ..."):
            machine += check_local_stages(settings)
    able = not any(diagnosis.state == "error" for diagnosis in services)
    if as_json:
        diagnoses = {
            "machine": [asdict(diagnosis) for diagnosis in machine],
            "services": [asdict(diagnosis) for diagnosis in services],
        }
        print_json({"able": able, "gateway": gateway, **diagnoses})
    else:
        _print_diagnoses("This machine", machine)
        _print_diagnoses(f"The services behind {escape(gateway)}", services)
        console.print("An ad can be made." if able else "No ad can be made; see NO above.")
    if not able:
        raise typer.Exit(1)


def _print_diagnoses(title: str, diagnoses: Sequence[Diagnosis]) -> None:
    """Prints the results of checks as a table: a sign, what was checked, what was found."""
    # Three columns without headers.
    table = Table("", "", "", box=None, show_header=False, title=title, title_justify="left")
    for diagnosis in diagnoses:
        advice = f"\n[dim]{escape(diagnosis.advice)}[/]" if diagnosis.advice else ""
        table.add_row(SIGNS[diagnosis.state], diagnosis.name, escape(diagnosis.found) + advice)
    console.print(table)


def read_make_settings(folder: Path = Path()) -> dict[str, str]:
    """Returns the settings that `make up` uses: the environment, then a file .env.

    A line of the file is NAME=VALUE, the value in quotes or not; comments begin with #.
    """
    return _read_settings_file(folder / ".env") | os.environ


def _read_settings_file(file: Path) -> dict[str, str]:
    """Returns the settings in a file; none if it is missing."""
    lines = file.read_text().splitlines() if file.is_file() else []
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    # A line without "=" is not a setting.
    return {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}


def check_machine() -> list[Diagnosis]:
    """Checks what the services need from this machine; returns a diagnosis for each check."""
    return [
        _check_python(),
        _check_cores(),
        _check_memory(),
        _check_disk(),
        *_check_libatomic(),
        _check_gpu(),
    ]


def _check_python() -> Diagnosis:
    """Diagnoses whether this Python is as new as the services need."""
    version = platform.python_version()
    if sys.version_info >= MIN_PYTHON:
        return Diagnosis("python", "ok", version)
    minimum = ".".join(map(str, MIN_PYTHON))
    return Diagnosis("python", "warning", version, f"the services need {minimum} or newer")


def _check_cores() -> Diagnosis:
    """Reports the number of CPU cores that this process may use; the diagnosis is always ok."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Diagnosis("cores", "ok", f"{count}, {platform.machine()}")


def _check_memory() -> Diagnosis:
    """Diagnoses whether this machine has the memory that the services need."""
    total_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    if total_gib >= MIN_MEMORY_GIB:
        return Diagnosis("memory", "ok", f"{total_gib:.1f} GiB")
    advice = f"the services need {MIN_MEMORY_GIB} GiB; lower CYCLORAMA_MAX_CONCURRENT_CALLS"
    return Diagnosis("memory", "warning", f"{total_gib:.1f} GiB", advice)


def _check_disk() -> Diagnosis:
    """Diagnoses whether the working folder's disk has enough free space."""
    free_gib = shutil.disk_usage(".").free / GIB
    if free_gib >= MIN_DISK_GIB:
        return Diagnosis("disk", "ok", f"{free_gib:.0f} GiB free")
    advice = "results of jobs are stored; limit them with CYCLORAMA_GATEWAY_RETENTION_GIB"
    return Diagnosis("disk", "warning", f"{free_gib:.1f} GiB free", advice)


def _check_libatomic() -> Iterator[Diagnosis]:
    """Diagnoses whether libatomic is installed, which rendered scenes need; only on Linux."""
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        advice = "rendered scenes need it: apt install libatomic1"
        yield Diagnosis("libatomic", "warning", "not installed", advice)
    else:
        yield Diagnosis("libatomic", "ok", "installed, for rendered scenes")


def _check_gpu() -> Diagnosis:
    """Diagnoses which NVIDIA GPUs the program nvidia-smi finds; a warning if there is none."""
    advice = "models then run on the CPU; an image server may run on another machine"
    if not (command := shutil.which("nvidia-smi")):
        return Diagnosis("gpu", "warning", "nvidia-smi is not installed", advice)
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        process = subprocess.run(query, capture_output=True, text=True, timeout=PROGRAM_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Diagnosis("gpu", "warning", "nvidia-smi does not answer", advice)
    if process.returncode or not process.stdout.strip():
        return Diagnosis("gpu", "warning", "nvidia-smi finds none", advice)
    # A line for each GPU.
    return Diagnosis("gpu", "ok", "; ".join(process.stdout.strip().splitlines()))


def check_model_installation(settings: Mapping[str, str]) -> list[Diagnosis]:
    """Diagnoses whether this machine can run the diffusion model of the settings, and on its GPU.

    Returns nothing without a model in the settings, or without services on this machine.
    """
    if not _list_model_settings(settings) or not has_services():
        return []
    gpu = _check_gpu()
    command = [sys.executable, "-m", "services.diffusion.in_process.installation"]
    command += [gpu.found] if gpu.state == "ok" else []
    try:
        process = subprocess.run(
            command, env=settings, capture_output=True, text=True, timeout=TORCH_SECONDS
        )
        problems = json.loads(process.stdout)
    except subprocess.TimeoutExpired:
        return [Diagnosis("diffusers", "warning", f"PyTorch does not load in {TORCH_SECONDS} s")]
    except ValueError:
        return [Diagnosis("diffusers", "warning", "not checked", find_cause(process.stderr))]
    if not problems:
        return [Diagnosis("diffusers", "ok", "PyTorch finds the GPU")]
    return [Diagnosis("diffusers", "warning", **problem) for problem in problems]


def check_signing(settings: Mapping[str, str], folder: Path = Path()) -> list[Diagnosis]:
    """Diagnoses whether ads can be signed with the settings, or else with those of `make certs`.

    Returns nothing without either, or without services on this machine.

    folder: with the file SIGNING_FILE of `make certs`, if it exists; paths in it start there.
    """
    if not has_services():
        return []
    if any(map(settings.get, SIGNING_SETTINGS)):
        return [_try_signing("signing", settings, folder)]
    of_file = _read_settings_file(folder / SIGNING_FILE)
    name = f"signing with {SIGNING_FILE}"
    return [_try_signing(name, {**settings, **of_file}, folder)] if of_file else []


def _try_signing(name: str, settings: Mapping[str, str], folder: Path) -> Diagnosis:
    """Signs a trial file with the settings, in a process of its own; returns the diagnosis.

    name: of the diagnosis.
    """
    command = [sys.executable, "-m", "services.finishing.signing_check"]
    try:
        process = subprocess.run(
            command,
            env=settings,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SIGNING_SECONDS,
        )
        return Diagnosis(name, **json.loads(process.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return Diagnosis(name, "warning", f"not checked within {SIGNING_SECONDS} s")
    except (IndexError, ValueError):
        return Diagnosis(name, "warning", "not checked", find_cause(process.stderr))


def _list_model_settings(settings: Mapping[str, str]) -> list[str]:
    """Returns which settings name a diffusion model."""
    return [name for name in (MODEL_SETTING, *STAGE_MODEL_SETTINGS) if settings.get(name)]


def has_services() -> bool:
    """Whether the services are installed here."""
    return bool(find_spec("services") and find_spec("services.runtime"))


def check_local_stages(
    settings: Mapping[str, str], stages: Sequence[str] = STAGES
) -> list[Diagnosis]:
    """Opens the engines of stages on this machine, as `make up` would, and diagnoses each.

    settings: environment variables of the stages. stages: their names.

    Returns one warning when the services are not installed here.
    """
    if not has_services():
        advice = f"{INSTALL} from a clone, or name a gateway of another machine with --gateway"
        return [Diagnosis("services", "warning", "not installed here", advice)]
    with ThreadPoolExecutor(len(stages)) as threads:
        places = threads.submit(_check_places, settings) if "background" in stages else None
        processes = group_stages(settings, stages)
        by_process = threads.map(lambda group: _check_local_process(group, settings), processes)
        diagnoses = [diagnosis for diagnoses in by_process for diagnosis in diagnoses]
        return diagnoses + (places.result() if places else [])


def group_stages(settings: Mapping[str, str], stages: Sequence[str]) -> list[tuple[str, ...]]:
    """Returns stages in groups, each of which one process opens.

    Background and inpainting with one model are one group, as two processes would load it twice.
    """
    if _list_model_settings(settings) != [MODEL_SETTING] or not set(MODEL_STAGES) <= set(stages):
        return [(stage,) for stage in stages]
    others = [(stage,) for stage in stages if stage not in MODEL_STAGES]
    return [MODEL_STAGES, *others]


def _check_places(settings: Mapping[str, str]) -> list[Diagnosis]:
    """Diagnoses which photographed places of the background stage are missing or refused.

    settings: environment variables of the background stage.
    """
    command = [sys.executable, "-m", "services.background.places", "--check"]
    try:
        process = subprocess.run(
            command, env=settings, capture_output=True, text=True, timeout=ENGINES_SECONDS
        )
    except subprocess.TimeoutExpired:
        return [Diagnosis("places", "warning", f"not checked within {ENGINES_SECONDS} s")]
    if process.returncode:
        return [Diagnosis("places", "warning", "not checked", find_cause(process.stderr))]
    problems = process.stdout.splitlines()
    if not problems:
        return [Diagnosis("places", "ok", "photographed places are complete")]
    return [Diagnosis("places", "warning", problem) for problem in problems]


def _check_local_process(stages: Sequence[str], settings: Mapping[str, str]) -> list[Diagnosis]:
    """Opens the engines of stages in a process and diagnoses each.

    stages: the stage that names the process, and another one if that serves it too. settings:
    environment variables of the process.
    """
    command = [sys.executable, "-m", f"services.{stages[0]}", "--engines"]
    served = {"CYCLORAMA_BACKGROUND_SERVE_INPAINTING": str(stages == MODEL_STAGES)}
    seconds = MODEL_SECONDS if _list_model_settings(settings) else ENGINES_SECONDS
    try:
        process = subprocess.run(
            command, env={**settings, **served}, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        found = f"its engines do not open within {seconds} s"
        advice = f"run `{' '.join(command[1:])}` to see what it waits for"
        return [Diagnosis(stage, "error", found, advice) for stage in stages]
    try:
        # The last line is a JSON object: the engines by stage.
        engines = json.loads(process.stdout.splitlines()[-1])
        return [
            diagnosis
            for stage in stages
            for diagnosis in diagnose_stage(
                stage, [_read_status(stage, **engine) for engine in engines[stage]]
            )
        ]
    except (IndexError, KeyError, ValueError):
        cause = find_cause(process.stderr)
        return [Diagnosis(stage, "error", "does not start", cause) for stage in stages]


def find_cause(stderr: str) -> str:
    """Returns why a process failed: what it printed, or the last line of its traceback.

    stderr: the text of its standard error. A missing module adds how to install the services.
    """
    lines = stderr.strip().splitlines() or ["it prints no reason"]
    if not any(line.startswith("Traceback") for line in lines):
        return "; ".join(lines)
    is_missing = lines[-1].startswith("ModuleNotFoundError")
    return f"{lines[-1]}; {INSTALL}" if is_missing else lines[-1]


def _read_status(
    stage: str, name: str, ready: bool, version: str, reason: str, model: str, **_: object
) -> "cyclorama.EngineStatus":
    """Converts an engine in the JSON that `python -m services.STAGE --engines` prints.

    stage: the name of the stage. The others are fields of the JSON; those that are not needed are
    ignored.
    """
    return cyclorama.EngineStatus(stage, name, version, ready, reason, model=model)


def check_gateway(gateway: str) -> list[Diagnosis]:
    """Diagnoses the version of a gateway and the engines of every stage behind it.

    gateway: its address. Returns one error when it does not answer, with the advice START.
    """
    with open_client(gateway, timeout=GATEWAY_SECONDS) as client:
        try:
            return [diagnose_version(client.version()), *diagnose_engines(client.engines())]
        except cyclorama.CycloramaError as error:
            explained = explain_tls_mismatch(error)
            # Without a reason, no server was reached.
            advice = START if error.reason == "UNREACHABLE" and explained is error else ""
            return [Diagnosis("gateway", "error", explained.text, advice)]


def check_webhooks(gateway: str) -> list[Diagnosis]:
    """Diagnoses which endpoints of a gateway are disabled, or have servers it cannot reach.

    gateway: its address. Returns nothing when it has none, or when they cannot be listed.
    """
    with open_client(gateway, timeout=WEBHOOK_SECONDS) as client:
        try:
            return list(map(_diagnose_endpoint, client.webhooks.endpoints(check=True)))
        except cyclorama.CycloramaError:
            # The gateway has no webhooks, or its other checks say what is wrong.
            return []


def _diagnose_endpoint(endpoint: "cyclorama.WebhookEndpointReport") -> Diagnosis:
    """Diagnoses one endpoint of webhooks."""
    name = f"webhook {endpoint.name}"
    if endpoint.disabled:
        found = f"disabled since {endpoint.disabled:%Y-%m-%d %H:%M} UTC: its server responded 410"
        return Diagnosis(name, "warning", found, f"`cyclorama webhooks enable {endpoint.name}`")
    if endpoint.problem:
        advice = WEBHOOK_ADVICE.get(endpoint.problem, "the log of the gateway has more")
        return Diagnosis(name, "warning", f"not reached: {endpoint.problem}", advice)
    waiting = f", {endpoint.waiting} deliveries wait" if endpoint.waiting else ""
    return Diagnosis(name, "ok", f"its server is reached{waiting}")
