"""The studio engine: renders an empty set for product photos from a prompt, without weights."""

from collections.abc import Iterator

import structlog

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio.brief_report import describe_shown, warn_about_brief
from services.runtime.drafts import compute_draft_size
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.limits import BACKGROUND_SIDES
from services.studio.panoramas.library import NO_PANORAMAS, PanoramaLibrary
from services.studio.planning import RenderRequest
from services.studio.rendering import Renderer
from services.studio.tracing import RenderProgress

log = structlog.get_logger()

ORIGIN = "rendered studio scene"


class StudioBackground:
    """Generates backgrounds by rendering sets: surfaces, lights and a camera, without a product."""

    name = "studio"
    traits = EngineTraits(follows_camera=True)

    def __init__(self, variant: str = "auto", panoramas: PanoramaLibrary = NO_PANORAMAS) -> None:
        """Loads the renderer, and logs which panoramas are missing or refused.

        variant: how Mitsuba computes, "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one
        that works on this machine.
        panoramas: the photographed places that sets may be lit with.
        """
        for reason in panoramas.list_problems():
            log.warning("photographed places", why=reason)
        self._renderer = Renderer(variant, panoramas)
        self.version = self._renderer.version

    def generate(self, request: BackgroundRequest) -> Iterator[EngineProgress | BackgroundResult]:
        """Renders an empty set for what the prompt describes.

        Yields progress with a small preview, progress after each rendered strip, then the result,
        with a warning if the set lacks something that the prompt asks for.

        request: all but product_to_negative and the fields about diffusion are used.
        """
        steps = self._renderer.render(render_request_from_background(request), request.draft)
        for step in steps:
            if isinstance(step, RenderProgress):
                yield EngineProgress(step.fraction, step.preview)
            else:
                yield BackgroundResult(
                    step.pixels,
                    step.scene,
                    describe_origin(step.photograph),
                    step.parameters,
                    warn_about_brief(step.brief),
                    shown_prompt=describe_shown(step.brief, step.place),
                )


def describe_origin(photograph: str) -> str:
    """Describes what a set's image is made of, for the manifest.

    photograph: origin of the panorama that lights it; empty: none does.
    """
    return f"{ORIGIN} in photographed light ({photograph})" if photograph else ORIGIN


def render_request_from_background(request: BackgroundRequest) -> RenderRequest:
    """Converts a request for a background to one for the studio's renderer, field by field.

    A draft is rendered with half the width and height, but no side below the smallest of a
    background. The renderer has no use for product_to_negative and the fields about diffusion.
    """
    size = request.width, request.height
    width, height = compute_draft_size(*size, BACKGROUND_SIDES[0]) if request.draft else size
    return RenderRequest(
        prompt=request.prompt,
        width=width,
        height=height,
        seed=request.seed,
        negative_prompt=request.negative_prompt,
        camera_pitch=request.camera_pitch,
        view=request.view,
        product=request.product,
        product_height_mm=request.product_height_mm,
    )
