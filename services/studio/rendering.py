"""Renders planned sets with Mitsuba 3 and Open Image Denoise, strip by strip."""

import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version

import mitsuba as mi
import numpy as np

from services.imaging.recipe import SetRecipe
from services.imaging.scene import Scene
from services.studio import film, world
from services.studio.air import AIR, paint_air
from services.studio.briefs.brief import Brief
from services.studio.briefs.reader import read_brief
from services.studio.camera import Camera
from services.studio.color import extract_palette
from services.studio.composing import ComposedSet, compose_in_steps
from services.studio.describing import describe_set
from services.studio.lights import light_from_lamp
from services.studio.panoramas.library import NO_PANORAMAS, PanoramaLibrary
from services.studio.places.place import Place
from services.studio.planning import RenderRequest, plan_set
from services.studio.sets import SetPlan, StudioSet
from services.studio.variant import choose_variant

# Pixels of a preview's longer side, and its samples per pixel. Larger: a later first preview.
PREVIEW_SIDE, PREVIEW_SAMPLES = 192, 2
# Largest size of a preview as a share of the image, so that it costs far less than the image.
MAX_PREVIEW_SHARE = 0.5
# Shares of the work: done when the preview comes, and done by the strips; then how much is done
# once the image is denoised, and once it has its air.
PREVIEW_DONE, STRIPS_SHARE = 0.05, 0.9
DENOISED_DONE, AIR_DONE = 0.98, 0.99
# Share of the progress that is left to the preview that each step of composing makes, as their
# number is not known before.
COMPOSING_PACE = 0.25
# Pixels below which an image counts as small, and samples per pixel of small and large images.
# More samples: finer noise before denoising, proportionally more time.
SMALL_IMAGE_PIXELS, SMALL_IMAGE_SAMPLES, LARGE_IMAGE_SAMPLES = 720 * 720, 6, 4

# Air that lies on the ground, its share in front of the product, and the share of the height over
# which it thins out there. Larger: a more hidden foreground.
LOW_AIR = frozenset({"fog", "mist"})
FOREGROUND_FOG, FOG_FADE = 0.12, 0.3

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
class RenderedSet:
    """The finished image of a set.

    pixels: uint8 RGB (height, width, 3).
    scene: its light, ground line, horizon, palette and camera.
    parameters: what determined it, as plain JSON values.
    brief: what was asked for, and what of it the image does not show.
    photograph: origin of the panorama that lights it, in words for the manifest; empty: none does.
    """

    pixels: np.ndarray
    scene: Scene
    parameters: Mapping[str, object]
    brief: Brief
    photograph: str = ""


class Renderer:
    """Renders sets. Safe to call from several threads, which take turns.

    variant: Mitsuba's way to compute: "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one
    that works on this machine.
    panoramas: photographed places that sets may be lit with.
    """

    def __init__(self, variant: str = "auto", panoramas: PanoramaLibrary = NO_PANORAMAS) -> None:
        self._panoramas = panoramas
        self._variant = choose_variant(variant)
        renderer = f"3-mitsuba{mi.__version__}-oidn{version('pyoidn')}-{self._variant}"
        self.version = f"{renderer}-places{panoramas.digest}"

    def render(self, request: RenderRequest) -> Iterator[RenderProgress | RenderedSet]:
        """Renders the set that a request asks for, and yields each step.

        First progress while the set is composed, then a small preview, then progress after each
        strip, after denoising and after painting the air, last the image.
        """
        brief = read_brief(request.prompt, request.negative_prompt, request.product)
        plan, place_name, place = plan_set(request, brief, self._panoramas)
        composed = yield from self._compose_set(plan, place)
        studio_set = composed.studio_set
        with self._use_renderer():
            scene = world.load_scene(studio_set)
        yield RenderProgress(PREVIEW_DONE)
        preview = self._render_preview(scene, studio_set, plan.camera, request.seed)
        yield RenderProgress(PREVIEW_DONE, preview)
        samples = choose_sample_count(request.height * request.width)
        size = request.height, request.width
        light = np.empty((*size, 3), np.float32)
        for first, end in film.split_into_strips(size, samples, self._variant):
            with self._use_renderer():
                sensor = load_set_sensor(
                    studio_set, plan.camera, size, rows=(first, end), samples=samples
                )
                light[first:end] = film.render_light(scene, sensor, seed=request.seed + first)
            yield RenderProgress(PREVIEW_DONE + STRIPS_SHARE * end / request.height)
        light = yield from self._denoise_light(light)
        light = add_air(light, studio_set, plan.camera, seed=request.seed)
        yield RenderProgress(AIR_DONE)
        pixels = film.develop_image(light, exposure=studio_set.exposure, seed=request.seed)
        brief = brief.without(composed.left_out)
        parameters = {
            "camera_pitch": plan.camera.pitch,
            "variant": self._variant,
            "samples": samples,
            **describe_set(plan, brief, place_name, composed),
        }
        yield RenderedSet(
            pixels,
            scene=replace(
                scene_from_set(studio_set, plan.camera, pixels),
                stance=plan.brief.pose or "",
                recipe=recipe_from_request(request, self.version),
            ),
            parameters=parameters,
            brief=brief,
            photograph=studio_set.photograph,
        )

    def _compose_set(
        self, plan: SetPlan, place: Place
    ) -> Generator[RenderProgress, None, ComposedSet]:
        """Composes the set of a plan in a place, and yields progress after each of its steps."""
        steps, done = compose_in_steps(plan, place), 0.0
        while True:
            done += (PREVIEW_DONE - done) * COMPOSING_PACE
            yield RenderProgress(done)
            try:
                with self._use_renderer():
                    next(steps)
            except StopIteration as end:
                composed: ComposedSet = end.value
                return composed

    def _denoise_light(self, light: np.ndarray) -> Generator[RenderProgress, None, np.ndarray]:
        """Removes render noise, and yields progress after each of the strips that it takes.

        light: linear RGB, float32 (height, width, 3); so is what it returns.
        """
        strips, clean = film.denoise_in_strips(light), np.empty((0, *light.shape[1:]), np.float32)
        start = PREVIEW_DONE + STRIPS_SHARE
        while len(clean) < len(light):
            with self._use_renderer():
                clean = np.concatenate([clean, next(strips)])
            done = len(clean) / len(light)
            yield RenderProgress(start + (DENOISED_DONE - start) * done)
        return clean

    def _render_preview(
        self, scene: "mi.Scene", studio_set: StudioSet, camera: Camera, seed: int
    ) -> np.ndarray:
        """Renders a quick preview: uint8 RGB (h, w, 3), at most half as large as the image.

        scene, studio_set, camera: the set as loaded into Mitsuba, the set itself and its camera.
        seed: of the noise.
        """
        share = min(MAX_PREVIEW_SHARE, PREVIEW_SIDE / max(camera.width, camera.height))
        size = max(1, round(camera.height * share)), max(1, round(camera.width * share))
        with self._use_renderer():
            sensor = load_set_sensor(
                studio_set, camera, size, rows=(0, size[0]), samples=PREVIEW_SAMPLES
            )
            light = film.denoise_light(film.render_light(scene, sensor, seed))
        return film.develop_image(light, exposure=studio_set.exposure, seed=seed)

    @contextmanager
    def _use_renderer(self) -> Iterator[None]:
        """Locks Mitsuba for this thread and sets its variant, for the length of a `with` block.

        Never entered across a yield: a caller that stops reading must not block the others.
        """
        with _renderer:
            mi.set_variant(self._variant)
            yield


