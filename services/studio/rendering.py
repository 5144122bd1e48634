"""Renders planned sets with Mitsuba 3 and Open Image Denoise, strip by strip."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version

import mitsuba as mi
import numpy as np

from services.imaging.scene import Scene
from services.studio import film, world
from services.studio.camera import Camera
from services.studio.color import palette
from services.studio.lights import light_of
from services.studio.planning import Brief, arrange, direct
from services.studio.scenery import Scenery
from services.studio.variant import choose_variant

PREVIEW_SIDE = 256
PREVIEW_SAMPLES = 2

# Mitsuba's variant is a global of the process, and one render uses every core.
_renderer = threading.Lock()


@dataclass(frozen=True)
class Progress:
    """The share of the rendering that is done, 0 to 1, and perhaps a small uint8 RGB preview."""

    fraction: float
    preview: np.ndarray | None = None


@dataclass(frozen=True)
class RenderedSet:
    """A picture of a set.

    pixels: uint8 RGB (height, width, 3). scene: its light, ground and camera. parameters: what
    shaped it, plain JSON values. understood: whether any word of the prompt was.
    """

    pixels: np.ndarray
    scene: Scene
    parameters: Mapping[str, object]
    understood: bool


class Renderer:
    """Renders sets; safe to call from several threads, which take turns.

    variant: "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one that works here.
    """

    def __init__(self, variant: str = "auto") -> None:
        self._variant = choose_variant(variant)
        self.version = f"2-mitsuba{mi.__version__}-oidn{version('pyoidn')}-{self._variant}"

    def render(self, brief: Brief) -> Iterator[Progress | RenderedSet]:
        """Yields progress with a small preview, progress after each strip, and the picture."""
        direction, family = direct(brief)
        shoot = arrange(brief, direction, family)
        with self._rendering():
            scenery = family.build(shoot)
            scenery = replace(scenery, aperture=scenery.aperture * direction.blur)
            scene = world.scene(scenery)
        yield Progress(0.05, self._preview(scene, scenery, shoot.camera, brief.seed))
        samples = samples_for(brief.height * brief.width)
        light = np.empty((brief.height, brief.width, 3), np.float32)
        for first, end in film.strips(light.shape[:2], samples, self._variant):
            with self._rendering():
                sensor = load_camera(scenery, shoot.camera, light.shape[:2], (first, end), samples)
                light[first:end] = film.expose(scene, sensor, brief.seed + first)
            yield Progress(0.05 + 0.9 * end / brief.height)
        with self._rendering():
            light = film.denoise(light)
        pixels = film.develop(light, scenery.exposure, brief.seed)
        parameters = {
            "family": family.name,
            "composition": shoot.composition,
            "camera_pitch": shoot.camera.pitch,
            "variant": self._variant,
            "samples": samples,
            **direction.told(),
        }
        known = scene_of_set(scenery, shoot.camera, pixels)
        yield RenderedSet(pixels, known, parameters, understood=bool(direction.words))

    def _preview(
        self, scene: "mi.Scene", scenery: Scenery, camera: Camera, seed: int
    ) -> np.ndarray:
        """The set at a glance: uint8 RGB, its longer side 256, or half of a small picture's."""
        share = min(0.5, PREVIEW_SIDE / max(camera.width, camera.height))
        size = max(1, round(camera.height * share)), max(1, round(camera.width * share))
        with self._rendering():
            sensor = load_camera(scenery, camera, size, (0, size[0]), PREVIEW_SAMPLES)
            light = film.denoise(film.expose(scene, sensor, seed))
        return film.develop(light, scenery.exposure, seed)

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Held during each piece of work, never across a yield: a caller that stops listening
        does not stop the others."""
        with _renderer:
            mi.set_variant(self._variant)
            yield


def samples_for(pixels: int) -> int:
    """Paths of light per pixel: larger pictures need fewer, for their noise is finer."""
    return 6 if pixels < 720 * 720 else 4


def load_camera(
    scenery: Scenery, camera: Camera, size: tuple[int, int], rows: tuple[int, int], samples: int
) -> "mi.Sensor":
    """The camera, loaded for some rows of a picture of size (height, width)."""
    return world.sensor(camera, size, rows, samples, scenery.aperture, camera.distance)


def scene_of_set(scenery: Scenery, camera: Camera, pixels: np.ndarray) -> Scene:
    """What later stages need to know of a set; pixels: its picture, uint8 RGB (H, W, 3)."""
    return Scene(
        ground_line=camera.project((0.0, 0.0, 0.0))[1],
        horizon=camera.horizon(),
        gloss=scenery.gloss,
        camera_pitch=camera.pitch,
        light=light_of(scenery.key),
        palette=palette(pixels),
    )
