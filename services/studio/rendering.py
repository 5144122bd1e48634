"""Renders planned sets with Mitsuba 3 and Open Image Denoise, strip by strip."""

import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import version

import mitsuba as mi
import numpy as np

from services.imaging.recipe import SetRecipe
from services.imaging.scene import Scene
from services.studio import film, world
from services.studio.atmosphere import paint_veil
from services.studio.briefs.agreement import join_looks, report_unseen, show_in_part
from services.studio.briefs.brief import Brief
from services.studio.briefs.reader import read_brief
from services.studio.camera import Camera
from services.studio.claims import list_shown_in_part, list_unseen_materials
from services.studio.color import extract_palette
from services.studio.composing import ComposedSet
from services.studio.describing import describe_set
from services.studio.lights import light_from_lamp
from services.studio.panoramas.library import NO_PANORAMAS, PanoramaLibrary
from services.studio.planning import RenderRequest, find_product_height, plan_set
from services.studio.sets import SetPlan, StudioSet
from services.studio.steps import convert_steps
from services.studio.tracing import FilmPart, LightTracer, RenderProgress, load_set_sensor
from services.studio.variant import is_variant_scalar

# Pixels of a preview's longer side, and its samples per pixel. Larger: a later first preview.
PREVIEW_SIDE, PREVIEW_SAMPLES = 192, 2
# Largest size of a preview as a share of the image, so that it costs far less than the image.
MAX_PREVIEW_SHARE = 0.5
# Shares of the work that are done when the preview comes, after the strips, once the image is
# denoised, and once it has its air.
PREVIEW_DONE, STRIPS_DONE, DENOISED_DONE, AIR_DONE = 0.05, 0.95, 0.98, 0.99
# Share of the progress that is left to the preview that each step of composing makes, as their
# number is not known before.
COMPOSING_PACE = 0.25
# Samples per pixel of an image, and of a draft: to see the composition, not to look into the
# shadows. More: finer noise before denoising, proportionally more time. At 512 px six samples and
# balanced denoising come closer to a converged image by 0.2 of 255 at most, in the mean of its
# pixels, and take almost twice as long.
SAMPLES, DRAFT_SAMPLES = 4, 3
# Version of how light is traced, denoised and developed. A set's image of another one has another
# noise, but shows the same set.
FILM_VERSION = 2


@dataclass(frozen=True)
class RenderedSet:
    """The finished image of a set.

    pixels: uint8 RGB (height, width, 3).
    scene: its light, ground line, horizon, palette and camera.
    parameters: what determined it, as plain JSON values.
    brief: what was asked for, and what of it the image does not show.
    place: that it shows, by name.
    photograph: origin of the panorama that lights it, in words for the manifest; empty: none does.
    """

    pixels: np.ndarray
    scene: Scene
    parameters: Mapping[str, object]
    brief: Brief
    place: str
    photograph: str = ""


