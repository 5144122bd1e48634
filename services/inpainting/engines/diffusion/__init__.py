"""Surroundings repainted by image servers, the product put back to the bit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from services.diffusion.dialect import DiffusionRequest, InitImage
from services.diffusion.dialects import DialectSettings
from services.diffusion.engine import DiffusionEngine
from services.diffusion.generation import DiffusionResult
from services.diffusion.settings import resolve_sampling
from services.inpainting.engine import Order, Picture
from services.inpainting.engines.diffusion.color_match import match_ring
from services.inpainting.engines.diffusion.growth import measure_growth
from services.inpainting.engines.diffusion.lock import measure_drift, put_back
from services.runtime.engines import EngineProgress, EngineWarning

VERSION = "2"
NO_PROMPT = "product photograph"
MOST_GROWTH = 0.12
LESS = 0.6
# Above this strength the surroundings are meant to get new colors.
MATCH_UP_TO = 0.5


class DiffusionInpainting(DiffusionEngine):
    """Lets servers that speak one dialect repaint a composite, the product locked."""

    def __init__(self, dialect: str, settings: DialectSettings) -> None:
        super().__init__(dialect, settings, VERSION)

    def inpaint(self, order: Order) -> Iterator[EngineProgress | Picture]:
        # Yielded before the work: what fails later is not sent again by whoever called.
        yield EngineProgress(0.0)
        request = self._request(order)
        drawn = yield from self._draw(request)
        grown = measure_growth(drawn.pixels, order.composite, order.mask)
        retried = grown > MOST_GROWTH
        if retried:
            init = replace(request.init, strength=request.init.strength * LESS)
            request = replace(request, init=init)
            drawn = yield from self._draw(request)
            grown = measure_growth(drawn.pixels, order.composite, order.mask)
        yield _picture(drawn, request, order, {"grown": round(grown, 4), "grown_retried": retried})

    def _request(self, order: Order) -> DiffusionRequest:
        height, width = order.composite.shape[:2]
        return DiffusionRequest(
            order.prompt.strip() or NO_PROMPT,
            order.negative_prompt,
            width,
            height,
            order.seed,
            resolve_sampling(order.diffusion, self._settings),
            InitImage(order.composite, order.mask > 0, order.strength.denoising_strength),
        )

    def _draw(self, request: DiffusionRequest) -> Iterator[EngineProgress]:
        for each in self._servers.generate(request):
            if isinstance(each, DiffusionResult):
                return each
            yield EngineProgress(each.fraction, each.preview)


def _picture(
    drawn: DiffusionResult, request: DiffusionRequest, order: Order, growth: dict[str, object]
) -> Picture:
    """Locks the product in a server's picture, and reports what the server had done to it."""
    drift = measure_drift(drawn.pixels, order.composite, order.mask > 0)
    parameters = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "steps": request.sampling.steps,
        "cfg_scale": request.sampling.cfg_scale,
        "denoising_strength": round(request.init.strength, 4),
        **drawn.parameters,
    }
    measured = {
        "locked_changed": round(drift.changed, 4),
        "locked_drift": round(drift.levels, 2),
        **growth,
        **drawn.measured,
    }
    warnings = drawn.warnings
    if growth["grown"] > MOST_GROWTH:
        text = "the server painted the product beyond its outline, twice; lower denoising_strength"
        warnings = (*warnings, EngineWarning("PRODUCT_GREW", text))
    pixels = _lock(drawn.pixels, request.init.strength, order)
    return Picture(pixels, parameters, warnings, measured, drawn.model)


def _lock(drawn: np.ndarray, strength: float, order: Order) -> np.ndarray:
    """Matches a picture's colors to the composite's and puts the product back."""
    if strength <= MATCH_UP_TO:
        drawn = match_ring(drawn, order.composite, order.mask)
    return put_back(drawn, order.composite, order.mask)
