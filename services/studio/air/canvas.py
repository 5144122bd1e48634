"""The plane on which air is painted: positions in units, seamless noise, and flow along curls."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from services.studio.camera import Camera
from services.studio.noise import generate_fractal_noise

# Pixels of a canvas's longer side. Larger: finer threads of smoke, proportionally slower.
CANVAS_SIDE = 640
# Pixels of the canvas per pixel of the flow, which is smooth. Larger: faster, coarser swirls.
FLOW_SHRINK = 3
# Half-axes in units of the calm middle, where the product will be, and height of its center.
CALM_WIDTH, CALM_HEIGHT, CALM_CENTER = 0.3, 0.4, 0.3


@dataclass(frozen=True)
class AirCanvas:
    """A small picture of the plane through the product that faces the camera.

    size: (height, width) of the finished picture in pixels.
    camera: of the set.
    seed: of everything random on it.
    """

    size: tuple[int, int]
    camera: Camera
    seed: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the canvas in pixels."""
        height, width = self.size
        scale = CANVAS_SIDE / max(height, width)
        return max(2, round(height * scale)), max(2, round(width * scale))

    @cached_property
    def x(self) -> np.ndarray:
        """Units to the right of the product, float32 (h, w)."""
        height, width = self.shape
        across = (np.arange(width, dtype=np.float32) + 0.5) / width - self.camera.product_x
        return np.repeat(across[None] * self.camera.width_in_units, height, axis=0)

    @cached_property
    def y(self) -> np.ndarray:
        """Units above the product's foot, float32 (h, w)."""
        height, width = self.shape
        down = (np.arange(height, dtype=np.float32) + 0.5) / height
        above = (self.camera.ground_line - down) * self.camera.height_in_units
        return np.repeat(above[:, None], width, axis=1)

    @cached_property
    def rng(self) -> np.random.Generator:
        """Random generator of its seed."""
        return np.random.default_rng(self.seed)

    def calm_middle(self, share: float) -> np.ndarray:
        """Returns factors that thin what is where the product will be, float32 (h, w).

        share: of what is taken away in the very middle, 0 to 1.
        """
        away = (self.x / CALM_WIDTH) ** 2 + ((self.y - CALM_CENTER) / CALM_HEIGHT) ** 2
        return 1 - share * np.exp(-(away**2))

    def generate_noise(
        self, cells: int, octaves: int, number: int, fade: float = 0.5
    ) -> np.ndarray:
        """Generates seamless noise, mean 0 and deviation 1: float32 (640, 640).

        cells: across; octaves: layers; fade: as of generate_fractal_noise.
        number: of the field; equal numbers of one seed are equal fields.
        """
        return generate_fractal_noise(
            CANVAS_SIDE, cells, octaves, seed=self.seed * 101 + number, fade=fade
        )

    def trace_flow(
        self,
        cells: int,
        number: int,
        reach: float,
        steps: int = 16,
        rise: float = 0.0,
        stir: np.ndarray | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields, step by step, where air came from that swirled along the curls of a noise field.

        cells: of the largest swirls, across.
        number: of the noise field.
        reach: pixels that the air moved altogether, about.
        steps: more: smoother paths.
        rise: pixels that it rose besides.
        stir: factors on the speed, float32 (h, w); None: 1.

        Yields columns and rows on a seamless field, float32 (h, w) each. Curls neither gather
        nor thin out the air, so that they draw it into threads as real air does.
        """
        potential = self.generate_noise(cells, octaves=3, number=number, fade=0.42)
        down, across = np.gradient(potential)
        speed = np.hypot(down, across).mean()
        right, below = (_shrink(field / speed) for field in (down, -across))
        height, width = (FLOW_SHRINK * side for side in _shrink(self.x).shape)
        columns, rows = np.meshgrid(
            np.arange(0, width, FLOW_SHRINK, dtype=np.float32),
            np.arange(0, height, FLOW_SHRINK, dtype=np.float32),
        )
        pace = reach / steps * (1 if stir is None else _shrink(stir))
        for _ in range(steps):
            place = columns / FLOW_SHRINK, rows / FLOW_SHRINK
            here_right, here_below = (sample_wrapped(f, *place) for f in (right, below))
            columns = columns - pace * here_right
            rows = rows - pace * here_below + rise / steps
            yield self._enlarge(columns), self._enlarge(rows)

    def find_origin(self, **flow: Any) -> tuple[np.ndarray, np.ndarray]:
        """Returns where air came from at first; flow: as of trace_flow; float32 (h, w) each."""
        return list(self.trace_flow(**flow))[-1]

    def _enlarge(self, field: np.ndarray) -> np.ndarray:
        """Enlarges a field of the flow's size to the canvas's, float32 (h, w)."""
        height, width = self.shape
        return cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)

    def finish(self, field: np.ndarray) -> np.ndarray:
        """Enlarges a painted field, float32 (h, w) or (h, w, 3), to the finished picture's size."""
        height, width = self.size
        return cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)


def _shrink(field: np.ndarray) -> np.ndarray:
    """Shrinks a field of the canvas's size, float (h, w), to the flow's: float32."""
    height, width = (max(2, side // FLOW_SHRINK) for side in field.shape)
    return cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)


def sample_wrapped(field: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Samples a seamless field, float (n, n), at columns and rows: float32 (h, w) each."""
    return cv2.remap(
        field.astype(np.float32),
        columns.astype(np.float32) % field.shape[1],
        rows.astype(np.float32) % field.shape[0],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )


def light_through(
    density: np.ndarray, toward_light: tuple[float, float], depth: float
) -> np.ndarray:
    """Returns how much light reaches each point of a cloud, 0 to 1: float32 (h, w).

    density: of the cloud, float32 (h, w).
    toward_light: direction to the light in the picture, right and up; of length 1 at most.
    depth: how strongly the cloud shades itself.
    """
    shade = np.zeros_like(density)
    height, width = density.shape
    # Further away, what shades is softer.
    for away in (6, 14, 28, 52):
        shift = np.array(
            [[1, 0, away * toward_light[0]], [0, 1, -away * toward_light[1]]], np.float32
        )
        shade += cv2.warpAffine(
            cv2.GaussianBlur(density, (0, 0), 0.3 * away),
            shift,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return np.exp(-depth * shade / 4)
