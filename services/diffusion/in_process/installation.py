"""Says whether this machine can run a model in the process of a stage, and on its GPU.

python -m services.diffusion.in_process.installation [GPU]

GPU: what the driver calls the GPUs of this machine; left out if it finds none. Prints a JSON list
of problems, each with the keys `found` and `advice`, for `cyclorama doctor`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
IS_CLONE = (Path(__file__).parents[3] / "Makefile").is_file()
INSTALL = (
    "run `make .venv/diffusers`"
    if IS_CLONE
    else "install the extra diffusers: images are built with EXTRA=background,diffusers"
)


@dataclass(frozen=True)
class TorchBuild:
    """What the installed PyTorch can use.

    cuda: version of CUDA that it was built for, such as "13.0"; empty in a build for CPUs.
    """

    cuda: str
    finds_gpu: bool


@dataclass(frozen=True)
class InstallationProblem:
    """What is missing to run a model, or to run it fast, and what to do about it."""

    found: str
    advice: str


def find_missing_packages() -> list[str]:
    """Returns the packages of the extra `diffusers` that are not installed."""
    return [name for name in PACKAGES if not find_spec(name)]


def read_torch_build() -> TorchBuild:
    """Returns what the installed PyTorch can use; imports it, which takes a second."""
    import torch

    return TorchBuild(torch.version.cuda or "", torch.cuda.is_available())


def describe_missing_packages(missing: Sequence[str]) -> InstallationProblem:
    """Returns that packages are not installed, and how to install them."""
    verb = "is" if len(missing) == 1 else "are"
    return InstallationProblem(f"{', '.join(missing)} {verb} not installed", INSTALL)


def find_device_problems(build: TorchBuild, gpu: str) -> Iterator[InstallationProblem]:
    """Yields why a model cannot use the GPU; nothing if it can.

    gpu: what the driver calls the GPUs of this machine; empty if it finds none.
    """
    if build.finds_gpu:
        return
    if not gpu:
        yield InstallationProblem(
            "the model runs on the CPU, where an image takes minutes",
            "lower CYCLORAMA_DIFFUSION_STEPS, take a turbo model, set `drawn_side` to 512 in "
            "requests, and raise CYCLORAMA_DIFFUSION_TIMEOUT_SECONDS",
        )
    elif not build.cuda:
        yield InstallationProblem(
            "PyTorch is a build for CPUs, so that the model does not use the GPU",
            "install one for CUDA: `.venv/bin/pip install --force-reinstall torch`, without a "
            "package index of builds for CPUs",
        )
    else:
        yield InstallationProblem(
            f"PyTorch, built for CUDA {build.cuda}, does not find the GPU",
            "update the driver, or install PyTorch for the version of CUDA that `nvidia-smi` "
            "prints; look for a CUDA_VISIBLE_DEVICES that hides the GPU",
        )


def main() -> None:
    """Prints the problems of this machine."""
    if missing := find_missing_packages():
        problems = [describe_missing_packages(missing)]
    else:
        problems = [*find_device_problems(read_torch_build(), " ".join(sys.argv[1:]))]
    print(json.dumps([vars(problem) for problem in problems]))


if __name__ == "__main__":
    main()
