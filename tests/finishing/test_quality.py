"""The quality report on pictures with drawn faults."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from services.compositing.layers import ProductLayer, paint_layers
from services.finishing.halo import measure_halo
from services.finishing.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality import (
    MEASUREMENTS,
    QualityInput,
    find_channel_extremes,
    measure_shadow_lean,
    report_quality,
)
from services.imaging.resizing import premultiply
from tests.support.pictures import assert_image_equal

GREEN = (20, 200, 30)


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
    return QualityInput(
        picture if ad is None else ad,
        picture,
        alpha if mask is None else mask,
        differing,
        finishing_pb2.Circumstances(**circumstances),
    )


def find_verdicts(ad: QualityInput) -> dict[str, int]:
    return {each.name: each.verdict for each in report_quality(ad).findings}


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (30, 60, 200)])
def test_a_clean_edge_has_no_halo_and_a_colored_rim_has_one(ground):
    assert measure_halo(*composite_on(ground, draw_disc())) < 6
    assert measure_halo(*composite_on(ground, draw_disc(rim=GREEN))) > 12


def test_a_hard_edge_has_no_halo_measurement():
    cutout = draw_disc()
    cutout[..., 3] = (cutout[..., 3] > 127) * np.uint8(255)
    assert measure_halo(*composite_on((9, 9, 9), cutout)) is None


@pytest.mark.parametrize(
    ("circumstances", "name", "verdict"),
    [
        ({"confidence": 0.95}, "cutout_confidence", PASS),
        ({"confidence": 0.6}, "cutout_confidence", WARN),
        ({"confidence": 0.2}, "cutout_confidence", FAIL),
        ({}, "cutout_confidence", UNKNOWN),
        ({"scale": 0.7}, "sharpness", PASS),
        ({"scale": 1.5}, "sharpness", WARN),
        ({"scale": 3.0}, "sharpness", FAIL),
        ({"color_shift": 0.0}, "color_shift", PASS),
        ({"color_shift": 4.0}, "color_shift", WARN),
        ({"ground_line": 180 / 220}, "contact_gap", PASS),
        ({"ground_line": 170 / 220}, "contact_gap", FAIL),
        ({}, "contact_gap", UNKNOWN),
    ],
)
def test_reported_circumstances_are_judged(circumstances, name, verdict):
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
    judged = build_input(ad=ad, composite=composite, mask=mask, light_azimuth=azimuth)
    assert find_verdicts(judged)["shadow_direction"] == verdict


def test_without_shadow_or_light_the_direction_is_unknown():
    assert find_verdicts(build_input(light_azimuth=90))["shadow_direction"] == UNKNOWN
    assert find_verdicts(build_input())["shadow_direction"] == UNKNOWN


def test_a_broken_lock_costs_most_and_is_the_first_reason():
    broken = report_quality(build_input(differing=3))
    whole = report_quality(build_input())
    assert broken.score == whole.score - 25
    assert broken.reasons.startswith("pixel_lock 3 differing")
    assert whole.score == 100 and whole.reasons == "nothing to fault"


def test_a_clipped_product_is_warned_of():
    picture, mask = composite_on((100, 100, 100), draw_disc(inside=(255, 255, 255)))
    assert find_verdicts(build_input(composite=picture, mask=mask))["clipping"] == WARN


def test_every_measurement_is_reported_under_its_name():
    names = [each.name for each in report_quality(build_input()).findings]
    assert names == list(MEASUREMENTS)


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


def test_channel_extremes_are_the_darkest_and_the_lightest_channel():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    darkest, lightest = find_channel_extremes(pixels)
    assert_image_equal(darkest, pixels.min(axis=2))
    assert_image_equal(lightest, pixels.max(axis=2))
