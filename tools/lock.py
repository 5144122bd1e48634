"""Writes deploy/locks/: what each image installs, each file with its hashes: `make lock`.

python -m tools.lock [--upgrade]

What is locked stays until it no longer fits pyproject.toml, or until --upgrade. One resolution
serves all; it holds for every platform and for the Python of the images or a newer one.
"""

import subprocess
import sys

from cyclorama.stages import STAGES
from tools import ROOT

FOLDER = ROOT / "deploy" / "locks"
ALL = "all"
PYTHON = "3.11"
# One file per image. The extra sam has none: torch has builds of its own for CPUs and for each
# CUDA, under the same version, from other indexes and with other hashes.
IMAGES = (*STAGES, "gateway", "web")
# What operators add to an image.
BESIDE = ("matting", "otel", "cli")


def main() -> None:
    """Resolves everything at once, then cuts out what each image needs."""
    FOLDER.mkdir(exist_ok=True)
    resolve(ALL, (*IMAGES, *BESIDE), *sys.argv[1:])
    for image in IMAGES:
        resolve(image, (image,), "--constraint", str(FOLDER / f"{ALL}.txt"))


def resolve(name: str, extras: tuple[str, ...], *more: str) -> None:
    """Writes one file."""
    words = ["uv", "pip", "compile", "--quiet", "pyproject.toml", "--generate-hashes"]
    words += ["--universal", "--python-version", PYTHON, "--system-certs", "--no-annotate"]
    words += [f"--extra={extra}" for extra in extras]
    words += ["--custom-compile-command", "make lock", "--output-file", str(FOLDER / f"{name}.txt")]
    subprocess.run([*words, *more], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
