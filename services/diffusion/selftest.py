"""Tries a server's masks on a tiny picture before a product is trusted to them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.diffusion.asks import Ask, Init
from services.diffusion.errors import MaskIgnored
from services.diffusion.sampling import Sampling

SIDE = 64
STEPS = 2
STRENGTH = 0.75
# Locked pixels came back equal on servers that keep masks; free ones differed by 100 levels.
LARGEST_LOCKED, LEAST_FREE = 12.0, 4.0


def check_masks(draw: Callable[[Ask], np.ndarray]) -> None:
    """Raises MaskIgnored unless white locks and black repaints.

    draw: returns uint8 RGB for an Ask. Locked, the picture must not depend on the seed; free, it
    must differ from the locked one.
    """
    first, second, free = (
        draw(tiny_ask(seed, locked)).astype(np.int16)
        for seed, locked in ((1, True), (2, True), (1, False))
    )
    apart, freed = np.abs(first - second).mean(), np.abs(first - free).mean()
    if apart > LARGEST_LOCKED or freed < max(LEAST_FREE, 2 * apart):
        text = "the Stable Diffusion server does not keep masks; use another one for inpainting"
        raise MaskIgnored(text)


def tiny_ask(seed: int, locked: bool | None = None) -> Ask:
    """The least picture that every server draws; with `locked` a repainting of a drawn one."""
    sampling = Sampling(steps=STEPS)
    ask = Ask("a photograph of a stone", "", SIDE, SIDE, seed, sampling)
    if locked is None:
        return ask
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    picture = np.dstack([x * 3, y * 3, 255 - x - y]).astype(np.uint8)
    return replace(ask, init=Init(picture, np.full((SIDE, SIDE), locked), STRENGTH))