def recipe_from_request(request: RenderRequest, renderer: str) -> SetRecipe:
    """Returns the recipe with which stage 4 builds the set of a request again.

    renderer: version of the renderer.
    """
    return SetRecipe(renderer, **vars(request))


def request_from_recipe(recipe: SetRecipe) -> RenderRequest:
    """Returns the request for the set of a recipe, field by field."""
    names = (field.name for field in fields(RenderRequest))
    return RenderRequest(**{name: getattr(recipe, name) for name in names})


def add_air(light: np.ndarray, studio_set: StudioSet, camera: Camera, seed: int) -> np.ndarray:
    """Adds what fills the air to linear light, float32 RGB (h, w, 3); same shape.

    studio_set: names the air; camera: of the set; seed: varies it.
    """
    for name, color in studio_set.air.items():
        if name in AIR:
            veil, alpha = paint_air(
                name, light.shape[:2], camera, color, studio_set.key.direction_to_lamp, seed
            )
            share = find_air_share(name, camera)[:, None, None]
            light = light * (1 - share * alpha[..., None]) + share * veil
    return light


def find_air_share(name: str, camera: Camera) -> np.ndarray:
    """Returns how much of the air is seen in each row of the image, 0 to 1, float32 (height,).

    name: of an entry of AIR. Fog stays behind the product, whose foot it would hide.
    """
    rows = (np.arange(camera.height, dtype=np.float32) + 0.5) / camera.height
    if name not in LOW_AIR:
        return np.ones_like(rows)
    near = np.clip((rows - (camera.ground_line - FOG_FADE)) / FOG_FADE, 0, 1)
    return 1 - (1 - FOREGROUND_FOG) * near * near * (3 - 2 * near)


def choose_sample_count(pixel_count: int) -> int:
    """Returns the samples (light paths) per pixel; large images need fewer, as noise is finer.

    pixel_count: height times width.
    """
    return SMALL_IMAGE_SAMPLES if pixel_count < SMALL_IMAGE_PIXELS else LARGE_IMAGE_SAMPLES


def load_set_sensor(
    studio_set: StudioSet,
    camera: Camera,
    size: tuple[int, int],
    rows: tuple[int, int],
    samples: int,
) -> "mi.Sensor":
    """Loads the camera of a set into Mitsuba, focused on the product.

    studio_set: gives the aperture.
    size: (height, width) of the whole image in pixels.
    rows: (first, end) of the rows to render; the end is not included.
    samples: light paths per pixel.
    """
    return world.load_sensor(
        camera, size, rows, samples, aperture=studio_set.aperture, focus=camera.distance
    )


def scene_from_set(studio_set: StudioSet, camera: Camera, pixels: np.ndarray) -> Scene:
    """Describes a rendered set for later stages: ground line, horizon, light, palette and camera.

    studio_set, camera: what was rendered.
    pixels: the set's image, uint8 RGB (H, W, 3), whose colors make the palette.
    """
    column, row = camera.project_point((0.0, 0.0, 0.0))
    return Scene(
        ground_line=row,
        product_x=column,
        horizon=camera.horizon_row(),
        gloss=studio_set.gloss,
        camera_pitch=camera.pitch,
        light=light_from_lamp(studio_set.key),
        palette=extract_palette(pixels),
    )
