"""Measures the quality of an ad and sums it up in a score."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.halo import measure_halo
from services.finishing.measurement import FAIL, PASS, UNKNOWN, WARN, AdMeasurement, format_number
from services.imaging.box import find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA, find_most_solid_pixels
from services.imaging.shadows import shadow_direction

# Points of 100 that each verdict costs: four failures make a score of 0, as do thirteen warnings.
# Larger: a single fault moves an ad further down in a ranking.
COST = {WARN: 8.0, FAIL: 25.0, PASS: 0.0, UNKNOWN: 0.0}
# Cut-out confidence from which on it passes, and below which it fails: where stage 1 adds
# LOW_CONFIDENCE. Larger: more cut-outs are to be looked at.
CONFIDENT, DOUBTFUL = 0.7, 0.5
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
    """Returns every measurement of an ad with its verdict, and a score of 0 to 100.

    The score is 100 less the COST of each verdict; the reasons name what cost points, most first.

    ad: its pictures, and what earlier stages measured.
    """
    measurements = [measure(ad) for measure in MEASUREMENTS.values()]
    costs = [(COST[measurement.verdict], measurement) for measurement in measurements]
    costs.sort(key=lambda cost_and_measurement: -cost_and_measurement[0])
    reasons = [f"{part.name} {part.measured} costs {cost:g}" for cost, part in costs if cost]
    return finishing_pb2.QualityReport(
        findings=[measurement.to_message() for measurement in measurements],
        score=max(0.0, 100 - sum(cost for cost, _ in costs)),
        reasons="; ".join(reasons) or "nothing to fault",
    )


def _measure_pixel_lock(ad: QualityInput) -> AdMeasurement:
    """Fails an ad in which the inpainting changed locked pixels, the product's opaque ones."""
    verdict = FAIL if ad.differing else PASS
    note = "locked product pixels that the surroundings' engine changed"
    return AdMeasurement("pixel_lock", f"{ad.differing} differing", verdict, "0", note)


def _measure_confidence(ad: QualityInput) -> AdMeasurement:
    """Judges how likely the product's cut-out is usable, 0 to 1; UNKNOWN if not sent.

    Passes from CONFIDENT on, fails below DOUBTFUL.
    """
    if not ad.circumstances.HasField("confidence"):
        return AdMeasurement("cutout_confidence", "unknown", UNKNOWN)
    confidence = ad.circumstances.confidence
    verdict = PASS if confidence >= CONFIDENT else WARN if confidence >= DOUBTFUL else FAIL
    note = "how sure the cut-out is; look at its edge, or name another engine, when it is low"
    limit = f"at least {CONFIDENT}"
    return AdMeasurement("cutout_confidence", format_number(confidence), verdict, limit, note)


def _measure_halo(ad: QualityInput) -> AdMeasurement:
    """Judges the rim of foreign color around the product; UNKNOWN if it has no soft edge.

    Passes below HALO_PASS, fails from HALO_FAIL on.
    """
    halo = measure_halo(ad.composite, ad.mask)
    if halo is None:
        return AdMeasurement("halo", "no soft edge", UNKNOWN)
    verdict = PASS if halo < HALO_PASS else WARN if halo < HALO_FAIL else FAIL
    note = "mean Delta E of the product's rim to the nearest mix of what is inside and outside"
    return AdMeasurement("halo", format_number(halo), verdict, f"below {HALO_PASS:g}", note)


def _measure_contact_gap(ad: QualityInput) -> AdMeasurement:
    """Judges the distance in rows between the product's foot and the line that it stands on.

    That line, `ground_line`, is a share of the picture's height; UNKNOWN if none was sent, as for
    a product that floats.
    """
    if not ad.circumstances.HasField("ground_line"):
        return AdMeasurement("contact_gap", "does not stand", UNKNOWN)
    product_rows = np.flatnonzero(find_most_solid_pixels(ad.mask).any(axis=1))
    height = len(ad.mask)
    if not len(product_rows):
        gap = float(height)
    elif product_rows[-1] == height - 1:
        # A product that the photo cut off at the bottom runs out of the picture.
        gap = 0.0
    else:
        gap = abs(ad.circumstances.ground_line * height - (product_rows[-1] + 1))
    verdict = PASS if gap <= max(MAX_CONTACT_GAP, height / ROWS_PER_GAP_PIXEL) else FAIL
    limit = f"at most {MAX_CONTACT_GAP:g} px"
    return AdMeasurement("contact_gap", f"{gap:.1f} px", verdict, limit, "foot to ground line")


