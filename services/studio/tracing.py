"""Steps of rendering that every renderer takes: composing, tracing light and denoising it."""

import gc
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import mitsuba as mi
import numpy as np

from services.studio import film, world
from services.studio.camera import Camera
from services.studio.composing import ComposedSet, compose_in_steps
from services.studio.detail import halve_textures
from services.studio.passes import render_in_passes
from services.studio.places.place import Place
from services.studio.sets import SetPlan, StudioSet
from services.studio.steps import take_steps_within
from services.studio.variant import choose_variant, is_variant_scalar

# Rows that are rendered at once where only a part is needed, and columns that are worth to be left
# out. Smaller: less is rendered in vain, but in more renders, each of which takes time to start.
BAND_ROWS, MIN_GAP = 32, 24

_Step = TypeVar("_Step")
_Result = TypeVar("_Result")

# Mitsuba's variant is a global of the process, and one render uses every core.
_renderer = threading.Lock()


@dataclass(frozen=True)
class RenderProgress:
    """A step of a render.

    fraction: share of the work done, 0 to 1.
    preview: small uint8 RGB image (height, width, 3), or None.
    """

    fraction: float
    preview: np.ndarray | None = None


@dataclass(frozen=True)
class FilmPart:
    """The part of an image that is rendered.

    size: (height, width) of the whole image in pixels.
    rows, columns: first and end of those to render; the end is not included.
    needed: which of its pixels are needed, bool (height, width); None: all of them.
    """

    size: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]
    needed: np.ndarray | None = None

    @property
    def height(self) -> int:
        """Rows to render."""
        return self.rows[1] - self.rows[0]

    @property
    def width(self) -> int:
        """Columns to render."""
        return self.columns[1] - self.columns[0]

    def list_needed_boxes(self, first: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Yields the boxes of a strip that are to be rendered: first and end row and column.

        first, end: rows of the strip, within the part. Gaps of less than MIN_GAP columns are
        rendered too.
        """
        if self.needed is None:
            yield first, end, 0, self.width
            return
        for top in range(first, end, BAND_ROWS):
            bottom = min(end, top + BAND_ROWS)
            is_needed = np.zeros(self.width + 2, np.uint8)
            is_needed[1:-1] = self.needed[top:bottom].any(axis=0)
            edges = np.flatnonzero(np.diff(is_needed))
            # Where one run ends and the next begins, if they are so far apart that it pays.
            gaps = [gap for gap in edges[1:-1].reshape(-1, 2) if gap[1] - gap[0] >= MIN_GAP]
            bounds = [*edges[:1], *np.ravel(gaps).astype(int), *edges[-1:]]
            for left, right in zip(bounds[::2], bounds[1::2], strict=True):
                yield top, bottom, int(left), int(right)


class LightTracer:
    """Mitsuba and the denoiser, which threads use in turns, one step at a time.

    variant: Mitsuba's way to compute: "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one
    that works on this machine.
    """

    def __init__(self, variant: str = "auto") -> None:
        self.variant = choose_variant(variant)

    @contextmanager
    def lock_renderer(self) -> Iterator[None]:
        """Locks Mitsuba for this thread and sets its variant, for the length of a `with` block.

        Never entered across a yield: a caller that stops reading must not block the others.
        """
        with _renderer:
            mi.set_variant(self.variant)
            yield

    def compose(
        self, plan: SetPlan, place: Place, draft: bool = False
    ) -> Generator[None, None, ComposedSet]:
        """Composes the set of a plan in a place; yields before each of its steps.

        draft: whether to halve its textures.
        """
        yield
        if not is_variant_scalar(self.variant):
            # Objects of earlier sets that are still there would make it another program.
            gc.collect()
        steps = compose_in_steps(plan, place)
        if draft:
            steps = take_steps_within(halve_textures, steps)
        return (yield from self._take_turns(steps))

    def trace(
        self,
        scene: "mi.Scene",
        studio_set: StudioSet,
        camera: Camera,
        part: FilmPart,
        samples: int,
        seed: int,
    ) -> Generator[float, None, np.ndarray]:
        """Renders a part of a set's image step by step; yields the share done after each.

        Returns linear light, float32 RGB (part.height, part.width, 3), with render noise; 0 where
        it is not needed, if this saves time.

        scene: the set as loaded into Mitsuba; studio_set, camera: the set itself and its camera.
        samples: light paths per pixel. seed: of the noise.
        """

        def load_sensor(top: int, bottom: int, left: int, right: int) -> "mi.Sensor":
            rows = part.rows[0] + top, part.rows[0] + bottom
            columns = part.columns[0] + left, part.columns[0] + right
            return load_set_sensor(studio_set, camera, part.size, rows, samples, columns)

        if is_variant_scalar(self.variant):
            steps = _trace_strips(scene, load_sensor, part, samples, seed)
        else:
            with self.lock_renderer():
                sensor = load_sensor(0, part.height, 0, part.width)
            steps = render_in_passes(scene, sensor, seed)
        return (yield from self._take_turns(steps))

    def denoise(self, light: np.ndarray, fine: bool) -> Generator[float, None, np.ndarray]:
        """Removes render noise strip by strip; yields the share done after each.

        light: linear RGB, float32 (height, width, 3); so is what it returns.
        fine: as film.denoise_in_strips takes it.
        """
        strips = film.denoise_in_strips(light, fine)
        clean = np.empty((0, *light.shape[1:]), np.float32)
        while len(clean) < len(light):
            with self.lock_renderer():
                clean = np.concatenate([clean, next(strips)])
            yield len(clean) / len(light)
        return clean

    def _take_turns(
        self, steps: Generator[_Step, None, _Result]
    ) -> Generator[_Step, None, _Result]:
        """Takes each of some steps while no other thread renders; returns what they return."""
        return (yield from take_steps_within(self.lock_renderer, steps))


def _trace_strips(
    scene: "mi.Scene",
    load_sensor: Callable[[int, int, int, int], "mi.Sensor"],
    part: FilmPart,
    samples: int,
    seed: int,
) -> Generator[float, None, np.ndarray]:
    """Renders the needed boxes of a part strip by strip; yields and returns as LightTracer.trace.

    load_sensor: for first and end row and column within the part.
    """
    size = part.height, part.width
    light = np.zeros((*size, 3), np.float32)
    for first, end in film.split_into_strips(size, samples):
        for box in part.list_needed_boxes(first, end):
            top, bottom, left, right = box
            light[top:bottom, left:right] = film.render_light(scene, load_sensor(*box), seed + top)
        yield end / part.height
    return light


def load_set_sensor(
    studio_set: StudioSet,
    camera: Camera,
    size: tuple[int, int],
    rows: tuple[int, int],
    samples: int,
    columns: tuple[int, int] | None = None,
) -> "mi.Sensor":
    """Loads the camera of a set into Mitsuba, focused on the product.

    studio_set: gives the aperture.
    size: (height, width) of the whole image in pixels.
    rows: (first, end) of the rows to render; the end is not included.
    samples: light paths per pixel.
    columns: the same of the columns; None: all.
    """
    return world.load_sensor(
        camera,
        size,
        rows,
        samples,
        aperture=studio_set.aperture,
        focus=camera.distance,
        columns=columns,
    )
