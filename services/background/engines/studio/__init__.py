"""The studio engine: renders an empty set for product photos from a prompt, without weights."""

from collections.abc import Iterator

from services.background.engine import BackgroundRequest, BackgroundResult
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.studio.planning import RenderRequest
from services.studio.rendering import Renderer, RenderProgress

ORIGIN = "rendered studio scene"
PROMPT_NOT_UNDERSTOOD = EngineWarning(
    "PROMPT_NOT_UNDERSTOOD",
    "the studio understood nothing of the prompt and made a neutral set; name a place, a material, "
    'a color or a light, as in "marble table, soft morning light"',
)


class StudioBackground:
    """Generates backgrounds by rendering sets; variant: as in Renderer."""

    name = "studio"
    traits = EngineTraits(follows_camera=True)

    def __init__(self, variant: str = "auto") -> None:
        self._renderer = Renderer(variant)
        self.version = self._renderer.version

    def generate(self, request: BackgroundRequest) -> Iterator[EngineProgress | BackgroundResult]:
        """Yields progress with a small preview, progress after each strip, and the result."""
        for step in self._renderer.render(render_request_from_background(request)):
            if isinstance(step, RenderProgress):
                yield EngineProgress(step.fraction, step.preview)
            else:
                warnings = () if step.is_prompt_understood else (PROMPT_NOT_UNDERSTOOD,)
                yield BackgroundResult(step.pixels, step.scene, ORIGIN, step.parameters, warnings)


def render_request_from_background(request: BackgroundRequest) -> RenderRequest:
    """Converts a request for a background to one for the studio's renderer."""
    return RenderRequest(
        request.prompt,
        request.width,
        request.height,
        request.seed,
        request.negative_prompt,
        request.camera_pitch,
    )
