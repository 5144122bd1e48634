"""Stance, lean and slope of the base of drawn products."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.pose import (
    MEASUREMENTS,
    find_ad_stance,
    judge_base_slope,
    judge_lean,
    judge_pose,
)
from tests.support.standing_product import describe_scene, draw_standing_product

AD = np.zeros((200, 200, 3), np.uint8)


def draw_bottle(lean: float = 0.0) -> np.ndarray:
    """A bottle's mask, uint8 (200, 200), that leans by degrees clockwise."""
    mask = np.zeros((200, 200), np.uint8)
    cv2.rectangle(mask, (70, 70), (130, 170), 255, -1)
    cv2.rectangle(mask, (90, 30), (110, 70), 255, -1)
    turn = cv2.getRotationMatrix2D((100, 100), -lean, 1)
    return cv2.warpAffine(mask, turn, (200, 200))


def place(photo: str, ad: str, pitch: float = 10.0, **view) -> finishing_pb2.Circumstances:
    known = describe_scene(ad, camera_pitch=pitch, stands=ad == "standing", **view)
    known.view.stance = f"STANCE_{photo.upper()}"
    return known


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        (place("standing", "standing"), PASS),
        (place("lying", "lying", pitch=90), PASS),
        (place("standing", "floating"), PASS),
        (place("standing", "lying", pitch=90), WARN),
        (place("standing", "lying", pitch=90, ground_pitch=80, pitch_confidence=0.9), PASS),
        (place("lying", "standing"), FAIL),
        (place("hanging", "standing"), FAIL),
        (place("lying", "floating"), FAIL),
    ],
)
def test_a_stance_that_the_photo_does_not_show_is_noticed(known, verdict):
    judged = judge_pose(AssessedPicture(AD, circumstances=known))
    assert judged.verdict == verdict
    assert ("arrangement.stance" in judged.remedy) == (verdict != PASS)


def test_a_watch_meant_to_lie_stands_where_the_scene_is_seen_from_the_side():
    known = describe_scene("lying")
    assert find_ad_stance(AssessedPicture(AD, circumstances=known)) == "standing"


def test_the_outline_decides_where_the_photo_is_not_known():
    strip = np.zeros((200, 200), np.uint8)
    strip[20:180, 90:106] = 255
    picture = AssessedPicture(AD, strip, circumstances=describe_scene())
    assert judge_pose(picture).verdict == FAIL


@pytest.mark.parametrize(("lean", "verdict"), [(0, PASS), (4, WARN), (10, FAIL), (-10, FAIL)])
def test_a_leaning_bottle_is_noticed(lean, verdict):
    judged = judge_lean(AssessedPicture(AD, draw_bottle(lean)))
    assert judged.verdict == verdict and judged.value == pytest.approx(abs(lean), abs=1)


@pytest.mark.parametrize(("slope", "verdict"), [(0, PASS), (18, PASS), (26, WARN), (30, FAIL)])
def test_a_product_on_its_toe_is_noticed(slope, verdict):
    mask = np.zeros((200, 200), np.uint8)
    cv2.rectangle(mask, (40, 80), (160, 120), 255, -1)
    turned = cv2.warpAffine(mask, cv2.getRotationMatrix2D((100, 100), slope, 1), (200, 200))
    known = describe_scene(camera_pitch=5)
    assert judge_base_slope(AssessedPicture(AD, turned, circumstances=known)).verdict == verdict


def test_a_product_that_stands_upright_passes_in_every_way():
    picture = draw_standing_product()
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [PASS] * 3


def test_nothing_is_known_without_a_product():
    picture = AssessedPicture(AD)
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [UNKNOWN] * 3
