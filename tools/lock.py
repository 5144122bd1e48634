"""Writes deploy/locks/, the pinned dependencies of each image with hashes: `make lock`.

python -m tools.lock [--upgrade]

Pins stay until they no longer satisfy pyproject.toml, or until --upgrade. One resolution covers all
images; it is valid for every platform, and for the Python of the images or a newer one.
"""

import subprocess
import sys

from cyclorama.stages import STAGES
from tools import ROOT

FOLDER = ROOT / "deploy" / "locks"
ALL = "all"
PYTHON = "3.11"
# The extras of each image, by that with the name of its file. The extras sam and diffusers have no
# file: torch has separate builds for CPUs and for each CUDA version, from other indexes and with
# other hashes.
IMAGES = {
    **{service: (service, "otel") for service in (*STAGES, "gateway")},
    # Those that sign ads, or read the Content Credentials of photos.
    **{stage: (stage, "otel", "c2pa") for stage in ("segmentation", "compositing", "finishing")},
    "web": ("web",),
    "cli": ("cli",),
}


def main() -> None:
    """Resolves all dependencies at once, then those of each image within that resolution."""
    FOLDER.mkdir(exist_ok=True)
    write_lock(ALL, (*IMAGES, "otel", "c2pa"), *sys.argv[1:])
    for image, extras in IMAGES.items():
        write_lock(image, extras, "--constraint", str(FOLDER / f"{ALL}.txt"))


def write_lock(name: str, extras: tuple[str, ...], *more: str) -> None:
    """Writes the lock file `name` with uv. more: further options of uv."""
    command = ["uv", "pip", "compile", "--quiet", "pyproject.toml", "--generate-hashes"]
    command += ["--universal", "--python-version", PYTHON, "--system-certs", "--no-annotate"]
    command += [f"--extra={extra}" for extra in extras]
    command += [
        "--custom-compile-command",
        "make lock",
        "--output-file",
        str(FOLDER / f"{name}.txt"),
    ]
    subprocess.run([*command, *more], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
