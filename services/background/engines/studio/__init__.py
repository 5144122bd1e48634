"""The studio: renders an empty set for product photographs from a prompt, without any weights."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version

import mitsuba as mi
import numpy as np

from services.background.engine import Order, Picture, Step
from services.background.engines.studio import film, world
from services.background.engines.studio.camera import Camera, frame
from services.background.engines.studio.color import palette
from services.background.engines.studio.families import FAMILIES
from services.background.engines.studio.lights import light_of
from services.background.engines.studio.prompt import Direction, read
from services.background.engines.studio.scenery import Family, Scenery, Shoot
from services.background.engines.studio.variant import choose_variant
from services.runtime.engines import Notice
from services.runtime.scene import LYING_FROM_PITCH, Scene

ORIGIN = "rendered studio scene"
PREVIEW_SIDE = 256
PREVIEW_SAMPLES = 2
NOT_UNDERSTOOD = Notice(
    "PROMPT_NOT_UNDERSTOOD",
    "the studio understood nothing of the prompt and made a neutral set; name a place, a material, "
    'a colour or a light, as in "marble table, soft morning light"',
)

# Mitsuba's variant is a global of the process, and one render uses every core.
_renderer = threading.Lock()


class Studio:
    """Renders sets with Mitsuba 3 and Open Image Denoise.

    variant: "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one that works here.
    """

    name = "studio"

    def __init__(self, variant: str = "auto") -> None:
        self._variant = choose_variant(variant)
        self.version = f"2-mitsuba{mi.__version__}-oidn{version('pyoidn')}-{self._variant}"

    def make(self, order: Order) -> Iterator[Step | Picture]:
        """Yields a step with a small preview, a step after each strip, and the picture."""
        direction, family = direct(order)
        shoot = arrange(order, direction, family)
        with self._rendering():
            scenery = family.build(shoot)
            scenery = replace(scenery, aperture=scenery.aperture * direction.blur)
            scene = world.scene(scenery)
        yield Step(0.05, self._preview(scene, scenery, shoot.camera, order.seed))
        samples = samples_for(order.height * order.width)
        light = np.empty((order.height, order.width, 3), np.float32)
        for first, end in film.strips(light.shape[:2], samples, self._variant):
            with self._rendering():
                sensor = take(scenery, shoot.camera, light.shape[:2], (first, end), samples)
                light[first:end] = film.expose(scene, sensor, order.seed + first)
            yield Step(0.05 + 0.9 * end / order.height)
        with self._rendering():
            light = film.denoise(light)
        pixels = film.develop(light, scenery.exposure, order.seed)
        yield Picture(
            pixels,
            facts(scenery, shoot.camera, pixels),
            ORIGIN,
            self._parameters(shoot, family, samples),
            () if direction.words else (NOT_UNDERSTOOD,),
        )

    def _preview(
        self, scene: "mi.Scene", scenery: Scenery, camera: Camera, seed: int
    ) -> np.ndarray:
        """The set at a glance: uint8 RGB, its longer side 256, or half of a small order's."""
        share = min(0.5, PREVIEW_SIDE / max(camera.width, camera.height))
        size = max(1, round(camera.height * share)), max(1, round(camera.width * share))
        with self._rendering():
            sensor = take(scenery, camera, size, (0, size[0]), PREVIEW_SAMPLES)
            light = film.denoise(film.expose(scene, sensor, seed))
        return film.develop(light, scenery.exposure, seed)

    def _parameters(self, shoot: Shoot, family: Family, samples: int) -> dict[str, object]:
        return {
            "family": family.name,
            "composition": shoot.composition,
            "camera_pitch": shoot.camera.pitch,
            "variant": self._variant,
            "samples": samples,
            **shoot.direction.told(),
        }

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Held during each piece of work, never across a yield: a caller that stops listening
        does not stop the others."""
        with _renderer:
            mi.set_variant(self._variant)
            yield


def direct(order: Order) -> tuple[Direction, Family]:
    """What the prompt asks for and the family of scenes that fits; from above, a flat lay."""
    words = {name: family.vocabulary for name, family in FAMILIES.items()}
    direction = read(order.prompt, order.negative_prompt, words)
    family = FAMILIES[direction.family or next(iter(FAMILIES))]
    pitch = order.camera_pitch
    if pitch is None:
        pitch = family.pitch if direction.pitch is None else direction.pitch
    direction = replace(direction, pitch=float(pitch))
    if pitch >= LYING_FROM_PITCH:
        colors = {**family.lying_colors, **direction.colors}
        material = direction.material or family.lying_surface
        return replace(direction, material=material, colors=colors), FAMILIES["flatlay"]
    return direction, FAMILIES[family.standing or family.name]


def arrange(order: Order, direction: Direction, family: Family) -> Shoot:
    """Sets up the camera and lets the seed choose among the compositions that fit the words."""
    view = direction.view or family.view
    camera = frame(order.width, order.height, direction.pitch, family.ground_line, view)
    fitting = [c for c in family.compositions if c.words & direction.words] or family.compositions
    composition = fitting[order.seed % len(fitting)]
    return Shoot(direction, camera, composition.name, np.random.default_rng(order.seed))


def samples_for(pixels: int) -> int:
    """Paths of light per pixel: larger pictures need fewer, for their noise is finer."""
    return 6 if pixels < 720 * 720 else 4


def take(
    scenery: Scenery, camera: Camera, size: tuple[int, int], rows: tuple[int, int], samples: int
) -> "mi.Sensor":
    """The camera, loaded for some rows of a picture of size (height, width)."""
    return world.sensor(camera, size, rows, samples, scenery.aperture, camera.distance)


def facts(scenery: Scenery, camera: Camera, pixels: np.ndarray) -> Scene:
    """What later stages need to know of the set."""
    return Scene(
        ground_line=camera.project((0.0, 0.0, 0.0))[1],
        horizon=camera.horizon(),
        gloss=scenery.gloss,
        camera_pitch=camera.pitch,
        light=light_of(scenery.key),
        palette=palette(pixels),
    )
