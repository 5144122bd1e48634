"""The studio engine: renders an empty set for product photos from a prompt, without weights."""

from collections.abc import Iterator

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio.brief_report import warn_about_brief
from services.runtime.engines import EngineProgress, EngineTraits
from services.studio.briefs.brief import Brief
from services.studio.planning import RenderRequest
from services.studio.rendering import Renderer, RenderProgress

ORIGIN = "rendered studio scene"


class StudioBackground:
    """Generates backgrounds by rendering sets: surfaces, lights and a camera, without a product."""

    name = "studio"
    traits = EngineTraits(follows_camera=True)

    def __init__(self, variant: str = "auto") -> None:
        """Loads the renderer.

        variant: how Mitsuba computes, "scalar_rgb", "llvm_ad_rgb", or "auto" for the faster one
        that works on this machine.
        """
        self._renderer = Renderer(variant)
        self.version = self._renderer.version

    def generate(self, request: BackgroundRequest) -> Iterator[EngineProgress | BackgroundResult]:
        """Renders an empty set for what the prompt describes.

        Yields progress with a small preview, progress after each rendered strip, then the result,
        with a warning if the renderer understood nothing of the prompt.

        request: all but product_to_negative and the fields about diffusion are used.
        """
        for step in self._renderer.render(render_request_from_background(request)):
            if isinstance(step, RenderProgress):
                yield EngineProgress(step.fraction, step.preview)
            else:
                warnings = () if step.is_prompt_understood else warn_about_brief(Brief())
                yield BackgroundResult(step.pixels, step.scene, ORIGIN, step.parameters, warnings)


def render_request_from_background(request: BackgroundRequest) -> RenderRequest:
    """Converts a request for a background to one for the studio's renderer, field by field.

    The renderer has no use for product_to_negative and the fields about diffusion.
    """
    return RenderRequest(
        prompt=request.prompt,
        width=request.width,
        height=request.height,
        seed=request.seed,
        negative_prompt=request.negative_prompt,
        camera_pitch=request.camera_pitch,
        product=request.product,
        product_height_mm=request.product_height_mm,
    )
