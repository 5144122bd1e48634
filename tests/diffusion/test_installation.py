"""What a machine lacks to run a model in the process of a stage."""

import re
import tomllib

import pytest

from services.diffusion.in_process.installation import (
    PACKAGES,
    TorchBuild,
    describe_missing_packages,
    find_device_problems,
    find_missing_packages,
)
from tools import ROOT


def test_the_packages_are_those_of_the_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    _, *requirements = project["optional-dependencies"]["diffusers"]
    assert set(PACKAGES) == {re.match(r"\w+", word)[0] for word in requirements}
    assert find_missing_packages() == []


def test_missing_packages_are_named_in_one_sentence():
    assert describe_missing_packages(["torch"]).found == "torch is not installed"
    assert describe_missing_packages(["torch", "x"]).found == "torch, x are not installed"


@pytest.mark.parametrize(
    ("build", "gpu", "found", "advice"),
    [
        (TorchBuild("", False), "", "an image takes minutes", "CYCLORAMA_DIFFUSION_STEPS"),
        (TorchBuild("13.0", False), "", "an image takes minutes", "drawn_side"),
        (TorchBuild("", False), "NVIDIA L4", "a build for CPUs", "--force-reinstall torch"),
        (TorchBuild("13.0", False), "NVIDIA L4", "built for CUDA 13.0", "update the driver"),
    ],
)
def test_a_model_without_a_gpu_says_why(build, gpu, found, advice):
    (problem,) = find_device_problems(build, gpu)
    assert found in problem.found and advice in problem.advice


def test_a_gpu_that_is_found_is_no_problem():
    assert list(find_device_problems(TorchBuild("13.0", True), "NVIDIA L4")) == []
