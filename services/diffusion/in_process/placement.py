"""Decides where a model runs, and in which precision."""

from dataclasses import dataclass

import torch

from services.diffusion.in_process import DiffusersSettings


@dataclass(frozen=True)
class ModelPlacement:
    """Where a model runs: "cuda" or "cpu", and the type of its weights."""

    device: torch.device
    dtype: torch.dtype


def choose_placement(settings: DiffusersSettings) -> ModelPlacement:
    """Decides where the model of the settings runs on this machine."""
    name = settings.diffusers_device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float16 if name == "cuda" else torch.float32
    if settings.diffusers_precision != "auto":
        dtype = getattr(torch, settings.diffusers_precision)
    return ModelPlacement(torch.device(name), dtype)
