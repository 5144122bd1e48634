"""What the quality report measures, on pictures whose faults are drawn."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from services.compositing.layers import Product, lay
from services.finishing.findings import FAIL, PASS, UNKNOWN, WARN
from services.finishing.halo import halo
from services.finishing.quality import Subject, report_quality
from services.imaging.resizing import premultiply

GREEN = (20, 200, 30)


def disc(rim=None, inside=(200, 30, 40)):
    """A red disc of RGBA (200, 200) with a soft edge; `rim` colors what is half covered."""
    alpha = np.zeros((200, 200), np.uint8)
    cv2.circle(alpha, (100, 100), 70, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (9, 9), 0)
    cutout = np.dstack([np.full((200, 200, 3), inside, np.uint8), alpha])
    if rim:
        cutout[(alpha > 0) & (alpha < 255), :3] = rim
    return cutout


def on(ground, cutout):
    canvas = np.full((220, 220, 3), ground, np.uint8)
    product = Product(premultiply(cutout), 10, 10)
    mask = np.zeros((220, 220), np.uint8)
    mask[10:210, 10:210] = cutout[..., 3]
    return lay(canvas, None, product), mask


def subject(ad=None, composite=None, mask=None, differing=0, **told):
    picture, alpha = on((240, 240, 240), disc())
    picture = picture if composite is None else composite
    return Subject(
        picture if ad is None else ad,
        picture,
        alpha if mask is None else mask,
        differing,
        finishing_pb2.Circumstances(**told),
    )


def verdicts(of: Subject) -> dict[str, int]:
    return {each.name: each.verdict for each in report_quality(of).findings}


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (30, 60, 200)])
def test_a_clean_edge_has_no_halo_and_a_colored_rim_has_one(ground):
    assert halo(*on(ground, disc())) < 6
    assert halo(*on(ground, disc(rim=GREEN))) > 12


def test_a_hard_edge_has_no_rim_to_judge():
    cutout = disc()
    cutout[..., 3] = (cutout[..., 3] > 127) * np.uint8(255)
    assert halo(*on((9, 9, 9), cutout)) is None


@pytest.mark.parametrize(
    ("told", "name", "verdict"),
    [
        ({"confidence": 0.95}, "cutout_confidence", PASS),
        ({"confidence": 0.7}, "cutout_confidence", WARN),
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
def test_what_is_told_is_judged(told, name, verdict):
    assert verdicts(subject(**told))[name] == verdict


@pytest.mark.parametrize(
    ("azimuth", "side", "verdict"),
    [(270, "right", PASS), (270, "left", FAIL), (90, "left", PASS), (90, "right", FAIL)],
)
def test_a_shadow_towards_the_light_fails(azimuth, side, verdict):
    composite, mask = on((240, 240, 240), disc())
    ad = composite.copy()
    part = ad[170:200, 150:210] if side == "right" else ad[170:200, 10:70]
    part -= 60
    judged = subject(ad=ad, composite=composite, mask=mask, light_azimuth=azimuth)
    assert verdicts(judged)["shadow_direction"] == verdict


def test_without_shadow_or_light_its_direction_is_not_told():
    assert verdicts(subject(light_azimuth=90))["shadow_direction"] == UNKNOWN
    assert verdicts(subject())["shadow_direction"] == UNKNOWN


def test_a_broken_lock_costs_most_and_is_named():
    broken = report_quality(subject(differing=3))
    whole = report_quality(subject())
    assert broken.score == whole.score - 25
    assert broken.reasons.startswith("pixel_lock 3 differing")
    assert whole.score == 100 and whole.reasons == "nothing to fault"


def test_a_clipped_product_is_warned_of():
    picture, mask = on((100, 100, 100), disc(inside=(255, 255, 255)))
    assert verdicts(subject(composite=picture, mask=mask))["clipping"] == WARN
