"""Surroundings repainted by Stable Diffusion servers, the product put back to the bit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from services.diffusion.asks import Ask, Init
from services.diffusion.client import Result, Servers
from services.diffusion.sampling import sampling_for
from services.diffusion.settings import ServerSettings
from services.inpainting.engine import Order, Picture
from services.inpainting.engines.diffusion.color_match import match_ring
from services.inpainting.engines.diffusion.growth import measure_growth
from services.inpainting.engines.diffusion.lock import measure_drift, put_back
from services.runtime.engines import Notice, Step, Traits

NO_PROMPT = "product photograph"
MOST_GROWTH = 0.12
LESS = 0.6
# Above this strength the surroundings are meant to get new colors.
MATCH_UP_TO = 0.5


class A1111:
    """Asks servers that speak the AUTOMATIC1111 API for img2img with the product locked."""

    name = "a1111"
    version = "2"
    traits = Traits(generative=True)

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._servers = Servers(settings)

    def trouble(self) -> str:
        return self._servers.trouble()

    def inpaint(self, order: Order) -> Iterator[Step | Picture]:
        # Said before the work: what fails later is not sent again by whoever called.
        yield Step(0.0)
        ask = self._ask(order)
        made = yield from self._draw(ask)
        grown = measure_growth(made.pixels, order.composite, order.mask)
        retried = grown > MOST_GROWTH
        if retried:
            ask = replace(ask, init=replace(ask.init, strength=ask.init.strength * LESS))
            made = yield from self._draw(ask)
            grown = measure_growth(made.pixels, order.composite, order.mask)
        yield finish(made, ask, order, {"grown": round(grown, 4), "grown_retried": retried})

    def _ask(self, order: Order) -> Ask:
        height, width = order.composite.shape[:2]
        return Ask(
            order.prompt.strip() or NO_PROMPT,
            order.negative_prompt,
            width,
            height,
            order.seed,
            sampling_for(order.diffusion, self._settings),
            Init(order.composite, order.mask > 0, order.strength.denoising_strength),
        )

    def _draw(self, ask: Ask) -> Iterator[Step]:
        for seen in self._servers.draw(ask):
            if isinstance(seen, Result):
                return seen
            yield Step(seen.fraction, seen.preview)


def finish(made: Result, ask: Ask, order: Order, growth: dict[str, object]) -> Picture:
    """Locks the product in a server's picture, and tells what the server had done to it."""
    drift = measure_drift(made.pixels, order.composite, order.mask > 0)
    parameters = {
        "prompt": ask.prompt,
        "negative_prompt": ask.negative_prompt,
        "seed": ask.seed,
        "steps": ask.sampling.steps,
        "cfg_scale": ask.sampling.cfg_scale,
        "denoising_strength": round(ask.init.strength, 4),
        **made.facts,
    }
    measured = {
        "locked_changed": round(drift.changed, 4),
        "locked_drift": round(drift.levels, 2),
        **growth,
        **made.measured,
    }
    notices = made.notices
    if growth["grown"] > MOST_GROWTH:
        text = "the server painted the product beyond its outline, twice; lower denoising_strength"
        notices = (*notices, Notice("PRODUCT_GREW", text))
    pixels = lock(made.pixels, ask.init.strength, order)
    return Picture(pixels, parameters, notices, measured)


def lock(answer: np.ndarray, strength: float, order: Order) -> np.ndarray:
    """Matches an answer's colors to the composite's and puts the product back."""
    if strength <= MATCH_UP_TO:
        answer = match_ring(answer, order.composite, order.mask)
    return put_back(answer, order.composite, order.mask)
