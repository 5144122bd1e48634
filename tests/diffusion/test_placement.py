"""Where a model runs, by what the machine has free; the sizes are those of real models."""

import pytest
import torch

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.free_memory import read_free_memory
from services.diffusion.in_process.placement import (
    FreeResources,
    choose_placement,
    measure_resources,
)
from services.runtime.errors import EngineNotReady

SDXL = {"unet": 2567e6, "vae": 84e6, "text_encoder": 123e6, "text_encoder_2": 695e6}
FLUX = {"transformer": 11.9e9, "vae": 84e6, "text_encoder": 123e6, "text_encoder_2": 4.76e9}
FLOAT16, FLOAT32, BFLOAT16 = torch.float16, torch.float32, torch.bfloat16


def choose(parameters, gpu=None, main=64.0, *, bfloat16=True, device="auto", precision="auto"):
    """Chooses a placement; gpu, main: free memory in GB."""
    settings = DiffusersSettings(diffusers_device=device, diffusers_precision=precision)
    free = FreeResources(None if gpu is None else gpu * 1e9, bfloat16, main * 1e9)
    return choose_placement(settings, parameters, free)


@pytest.mark.parametrize(
    ("gpu", "offload", "has_tiling"),
    [(16, "none", False), (10, "none", True), (8, "model", True), (4, "sequential", True)],
)
def test_the_less_gpu_memory_is_free_the_more_is_saved(gpu, offload, has_tiling):
    placement = choose(SDXL, gpu)
    assert placement.device.type == "cuda"
    assert (placement.dtype, placement.offload, placement.has_tiling) == (
        FLOAT16,
        offload,
        has_tiling,
    )


@pytest.mark.parametrize(
    ("main", "dtype", "has_tiling"),
    [(24, FLOAT32, False), (16, FLOAT32, True), (12, BFLOAT16, False), (9, BFLOAT16, True)],
)
def test_the_less_main_memory_is_free_the_more_a_cpu_saves(main, dtype, has_tiling):
    placement = choose(SDXL, main=main)
    assert placement.device.type == "cpu"
    assert (placement.dtype, placement.has_tiling) == (dtype, has_tiling)


@pytest.mark.parametrize(
    ("gpu", "main", "needed"),
    [
        (1.5, 64, "1.8 GB of GPU memory and 1.5 GB are free"),
        (16, 5, "6.9 GB of main memory and 5.0 GB are free"),
        (None, 5, "8.4 GB of main memory and 5.0 GB are free"),
    ],
)
def test_a_model_that_fits_nowhere_is_refused_before_it_is_loaded(gpu, main, needed):
    with pytest.raises(EngineNotReady, match=f"the model needs {needed}; choose a smaller model"):
        choose(SDXL, gpu, main)


def test_required_32_bits_that_do_not_fit_name_the_smaller_precision():
    with pytest.raises(EngineNotReady, match="CYCLORAMA_DIFFUSERS_PRECISION=bfloat16"):
        choose(FLUX, main=40, precision="float32")
    assert choose(FLUX, main=40).dtype == BFLOAT16


def test_transformers_run_in_bfloat16_where_the_gpu_has_it():
    assert choose(FLUX, 48).dtype == BFLOAT16
    assert choose(FLUX, 90, main=128, bfloat16=False).dtype == FLOAT32


def test_images_report_which_gpu_they_are_of():
    free = FreeResources(80e9, has_bfloat16=True, main_bytes=64e9, gpu="NVIDIA H200")
    placement = choose_placement(DiffusersSettings(), SDXL, free)
    assert placement.describe()["device"] == "cuda NVIDIA H200"
    assert choose(SDXL).describe()["device"] == "cpu"


def test_the_settings_decide_before_anything_else():
    assert choose(SDXL, 80, device="cpu").device.type == "cpu"
    assert choose(SDXL, 80, precision="bfloat16").dtype == BFLOAT16
    with pytest.raises(EngineNotReady, match="PyTorch finds no CUDA GPU"):
        choose(SDXL, gpu=None, device="cuda")


def test_this_machine_reports_its_free_memory():
    free = measure_resources()
    assert free.main_bytes > 1e8
    assert (free.gpu_bytes is None) == (not torch.cuda.is_available())


@pytest.mark.parametrize(
    ("mount", "group", "limit", "usage", "cached"),
    [
        ("sys/fs/cgroup", "0::/a/b", "memory.max", "memory.current", "inactive_file"),
        (
            "sys/fs/cgroup/memory",
            "4:memory:/a/b",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ],
)
def test_the_limit_of_a_container_counts(tmp_path, mount, group, limit, usage, cached):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 8000 kB\n")
    (tmp_path / "proc/self/cgroup").write_text(f"{group}\n")
    assert read_free_memory(tmp_path) == 8_192_000
    # The limit of the group around that of the process, of which cached files are given up.
    folder = tmp_path / mount / "a"
    folder.mkdir(parents=True)
    (folder / limit).write_text("5000\n")
    (folder / usage).write_text("4000\n")
    (folder / "memory.stat").write_text(f"anon 7\n{cached} 500\n")
    assert read_free_memory(tmp_path) == 1500
    (folder / limit).write_text("max\n")
    assert read_free_memory(tmp_path) == 8_192_000


def test_a_system_that_reports_nothing_has_no_known_free_memory(tmp_path):
    assert read_free_memory(tmp_path) is None
