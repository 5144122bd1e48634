"""The quality report on pictures with drawn faults."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import compositing_pb2, finishing_pb2, scene_pb2
from services.compositing.layers import ProductLayer, paint_layers
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import MEASUREMENTS, report_quality
from services.finishing.quality.score import read_model
from services.finishing.quality.shadow import measure_shadow_lean
from services.imaging.resizing import premultiply


def draw_disc(rim=None, inside=(200, 30, 40)):
    """A red disc of RGBA (200, 200) with a soft edge; `rim` colors what is half covered."""
    alpha = np.zeros((200, 200), np.uint8)
    cv2.circle(alpha, (100, 100), 70, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (9, 9), 0)
    cutout = np.dstack([np.full((200, 200, 3), inside, np.uint8), alpha])
    if rim:
        cutout[(alpha > 0) & (alpha < 255), :3] = rim
    return cutout


def composite_on(ground, cutout):
    canvas = np.full((220, 220, 3), ground, np.uint8)
    product = ProductLayer(premultiply(cutout), 10, 10)
    mask = np.zeros((220, 220), np.uint8)
    mask[10:210, 10:210] = cutout[..., 3]
    return paint_layers(canvas, None, product), mask


def build_input(ad=None, composite=None, mask=None, differing=0, **circumstances):
    picture, alpha = composite_on((240, 240, 240), draw_disc())
    picture = picture if composite is None else composite
    return AssessedPicture(
        picture if ad is None else ad,
        alpha if mask is None else mask,
        picture,
        differing,
        finishing_pb2.Circumstances(**circumstances),
    )


def find_verdicts(ad: AssessedPicture) -> dict[str, int]:
    return {each.name: each.verdict for each in report_quality(ad).findings}


def standing(ground_line=0.8, azimuth=None):
    light = None if azimuth is None else scene_pb2.Light(azimuth=azimuth)
    return {
        "scene": scene_pb2.Scene(ground_line=ground_line, camera_pitch=10, light=light),
        "placement": compositing_pb2.Placement(stands=True, scale=1),
    }


@pytest.mark.parametrize(
    ("circumstances", "name", "verdict"),
    [
        ({"confidence": 0.95}, "cutout_confidence", PASS),
        ({"confidence": 0.6}, "cutout_confidence", WARN),
        ({"confidence": 0.2}, "cutout_confidence", FAIL),
        ({}, "cutout_confidence", UNKNOWN),
        ({"confidence": 0.9, "cut_sides": [3]}, "cut_off", WARN),
        ({"transparent_share": 0.0}, "transparency", PASS),
        ({"transparent_share": 0.5}, "transparency", WARN),
        ({"transparent_share": 0.5, "product": "wine glass"}, "transparency", PASS),
        ({"placement": compositing_pb2.Placement(scale=0.7)}, "enlargement", PASS),
        ({"placement": compositing_pb2.Placement(scale=1.5)}, "enlargement", WARN),
        ({"placement": compositing_pb2.Placement(scale=3.0)}, "enlargement", FAIL),
        ({"color_shift": 0.0}, "color_shift", PASS),
        ({"color_shift": 9.0}, "color_shift", PASS),
        ({"color_shift": 13.0}, "color_shift", WARN),
        (standing(180 / 220), "contact_gap", PASS),
        (standing(170 / 220), "contact_gap", PASS),
        (standing(190 / 220), "contact_gap", FAIL),
        ({}, "contact_gap", UNKNOWN),
    ],
)
def test_circumstances_are_judged(circumstances, name, verdict):
    assert find_verdicts(build_input(**circumstances))[name] == verdict


@pytest.mark.parametrize(
    ("azimuth", "side", "verdict"),
    [(270, "right", PASS), (270, "left", FAIL), (90, "left", PASS), (90, "right", FAIL)],
)
def test_a_shadow_towards_the_light_fails(azimuth, side, verdict):
    composite, mask = composite_on((240, 240, 240), draw_disc())
    ad = composite.copy()
    part = ad[170:200, 150:210] if side == "right" else ad[170:200, 10:70]
    part -= 60
    judged = build_input(ad=ad, composite=composite, mask=mask, **standing(azimuth=azimuth))
    assert find_verdicts(judged)["shadow_side"] == verdict


def test_without_shadow_or_light_the_side_is_unknown():
    assert find_verdicts(build_input(**standing(azimuth=90)))["shadow_side"] == UNKNOWN
    assert find_verdicts(build_input())["shadow_side"] == UNKNOWN


def test_a_broken_lock_lowers_the_mark_and_is_a_reason():
    broken, whole = report_quality(build_input(differing=3)), report_quality(build_input())
    assert broken.score < whole.score and broken.flaw_probability > whole.flaw_probability
    assert "pixel_lock 3 differing" in broken.reasons and "pixel_lock" not in whole.reasons


def test_a_clipped_product_is_warned_of():
    picture, mask = composite_on((100, 100, 100), draw_disc(inside=(255, 255, 255)))
    assert find_verdicts(build_input(composite=picture, mask=mask))["clipping"] == FAIL


def test_every_measurement_is_reported_under_its_name():
    names = [each.name for each in report_quality(build_input()).findings]
    assert len(names) == len(set(names)) == len(MEASUREMENTS)


@pytest.mark.parametrize("offset", [-40, 0, 40])
def test_the_lean_is_the_shadows_offset_in_product_widths(offset):
    composite = np.full((200, 300, 3), 200, np.uint8)
    mask = np.zeros((200, 300), np.uint8)
    mask[50:150, 110:190] = 255
    ad = composite.copy()
    ad[150:170, 110 + offset : 190 + offset] = 150
    # The product itself is not part of its shadow.
    ad[60:140, 110:130] = 0
    lean = measure_shadow_lean(build_input(ad=ad, composite=composite, mask=mask))
    assert lean == pytest.approx(offset / 80, abs=0.01)


def test_without_darkening_there_is_no_lean():
    assert measure_shadow_lean(build_input()) is None


def test_the_calibration_has_a_cost_for_every_measurement_and_no_other():
    names = {each.name for each in report_quality(build_input()).findings}
    model = read_model()
    for values in (model.costs, model.average, model.deviation):
        assert values.keys() == names


def test_a_picture_of_which_nothing_is_known_is_likely_flawed():
    blank = report_quality(AssessedPicture(np.full((64, 64, 3), 200, np.uint8)))
    whole = report_quality(build_input(confidence=0.99, transparent_share=0.0, **standing(0.77)))
    assert blank.score < whole.score - 0.5 and blank.flaw_probability > 0.5
    assert "not known" in blank.reasons
