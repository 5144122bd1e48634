"""Decides where a model runs, in which precision, and what saves memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.free_memory import read_free_memory
from services.runtime.errors import EngineNotReady

GIGABYTE = 1e9
# Numbers that a VAE keeps at once per pixel when it decodes: about 4 tensors of 256 channels.
# Measured with the VAE of Stable Diffusion at 512 x 512 on a CPU: 984 MB in 32 bits. Its attention
# takes no more, and a UNet less.
VALUES_PER_PIXEL = 940
# Megapixels of the images that must fit, 1024 x 1024. Larger: memory is saved, at the cost of
# speed, where everyday images do not need it; smaller: more images need a second attempt.
PLANNED_MEGAPIXELS = 1.05
# Side in pixels of the tiles in which a VAE works to save memory, and their megapixels. Smaller:
# less memory, and more seams to blend.
TILE_SIDE = 512
TILE_MEGAPIXELS = TILE_SIDE**2 / 1e6
# Bytes on a GPU that are neither weights nor activations: workspaces of cuDNN and cuBLAS, and gaps
# between allocations. With offloading layer by layer also the largest layer, the 0.3 GB of an
# embedding. Larger: memory is saved earlier than needed.
GPU_RESERVE = 0.8e9
# Bytes of main memory that stay free for everything else in the process. Larger: models are refused
# that would fit.
MAIN_RESERVE = 0.5e9

Offload = Literal["none", "model", "sequential"]
"""What is kept in main memory until the GPU needs it: nothing, parts, or single layers."""


@dataclass(frozen=True)
class ModelPlacement:
    """Where a model runs: "cuda" or "cpu", the type of its weights, and what saves memory.

    offload: what waits in main memory. has_tiling: whether the VAE works in tiles of 512 pixels,
    which changes larger images a little. gpu: name of the GPU; empty for a CPU.
    """

    device: torch.device
    dtype: torch.dtype
    offload: Offload = "none"
    has_tiling: bool = False
    gpu: str = ""

    def describe(self) -> dict[str, object]:
        """Returns what images report about it, as plain JSON values."""
        return {
            "device": " ".join(filter(None, (self.device.type, self.gpu))),
            "precision": str(self.dtype).removeprefix("torch."),
            "offload": self.offload,
            "vae_tiling": self.has_tiling,
        }


@dataclass(frozen=True)
class FreeResources:
    """What a machine has free for a model.

    gpu_bytes: free memory of the GPU; None without one. has_bfloat16: whether the GPU computes in
    bfloat16 itself. main_bytes: free main memory; None if unknown. gpu: name of the GPU.
    """

    gpu_bytes: int | None = None
    has_bfloat16: bool = False
    main_bytes: int | None = None
    gpu: str = ""


@dataclass(frozen=True)
class _MemoryNeed:
    """Bytes that a placement takes of the GPU and of main memory."""

    placement: ModelPlacement
    gpu: float
    main: float


def measure_resources() -> FreeResources:
    """Returns what this machine has free."""
    main_bytes = read_free_memory()
    if not torch.cuda.is_available():
        return FreeResources(main_bytes=main_bytes)
    gpu_bytes, _ = torch.cuda.mem_get_info()
    # Without emulation, which is slow.
    has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return FreeResources(gpu_bytes, has_bfloat16, main_bytes, torch.cuda.get_device_name())


def choose_placement(
    settings: DiffusersSettings, parameters: Mapping[str, int], free: FreeResources
) -> ModelPlacement:
    """Decides where a model runs: the first placement that fits, the fastest first.

    Raises EngineNotReady if none does, or if the settings require a GPU and there is none.

    parameters: number of weights of each part of the model by its name, such as "unet".
    free: what the machine has.
    """
    if settings.diffusers_device == "cuda" and free.gpu_bytes is None:
        raise EngineNotReady(
            "CYCLORAMA_DIFFUSERS_DEVICE is cuda, and PyTorch finds no CUDA GPU; install its driver"
            " and a PyTorch for CUDA, or set auto"
        )
    on_gpu = free.gpu_bytes is not None and settings.diffusers_device != "cpu"
    list_needs = _list_gpu_needs if on_gpu else _list_cpu_needs
    needs = list(list_needs(settings, parameters, free))
    for need in needs:
        if _fits(need, free):
            return need.placement
    raise EngineNotReady(_describe_lack(needs[-1], free))


def estimate_activations(megapixels: float, dtype: torch.dtype, has_tiling: bool) -> float:
    """Returns the bytes that an image takes besides the weights while it is generated.

    dtype: of the numbers in its VAE.
    """
    if has_tiling:
        megapixels = min(megapixels, TILE_MEGAPIXELS)
    return VALUES_PER_PIXEL * megapixels * 1e6 * dtype.itemsize


def _list_gpu_needs(
    settings: DiffusersSettings, parameters: Mapping[str, int], free: FreeResources
) -> Iterator[_MemoryNeed]:
    """Yields what each placement on the GPU needs, the fastest first.

    Attention needs no slicing, as PyTorch's scaled-dot-product attention stores no matrix of it.
    """
    dtype = _read_precision(settings) or _choose_gpu_precision(parameters, free)
    device = torch.device("cuda")
    weights = {name: count * dtype.itemsize for name, count in parameters.items()}
    total = sum(weights.values())
    resident = {"none": total, "model": max(weights.values(), default=0), "sequential": 0}
    steps: tuple[tuple[Offload, bool], ...] = (
        *(("none", False), ("none", True)),
        *(("model", True), ("sequential", True)),
    )
    for offload, has_tiling in steps:
        # The VAE of Stable Diffusion XL works in 32 bits, as 16 overflow.
        activations = estimate_activations(PLANNED_MEGAPIXELS, torch.float32, has_tiling)
        gpu = resident[offload] + activations + GPU_RESERVE
        # All weights pass through main memory when they are loaded.
        placement = ModelPlacement(device, dtype, offload, has_tiling, free.gpu)
        yield _MemoryNeed(placement, gpu, total)


def _list_cpu_needs(
    settings: DiffusersSettings, parameters: Mapping[str, int], free: FreeResources
) -> Iterator[_MemoryNeed]:
    """Yields what each placement on the CPU needs, the fastest first."""
    precision = _read_precision(settings)
    for dtype in [precision] if precision else [torch.float32, torch.bfloat16]:
        weights = sum(parameters.values()) * dtype.itemsize
        for has_tiling in (False, True):
            activations = estimate_activations(PLANNED_MEGAPIXELS, torch.float32, has_tiling)
            placement = ModelPlacement(torch.device("cpu"), dtype, has_tiling=has_tiling)
            yield _MemoryNeed(placement, gpu=0, main=weights + activations + MAIN_RESERVE)


def _read_precision(settings: DiffusersSettings) -> torch.dtype | None:
    """Returns the type of the weights that the settings require; None for "auto"."""
    name = settings.diffusers_precision
    return None if name == "auto" else getattr(torch, name)


def _choose_gpu_precision(parameters: Mapping[str, int], free: FreeResources) -> torch.dtype:
    """Returns the type of weights in which a model works on a GPU.

    Models with a transformer, such as Flux, were trained in bfloat16 and overflow in float16.
    """
    if "transformer" not in parameters:
        return torch.float16
    return torch.bfloat16 if free.has_bfloat16 else torch.float32


def _fits(need: _MemoryNeed, free: FreeResources) -> bool:
    fits_main = free.main_bytes is None or need.main <= free.main_bytes
    return fits_main and need.gpu <= (free.gpu_bytes or 0)


def _describe_lack(need: _MemoryNeed, free: FreeResources) -> str:
    """Returns why the placement that needs the least does not fit either, and what to do.

    need: of that placement.
    """
    lacks_main = free.main_bytes is not None and need.main > free.main_bytes
    kind = "main" if lacks_main else "GPU"
    needed, available = (
        (need.main, free.main_bytes or 0) if lacks_main else (need.gpu, free.gpu_bytes or 0)
    )
    text = (
        f"the model needs {needed / GIGABYTE:.1f} GB of {kind} memory and "
        f"{available / GIGABYTE:.1f} GB are free"
    )
    remedy = "choose a smaller model" if need.placement.dtype.itemsize == 2 else _SMALLER_PRECISION
    return f"{text}; {remedy}, or a machine with more"


_SMALLER_PRECISION = "choose a smaller model, CYCLORAMA_DIFFUSERS_PRECISION=bfloat16"
