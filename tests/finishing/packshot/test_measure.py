"""Pictures of products on white, with one fault each."""

import cv2
import numpy as np
import pytest

from services.finishing.packshot.ground import RINGING
from services.finishing.packshot.measure import measure_packshot

SIDE = 240


def draw_ball(ground=255) -> np.ndarray:
    """A shaded red ball of radius 70 in the middle: uint8 RGB (SIDE, SIDE, 3)."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32) - SIDE / 2
    radius = np.hypot(rows, columns)
    light = np.sqrt(np.clip(1 - (radius / 72) ** 2, 0, 1))[..., None]
    color = light * (200, 60, 40) + 20
    alpha = np.clip(70.5 - radius, 0, 1)[..., None]
    return np.rint(color * alpha + ground * (1 - alpha)).astype(np.uint8)


def measure(picture, is_lossy=False):
    return measure_packshot(picture, is_lossy)


def test_a_clean_packshot_has_nothing_but_its_product():
    found = measure(draw_ball())
    assert (found.products, found.crumbs, found.text_lines, found.frame_lines) == (1, 0, 0, 0)
    assert found.off_white == found.residue == 0
    assert max(found.straight.values()) < 0.5
    assert found.box == pytest.approx((50, 50, 141, 141), abs=1)


def test_on_other_grounds_there_is_no_product():
    found = measure(draw_ball(ground=120))
    assert found.box is None and found.off_white == 1


def test_an_empty_white_picture_has_no_product():
    found = measure(np.full((80, 80, 3), 255, np.uint8))
    assert found.box is None and found.off_white == 0


def test_off_white_is_the_share_of_the_ground_beyond_the_ringing():
    picture = draw_ball()
    picture[120, 191 + RINGING - 3] = 254
    assert measure(picture).off_white == 0
    picture[4, 4] = 254
    assert 0 < measure(picture).off_white < 1e-4


def test_a_soft_shadow_is_ground_and_a_white_product_is_not():
    cast = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(cast, (120, 185), (80, 14), 0, 0, 360, 0.3, -1)
    cast = cv2.GaussianBlur(cast, (0, 0), 9)[..., None]
    picture = draw_ball()
    shaded = np.where(picture.min(2, keepdims=True) < 250, picture, picture * (1 - cast))
    assert measure(shaded.astype(np.uint8)).off_white > 0.02
    pale = draw_ball()
    pale[20:220, 6:60] = 244
    found = measure(pale)
    assert found.off_white == 0 and found.box[:2] == (6, 20)


def test_a_hard_shadow_or_a_plate_at_the_outline_is_residue():
    picture = draw_ball()
    behind = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(behind, (165, 170), (60, 25), 0, 0, 360, 1, -1)
    picture[(behind > 0) & (picture.min(2) >= 250)] = (125, 122, 120)
    assert measure(picture).residue > 0.05


def test_crumbs_are_counted_and_a_pair_is_not():
    picture = draw_ball()
    for x in (10, 110, 220):
        picture[10:16, x : x + 8] = 90
    assert (measure(picture).crumbs, measure(picture).products) == (3, 1)
    pair = np.hstack([draw_ball(), draw_ball()])
    assert (measure(pair).crumbs, measure(pair).products) == (0, 2)


def test_a_bright_spot_inside_the_product_is_no_part_of_its_own():
    picture = draw_ball()
    cv2.circle(picture, (120, 120), 40, (250, 250, 250), -1)
    found = measure(picture)
    assert (found.products, found.crumbs, found.off_white) == (1, 0, 0)


def test_a_line_of_text_is_no_crumb():
    picture = draw_ball()
    cv2.putText(picture, "SALE 20", (10, 232), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    found = measure(picture)
    assert (found.text_lines, found.crumbs) == (1, 0)
    assert found.box == measure(draw_ball()).box


@pytest.mark.parametrize("inset", [0, 6])
def test_a_frame_is_found_and_left_out(inset):
    picture = draw_ball()
    last = SIDE - 1 - inset
    cv2.rectangle(picture, (inset, inset), (last, last), (50, 50, 50), 3)
    found = measure(picture)
    assert found.frame_lines == 4 and found.crumbs == 0
    assert found.box == measure(draw_ball()).box


def test_a_product_cut_by_its_photo_has_a_straight_edge():
    picture = draw_ball()
    picture[:, :90] = 255
    straight = measure(picture).straight
    assert straight["left"] > 0.8 > max(straight[side] for side in ("top", "right", "bottom"))
