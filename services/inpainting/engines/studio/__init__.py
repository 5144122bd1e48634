"""The studio engine: renders the set once more with the product in it, without a model."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import cv2
import numpy as np
import structlog

from services.imaging.mask import OPAQUE_ALPHA, find_most_solid_pixels
from services.imaging.recipe import WHOLE
from services.imaging.scene import Scene
from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.inpainting.engines.studio.contact_line import render_contact_line
from services.inpainting.engines.studio.relighting import relight_surroundings
from services.inpainting.glass_body import show_glass_body
from services.inpainting.light_wrap import wrap_light
from services.inpainting.pitch import estimate_scene_pitch
from services.inpainting.region import find_product_region
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.runtime.errors import DeadlineTooShort
from services.studio.differences import DifferenceRenderer, LightDifference
from services.studio.panoramas.library import NO_PANORAMAS, PanoramaLibrary
from services.studio.proxy import NothingToRender, PlacedProduct
from services.studio.tracing import RenderProgress

log = structlog.get_logger()

# Seconds until the deadline without which a render is not begun, and without which one that has
# composed its set is not continued, as a share of what is left to do. Larger: more fallbacks.
SECONDS_TO_BEGIN, SECONDS_TO_CONTINUE = 6.0, 3.0
# Pixels of a preview's longer side.
PREVIEW_SIDE = 192
# Share of a product's feet that may be beyond the surface without a warning. Larger: heels that
# hang over an edge pass.
MAX_OVERHANG = 0.08
# Version of how changes of light are laid over a picture; that of the sets goes before it.
RELIGHTING_VERSION = 7


class StudioInpainting:
    """Renders what products change about the light of their sets.

    That is contact, cast shadow, occlusion, bounced color and reflection. Where this process cannot
    rebuild the set, a plain ground stands in for it. Changes only pixels with a mask below 255.
    """

    name = "studio"
    traits = EngineTraits(casts_shadows=True)

    def __init__(self, panoramas: PanoramaLibrary = NO_PANORAMAS) -> None:
        """Loads the renderer, and logs which panoramas are missing or refused.

        panoramas: the photographed places that sets may be lit with, as in the background stage.
        """
        for reason in panoramas.list_problems():
            log.warning("photographed places", why=reason)
        self._renderer = DifferenceRenderer(panoramas)
        self._turn = threading.Lock()
        self.version = f"{self._renderer.version}-relit{RELIGHTING_VERSION}"

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Renders the surroundings' reaction to the product, and wraps light around its soft edge.

        Yields progress, with a preview once the light is traced, then the result. A product that
        the picture's bottom cuts off only gets light wrap, as the ground below it is not seen.

        Raises DeadlineTooShort where the time left does not suffice.
        """
        begun = time.monotonic()
        scene = request.scene or guess_scene(request.mask)
        ad, rebuilt = request.composite, self._renderer.can_rebuild(scene.recipe)
        overhang = 0.0
        is_seen = scene.lying or not request.mask[-1].any()
        with self._take_turn(request):
            try:
                if is_seen:
                    ad, overhang = yield from self._render_ad(request, scene, rebuilt, begun)
            except NothingToRender as reason:
                log.info("nothing to render", why=str(reason))
                is_seen = False
        ad = show_glass_body(ad, request.mask, scene, request.strength.shadow_strength)
        extent = find_product_region(request.mask, reach=0.0).extent
        yield InpaintingResult(
            wrap_light(ad, request.mask, extent),
            parameters={"rebuilt_set": rebuilt and is_seen},
            warnings=warn_of_overhang(overhang),
            measured={"overhang": round(overhang, 3)},
        )

    def _render_ad(
        self, request: InpaintingRequest, scene: Scene, rebuilt: bool, begun: float
    ) -> Generator[EngineProgress, None, tuple[np.ndarray, float]]:
        """Renders the change, yields progress, and returns the ad: uint8 RGB (H, W, 3).

        With it comes the share of the product's feet that are beyond the surface.

        rebuilt: whether the set is that of the scene's recipe. begun: when the request came, as a
        time.monotonic() value.
        """
        ad, overhang = request.composite, 0.0
        product = place_in_set(request, scene, rebuilt)
        for step in self._renderer.render(product, scene, request.seed):
            if isinstance(step, RenderProgress):
                _check_time_left(request, time.monotonic() - begun, step.fraction)
                yield EngineProgress(step.fraction)
            elif step.fraction < 1:
                yield EngineProgress(step.fraction, _preview(request, scene, step))
            else:
                ad, overhang = _relight(request, scene, step), step.overhang
        return ad, overhang

    @contextmanager
    def _take_turn(self, request: InpaintingRequest) -> Iterator[None]:
        """Waits until no other request is rendered: two at once take twice as long each.

        Raises DeadlineTooShort where the wait would leave too little time.
        """
        left = request.seconds_left
        longest = -1 if left is None else max(0.0, left - SECONDS_TO_BEGIN)
        if not self._turn.acquire(timeout=longest):
            raise DeadlineTooShort(SECONDS_TO_BEGIN, SECONDS_TO_BEGIN)
        try:
            yield
        finally:
            self._turn.release()


