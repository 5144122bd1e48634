"""Detects servers that ignore the init image or the mask."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from services.diffusion.errors import InitIgnored, MaskIgnored
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.settings import SamplingOptions

# Side of a cell in pixels: Stable Diffusion's latents have one value per 8 x 8 pixels, so that the
# mean of a cell survives the autoencoder.
CELL = 8
# Fewer locked cells prove nothing about colors, or about the arrangement of cells.
MIN_CELLS, MIN_CELLS_FOR_LAYOUT = 4, 16
# Mean absolute difference of cells, in levels. Larger: darkened results pass; so do unrelated ones.
MAX_CELL_DIFFERENCE = 40.0
# Standard deviation of the cells, in levels, below which an image is too even to compare layouts.
MIN_CELL_SPREAD = 8.0
# The result must differ less than this share of what shuffled cells differ; 1 would be chance.
MAX_SHARE_OF_SHUFFLED = 0.8
# Shuffles to average; larger: a steadier estimate of chance, and slower.
SHUFFLES = 8
# The smallest size and step count that every known server accepts.
SELFTEST_SIDE, SELFTEST_STEPS = 64, 2
# A1111's default denoising strength, which repaints well visibly.
SELFTEST_STRENGTH = 0.75
# In levels: sd.cpp returned locked pixels with a difference of 0.00 between seeds, and free ones
# with more than 100. Between these bounds, noise of autoencoders passes and ignored masks do not.
MAX_LOCKED_DIFFERENCE, MIN_FREE_DIFFERENCE = 12.0, 4.0


def check_init_used(generated: np.ndarray, init: np.ndarray, locked: np.ndarray) -> None:
    """Raises InitIgnored if a result does not start from the image that was to be repainted.

    Compares the mean colors of those cells of 8 x 8 pixels that had to stay unchanged. They may
    differ by 40 levels on average, and must match in place better than in a shuffled order.

    generated: the result, uint8 RGB (H, W, 3) with sides that are multiples of 8.
    init: what it was to repaint, of the same type and shape.
    locked: bool (H, W), true where pixels had to stay unchanged.
    """
    locked_cells = _average_cells(locked.astype(np.uint8) * 255) == 255
    if locked_cells.sum() < MIN_CELLS:
        return
    sent, returned = _average_cells(init)[locked_cells], _average_cells(generated)[locked_cells]
    if np.abs(sent - returned).mean() > MAX_CELL_DIFFERENCE or _is_unrelated(sent, returned):
        raise InitIgnored("the picture that was to be repainted had no effect on the result")


def check_mask_support(generate: Callable[[DiffusionRequest], np.ndarray], remedy: str) -> None:
    """Raises MaskIgnored unless a server keeps white parts of a mask and repaints black ones.

    Generates three self-test images: two that are locked as a whole, which must not depend on the
    seed, and one that is free, which must differ from them.

    generate: sends a request to the server and returns uint8 RGB (H, W, 3).
    remedy: ends the text of the error.
    """
    locked_first, locked_second, free = (
        generate(create_selftest_request(seed, locked)).astype(np.int16)
        for seed, locked in ((1, True), (2, True), (1, False))
    )
    locked_difference = np.abs(locked_first - locked_second).mean()
    free_difference = np.abs(locked_first - free).mean()
    if locked_difference > MAX_LOCKED_DIFFERENCE or free_difference < max(
        MIN_FREE_DIFFERENCE, 2 * locked_difference
    ):
        raise MaskIgnored(f"the image server does not keep masks; {remedy}")


def create_selftest_request(seed: int, locked: bool | None = None) -> DiffusionRequest:
    """Returns a request for the smallest image that every server generates, to try a server out.

    seed: of the random noise that the image starts from.
    locked: None to generate from a prompt alone (txt2img); else to repaint a colored image
        (img2img) of which all pixels are locked (true) or none (false).
    """
    sampling = SamplingOptions(steps=SELFTEST_STEPS)
    request = DiffusionRequest(
        prompt="a photograph of a stone",
        negative_prompt="",
        width=SELFTEST_SIDE,
        height=SELFTEST_SIDE,
        seed=seed,
        sampling=sampling,
    )
    if locked is None:
        return request
    # Three different gradients, so that every pixel has a color of its own.
    y, x = np.mgrid[0:SELFTEST_SIDE, 0:SELFTEST_SIDE]
    pixels = np.dstack([x * 3, y * 3, 255 - x - y]).astype(np.uint8)
    mask = np.full((SELFTEST_SIDE, SELFTEST_SIDE), locked)
    return replace(request, init=InitImage(pixels, mask, SELFTEST_STRENGTH))


def _is_unrelated(sent: np.ndarray, returned: np.ndarray) -> bool:
    """Whether two sets of cells match no better in place than in a shuffled order.

    Too few or too even cells prove nothing, and count as related.

    sent, returned: float mean colors of the same cells (n, 3), before and after they
        were repainted.
    """
    if len(sent) < MIN_CELLS_FOR_LAYOUT or sent.std(axis=0).max() < MIN_CELL_SPREAD:
        return False
    rng = np.random.default_rng(0)
    by_chance = np.mean([_spread(rng.permutation(sent) - returned) for _ in range(SHUFFLES)])
    return bool(_spread(sent - returned) > MAX_SHARE_OF_SHUFFLED * by_chance)


def _spread(difference: np.ndarray) -> float:
    """Returns how far the colors of a difference (n, 3) deviate on average from their mean."""
    return float(np.abs(difference - difference.mean(axis=0)).mean())


def _average_cells(pixels: np.ndarray) -> np.ndarray:
    """Returns the mean color of each cell of 8 x 8 pixels.

    pixels: uint8 (H, W) or (H, W, 3). Returns float32 (H/8, W/8) or (H/8, W/8, 3).
    """
    height, width = pixels.shape[:2]
    size = width // CELL, height // CELL
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