def _measure_shadow_direction(ad: QualityInput) -> AdMeasurement:
    """Judges whether the shadow falls away from the light, to the left or right of the product.

    UNKNOWN without a shadow or a known direction of the light; passes light from front or back.
    """
    name, lean = "shadow_direction", measure_shadow_lean(ad)
    if not ad.circumstances.HasField("light_azimuth") or lean is None:
        return AdMeasurement(name, "unknown", UNKNOWN, "away from the light")
    # From -1, straight to the left, to 1, straight to the right.
    expected_right, _ = shadow_direction(ad.circumstances.light_azimuth)
    measured = f"leans {lean:+.2f}"
    if abs(expected_right) < FRONTAL_LIGHT:
        return AdMeasurement(name, measured, PASS, "light from the front or the back")
    side = "right" if expected_right > 0 else "left"
    met = lean * expected_right > -LEAN_TOLERANCE
    return AdMeasurement(name, measured, PASS if met else FAIL, f"to the {side}")


def measure_shadow_lean(ad: QualityInput) -> float | None:
    """Returns how far to the right of the product's foot its shadow lies, in product widths.

    Negative to the left; None without a product or a visible shadow. The shadow is what the
    inpainting darkened outside the product.
    """
    solid = find_most_solid_pixels(ad.mask)
    columns, rows = (np.flatnonzero(solid.any(axis=axis)) for axis in (0, 1))
    if not len(rows):
        return None
    foot = rows[-1] - round(FOOT_SHARE * len(rows))
    foot_middle = np.flatnonzero(solid[foot:].any(axis=0)).mean()
    _, darkening = find_channel_extremes(cv2.subtract(ad.composite, ad.ad))
    darkening[ad.mask > 0] = 0
    # How much each column of the picture was darkened.
    weight = darkening.sum(axis=0, dtype=np.float64)
    if weight.sum() < MIN_SHADOW * len(columns):
        return None
    product_width = columns[-1] - columns[0] + 1
    offsets = np.arange(len(weight)) - foot_middle
    return float((weight * offsets).sum() / weight.sum() / product_width)


def _measure_sharpness(ad: QualityInput) -> AdMeasurement:
    """Judges by how much the product was enlarged, which makes it soft; UNKNOWN if not sent.

    Reports how much detail its pixels have as well, which is not judged.
    """
    gray = cv2.cvtColor(ad.ad, cv2.COLOR_RGB2GRAY)
    edges = np.abs(cv2.Laplacian(gray, cv2.CV_32F))[ad.mask == OPAQUE_ALPHA]
    detail = float(np.percentile(edges, DETAIL_PERCENTILE)) if edges.size else 0.0
    if not ad.circumstances.HasField("scale"):
        return AdMeasurement("sharpness", format_number(detail), UNKNOWN)
    scale = ad.circumstances.scale
    verdict = PASS if scale <= SCALE_PASS else WARN if scale <= SCALE_FAIL else FAIL
    measured_detail = f"95th percentile of the product's Laplacian {format_number(detail)}"
    note = f"{measured_detail}; send a larger photo"
    limit = f"at most {SCALE_PASS}"
    return AdMeasurement("sharpness", f"scaled {scale:.2f} times", verdict, limit, note)


def _measure_product_share(ad: QualityInput) -> AdMeasurement:
    """Warns of a product that takes a small share of both the picture's width and its height."""
    solid = find_most_solid_pixels(ad.mask)
    area_share = float(solid.mean())
    _, _, width, height = find_bounding_box(solid)
    side_share = max(width / ad.mask.shape[1], height / ad.mask.shape[0])
    verdict = PASS if side_share >= MIN_SIDE_SHARE else WARN
    measured = f"{area_share:.1%} of the area, {side_share:.0%} of a side"
    return AdMeasurement(
        "product_share", measured, verdict, f"at least {MIN_SIDE_SHARE:.0%} of a side"
    )


def _measure_color_shift(ad: QualityInput) -> AdMeasurement:
    """Judges how far the tint, which adapts the product to the scene, moved its colors.

    UNKNOWN if the compositing's measurement was not sent.
    """
    if not ad.circumstances.HasField("color_shift"):
        return AdMeasurement("color_shift", "unknown", UNKNOWN)
    shift = ad.circumstances.color_shift
    verdict = PASS if shift < COLOR_SHIFT_PASS else WARN if shift < COLOR_SHIFT_FAIL else FAIL
    note = "mean Delta E of the product's colors by the tint; compositing.locked makes it 0"
    limit = f"below {COLOR_SHIFT_PASS:g}"
    return AdMeasurement("color_shift", format_number(shift), verdict, limit, note)


def _measure_clipping(ad: QualityInput) -> AdMeasurement:
    """Warns when too many of the product's pixels are pure white or black and show no detail."""
    darkest, lightest = find_channel_extremes(ad.ad)
    product = find_most_solid_pixels(ad.mask)
    clipped = ((darkest >= CLIPPED_HIGH) | (lightest <= CLIPPED_LOW)) & product
    share = float(clipped.sum() / max(1, product.sum()))
    verdict = PASS if share < MAX_CLIPPED_SHARE else WARN
    limit = f"below {MAX_CLIPPED_SHARE:.0%}"
    return AdMeasurement("clipping", f"{share:.1%} of the product", verdict, limit)


def find_channel_extremes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns each pixel's smallest and largest channel, as a pair of uint8 (H, W).

    pixels: uint8 RGB (H, W, 3).
    """
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
