"""Real products on white: good cut-outs pass, and drawn faults are found."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.finishing.packshot.measure import Packshot, measure_packshot

EVALUATION = os.environ.get("CYCLORAMA_EVAL", "")
pytestmark = pytest.mark.skipif(
    not EVALUATION, reason="CYCLORAMA_EVAL names no folder with photos and their true masks"
)
SIDE = 500


def place_on_white(shadow=0.0) -> Iterator[np.ndarray]:
    """Yields every second product at 88 % of a white picture: uint8 RGB (SIDE, SIDE, 3).

    shadow: opacity of a hard shadow next to it.
    """
    for path in sorted(Path(EVALUATION, "gt").glob("*.png"))[::2]:
        alpha = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        photo = cv2.imread(str(Path(EVALUATION, "photos", f"{path.stem}.jpg")))[..., ::-1]
        x, y, width, height = cv2.boundingRect((alpha > 127).view(np.uint8))
        scale = 0.88 * SIDE / max(width, height)
        offset = SIDE / 2 - scale * np.array([x + width / 2, y + height / 2])
        matrix = np.float32([[scale, 0, offset[0]], [0, scale, offset[1]]])
        share = cv2.warpAffine(alpha, matrix, (SIDE, SIDE))[..., None] / 255
        moved = np.roll(share, (12, 20), (0, 1)) * shadow
        product = cv2.warpAffine(np.ascontiguousarray(photo), matrix, (SIDE, SIDE))
        picture = product * share + 255 * (1 - moved) * (1 - share)
        yield np.rint(picture).astype(np.uint8)


def is_clean(found: Packshot) -> bool:
    return not (found.residue or found.crumbs or found.text_lines or found.frame_lines)


def test_good_cutouts_are_clean():
    found = [measure_packshot(picture, False) for picture in place_on_white()]
    assert np.mean([is_clean(each) for each in found]) >= 0.9
    assert np.mean([each.off_white <= 0.0025 for each in found]) >= 0.9


def test_hard_shadows_are_found():
    found = [measure_packshot(picture, False) for picture in place_on_white(shadow=0.5)]
    assert np.mean([not is_clean(each) for each in found]) >= 0.8
