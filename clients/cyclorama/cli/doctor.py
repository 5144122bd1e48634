"""The command that looks at the machine and the services, and says what is missing for what."""

import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.access import Gateway, connect
from cyclorama.cli.output import Json, aside, console, print_json
from cyclorama.defaults import GATEWAY
from cyclorama.stages import STAGES
from cyclorama.version import __version__

SIGNS = {"ok": "[green]ok[/]", "note": "[yellow]--[/]", "bad": "[red]NO[/]"}
OLDEST_PYTHON = (3, 11)
# What the services need at 1024 x 1024 with room to spare, and the largest model with its weights.
LEAST_GIB, LEAST_DISK_GIB = 4, 5
GIB = 2**30
# Time to answer, for a program of this machine, for the gateway, and for a stage's engines, which
# may have weights of gigabytes to load.
SECONDS, GATEWAY_SECONDS, ENGINES_SECONDS = 3, 10, 120
INSTALL = "`make up` installs the services"
START = "start it with `make up` or `docker compose up`, or name another with --gateway"


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at: what was found, and what to do about it.

    state: "ok"; "note", something that works without, or worse; "bad", something without which
    no ad can be made here.
    """

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    advice: str = ""


def doctor(as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Looks at this machine and the running services: what works, and what to do for the rest.

    Exits with 0 when an ad can be made, with 1 when not.
    """
    machine, services = look_at_machine(), look_at_services(gateway)
    # Nothing runs that could say it.
    if services[0].advice == START:
        with aside.status("Nothing runs: opening the engines of this machine ..."):
            machine += look_at_stages(settings())
    able = not any(each.state == "bad" for each in services)
    if as_json:
        found = {"machine": machine, "services": services}
        lists = {place: [asdict(each) for each in all] for place, all in found.items()}
        print_json({"able": able, "gateway": gateway, **lists})
    else:
        _print("This machine", machine)
        _print(f"The services behind {escape(gateway)}", services)
        console.print("An ad can be made." if able else "No ad can be made; see NO above.")
    if not able:
        raise typer.Exit(1)


def _print(title: str, symptoms: Sequence[Symptom]) -> None:
    table = Table("", "", "", box=None, show_header=False, title=title, title_justify="left")
    for each in symptoms:
        advice = f"\n[dim]{escape(each.advice)}[/]" if each.advice else ""
        table.add_row(SIGNS[each.state], each.name, escape(each.found) + advice)
    console.print(table)


def settings(folder: Path = Path()) -> dict[str, str]:
    """The settings that `make up` would read: a file .env, and the environment over it."""
    file = folder / ".env"
    lines = file.read_text().splitlines() if file.is_file() else []
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    told = {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}
    return told | os.environ


def look_at_machine() -> list[Symptom]:
    """Looks at what the services would find here; nothing is changed."""
    return [_python(), _cores(), _memory(), _disk(), *_libatomic(), _gpu()]


def _python() -> Symptom:
    version = platform.python_version()
    if sys.version_info >= OLDEST_PYTHON:
        return Symptom("python", "ok", version)
    return Symptom("python", "note", version, "the services need 3.11 or newer")


def _cores() -> Symptom:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Symptom("cores", "ok", f"{count}, {platform.machine()}")


def _memory() -> Symptom:
    amount = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    if amount >= LEAST_GIB:
        return Symptom("memory", "ok", f"{amount:.1f} GiB")
    advice = f"the five services want {LEAST_GIB} GiB; set CYCLORAMA_MAX_CONCURRENT_CALLS lower"
    return Symptom("memory", "note", f"{amount:.1f} GiB", advice)


def _disk() -> Symptom:
    free = shutil.disk_usage(".").free / GIB
    if free >= LEAST_DISK_GIB:
        return Symptom("disk", "ok", f"{free:.0f} GiB free")
    advice = (
        "results of jobs are kept; set CYCLORAMA_GATEWAY_RETENTION_GIB to what there is room for"
    )
    return Symptom("disk", "note", f"{free:.1f} GiB free", advice)


def _libatomic() -> Iterator[Symptom]:
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        advice = "rendered scenes need it: apt install libatomic1"
        yield Symptom("libatomic", "note", "not here", advice)
    else:
        yield Symptom("libatomic", "ok", "here, for rendered scenes")


