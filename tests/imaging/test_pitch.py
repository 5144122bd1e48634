"""The pitch of cameras is estimated from round ends and boxes, and from nothing else."""

import cv2
import numpy as np
import pytest

from services.imaging.pitch import estimate_pitch
from services.runtime.limits import FOLLOWED_CONFIDENCE
from tests.support.silhouettes import (
    FOCAL_MM,
    SIZE,
    draw_cuboid,
    draw_revolved,
    find_ground_pitch,
)

WHOLE = (0, 0, SIZE[1], SIZE[0])
BOTTLE = [(0.2, 0), (0.2, 0.6), (0.06, 0.8), (0.06, 1)]
CUP = [(0.3, 0), (0.4, 1)]
TIN = [(0.7, 0.3), (0.7, 0.7)]
DOME = [(0.3, 0), (0.3, 0.6), (0.26, 0.75), (0.15, 0.86), (0.0, 0.9)]
BOWL = [(0.4, 0.3), (0.55, 0.35), (0.68, 0.5), (0.75, 0.8)]


def estimate(alpha: np.ndarray, focal_length_mm: float | None = FOCAL_MM):
    return estimate_pitch(alpha, WHOLE, SIZE, focal_length_mm)


def is_followed(alpha: np.ndarray) -> bool:
    found = estimate(alpha)
    return found is not None and found.confidence >= FOLLOWED_CONFIDENCE


@pytest.mark.parametrize("pitch", [0, 8, 25, 45])
@pytest.mark.parametrize("profile", [BOTTLE, CUP, TIN, DOME])
def test_round_products_show_the_pitch(profile, pitch):
    found = estimate(draw_revolved(profile, pitch))
    assert found.confidence >= FOLLOWED_CONFIDENCE
    assert found.camera_pitch == pytest.approx(pitch, abs=4)


@pytest.mark.parametrize("profile", [BOTTLE, CUP, TIN, DOME])
def test_round_products_show_a_steep_pitch_less_exactly(profile):
    assert estimate(draw_revolved(profile, 60)).camera_pitch == pytest.approx(60, abs=8)


@pytest.mark.parametrize("pitch", [5, 30, 60])
@pytest.mark.parametrize("yaw", [20, 45, 80])
def test_boxes_show_the_pitch(yaw, pitch):
    found = estimate(draw_cuboid((0.6, 1, 0.8), yaw, pitch))
    assert found.confidence >= FOLLOWED_CONFIDENCE
    assert found.camera_pitch == pytest.approx(pitch, abs=2)
    assert found.ground_pitch == pytest.approx(find_ground_pitch(pitch), abs=2)


def test_a_rim_shows_the_pitch_of_a_bowl_that_hides_its_foot():
    assert estimate(draw_revolved(BOWL, 35)).camera_pitch == pytest.approx(35, abs=6)


def test_an_unknown_lens_leaves_the_angle_at_the_foot():
    found = estimate(draw_revolved(BOTTLE, 25), None)
    assert found.confidence >= FOLLOWED_CONFIDENCE
    assert found.ground_pitch == pytest.approx(find_ground_pitch(25), abs=4)


def test_the_place_in_the_photo_counts():
    alpha = draw_revolved(TIN, 30)
    low = estimate_pitch(alpha, (0, 240, 480, 480), (720, 480), FOCAL_MM)
    high = estimate_pitch(alpha, (0, 0, 480, 480), (720, 480), FOCAL_MM)
    assert low.ground_pitch == pytest.approx(high.ground_pitch, abs=1)
    assert low.camera_pitch < high.camera_pitch - 10


def test_a_reduced_cutout_shows_the_same():
    alpha = draw_revolved(CUP, 30)
    small = cv2.resize(alpha, (240, 240), interpolation=cv2.INTER_AREA)
    assert estimate(small).ground_pitch == pytest.approx(estimate(alpha).ground_pitch, abs=2)


def test_a_product_that_runs_out_of_the_photo_below_shows_nothing():
    alpha = draw_revolved(BOTTLE, 25)[:300]
    assert estimate_pitch(alpha, (0, 0, 480, 300), (300, 480), FOCAL_MM) is None
    assert estimate_pitch(alpha, (0, 0, 480, 300), (480, 480), FOCAL_MM) is not None


def test_a_round_foot_may_touch_the_edge_of_the_photo():
    alpha = draw_revolved(BOTTLE, 25)
    foot = int(np.flatnonzero(alpha.any(axis=1))[-1]) + 1
    found = estimate_pitch(alpha[:foot], (0, 0, 480, foot), (foot, 480), FOCAL_MM)
    assert found.ground_pitch == pytest.approx(find_ground_pitch(25), abs=4)


def draw_feet() -> np.ndarray:
    alpha = np.zeros(SIZE, np.uint8)
    alpha[100:300, 80:400] = alpha[300:360, 80:120] = alpha[300:350, 350:400] = 255
    return alpha


def draw_crooked() -> np.ndarray:
    corners = np.array([(100, 60), (300, 90), (380, 330), (280, 250), (180, 400), (60, 300)])
    return cv2.fillPoly(np.zeros(SIZE, np.uint8), [corners], 255)


def draw_shirt() -> np.ndarray:
    corners = [(150, 420), (160, 200), (130, 60), (170, 60), (240, 160), (310, 60), (350, 60)]
    corners = np.array([*corners, (320, 200), (330, 420)])
    return cv2.fillPoly(np.zeros(SIZE, np.uint8), [corners], 255)


def draw_band() -> np.ndarray:
    return cv2.circle(np.zeros(SIZE, np.uint8), (240, 240), 150, 255, 30)


def draw_strap() -> np.ndarray:
    return cv2.line(np.zeros(SIZE, np.uint8), (80, 80), (380, 400), 255, 20)


@pytest.mark.parametrize("draw", [draw_feet, draw_crooked, draw_shirt, draw_band, draw_strap])
def test_other_shapes_are_not_followed(draw):
    assert not is_followed(draw())


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 3), (20, 20)])
def test_tiny_and_thin_products_raise_nothing(shape):
    alpha = np.full(shape, 255, np.uint8)
    found = estimate_pitch(alpha, (5, 5, *shape[::-1]), (500, 500))
    assert found is None or 0 <= found.confidence < 1


@pytest.mark.parametrize("level", [0, 100])
def test_a_faint_product_shows_nothing(level):
    assert estimate(np.full((50, 50), level, np.uint8)) is None


def test_noise_raises_nothing_and_is_not_followed():
    alpha = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    found = estimate_pitch(alpha, (0, 0, 200, 200), (300, 300))
    assert found is None or found.confidence < FOLLOWED_CONFIDENCE


def test_a_product_without_its_top_shows_nothing():
    whole = draw_revolved(CUP, 45)
    rows = np.flatnonzero(whole.any(axis=1))
    middle = int(rows[0] + 0.45 * len(rows))
    rest = np.ascontiguousarray(whole[middle : rows[-1] + 1])
    assert is_followed(whole)
    box = (0, 0, rest.shape[1], rest.shape[0])
    assert estimate_pitch(rest, box, (rest.shape[0] + 80, SIZE[1]), FOCAL_MM) is None
