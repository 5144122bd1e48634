import cv2
import numpy as np
import pytest

from services.segmentation.morphology import grow, shrink
from services.segmentation.recut import BAND, recut_edge
from tests.support.drawings import BLUE, block, clutter, disc, overlap, paint
from tests.support.pictures import BACKDROP

SIZE = 300, 300
REACH = round(BAND * 300)
SHARE = disc(150, 150, 80, size=SIZE)
TRUTH = SHARE >= 0.5
SMALL = cv2.resize(SHARE, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
COARSE = {
    "in steps": cv2.resize(SMALL, SIZE, interpolation=cv2.INTER_NEAREST) >= 0.5,
    "too wide": grow(TRUTH, REACH - 2),
    "too narrow": shrink(TRUTH, REACH - 2),
    "beside": np.roll(TRUTH, REACH - 2, axis=1),
}


@pytest.mark.parametrize("mask", COARSE.values(), ids=COARSE)
@pytest.mark.parametrize("backdrop", [BACKDROP, clutter(SIZE)], ids=["plain", "cluttered"])
def test_an_edge_within_the_band_moves_onto_the_photos(mask, backdrop):
    before = mask.copy()
    found = recut_edge(paint(SHARE, BLUE, backdrop), mask)
    assert overlap(mask, TRUTH) < 0.97 < overlap(found, TRUTH)
    assert (mask == before).all()


def test_beyond_the_band_the_mask_stays():
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    found = recut_edge(noise, TRUTH)
    assert found[shrink(TRUTH, REACH)].all() and not found[~grow(TRUTH, REACH)].any()
    assert (found != TRUTH).any()


def test_only_trust_gives_back_a_thin_part_in_the_backdrops_colors():
    body, neck = block(80, 140, 220, 280, size=SIZE), block(145, 60, 154, 140, size=SIZE)
    mask = np.maximum(body, neck) >= 0.5
    trusted, untrusted = (recut_edge(paint(body, BLUE), mask, trust) for trust in (True, False))
    assert not untrusted[70:130].any()
    assert overlap(trusted, mask) > 0.97
