"""Measures how good an ad is, and says what it would cost in a ranking."""

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.findings import FAIL, PASS, UNKNOWN, WARN, Finding, figure
from services.finishing.halo import halo
from services.imaging.box import find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA, find_solid_pixels
from services.imaging.shadows import shadow_direction

# Points that a measurement beyond its limit costs.
COST = {WARN: 8.0, FAIL: 25.0, PASS: 0.0, UNKNOWN: 0.0}
LEAST_SHADOW = 0.5
FOOT = 0.06
CLIPPED_LOW, CLIPPED_HIGH = 1, 254


@dataclass(frozen=True)
class Subject:
    """An ad and what it was made of; circumstances as in the contract.

    ad, composite: uint8 RGB (H, W, 3), after and before its surroundings reacted to the product;
    mask: uint8 alpha (H, W); differing: locked pixels that are not the composite's.
    """

    ad: np.ndarray
    composite: np.ndarray
    mask: np.ndarray
    differing: int
    circumstances: finishing_pb2.Circumstances


def report_quality(subject: Subject) -> finishing_pb2.QualityReport:
    """Every measurement with its verdict, and the score that they add up to."""
    findings = [measure(subject) for measure in MEASURES]
    costs = sorted(((COST[each.verdict], each) for each in findings), key=lambda pair: -pair[0])
    reasons = [f"{f.name} {f.measured} costs {cost:g}" for cost, f in costs if cost]
    return finishing_pb2.QualityReport(
        findings=[each.message() for each in findings],
        score=max(0.0, 100 - sum(cost for cost, _ in costs)),
        reasons="; ".join(reasons) or "nothing to fault",
    )


def _lock(subject: Subject) -> Finding:
    verdict = FAIL if subject.differing else PASS
    note = "locked product pixels that the surroundings' engine changed"
    return Finding("pixel_lock", f"{subject.differing} differing", verdict, "0", note)


def _confidence(subject: Subject) -> Finding:
    told = subject.circumstances
    if not told.HasField("confidence"):
        return Finding("cutout_confidence", "not told", UNKNOWN)
    value = told.confidence
    verdict = PASS if value >= 0.85 else WARN if value >= 0.6 else FAIL
    note = "how sure the cut-out is; look at its edge, or name another engine, when it is low"
    return Finding("cutout_confidence", figure(value), verdict, "at least 0.85", note)


def _halo(subject: Subject) -> Finding:
    value = halo(subject.composite, subject.mask)
    if value is None:
        return Finding("halo", "no soft edge", UNKNOWN)
    verdict = PASS if value < 4 else WARN if value < 8 else FAIL
    note = "mean Delta E of the product's rim to the nearest mix of what is inside and outside"
    return Finding("halo", figure(value), verdict, "below 4", note)


def _contact(subject: Subject) -> Finding:
    told = subject.circumstances
    if not told.HasField("ground_line"):
        return Finding("contact_gap", "does not stand", UNKNOWN)
    rows = np.flatnonzero(find_solid_pixels(subject.mask).any(axis=1))
    height = len(subject.mask)
    gap = abs(told.ground_line * height - (rows[-1] + 1)) if len(rows) else height
    # Sides of the photo that cut the product off run out of the picture.
    gap = 0.0 if len(rows) and rows[-1] == height - 1 else gap
    verdict = PASS if gap <= max(2.0, height / 500) else FAIL
    return Finding("contact_gap", f"{gap:.1f} px", verdict, "at most 2 px", "foot to ground line")


def _shadow(subject: Subject) -> Finding:
    told, name = subject.circumstances, "shadow_direction"
    lean = shadow_lean(subject)
    if not told.HasField("light_azimuth") or lean is None:
        return Finding(name, "not told", UNKNOWN, "away from the light")
    expected, _ = shadow_direction(told.light_azimuth)
    if abs(expected) < 0.3:
        return Finding(name, f"leans {lean:+.2f}", PASS, "light from the front or the back")
    side = "right" if expected > 0 else "left"
    met = lean * expected > -0.02
    return Finding(name, f"leans {lean:+.2f}", PASS if met else FAIL, f"to the {side}")


def shadow_lean(subject: Subject) -> float | None:
    """Where the darkening of the surroundings lies: its mean offset from the product's foot.

    In product widths, positive to the right; None when there is next to none.
    """
    solid = find_solid_pixels(subject.mask)
    columns, rows = (np.flatnonzero(solid.any(axis=axis)) for axis in (0, 1))
    if not len(rows):
        return None
    foot = rows[-1] - round(FOOT * len(rows))
    middle = np.flatnonzero(solid[foot:].any(axis=0)).mean()
    darker = extremes(cv2.subtract(subject.composite, subject.ad))[1]
    darker[subject.mask > 0] = 0
    weight = darker.sum(axis=0, dtype=np.float64)
    if weight.sum() < LEAST_SHADOW * len(columns):
        return None
    width = columns[-1] - columns[0] + 1
    return float((weight * (np.arange(len(weight)) - middle)).sum() / weight.sum() / width)


def _sharpness(subject: Subject) -> Finding:
    told, locked = subject.circumstances, subject.mask == OPAQUE_ALPHA
    gray = cv2.cvtColor(subject.ad, cv2.COLOR_RGB2GRAY)
    detail = np.abs(cv2.Laplacian(gray, cv2.CV_32F))[locked]
    value = float(np.percentile(detail, 95)) if detail.size else 0.0
    if not told.HasField("scale"):
        return Finding("sharpness", figure(value), UNKNOWN)
    verdict = PASS if told.scale <= 1.05 else WARN if told.scale <= 2 else FAIL
    note = f"95th percentile of the product's Laplacian {figure(value)}; send a larger photo"
    return Finding("sharpness", f"scaled {told.scale:.2f} times", verdict, "at most 1.05", note)


def _share(subject: Subject) -> Finding:
    solid = find_solid_pixels(subject.mask)
    area = float(solid.mean())
    width, height = find_bounding_box(solid)[2:]
    side = max(width / subject.mask.shape[1], height / subject.mask.shape[0])
    verdict = PASS if side >= 0.1 else WARN
    found = f"{area:.1%} of the area, {side:.0%} of a side"
    return Finding("product_share", found, verdict, "at least 10% of a side")


def _color(subject: Subject) -> Finding:
    told = subject.circumstances
    if not told.HasField("color_shift"):
        return Finding("color_shift", "not told", UNKNOWN)
    verdict = PASS if told.color_shift < 3 else WARN if told.color_shift < 6 else FAIL
    note = "mean Delta E of the product's colors by the tint; compositing.locked makes it 0"
    return Finding("color_shift", figure(told.color_shift), verdict, "below 3", note)


def _clipping(subject: Subject) -> Finding:
    low, high = extremes(subject.ad)
    inside = find_solid_pixels(subject.mask)
    clipped = ((low >= CLIPPED_HIGH) | (high <= CLIPPED_LOW)) & inside
    share = float(clipped.sum() / max(1, inside.sum()))
    verdict = PASS if share < 0.05 else WARN
    return Finding("clipping", f"{share:.1%} of the product", verdict, "below 5%")


def extremes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The darkest and the lightest channel of uint8 RGB (H, W, 3), each uint8 (H, W)."""
    red, green, blue = cv2.split(pixels)
    return cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)


MEASURES = (
    _lock,
    _confidence,
    _halo,
    _contact,
    _shadow,
    _sharpness,
    _share,
    _color,
    _clipping,
)
