"""Writes images to repaint and their masks as the inpainting pipelines take them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from services.diffusion.canvas import PaddedCanvas
from services.diffusion.request import DiffusionRequest

# What a model for inpainting gets to see where nothing is known, as in A1111.
GRAY = 128


def write_init_arguments(requests: Sequence[DiffusionRequest], cell: int) -> dict[str, object]:
    """Returns the images and masks of a batch, as arguments of an inpainting pipeline.

    A request without an image to repaint gets a gray one, all of which is repainted.

    cell: side in pixels of the area of one latent.
    """
    images, masks = [], []
    for request in requests:
        width, height = request.canvas.padded_size
        if request.init:
            images.append(request.canvas.pad_image(request.init.pixels))
            masks.append(select_repainted_cells(request.canvas, request.init.locked, cell))
        else:
            images.append(np.full((height, width, 3), GRAY, np.uint8))
            masks.append(np.full((height, width), 255, np.uint8))
    return {
        "image": [Image.fromarray(image) for image in images],
        "mask_image": [Image.fromarray(mask) for mask in masks],
    }


def select_repainted_cells(canvas: PaddedCanvas, locked: np.ndarray, cell: int) -> np.ndarray:
    """Returns the mask of the pipelines, which repaint white: uint8 (H, W) of the padded size.

    A cell stays if any of its pixels is locked, or if all of it is padding. The pipelines would
    read one pixel of each, and so lose thin parts of a product.

    locked: bool (height, width) of the image, true where a pixel must not change.
    cell: side in pixels, which divides those of the canvas.
    """
    padded = canvas.pad_lock_mask(locked) == 255
    width, height = canvas.inner_size
    # Without the padding, which is locked.
    inner = np.zeros_like(padded)
    inner[:height, :width] = padded[:height, :width]
    stays = _group_cells(inner, cell).any(axis=(1, 3)) | _group_cells(padded, cell).all(axis=(1, 3))
    cells = np.where(stays, 0, 255).astype(np.uint8)
    return cells.repeat(cell, axis=0).repeat(cell, axis=1)


class LockedLatents:
    """The latents that must not change, for a model that sees the mask but need not obey it.

    A1111 restores them for every model; the pipelines do that only for models without such a mask.
    """

    def __init__(self, pipeline: Any, arguments: dict[str, Any]) -> None:
        """Encodes the images of a batch.

        arguments: as from write_init_arguments.
        """
        images, masks = arguments["image"], arguments["mask_image"]
        pixels = pipeline.image_processor.preprocess(images)
        pixels = pixels.to(pipeline._execution_device, pipeline.vae.dtype)
        # Its own, so that the noise of the images does not depend on it.
        self._latents = pipeline._encode_vae_image(pixels, torch.Generator().manual_seed(0))
        cell = pipeline.vae_scale_factor
        is_locked = np.stack([np.asarray(mask)[::cell, ::cell] == 0 for mask in masks])
        # bool (batch, 1, h, w)
        self._is_locked = torch.from_numpy(is_locked)[:, None].to(self._latents.device)

    def restore(self, latents: torch.Tensor) -> torch.Tensor:
        """Returns float latents (batch, channels, h, w) with the locked ones as they were."""
        return torch.where(self._is_locked, self._latents.to(latents), latents)


def _group_cells(mask: np.ndarray, cell: int) -> np.ndarray:
    """Returns bool (H, W) as (H / cell, cell, W / cell, cell)."""
    height, width = mask.shape
    return mask.reshape(height // cell, cell, width // cell, cell)
