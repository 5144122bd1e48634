"""Differential rendering: what a product changes about the light of a set.

P. Debevec: "Rendering Synthetic Objects into Real Scenes", SIGGRAPH 1998. The set is rendered with
and without a solid of the product's outline, with equal noise; their difference is the product's
shadow, its reflection and the light that it throws back.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import cv2
import mitsuba as mi
import numpy as np

from services.imaging.blur import blur_weighted, gaussian_blur
from services.imaging.box import crop_to_box
from services.imaging.color import LUMINANCE, linear_light_from_srgb
from services.imaging.recipe import SetRecipe
from services.imaging.scene import Scene
from services.studio import film, materials, world
from services.studio.atmosphere import Veil
from services.studio.briefs.reader import read_brief
from services.studio.camera import Camera
from services.studio.memory import LatestValue
from services.studio.panoramas.library import NO_PANORAMAS, PanoramaLibrary
from services.studio.planning import RenderRequest, plan_set
from services.studio.proxy import PlacedProduct, build_proxy
from services.studio.rendering import (
    describe_set_version,
    report_composing,
    report_share,
    request_from_recipe,
)
from services.studio.sets import StudioSet
from services.studio.shapes import Mesh
from services.studio.stand_in import create_stand_in
from services.studio.support import measure_overhang
from services.studio.tracing import LightTracer, RenderProgress, load_set_sensor
from services.studio.variant import SCALAR_VARIANT
from services.studio.windows import Window, choose_window, find_reach, paint_window_veil

# Light paths per pixel. More: finer contact and sharper shadows, proportionally more time.
SAMPLES = 4
# Reflections that a light path is followed through. Differences in later ones cannot be seen.
BOUNCES = 4
# Shares of the work that are done once the set is built, once the product's own light is known and
# the set is loaded, once it is rendered without and with the product, and once both are denoised.
LIT, COMPOSED, TRACED_BEFORE, TRACED_AFTER = 0.25, 0.3, 0.55, 0.8
CLEANED_BEFORE, CLEANED_AFTER = 0.88, 0.96
# Pixels of the proxy's texture along its longer side.
TEXTURE_SIDE = 192
# Sigma in pixels of the blur of a first look, which hides its noise.
ROUGH_SIGMA = 3.0
# Gloss of a ground from which on it mirrors the product at all, and in full.
MIN_MIRRORING, FULL_MIRRORING = 0.1, 0.4
# Pixels of the image that measures how bright the set lights the product.
GLIMPSE_SIDE = 40
# Alpha from which on a pixel has only the product's color.
INNER_ALPHA = 230
# Brightest sRGB of the proxy's texture: paints throw back at most so much of the light.
MAX_TEXTURE_LEVEL = 235
# Sigma of the blur, in texture pixels, that spreads the product's colors beyond its outline.
TEXTURE_SPREAD = 6.0
# Sigmas in pixels of the blurs that continue light under the product. More: smoother, further.
FILL_SIGMAS = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0)
# Weight of known pixels from which on a blur counts.
MIN_FILL_WEIGHT = 0.05
# Light below which a change says nothing, and the largest that is continued under the product.
FAINT_LIGHT, MAX_CONTINUED_CHANGE = 1e-4, 4.0


@dataclass(frozen=True)
class LightDifference:
    """The light of a set without and with the product, as it is seen in the picture.

    before, after: linear sRGB, 0 to 1, float32 (h, w, 3), each continued under the product.
    to_window: matrix, float64 (2, 3), from columns and rows of the picture to those of the window.
    fraction: of the work that is done, 0 to 1; below 1 the light is that of a blurred first look.
    overhang: share of a standing product's feet that are beyond the surface, 0 to 1.
    """

    before: np.ndarray
    after: np.ndarray
    to_window: np.ndarray
    fraction: float = 1.0
    overhang: float = 0.0


@dataclass(frozen=True)
class _LoadedSet:
    """A set, its camera, and the set as loaded into Mitsuba without a product."""

    studio_set: StudioSet
    camera: Camera
    scene: "mi.Scene"


class DifferenceRenderer:
    """Renders what products change about sets. Safe to call from several threads, in turns.

    panoramas: photographed places that sets may be lit with.

    Windows differ in size from product to product. Mitsuba would compile a program for each, which
    takes longer than to render it without, so the scalar variant is used.

    The latest set that was rebuilt is kept, and no other, as ads often share one: several products
    in it, or one with other options. It stays in memory until another one is rebuilt; a set takes
    20 to 80 MiB. Threads that render at once have their sets besides.
    """

    def __init__(self, panoramas: PanoramaLibrary = NO_PANORAMAS) -> None:
        self._panoramas = panoramas
        self._tracer = LightTracer(SCALAR_VARIANT)
        self._latest: LatestValue[RenderRequest, _LoadedSet] = LatestValue()
        self.version = describe_set_version(panoramas)

    def can_rebuild(self, recipe: SetRecipe | None) -> bool:
        """Whether a recipe describes a set that this renderer builds as it was built before."""
        return recipe is not None and recipe.renderer == self.version

    def render(
        self, product: PlacedProduct, scene: Scene, seed: int
    ) -> Iterator[RenderProgress | LightDifference]:
        """Renders the difference that a product makes; yields progress, then the difference.

        The set is that of the scene's recipe, where this renderer can rebuild it; else a plain
        ground stands in for it. Raises NothingToRender for products that no solid can stand in for.

        seed: of the noise.
        """
        yield RenderProgress(0.0)
        built = yield from self._build_set(product, scene)
        studio_set = built.studio_set
        with self._tracer.lock_renderer():
            solid = build_proxy(product, built.camera)
            stands = product.stance == "standing" and not built.camera.is_overhead
            overhang = measure_overhang(product, built.camera, built.scene) if stands else 0.0
            box = find_reach(product, studio_set, built.camera, solid)
            window = choose_window(product, box)
            height, width = window.part.size
            camera = replace(built.camera, height=height, width=width)
            texture = _paint_proxy(product)
            glimpsed = _load_with_proxy(studio_set, solid, texture)
            glow = _measure_missing_light(glimpsed, studio_set, camera, window, texture)
        yield RenderProgress(LIT)
        with self._tracer.lock_renderer():
            lit = _load_with_proxy(studio_set, solid, texture, glow) if glow else glimpsed
        yield RenderProgress(COMPOSED)
        loaded = replace(built, camera=camera)
        before, after = yield from self._trace_both(loaded, lit, window, seed)
        veil = paint_window_veil(studio_set, camera, window.part, seed)
        exposure = studio_set.exposure
        rough = [cv2.GaussianBlur(light, (0, 0), ROUGH_SIGMA) for light in (before, after)]
        yield _show_difference(rough, veil, exposure, window, TRACED_AFTER)
        spans = ((TRACED_AFTER, CLEANED_BEFORE), (CLEANED_BEFORE, CLEANED_AFTER))
        before = yield from report_share(self._tracer.denoise(before, fine=True), spans[0])
        after = yield from report_share(self._tracer.denoise(after, fine=True), spans[1])
        difference = _show_difference([before, after], veil, exposure, window, 1.0)
        yield replace(difference, overhang=overhang)

    def _trace_both(
        self, built: _LoadedSet, with_product: "mi.Scene", window: Window, seed: int
    ) -> Generator[RenderProgress, None, tuple[np.ndarray, np.ndarray]]:
        """Renders a window without and with the product; each light continues under it.

        built: its camera has the size of the window's image. with_product: the set with the proxy.

        Returns two lights, linear RGB, float32 (h, w, 3), with noise.
        """
        lights = []
        spans = ((COMPOSED, TRACED_BEFORE), (TRACED_BEFORE, TRACED_AFTER))
        for scene, span in zip((built.scene, with_product), spans, strict=True):
            traced = self._tracer.trace(
                scene, built.studio_set, built.camera, window.part, SAMPLES, seed
            )
            lights.append((yield from report_share(traced, span)))
        before, after = lights
        if window.part.needed is not None:
            before = continue_change(np.ones_like(before), before, ~window.part.needed)
        return before, continue_change(before, after, window.covered)

    def _build_set(
        self, product: PlacedProduct, scene: Scene
    ) -> Generator[RenderProgress, None, _LoadedSet]:
        """Builds the set of a scene's recipe, or what stands in for it, and loads it."""
        if scene.recipe is None or not self.can_rebuild(scene.recipe):
            with self._tracer.lock_renderer():
                return _load_set(*create_stand_in(scene, product.alpha.shape))
        request = request_from_recipe(scene.recipe)
        # Drops another set before this one is composed, so that a caller at a time needs one.
        built = self._latest.find_or_drop(request)
        if built is None:
            studio_set, camera = yield from self._compose_set(request)
            with self._tracer.lock_renderer():
                built = _load_set(studio_set, camera)
            self._latest.store(request, built)
        return built

    def _compose_set(
        self, request: RenderRequest
    ) -> Generator[RenderProgress, None, tuple[StudioSet, Camera]]:
        """Composes the set of a request, and yields progress before each of its steps."""
        brief = read_brief(request.prompt, request.negative_prompt, request.product)
        plan, _, place = plan_set(request, brief, self._panoramas)
        steps = self._tracer.compose(plan, place)
        composed = yield from report_composing(steps, LIT)
        return composed.studio_set, plan.camera


