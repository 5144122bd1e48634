"""What the doctor sees of the machine that it runs on, as a place for the services."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import standard_b64encode
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from cyclorama.cli.symptoms import Symptom

OLDEST_PYTHON = (3, 11)
# What the five services need at 1024 x 1024 with room to spare, and sam and its weights beyond it.
LEAST_GIB, LEAST_DISK_GIB = 4, 5
SECONDS = 3
GIB = 2**30
INSTALL_SAM = ".venv/bin/pip install -e '.[local,sam]'"
# As the services ask them: without a proxy.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PREFIXES = ("", "BACKGROUND_", "INPAINTING_")


def settings(folder: Path = Path()) -> dict[str, str]:
    """The settings that `make up` would read: a file .env, and the environment over it."""
    file = folder / ".env"
    lines = file.read_text().splitlines() if file.is_file() else []
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    told = {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}
    return told | os.environ


def look_at_machine(told: Mapping[str, str]) -> list[Symptom]:
    """Looks at what the services would find here; nothing is changed.

    told: settings. Servers that they name are asked; each has 3 seconds to answer.
    """
    return [
        _python(),
        _cores(),
        _memory(),
        _disk(),
        *_libatomic(),
        _gpu(),
        _weights(told),
        *_servers(told),
    ]


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
    advice = f"the five services want {LEAST_GIB} GiB; set CYCLORAMA_AT_WORK lower"
    return Symptom("memory", "note", f"{amount:.1f} GiB", advice)


def _disk() -> Symptom:
    free = shutil.disk_usage(".").free / GIB
    if free >= LEAST_DISK_GIB:
        return Symptom("disk", "ok", f"{free:.0f} GiB free")
    advice = "results of jobs are kept; set CYCLORAMA_GATEWAY_KEEP_GIB to what there is room for"
    return Symptom("disk", "note", f"{free:.1f} GiB free", advice)


def _libatomic() -> Iterator[Symptom]:
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        yield Symptom(
            "libatomic", "note", "not here", "engine studio needs it: apt install libatomic1"
        )
    else:
        yield Symptom("libatomic", "ok", "here, for engine studio")


def _gpu() -> Symptom:
    advice = "sam then runs on the CPU; a Stable Diffusion server may run on another machine"
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


def _weights(told: Mapping[str, str]) -> Symptom:
    name = told.get("CYCLORAMA_SEGMENTATION_CHECKPOINT", "")
    folder = Path(told.get("CYCLORAMA_SEGMENTATION_MODELS", "models"))
    found = [Path(name)] if name else sorted(folder.glob("sam_vit_*.pth"))
    missing = [each for each in ("torch", "segment_anything") if not find_spec(each)]
    install = f"{INSTALL_SAM}, then " if missing else ""
    if name and not found[0].is_file():
        advice = "CYCLORAMA_SEGMENTATION_CHECKPOINT names no file; unset it or mend it"
        return Symptom("sam", "note", f"{name} is not there", advice)
    if not found:
        advice = f"{install}`make models`; or let engine classic cut out"
        return Symptom("sam", "note", f"no weights in {folder}", advice)
    if missing:
        lacking = f"{found[0]}, but no {' and no '.join(missing)}"
        return Symptom("sam", "note", lacking, INSTALL_SAM)
    return Symptom("sam", "ok", ", ".join(map(str, found)))


def _servers(told: Mapping[str, str]) -> Iterator[Symptom]:
    named = [told.get(f"CYCLORAMA_{prefix}SDAPI_URL", "") for prefix in PREFIXES]
    urls = dict.fromkeys(url.strip() for each in named for url in each.split(",") if url.strip())
    if not urls:
        advice = (
            "set it to a server started with --api, or try `make up SD=double`; "
            "or let studio and grounding work"
        )
        yield Symptom("Stable Diffusion", "note", "CYCLORAMA_SDAPI_URL is not set", advice)
    for url in urls:
        yield _server(url, told.get("CYCLORAMA_SDAPI_AUTH_FILE", ""))


def _server(url: str, auth_file: str) -> Symptom:
    try:
        request = urllib.request.Request(f"{url.rstrip('/')}/sdapi/v1/samplers")
        if auth_file:
            password = standard_b64encode(Path(auth_file).read_bytes().strip())
            request.add_header("Authorization", f"Basic {password.decode()}")
        with DIRECT.open(request, timeout=SECONDS):
            return Symptom("Stable Diffusion", "ok", f"{url} answers")
    except urllib.error.HTTPError as error:
        advice = {
            401: "set CYCLORAMA_SDAPI_AUTH_FILE to a file with user:password",
            404: "start it with --api",
        }.get(error.code, "its own log says more")
        return Symptom("Stable Diffusion", "note", f"{url} answers {error.code}", advice)
    except (OSError, ValueError):
        advice = "start it, and write its address as http://host:port"
        return Symptom("Stable Diffusion", "note", f"{url} does not answer", advice)