def warn_of_overhang(overhang: float) -> tuple[EngineWarning, ...]:
    """Returns a warning when more than MAX_OVERHANG of a product's feet are in the air, else none.

    overhang: share of them that are beyond the surface, 0 to 1.
    """
    if overhang <= MAX_OVERHANG:
        return ()
    text = (
        f"{overhang:.0%} of the product's base is beyond the edge of what it stands on; "
        "send a smaller compositing.width_share, or place it nearer to the middle of the surface"
    )
    return (EngineWarning("OFF_SURFACE", text),)


def guess_scene(mask: np.ndarray) -> Scene:
    """Returns the scene of a picture that nothing is known about, by the product's outline.

    mask: uint8 alpha (H, W), not empty.
    """
    return Scene(camera_pitch=estimate_scene_pitch(mask))


def place_in_set(request: InpaintingRequest, scene: Scene, rebuilt: bool) -> PlacedProduct:
    """Returns the request's product as it is placed in its set.

    rebuilt: whether the set is that of the scene's recipe, of which the picture may show a part.
    """
    crop = scene.recipe.crop if rebuilt and scene.recipe else WHOLE
    stance = scene.stance or ("lying" if scene.lying else "standing")
    return PlacedProduct(request.composite, request.mask, crop, stance)


def _check_time_left(request: InpaintingRequest, elapsed: float, fraction: float) -> None:
    """Raises DeadlineTooShort if the deadline comes before the work is done.

    elapsed: seconds since the request came. fraction: of the work that is done, 0 to 1.
    """
    if request.seconds_left is None:
        return
    left = request.seconds_left - elapsed
    needed = SECONDS_TO_BEGIN if not fraction else SECONDS_TO_CONTINUE * (1 - fraction)
    if left < needed:
        raise DeadlineTooShort(needed, left)


def _relight(request: InpaintingRequest, scene: Scene, difference: LightDifference) -> np.ndarray:
    """Lays a difference over the request's composite: uint8 RGB (H, W, 3)."""
    strength, density = request.strength, measure_density(request.mask)
    contact = None
    if not scene.lying and scene.stance in ("", "standing"):
        contact = render_contact_line(request.mask, scene.ground_pitch)
    return relight_surroundings(
        request.composite,
        request.mask,
        difference,
        strength.shadow_strength * density,
        strength.reflection_strength * density,
        contact,
    )


def measure_density(mask: np.ndarray) -> float:
    """Returns how much light a product stops, 0 to 1: below 1 where the scene shines through it.

    The solid that stands in for it stops all of it.

    mask: uint8 alpha (H, W) of the product, not empty.
    """
    inside = find_most_solid_pixels(mask)
    return float(mask[inside].mean()) / OPAQUE_ALPHA


def _preview(request: InpaintingRequest, scene: Scene, difference: LightDifference) -> np.ndarray:
    """Returns a small picture of an unfinished result: uint8 RGB (h, w, 3)."""
    height, width = request.mask.shape
    scale = min(1.0, PREVIEW_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    composite, mask = (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for picture in (request.composite, request.mask)
    )
    # Pixel centers are at halves.
    enlarge = np.array(
        [
            [width / size[0], 0, (width / size[0] - 1) / 2],
            [0, height / size[1], (height / size[1] - 1) / 2],
            [0, 0, 1],
        ]
    )
    small = replace(difference, to_window=difference.to_window @ enlarge)
    return _relight(replace(request, composite=composite, mask=mask), scene, small)
