"""Measures the quality of an ad and sums it up in a score."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.halo import measure_halo
from services.finishing.measurement import FAIL, PASS, UNKNOWN, WARN, AdMeasurement, format_number
from services.imaging.box import find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA, find_solid_pixels
from services.imaging.shadows import shadow_direction

# Points of 100 that each verdict costs: four failures make a score of 0, as do thirteen warnings.
# Larger: a single fault moves an ad further down in a ranking.
COST = {WARN: 8.0, FAIL: 25.0, PASS: 0.0, UNKNOWN: 0.0}
# Cut-out confidence from which on it passes, and below which it fails. Larger: more cut-outs are
# to be looked at.
CONFIDENT, DOUBTFUL = 0.85, 0.6
# Halo in CIEDE2000 below which it passes, and from which on it fails; the eye sees differences from
# about 1 on. Larger: visible rims pass.
HALO_PASS, HALO_FAIL = 4.0, 8.0
# Distance of foot and ground line that passes, in pixels; in large pictures one pixel for every so
# many rows. A larger distance, or fewer rows: products that visibly float or sink pass.
MAX_CONTACT_GAP, ROWS_PER_GAP_PIXEL = 2.0, 500
# Mean darkening in levels per column of the product below which there is no shadow to judge.
# Larger: fainter shadows go unjudged.
MIN_SHADOW = 0.5
# Part of the product's height that counts as its foot. Larger: leaning products shift its middle.
FOOT_SHARE = 0.06
# Sine of the light's angle below which it comes from front or back and no side is expected.
# Larger: fewer shadows are judged.
FRONTAL_LIGHT = 0.3
# Offset of the shadow towards the light that still passes, in product widths. Larger: shadows on
# the wrong side pass.
LEAN_TOLERANCE = 0.02
# Scale of the product up to which it passes, and above which it fails. Larger: soft products pass.
SCALE_PASS, SCALE_FAIL = 1.05, 2.0
# Percentile of the product's Laplacian that stands for its detail. Larger: single edges decide.
DETAIL_PERCENTILE = 95
# Share of a side of the picture below which a product is small. Larger: more warnings.
MIN_SIDE_SHARE = 0.1
# Mean Delta E of the tint below which it passes, and from which on it fails. Larger: products in
# visibly different colors pass.
COLOR_SHIFT_PASS, COLOR_SHIFT_FAIL = 3.0, 6.0
# Levels up to which a pixel is black, and from which on it is white, in every channel: one level
# of tolerance for lossy files.
CLIPPED_LOW, CLIPPED_HIGH = 1, 254
# Share of the product that may be clipped. Larger: overexposed products pass.
MAX_CLIPPED_SHARE = 0.05


@dataclass(frozen=True)
class QualityInput:
    """The pictures and circumstances that the quality of an ad is measured on.

    ad, composite: uint8 RGB (H, W, 3), after and before the inpainting.
    mask: uint8 alpha (H, W) of the product.
    differing: the number of locked pixels that are not the composite's.
    circumstances: measurements of earlier stages, as in the contract.
    """

    ad: np.ndarray
    composite: np.ndarray
    mask: np.ndarray
    differing: int
    circumstances: finishing_pb2.Circumstances


def report_quality(ad: QualityInput) -> finishing_pb2.QualityReport:
    """Returns every measurement with its verdict, and the score that they add up to."""
    measurements = [measure(ad) for measure in MEASUREMENTS.values()]
    costs = [(COST[each.verdict], each) for each in measurements]
    costs.sort(key=lambda pair: -pair[0])
    reasons = [f"{each.name} {each.measured} costs {cost:g}" for cost, each in costs if cost]
    return finishing_pb2.QualityReport(
        findings=[each.to_message() for each in measurements],
        score=max(0.0, 100 - sum(cost for cost, _ in costs)),
        reasons="; ".join(reasons) or "nothing to fault",
    )


def _measure_pixel_lock(ad: QualityInput) -> AdMeasurement:
    verdict = FAIL if ad.differing else PASS
    note = "locked product pixels that the surroundings' engine changed"
    return AdMeasurement("pixel_lock", f"{ad.differing} differing", verdict, "0", note)


def _measure_confidence(ad: QualityInput) -> AdMeasurement:
    if not ad.circumstances.HasField("confidence"):
        return AdMeasurement("cutout_confidence", "unknown", UNKNOWN)
    value = ad.circumstances.confidence
    verdict = PASS if value >= CONFIDENT else WARN if value >= DOUBTFUL else FAIL
    note = "how sure the cut-out is; look at its edge, or name another engine, when it is low"
    limit = f"at least {CONFIDENT}"
    return AdMeasurement("cutout_confidence", format_number(value), verdict, limit, note)


def _measure_halo(ad: QualityInput) -> AdMeasurement:
    value = measure_halo(ad.composite, ad.mask)
    if value is None:
        return AdMeasurement("halo", "no soft edge", UNKNOWN)
    verdict = PASS if value < HALO_PASS else WARN if value < HALO_FAIL else FAIL
    note = "mean Delta E of the product's rim to the nearest mix of what is inside and outside"
    return AdMeasurement("halo", format_number(value), verdict, f"below {HALO_PASS:g}", note)


def _measure_contact_gap(ad: QualityInput) -> AdMeasurement:
    if not ad.circumstances.HasField("ground_line"):
        return AdMeasurement("contact_gap", "does not stand", UNKNOWN)
    rows = np.flatnonzero(find_solid_pixels(ad.mask).any(axis=1))
    height = len(ad.mask)
    gap = abs(ad.circumstances.ground_line * height - (rows[-1] + 1)) if len(rows) else height
    # A product that the photo cut off at the bottom runs out of the picture.
    gap = 0.0 if len(rows) and rows[-1] == height - 1 else gap
    verdict = PASS if gap <= max(MAX_CONTACT_GAP, height / ROWS_PER_GAP_PIXEL) else FAIL
    limit = f"at most {MAX_CONTACT_GAP:g} px"
    return AdMeasurement("contact_gap", f"{gap:.1f} px", verdict, limit, "foot to ground line")


def _measure_shadow_direction(ad: QualityInput) -> AdMeasurement:
    name, lean = "shadow_direction", measure_shadow_lean(ad)
    if not ad.circumstances.HasField("light_azimuth") or lean is None:
        return AdMeasurement(name, "unknown", UNKNOWN, "away from the light")
    expected, _ = shadow_direction(ad.circumstances.light_azimuth)
    measured = f"leans {lean:+.2f}"
    if abs(expected) < FRONTAL_LIGHT:
        return AdMeasurement(name, measured, PASS, "light from the front or the back")
    side = "right" if expected > 0 else "left"
    met = lean * expected > -LEAN_TOLERANCE
    return AdMeasurement(name, measured, PASS if met else FAIL, f"to the {side}")


def measure_shadow_lean(ad: QualityInput) -> float | None:
    """Returns how far the darkening of the surroundings lies to the right of the product's foot.

    In product widths, negative to the left; None if next to nothing was darkened.
    """
    solid = find_solid_pixels(ad.mask)
    columns, rows = (np.flatnonzero(solid.any(axis=axis)) for axis in (0, 1))
    if not len(rows):
        return None
    foot = rows[-1] - round(FOOT_SHARE * len(rows))
    middle = np.flatnonzero(solid[foot:].any(axis=0)).mean()
    darkening = find_channel_extremes(cv2.subtract(ad.composite, ad.ad))[1]
    darkening[ad.mask > 0] = 0
    weight = darkening.sum(axis=0, dtype=np.float64)
    if weight.sum() < MIN_SHADOW * len(columns):
        return None
    width = columns[-1] - columns[0] + 1
    return float((weight * (np.arange(len(weight)) - middle)).sum() / weight.sum() / width)


def _measure_sharpness(ad: QualityInput) -> AdMeasurement:
    gray = cv2.cvtColor(ad.ad, cv2.COLOR_RGB2GRAY)
    detail = np.abs(cv2.Laplacian(gray, cv2.CV_32F))[ad.mask == OPAQUE_ALPHA]
    value = float(np.percentile(detail, DETAIL_PERCENTILE)) if detail.size else 0.0
    if not ad.circumstances.HasField("scale"):
        return AdMeasurement("sharpness", format_number(value), UNKNOWN)
    scale = ad.circumstances.scale
    verdict = PASS if scale <= SCALE_PASS else WARN if scale <= SCALE_FAIL else FAIL
    note = f"95th percentile of the product's Laplacian {format_number(value)}; send a larger photo"
    limit = f"at most {SCALE_PASS}"
    return AdMeasurement("sharpness", f"scaled {scale:.2f} times", verdict, limit, note)


def _measure_product_share(ad: QualityInput) -> AdMeasurement:
    solid = find_solid_pixels(ad.mask)
    area = float(solid.mean())
    width, height = find_bounding_box(solid)[2:]
    side = max(width / ad.mask.shape[1], height / ad.mask.shape[0])
    verdict = PASS if side >= MIN_SIDE_SHARE else WARN
    measured = f"{area:.1%} of the area, {side:.0%} of a side"
    return AdMeasurement(
        "product_share", measured, verdict, f"at least {MIN_SIDE_SHARE:.0%} of a side"
    )


def _measure_color_shift(ad: QualityInput) -> AdMeasurement:
    if not ad.circumstances.HasField("color_shift"):
        return AdMeasurement("color_shift", "unknown", UNKNOWN)
    value = ad.circumstances.color_shift
    verdict = PASS if value < COLOR_SHIFT_PASS else WARN if value < COLOR_SHIFT_FAIL else FAIL
    note = "mean Delta E of the product's colors by the tint; compositing.locked makes it 0"
    limit = f"below {COLOR_SHIFT_PASS:g}"
    return AdMeasurement("color_shift", format_number(value), verdict, limit, note)


def _measure_clipping(ad: QualityInput) -> AdMeasurement:
    darkest, lightest = find_channel_extremes(ad.ad)
    product = find_solid_pixels(ad.mask)
    clipped = ((darkest >= CLIPPED_HIGH) | (lightest <= CLIPPED_LOW)) & product
    share = float(clipped.sum() / max(1, product.sum()))
    verdict = PASS if share < MAX_CLIPPED_SHARE else WARN
    limit = f"below {MAX_CLIPPED_SHARE:.0%}"
    return AdMeasurement("clipping", f"{share:.1%} of the product", verdict, limit)


def find_channel_extremes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the darkest and the lightest channel of uint8 RGB (H, W, 3), each uint8 (H, W)."""
    red, green, blue = cv2.split(pixels)
    return cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)


# By the names of the measurements in a report.
MEASUREMENTS: dict[str, Callable[[QualityInput], AdMeasurement]] = {
    "pixel_lock": _measure_pixel_lock,
    "cutout_confidence": _measure_confidence,
    "halo": _measure_halo,
    "contact_gap": _measure_contact_gap,
    "shadow_direction": _measure_shadow_direction,
    "sharpness": _measure_sharpness,
    "product_share": _measure_product_share,
    "color_shift": _measure_color_shift,
    "clipping": _measure_clipping,
}