class Renderer:
    """Renders sets. Safe to call from several threads, which take turns.

    variant: Mitsuba's way to compute: "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one
    that works on this machine.
    panoramas: photographed places that sets may be lit with.
    """

    def __init__(self, variant: str = "auto", panoramas: PanoramaLibrary = NO_PANORAMAS) -> None:
        self._panoramas = panoramas
        self._tracer = LightTracer(variant)
        self._set_version = describe_set_version(panoramas)
        self.variant = self._tracer.variant
        self.version = f"{self._set_version}-film{FILM_VERSION}-{self.variant}"

    def render(
        self, request: RenderRequest, draft: bool = False
    ) -> Iterator[RenderProgress | RenderedSet]:
        """Renders the set that a request asks for, and yields each step.

        draft: whether fewer samples and halved textures do.

        First progress while the set is composed, then a small preview, then progress after each
        strip, after denoising and after painting the air, last the image.
        """
        brief = read_brief(request.prompt, request.negative_prompt, request.product)
        plan, place_name, place = plan_set(request, brief, self._panoramas)
        composed = yield from report_composing(
            self._tracer.compose(plan, place, draft), PREVIEW_DONE
        )
        studio_set = composed.studio_set
        with self._tracer.lock_renderer():
            scene = world.load_scene(studio_set)
        yield RenderProgress(PREVIEW_DONE)
        samples = DRAFT_SAMPLES if draft else SAMPLES
        preview = self._render_preview(scene, studio_set, plan.camera, samples, request.seed)
        yield RenderProgress(PREVIEW_DONE, preview)
        light = yield from self._render_light(scene, studio_set, plan.camera, samples, request.seed)
        pixels = film.develop_image(light, exposure=studio_set.exposure, seed=request.seed)
        brief = report_shown(brief, plan, composed)
        rendered = replace(
            scene_from_set(studio_set, plan.camera, pixels),
            product_height=find_product_height(request, plan),
            stance=plan.brief.pose or "",
            recipe=recipe_from_request(request, self._set_version),
        )
        parameters = {
            "camera_pitch": plan.camera.pitch,
            "variant": self.variant,
            "samples": samples,
            **describe_set(plan, brief, place_name, composed),
        }
        yield RenderedSet(pixels, rendered, parameters, brief, place_name, studio_set.photograph)

    def _render_light(
        self, scene: "mi.Scene", studio_set: StudioSet, camera: Camera, samples: int, seed: int
    ) -> Generator[RenderProgress, None, np.ndarray]:
        """Renders a set's image, without noise and with its air; yields progress.

        scene, studio_set, camera: the set as loaded into Mitsuba, the set itself and its camera.
        samples: light paths per pixel. seed: of the noise.

        Returns linear RGB, float32 (height, width, 3).
        """
        size = camera.height, camera.width
        part = FilmPart(size, rows=(0, camera.height), columns=(0, camera.width))
        light = yield from report_share(
            self._tracer.trace(scene, studio_set, camera, part, samples, seed),
            (PREVIEW_DONE, STRIPS_DONE),
        )
        light = yield from report_share(
            self._tracer.denoise(light, fine=False), (STRIPS_DONE, DENOISED_DONE)
        )
        veil = paint_veil(studio_set, camera, size, seed)
        yield RenderProgress(AIR_DONE)
        return veil.cover(light) if veil else light

    def _render_preview(
        self, scene: "mi.Scene", studio_set: StudioSet, camera: Camera, samples: int, seed: int
    ) -> np.ndarray:
        """Renders a quick preview: uint8 RGB (h, w, 3), at most half as large as the image.

        scene, studio_set, camera: the set as loaded into Mitsuba, the set itself and its camera.
        samples: light paths per pixel of the image. seed: of the noise.
        """
        # The number of samples is a part of compiled programs; the preview takes the image's.
        samples = PREVIEW_SAMPLES if is_variant_scalar(self.variant) else samples
        share = min(MAX_PREVIEW_SHARE, PREVIEW_SIDE / max(camera.width, camera.height))
        size = max(1, round(camera.height * share)), max(1, round(camera.width * share))
        with self._tracer.lock_renderer():
            sensor = load_set_sensor(studio_set, camera, size, (0, size[0]), samples)
            light = film.denoise_light(film.render_light(scene, sensor, seed), fine=False)
        return film.develop_image(light, exposure=studio_set.exposure, seed=seed)


def report_shown(brief: Brief, plan: SetPlan, composed: ComposedSet) -> Brief:
    """Returns a brief as read with what of it its set shows, shows in part and leaves out."""
    shown = composed.studio_set.shown
    unseen = *composed.left_out, *list_unseen_materials(plan, shown)
    return join_looks(show_in_part(report_unseen(brief, unseen), list_shown_in_part(plan, shown)))


def describe_set_version(panoramas: PanoramaLibrary) -> str:
    """Returns the version of the sets that a renderer builds: equal ones are equal for a recipe.

    The variant, Mitsuba's way to compute, changes their noise only.
    """
    renderer = f"9-mitsuba{mi.__version__}-oidn{version('pyoidn')}"
    return f"{renderer}-places{panoramas.digest}"


def report_share(
    steps: Generator[float, None, np.ndarray], span: tuple[float, float]
) -> Generator[RenderProgress, None, np.ndarray]:
    """Yields progress for each step of one part of a render, and returns the part's light.

    steps: yields the share of the part that is done, 0 to 1; returns linear RGB, float32
    (height, width, 3).
    span: fractions of the whole render at which the part starts and ends.
    """
    start, end = span
    return (
        yield from convert_steps(steps, lambda done: RenderProgress(start + (end - start) * done))
    )


def report_composing(
    steps: Generator[None, None, ComposedSet], end: float
) -> Generator[RenderProgress, None, ComposedSet]:
    """Yields progress for each step of composing a set, and returns the set.

    end: fraction of the whole render at which the set is composed.
    """
    numbers = itertools.count(1)
    return (
        yield from convert_steps(
            steps, lambda _: RenderProgress(end * (1 - (1 - COMPOSING_PACE) ** next(numbers)))
        )
    )


def recipe_from_request(request: RenderRequest, renderer: str) -> SetRecipe:
    """Returns the recipe with which stage 4 builds the set of a request again.

    renderer: version of the renderer.
    """
    return SetRecipe(renderer, **vars(request))


def request_from_recipe(recipe: SetRecipe) -> RenderRequest:
    """Returns the request for the set of a recipe, field by field."""
    names = (field.name for field in fields(RenderRequest))
    return RenderRequest(**{name: getattr(recipe, name) for name in names})


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
