"""The studio: renders an empty set for product photographs from a prompt, without any weights."""

from collections.abc import Iterator

from services.background.engine import Order, Picture
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.studio.planning import Brief
from services.studio.rendering import Progress, Renderer

ORIGIN = "rendered studio scene"
NOT_UNDERSTOOD = EngineWarning(
    "PROMPT_NOT_UNDERSTOOD",
    "the studio understood nothing of the prompt and made a neutral set; name a place, a material, "
    'a colour or a light, as in "marble table, soft morning light"',
)


class Studio:
    """Has sets rendered; see Renderer for the parameters."""

    name = "studio"
    traits = EngineTraits(follows_camera=True)

    def __init__(self, variant: str = "auto") -> None:
        self._renderer = Renderer(variant)
        self.version = self._renderer.version

    def make(self, order: Order) -> Iterator[EngineProgress | Picture]:
        """Yields a step with a small preview, a step after each strip, and the picture."""
        for seen in self._renderer.render(brief_of(order)):
            if isinstance(seen, Progress):
                yield EngineProgress(seen.fraction, seen.preview)
            else:
                warnings = () if seen.understood else (NOT_UNDERSTOOD,)
                yield Picture(seen.pixels, seen.scene, ORIGIN, seen.parameters, warnings)


def brief_of(order: Order) -> Brief:
    """What the studio needs to know of an order."""
    return Brief(
        order.prompt,
        order.width,
        order.height,
        order.seed,
        order.negative_prompt,
        order.camera_pitch,
    )