def _show_difference(
    lights: list[np.ndarray], veil: Veil | None, exposure: float, window: Window, fraction: float
) -> LightDifference:
    """Returns the difference of two lights, float32 RGB (h, w, 3), as the picture shows it.

    veil: of the air in the window. exposure: of the set. fraction: of the work that is done.
    """
    before, after = (
        film.map_tones((veil.cover(light) if veil else light) * exposure) for light in lights
    )
    after = continue_change(before, after, window.covered)
    return LightDifference(before, after, window.to_window, fraction)


def _load_set(studio_set: StudioSet, camera: Camera) -> _LoadedSet:
    """Loads a set into Mitsuba as it is without a product."""
    return _LoadedSet(studio_set, camera, world.load_scene(studio_set, BOUNCES))


def _paint_proxy(product: PlacedProduct) -> np.ndarray:
    """Paints the proxy's texture: the product's picture, its colors continued beyond its outline.

    Returns uint8 RGB (h, w, 3), which spans the product's box.
    """
    box = product.box
    scale = min(1.0, TEXTURE_SIDE / max(box[2:]))
    size = max(2, round(box[2] * scale)), max(2, round(box[3] * scale))
    picture = cv2.resize(crop_to_box(product.picture, box), size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(crop_to_box(product.alpha, box), size, interpolation=cv2.INTER_AREA)
    inside = (alpha > INNER_ALPHA).astype(np.float32)
    spread = blur_weighted(picture.astype(np.float32), inside, TEXTURE_SPREAD)
    texture = np.where(inside[..., None] > 0, picture, spread)
    return np.clip(texture, 0, MAX_TEXTURE_LEVEL).astype(np.uint8)


def _load_with_proxy(
    studio_set: StudioSet, solid: Mesh, texture: np.ndarray, glow: float = 0.0
) -> "mi.Scene":
    """Loads a set with the product's proxy in it.

    texture: uint8 RGB (h, w, 3), of the proxy. glow: share of its own light that it emits.
    """
    emitted = None
    if glow:
        light = linear_light_from_srgb(texture.astype(np.float32) / 255) * glow
        # Mitsuba shows the first row of emitted pictures at v = 0.
        emitted = materials.create_light_texture(light[::-1] / studio_set.exposure)
    material = materials.create_matte_material(materials.create_texture(texture))
    proxy = world.load_mesh("proxy", solid, material, emitted, sampling_weight=0.0)
    return world.load_scene(
        replace(studio_set, shapes={**studio_set.shapes, "proxy": proxy}), BOUNCES
    )


def _reduce_size(size: tuple[int, int]) -> tuple[int, int]:
    """Returns the (height, width) of a glimpse of an image of a (height, width)."""
    scale = min(1.0, GLIMPSE_SIDE / max(size))
    return max(8, round(size[0] * scale)), max(8, round(size[1] * scale))


def _measure_missing_light(
    scene: "mi.Scene",
    studio_set: StudioSet,
    camera: Camera,
    window: Window,
    texture: np.ndarray,
) -> float:
    """Returns which share of a product's light in the picture does not come from the set.

    Photos are lit well, and dark sets are not: without that share a mirror would show the product
    darker than it is seen above. Matte ground mirrors nothing.

    scene: the set with the proxy, as loaded into Mitsuba. texture: of the proxy.
    """
    if studio_set.gloss < MIN_MIRRORING:
        return 0.0
    size = _reduce_size(window.part.size)
    sensor = load_set_sensor(studio_set, camera, size, (0, size[0]), samples=1)
    light = film.map_tones(film.render_light(scene, sensor, seed=0) * studio_set.exposure)
    whole = np.zeros(window.part.size, np.float32)
    whole[slice(*window.part.rows), slice(*window.part.columns)] = window.covered
    covered = cv2.resize(whole, size[::-1], interpolation=cv2.INTER_AREA)
    lit = float((light @ LUMINANCE * covered).sum() / max(covered.sum(), 1e-6))
    shown = float((linear_light_from_srgb(texture / 255) @ LUMINANCE).mean())
    mirroring = min(1.0, studio_set.gloss / FULL_MIRRORING)
    return max(0.0, 1 - lit / max(shown, 1e-6)) * mirroring


def continue_change(before: np.ndarray, after: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Continues the change from `before` to `after` under the product, and returns `after` so.

    Where the product is, the result is `before` times the change around it, so that it has the
    texture and the noise of a render.

    before, after: float32 (h, w, 3). covered: bool (h, w), where the product is.
    Returns float32 (h, w, 3).
    """
    filled, missing = after.copy(), covered.copy()
    weight = (~covered).astype(np.float32)[..., None]
    for sigma in FILL_SIGMAS:
        blurred = [gaussian_blur(light * weight, sigma) for light in (after, before)]
        share = gaussian_blur(weight[..., 0], sigma)
        near = missing & (share > MIN_FILL_WEIGHT)
        numerator, denominator = (light[near] for light in blurred)
        change = (numerator + FAINT_LIGHT) / (denominator + FAINT_LIGHT)
        filled[near] = before[near] * np.minimum(change, MAX_CONTINUED_CHANGE)
        missing &= ~near
    filled[missing] = before[missing]
    return filled
