"""Previews of images in the making: latents turned into colors by a linear map."""

import math
from typing import Any

import numpy as np
import torch

from services.diffusion.canvas import PaddedCanvas

# Side of the color chart in pixels, and of its squares: 256 colors, each of which covers more than
# one latent, as the VAE mixes neighbors. Larger charts: a better fit, and slower.
CHART_SIDE, SQUARE_SIDE = 256, 16
# Longest side of a preview in pixels. Larger: sharper previews of large images, which clients show
# as thumbnails.
MAX_PREVIEW_SIDE = 256
# Latents that deviate by more are scaled down: those of images deviate by about 1, and the noise of
# early steps by up to 15. Larger: early previews clip; smaller: hard contrasts are pale.
MAX_DEVIATION = 1.5


class LatentPreview:
    """Turns the latents of one model into small images, at next to no cost."""

    def __init__(self, pipeline: Any) -> None:
        """Fits the map to the model's own VAE, which encodes a chart of random colors.

        Least squares over the cells of the chart, one for each latent, from its channels to its
        mean color.
        """
        self._pipeline = pipeline
        chart = draw_color_chart()
        cells = _encode(pipeline, chart)
        channels, rows, columns = cells.shape
        # The mean color of each cell, -1 to 1.
        colors = torch.nn.functional.adaptive_avg_pool2d(chart, (rows, columns))
        inputs = torch.cat([cells.reshape(channels, -1), torch.ones(1, rows * columns)]).T
        # float32 (channels + 1, 3); the last row is the color of latents that are all 0.
        self._map = torch.linalg.lstsq(inputs, colors.reshape(3, -1).T, driver="gelsd").solution

    def render(self, latents: torch.Tensor, canvas: PaddedCanvas) -> list[np.ndarray]:
        """Returns a preview per image of a batch, uint8 RGB (h, w, 3), without the padding.

        It has at most 256 pixels a side. Returns none for latents of an unknown layout.

        latents: float, as the pipeline passes them to its callback: the first axis is the batch.
        """
        unpacked = _unpack(self._pipeline, latents, canvas)
        if unpacked is None or unpacked.shape[1] != len(self._map) - 1:
            return []
        (width, height), (inner_width, inner_height) = canvas.padded_size, canvas.inner_size
        rows, columns = unpacked.shape[2:]
        inner_rows, inner_columns = (
            math.ceil(rows * inner_height / height),
            math.ceil(columns * inner_width / width),
        )
        stride = math.ceil(max(inner_rows, inner_columns) / MAX_PREVIEW_SIDE)
        inner = unpacked[:, :, :inner_rows:stride, :inner_columns:stride].float().cpu()
        return [self._map_to_colors(each) for each in inner]

    def _map_to_colors(self, latents: torch.Tensor) -> np.ndarray:
        """Returns uint8 RGB (h, w, 3) from float32 latents (channels, h, w)."""
        latents = latents / (latents.std() / MAX_DEVIATION).clamp(min=1.0)
        colors = torch.einsum("chw,cn->hwn", latents, self._map[:-1]) + self._map[-1]
        levels = ((colors.nan_to_num() + 1) * 127.5).round().clamp(0, 255)
        return levels.to(torch.uint8).numpy()


def draw_color_chart() -> torch.Tensor:
    """Returns squares of random colors: float32 RGB (1, 3, 256, 256) from -1 to 1, always equal."""
    side = CHART_SIDE // SQUARE_SIDE
    colors = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(0)) * 2 - 1
    return torch.nn.functional.interpolate(colors, scale_factor=SQUARE_SIDE, mode="nearest")


@torch.inference_mode()
def _encode(pipeline: Any, pixels: torch.Tensor) -> torch.Tensor:
    """Returns the latents of an image as the model samples them: float32 (channels, h, w).

    pixels: float32 RGB (1, 3, H, W) from -1 to 1.
    """
    vae = pipeline.vae
    pixels = pixels.to(pipeline._execution_device, vae.dtype)
    (latents,) = vae.encode(pixels).latent_dist.mode().float().cpu().nan_to_num()
    return (latents - (vae.config.shift_factor or 0.0)) * vae.config.scaling_factor


def _unpack(pipeline: Any, latents: torch.Tensor, canvas: PaddedCanvas) -> torch.Tensor | None:
    """Returns latents as float (batch, channels, h, w); None if their layout is unknown.

    latents: of that shape, or, as of Flux, a sequence of 2 x 2 latents
        (batch, h / 2 * w / 2, 4 * channels).
    """
    if latents.ndim == 3:
        if not hasattr(pipeline, "_unpack_latents"):
            return None
        width, height = canvas.padded_size
        latents = pipeline._unpack_latents(latents, height, width, pipeline.vae_scale_factor)
    return latents