def _gpu() -> Symptom:
    advice = "models then run on the CPU; an image server may run on another machine"
    if not (command := shutil.which("nvidia-smi")):
        return Symptom("gpu", "note", "there is no nvidia-smi here", advice)
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Symptom("gpu", "note", "nvidia-smi does not answer", advice)
    if done.returncode or not done.stdout.strip():
        return Symptom("gpu", "note", "nvidia-smi finds none", advice)
    return Symptom("gpu", "ok", "; ".join(done.stdout.strip().splitlines()))


def look_at_stages(told: Mapping[str, str], stages: Sequence[str] = STAGES) -> list[Symptom]:
    """Asks the stages that are installed here for their engines, as `make up` would open them.

    told: settings.
    """
    if not (find_spec("services") and find_spec("services.runtime")):
        advice = f"{INSTALL} from a clone, or name a gateway of another machine with --gateway"
        return [Symptom("services", "note", "not installed here", advice)]
    with ThreadPoolExecutor(len(stages)) as threads:
        return [
            each
            for found in threads.map(lambda stage: _look_at_stage(stage, told), stages)
            for each in found
        ]


def _look_at_stage(stage: str, told: Mapping[str, str]) -> list[Symptom]:
    command = [sys.executable, "-m", f"services.{stage}", "--engines"]
    try:
        done = subprocess.run(
            command, env=told, capture_output=True, text=True, timeout=ENGINES_SECONDS
        )
    except subprocess.TimeoutExpired:
        found = f"its engines do not open within {ENGINES_SECONDS} s"
        return [Symptom(stage, "bad", found, f"see what `{' '.join(command[1:])}` waits for")]
    try:
        listed = json.loads(done.stdout.splitlines()[-1])[stage]
    except (IndexError, ValueError):
        return [Symptom(stage, "bad", "does not start", _read_end(done.stderr))]
    return list(_engines_of(stage, [_status(stage, **each) for each in listed]))


def _read_end(errors: str) -> str:
    """What a process that ended has to say: the sentences that it wrote, or its exception."""
    lines = errors.strip().splitlines() or ["it says nothing"]
    if not any(line.startswith("Traceback") for line in lines):
        return "; ".join(lines)
    missing = lines[-1].startswith("ModuleNotFoundError")
    return f"{lines[-1]}; {INSTALL}" if missing else lines[-1]


def _status(
    stage: str, name: str, ready: bool, version: str, reason: str, model: str, **_: object
) -> "cyclorama.EngineStatus":
    return cyclorama.EngineStatus(stage, name, version, ready, reason, model=model)


def look_at_services(gateway: str) -> list[Symptom]:
    """Asks a gateway for its version and for the engines of every stage."""
    with connect(gateway, timeout=GATEWAY_SECONDS) as client:
        try:
            return [_version(client.version()), *_engines(client.engines())]
        except cyclorama.CycloramaError as error:
            advice = START if error.reason == "" else ""
            return [Symptom("gateway", "bad", error.text, advice)]


def _version(version: str) -> Symptom:
    if version == __version__:
        return Symptom("gateway", "ok", f"answers, version {version} like this client")
    advice = f"install version {version} of the client, or update the gateway"
    told = f"answers, version {version or 'unknown'}; this client is {__version__}"
    return Symptom("gateway", "note", told, advice)


def _engines(listed: "list[cyclorama.EngineStatus]") -> Iterator[Symptom]:
    for stage in STAGES:
        yield from _engines_of(stage, [each for each in listed if each.stage == stage])


def _engines_of(stage: str, engines: "list[cyclorama.EngineStatus]") -> Iterator[Symptom]:
    ready = [each for each in engines if each.ready]
    if ready:
        model = f", model {ready[0].model}" if ready[0].model else ""
        found = f"{ready[0].name} makes it, version {ready[0].version}{model}"
        yield Symptom(stage, "ok", found)
    else:
        reasons = "; ".join(f"{each.name}: {each.reason}" for each in engines)
        yield Symptom(stage, "bad", "no engine is ready", reasons)
    for each in engines:
        if ready and not each.ready:
            yield Symptom(f"{stage}, {each.name}", "note", "not ready", each.reason)
