"""The view of the photo against that of the scene."""

import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.view import judge_view_mismatch, measure_view_mismatch
from services.imaging.scene import Scene
from services.imaging.view import PhotoView
from tests.support.standing_product import describe_scene

SURE = {"pitch_confidence": 0.9}


def judge_known(known: finishing_pb2.Circumstances):
    return judge_view_mismatch(AssessedPicture(np.zeros((8, 8, 3), np.uint8), circumstances=known))


@pytest.mark.parametrize(
    ("off", "verdict"), [(0, PASS), (5, PASS), (12, WARN), (-12, WARN), (25, FAIL)]
)
def test_the_difference_of_the_ground_pitches_is_judged(off, verdict):
    ground = Scene(ground_line=0.75, camera_pitch=20).ground_pitch
    judged = judge_known(describe_scene(camera_pitch=20, ground_pitch=ground + off, **SURE))
    assert judged.verdict == verdict and judged.value == pytest.approx(abs(off), abs=0.01)
    assert ("camera_pitch" in judged.remedy) == (verdict != PASS)


@pytest.mark.parametrize(("pitch", "mismatch"), [(2, 2), (40, 40), (80, 10)])
def test_a_product_seen_from_above_may_lie_on_its_back(pitch, mismatch):
    scene = Scene(camera_pitch=90, ground_line=0.5)
    view = PhotoView(ground_pitch=pitch, pitch_confidence=0.9)
    assert measure_view_mismatch(view, scene) == pytest.approx(mismatch)


@pytest.mark.parametrize(
    "known",
    [
        describe_scene(ground_pitch=40, pitch_confidence=0.2),
        describe_scene(),
        finishing_pb2.Circumstances(),
    ],
)
def test_a_view_that_is_not_sure_is_unknown(known):
    assert judge_known(known).verdict == UNKNOWN


def test_a_product_in_the_air_has_no_view_of_the_ground():
    known = describe_scene("floating", stands=False, ground_pitch=60, **SURE)
    assert judge_known(known).verdict == PASS
