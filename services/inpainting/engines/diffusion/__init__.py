"""Has a diffusion model repaint the surroundings, and restores the product's pixels."""

from collections.abc import Generator, Iterator

import numpy as np

from services.diffusion.engine import DiffusionEngine
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.output import DiffusionResult
from services.diffusion.request import DiffusionRequest, InitImage
from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.inpainting.engines.diffusion.color_match import match_ring_colors
from services.inpainting.engines.diffusion.growth import measure_product_growth
from services.inpainting.engines.diffusion.lock import measure_product_drift, restore_product
from services.runtime.engines import EngineProgress, EngineWarning

VERSION = "3"
DEFAULT_PROMPT = "product photograph"
# Share of the ring around the product above which the drawing is repeated, and then warned of. Of
# photographed products, blurred, resampled, retextured and recolored pictures stay below it, and
# most that grew by 3 % of their size are above. Larger: products may grow more before a second
# drawing is paid for.
MAX_GROWTH = 0.04
# Factor on the denoising strength for that second drawing. Smaller: less growth, less change.
RETRY_STRENGTH = 0.6
# Denoising strength up to which colors are matched; above it the surroundings are meant to get new
# ones.
MATCH_COLORS_UP_TO = 0.5


class DiffusionInpainting(DiffusionEngine):
    """Repaints composites on servers or with a model in this process, the product locked."""

    def __init__(self, name: str, settings: GeneratorSettings) -> None:
        super().__init__(name, settings, VERSION, "img2img")

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Lets a model repaint what is around the product; yields progress, then a result.

        Repaints once more, with less strength, if the product grew beyond its outline.
        """
        # Progress first: gRPC does not transparently retry a stream that has sent a message.
        yield EngineProgress(0.0)
        composite, mask = request.composite, request.mask
        strength = request.strength.denoising_strength
        drawing = self._build_draw_request(request, strength)
        drawn = yield from self._draw(drawing)
        growth = measure_product_growth(drawn.pixels, composite, mask)
        retried = growth > MAX_GROWTH
        if retried:
            strength *= RETRY_STRENGTH
            drawing = self._build_draw_request(request, strength)
            drawn = yield from self._draw(drawing)
            growth = measure_product_growth(drawn.pixels, composite, mask)
        measured = {"grown": round(growth, 4), "grown_retried": retried}
        parameters = _drawing_parameters(drawing, strength) | drawn.parameters
        yield _lock_result(drawn, request, strength, parameters, measured)

    def _build_draw_request(self, request: InpaintingRequest, strength: float) -> DiffusionRequest:
        """Returns the request to repaint a composite around its product.

        strength: the denoising strength, how freely the model repaints, 0 to 1.
        """
        height, width = request.composite.shape[:2]
        return DiffusionRequest(
            prompt=request.prompt.strip() or DEFAULT_PROMPT,
            negative_prompt=request.negative_prompt,
            width=width,
            height=height,
            seed=request.seed,
            sampling=self.resolve_sampling(request.diffusion),
            init=InitImage(request.composite, request.mask > 0, strength),
        )

    def _draw(self, request: DiffusionRequest) -> Generator[EngineProgress, None, DiffusionResult]:
        """Yields progress while a model draws; returns its picture and measurements."""
        for step in self._generator.generate(request):
            if isinstance(step, DiffusionResult):
                return step
            yield step.to_engine_progress()
        raise AssertionError("a drawing ends with its result")


def _drawing_parameters(drawing: DiffusionRequest, strength: float) -> dict[str, object]:
    """Returns what shaped a picture, by the names under which a run reports it.

    drawing: the request that led to it.
    strength: its denoising strength, 0 to 1.
    """
    return {
        "prompt": drawing.prompt,
        "negative_prompt": drawing.negative_prompt,
        "seed": drawing.seed,
        "steps": drawing.sampling.steps,
        "cfg_scale": drawing.sampling.cfg_scale,
        "denoising_strength": round(strength, 4),
    }


def _lock_result(
    drawn: DiffusionResult,
    request: InpaintingRequest,
    strength: float,
    parameters: dict[str, object],
    growth: dict[str, float],
) -> InpaintingResult:
    """Restores the product in a repainted picture and reports how far the model changed it.

    Adds a warning if the product grew beyond its outline.

    strength: the denoising strength of the drawing, 0 to 1.
    parameters: what shaped the drawing, for the result.
    growth: measurements for the result, of which "grown" is the share of the ring around the
        product that turned into product.
    """
    drift = measure_product_drift(drawn.pixels, request.composite, request.mask > 0)
    measured = {
        "locked_changed": round(drift.changed, 4),
        "locked_drift": round(drift.levels, 2),
        **growth,
        **drawn.measured,
    }
    warnings = drawn.warnings
    if growth["grown"] > MAX_GROWTH:
        text = "the model painted the product beyond its outline, twice; lower denoising_strength"
        warnings = (*warnings, EngineWarning("PRODUCT_GREW", text))
    return InpaintingResult(
        pixels=_match_and_restore(drawn.pixels, strength, request),
        parameters=parameters,
        warnings=warnings,
        measured=measured,
        model=drawn.model,
    )


def _match_and_restore(
    drawn: np.ndarray, strength: float, request: InpaintingRequest
) -> np.ndarray:
    """Restores the product's own pixels in a repainted picture.

    After a weak repainting, up to MATCH_COLORS_UP_TO, matches the picture's colors to the
    composite's before.

    drawn: uint8 RGB (H, W, 3), repainted; the result has the same shape and type.
    strength: its denoising strength, 0 to 1.
    """
    if strength <= MATCH_COLORS_UP_TO:
        drawn = match_ring_colors(drawn, request.composite, request.mask)
    return restore_product(drawn, request.composite, request.mask)
