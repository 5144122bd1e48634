"""Finds servers that repaint something else than they were asked to."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from services.diffusion.dialect import DrawRequest, InitImage
from services.diffusion.errors import InitIgnored, MaskIgnored
from services.diffusion.settings import Sampling

# check_likeness: cells of 8 x 8 pixels, which autoencoders keep; fewer prove nothing.
CELL = 8
FEWEST, FEWEST_IN_ORDER = 4, 16
FARTHEST = 40.0
# Below this spread of the cells' colors a picture is too even for its order to show.
STRUCTURED = 8.0
UNRELATED = 0.8
ORDERS = 8
# check_masks: the smallest picture that every server draws.
TINY_SIDE, TINY_STEPS = 64, 2
TINY_STRENGTH = 0.75
# Locked pixels came back equal on servers that keep masks; free ones differed by 100 levels.
MOST_LOCKED, LEAST_FREE = 12.0, 4.0


def check_likeness(drawn: np.ndarray, sent: np.ndarray, locked: np.ndarray) -> None:
    """Raises InitIgnored when what was locked came back as another picture.

    drawn, sent: uint8 RGB (H, W, 3) with sides that are multiples of 8; locked: bool (H, W).
    Compared as means of cells of 8 x 8 pixels, which autoencoders keep, that are wholly locked.
    They may differ by 40 levels, and must fit each other better than they fit in another order.
    """
    inside = _average_cells(locked.astype(np.uint8) * 255) == 255
    if inside.sum() < FEWEST:
        return
    ours, theirs = _average_cells(sent)[inside], _average_cells(drawn)[inside]
    if np.abs(ours - theirs).mean() > FARTHEST or _is_unrelated(ours, theirs):
        raise InitIgnored("the Stable Diffusion server ignored the picture that it was to repaint")


def check_masks(draw: Callable[[DrawRequest], np.ndarray]) -> None:
    """Raises MaskIgnored unless white locks and black repaints.

    draw: returns uint8 RGB for a request. Locked, the picture must not depend on the seed; free,
    it must differ from the locked one.
    """
    first, second, free = (
        draw(make_tiny_request(seed, locked)).astype(np.int16)
        for seed, locked in ((1, True), (2, True), (1, False))
    )
    apart, freed = np.abs(first - second).mean(), np.abs(first - free).mean()
    if apart > MOST_LOCKED or freed < max(LEAST_FREE, 2 * apart):
        text = "the Stable Diffusion server does not keep masks; use another one for inpainting"
        raise MaskIgnored(text)


def make_tiny_request(seed: int, locked: bool | None = None) -> DrawRequest:
    """The smallest picture that every server draws; with `locked` it repaints a drawn one."""
    sampling = Sampling(steps=TINY_STEPS)
    request = DrawRequest("a photograph of a stone", "", TINY_SIDE, TINY_SIDE, seed, sampling)
    if locked is None:
        return request
    y, x = np.mgrid[0:TINY_SIDE, 0:TINY_SIDE]
    picture = np.dstack([x * 3, y * 3, 255 - x - y]).astype(np.uint8)
    mask = np.full((TINY_SIDE, TINY_SIDE), locked)
    return replace(request, init=InitImage(picture, mask, TINY_STRENGTH))


def _is_unrelated(ours: np.ndarray, theirs: np.ndarray) -> bool:
    if len(ours) < FEWEST_IN_ORDER or ours.std(axis=0).max() < STRUCTURED:
        return False
    rng = np.random.default_rng(0)
    by_chance = np.mean([_spread(rng.permutation(ours) - theirs) for _ in range(ORDERS)])
    return bool(_spread(ours - theirs) > UNRELATED * by_chance)


def _spread(difference: np.ndarray) -> float:
    """How unequal a difference is; a shift of all colors alike does not count."""
    return float(np.abs(difference - difference.mean(axis=0)).mean())


def _average_cells(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    size = width // CELL, height // CELL
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
