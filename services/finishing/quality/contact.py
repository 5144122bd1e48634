"""Judges how the product meets the ground."""

import math
from operator import itemgetter

import cv2
import numpy as np

from services.finishing.quality.ground import GroundStrip, unroll_base, unroll_outline, unroll_parts
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.pose import find_ad_stance, find_suited_stance
from services.imaging.scene import scene_from_message

# Pitch of the ground in degrees that is assumed where the scene is not known: that of most photos
# of standing products. Larger: undersides of round products count as their base.
ASSUMED_PITCH = 18.0
# In rows of a picture of 1000 rows. Larger: products that visibly float or sink pass.
GAP = JudgingScale(
    "contact_gap",
    best=0.0,
    good=3.2,
    bad=6.0,
    unit="px of 1000",
    note="Distance of the product's foot from its shadow, or from its ground line without one.",
    remedy="Set compositing.arrangement.offset_y to place the product on the ground, or "
    "inpainting.engine to GROUNDING for another shadow. Segment it again if its foot is missing.",
)
# Shares of the base that the light does not reach, or of a full shadow's darkness. Rendered truths
# have up to 0.52. Larger: products that float pass.
FLOATING = JudgingScale(
    "floating_base",
    best=0.2,
    good=0.55,
    bad=0.8,
    unit="",
    note="Share of the product's base without a shadow, or of the darkness its shadow lacks.",
    remedy="Set inpainting.engine to GROUNDING or compositing.shadow to ground the product.",
)
# In percent of the ground's lightness. Even shadows have 1 to 3; beads are seen from 4 on. Larger:
# dashed shadows pass.
BEADS = JudgingScale(
    "contact_beads",
    best=1.0,
    good=4.2,
    bad=10.0,
    unit="%",
    note="How much a row of stripes or beads darkens the ground along the product's base.",
    remedy="Set segmentation.edge to EDGE_NORMAL for a smoother outline, or send a larger photo.",
)
# Share of the ground's lightness that a contact shadow takes at least. Smaller: the grain of the
# ground counts as a shadow.
MIN_DARKENING = 0.04
# Share of the ground's lightness that a full contact shadow takes at its darkest: of that before
# the shadow, and of that around, which is shaded as well. Larger: soft shadows count as missing.
FULL_DARKENING, FULL_CONTRAST = 0.7, 0.35
# Share of a full contact shadow's darkness that half of a part behind the base has at least.
# Larger: parts in soft light count as floating. Smaller: shadows next to a part count as its own.
PART_SHARE = 0.5
# Percentile of the base that stands for its darkest part. Larger: a dark speck counts as a shadow.
DARKEST_PERCENTILE = 90
# Lightness of ground below which no shadow is seen on it. Larger: dark grounds go unjudged.
MIN_LIGHTNESS = 4.0
# Lightness of the darkest ground that shadows are compared with. Smaller: noise counts on black.
LEAST_REFERENCE = 10.0
# Depths, in contact depths, from which on the ground is out of the contact shadow, and percentile
# of its lightness that is taken for that of the lit ground. Larger: light props count as ground.
BEYOND, LIT_PERCENTILE = 3, 75
# Widths of the smoothing along the outline as shares of the product's width, of the shadow and of
# the lit ground.
SHADOW_SMOOTHING, GROUND_SMOOTHING = 0.02, 0.06
# Longest distance between beads as a share of the picture's height, shortest in pixels, and fewest
# beads in a row. Longer: treads of shoes count; shorter: the steps of pixels do.
LONGEST_PITCH, SHORTEST_PITCH, FEWEST_BEADS = 0.04, 4.0, 3
# Sigma of the even shadow that beads are compared with, in longest pitches, and how many times
# finer than the base allows their distance is searched. Larger: slower.
EVEN_SIGMA, FINENESS = 0.4, 4
# Depth in contact depths within which a shadow belongs to the base, share of the ground's lightness
# that it takes at least, share of its greatest darkness from which on it begins, and share of the
# base that has it at least. Smaller: the grain of the ground counts as a shadow.
GAP_DEPTH, MIN_GAP_DARKENING, NEARLY_DARKEST, MIN_SHADED = 10, 0.1, 0.7, 0.3
# Share of the base that the light may keep free of shadow. Smaller: products in hard light count as
# floating.
LIT_SHARE = 0.5


def judge_contact_gap(picture: AssessedPicture) -> AdMeasurement:
    """Judges the distance from the product's foot to its shadow.

    Without a shadow it is that to the ground line above which the foot is: what is below the line
    stands nearer to the camera, where the caller placed it. Unknown without either; passes what
    does not stand and what runs out of the picture.
    """
    stance = find_ad_stance(picture) or find_suited_stance(picture)
    if picture.solid is None or not stance:
        return GAP.skip("not known", "Assess the ad with its manifest.")
    if stance != "standing":
        return GAP.pass_over("does not stand")
    if not picture.shows_foot:
        return GAP.skip("foot not in the mask")
    height = len(picture.solid)
    foot = int(np.flatnonzero(picture.solid.any(axis=1))[-1]) + 1
    if foot == height:
        # A product that the photo cut off at the bottom runs out of the picture.
        return GAP.pass_over("runs out of the picture")
    base = unroll_contact(picture, stance)
    strips = [*([] if base is None else [base]), *unroll_parts(picture, _find_pitch(picture))]
    gaps = [(gap, strip) for strip in strips if (gap := measure_light_gap(strip)) is not None]
    if gaps:
        gap, widest = max(gaps, key=itemgetter(0))
        return GAP.judge(1000 * gap / height).at(widest.box)
    if not picture.stands:
        return GAP.skip("no shadow seen")
    below = picture.circumstances.scene.ground_line * height - foot
    place = None if base is None else base.box
    return GAP.judge(1000 * max(0.0, below - picture.lost_edge) / height).at(place)


def judge_floating_base(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the contact shadow is missing, by its length and by its darkness.

    Passes products in the air, and clear feet, through which the light falls.
    """
    stance = find_ad_stance(picture) or find_suited_stance(picture)
    if stance in ("hanging", "floating"):
        return FLOATING.pass_over("does not touch the ground")
    if picture.has_clear_foot:
        return FLOATING.pass_over("clear foot")
    strip = unroll_contact(picture, stance)
    if strip is None:
        return FLOATING.skip("no base seen")
    if np.median(find_lit_ground(strip)) < MIN_LIGHTNESS:
        return FLOATING.skip("ground too dark to show a shadow")
    rear = unroll_parts(picture, _find_pitch(picture)) if stance == "standing" else []
    missing = [
        (measure_missing_shadow(part, PART_SHARE), part)
        for part in rear
        if np.median(find_lit_ground(part)) >= MIN_LIGHTNESS
    ]
    share, worst = max([(measure_missing_shadow(strip), strip), *missing], key=itemgetter(0))
    return FLOATING.judge(share).at(worst.box)


def judge_contact_beads(picture: AssessedPicture) -> AdMeasurement:
    """Judges the evenness of the shadow along the base; passes products in the air."""
    stance = find_ad_stance(picture) or find_suited_stance(picture)
    if stance in ("hanging", "floating"):
        return BEADS.pass_over("does not touch the ground")
    strip = unroll_contact(picture, stance)
    if strip is None:
        return BEADS.skip("no base seen")
    beads = measure_beads(strip, LONGEST_PITCH * len(picture.ad))
    return BEADS.judge(100 * beads).at(strip.box)


def unroll_contact(picture: AssessedPicture, stance: str) -> GroundStrip | None:
    """Returns the ground where a product touches it: below what stands, all round what lies.

    None for other stances, and where too little ground is seen.
    """
    if not picture.shows_foot:
        return None
    if stance == "lying":
        return unroll_outline(picture)
    if stance != "standing":
        return None
    return unroll_base(picture, _find_pitch(picture))


def _find_pitch(picture: AssessedPicture) -> float:
    """Returns the degrees at which the camera looks down on the ground below a product."""
    known = picture.circumstances
    if not known.HasField("scene"):
        return ASSUMED_PITCH
    return scene_from_message(known.scene).ground_pitch


def measure_missing_shadow(strip: GroundStrip, typical: float = 0.0) -> float:
    """Returns how much of a contact shadow is missing, by length or darkness, 0 to 1.

    typical: share of a full shadow's darkness that half of the points have at least; 0 for any.
    """
    darkening = measure_darkening(strip)
    floating = max(0.0, float(np.mean(darkening < MIN_DARKENING)) - LIT_SHARE) / (1 - LIT_SHARE)
    full = FULL_CONTRAST if strip.before is None else FULL_DARKENING
    faintness = 1 - float(np.percentile(darkening, DARKEST_PERCENTILE)) / full
    if typical:
        faintness = max(faintness, 1 - float(np.median(darkening)) / (typical * full))
    return min(1.0, max(floating, faintness))


def find_lit_ground(strip: GroundStrip) -> np.ndarray:
    """Returns how light the ground would be without the contact shadow: float32 (n,), CIE L*."""
    if strip.before is not None:
        return strip.before[: strip.contact].mean(axis=0)
    beyond = strip.lightness[min(BEYOND * strip.contact, len(strip.lightness) - 1) :]
    lit = np.percentile(beyond, LIT_PERCENTILE, axis=0).astype(np.float32)
    return _smooth(lit, GROUND_SMOOTHING * strip.side / strip.spacing)


def measure_darkening(strip: GroundStrip) -> np.ndarray:
    """Returns the share of the ground's lightness that a contact shadow takes: float32 (n,)."""
    lit = find_lit_ground(strip)
    shaded = strip.lightness[: strip.contact].mean(axis=0)
    darkening = (lit - shaded) / np.maximum(lit, LEAST_REFERENCE)
    return _smooth(darkening, SHADOW_SMOOTHING * strip.side / strip.spacing)


def measure_light_gap(strip: GroundStrip) -> float | None:
    """Returns how many pixels of light lie between an outline and its shadow; None without one.

    That is where the shadow gets nearly as dark as it is at its darkest, in the median of the
    points at which there is one.
    """
    rows = strip.lightness[: GAP_DEPTH * strip.contact]
    lit = find_lit_ground(strip) if strip.before is None else strip.before[: len(rows)]
    length = _odd(SHADOW_SMOOTHING * strip.side / strip.spacing)
    darkness = cv2.blur(lit - rows, (length, 1))
    darkest = darkness.max(axis=0)
    shaded = darkest >= MIN_GAP_DARKENING * np.maximum(find_lit_ground(strip), LEAST_REFERENCE)
    if np.mean(shaded) < MIN_SHADED:
        return None
    return float(np.median(np.argmax(darkness >= NEARLY_DARKEST * darkest, axis=0)[shaded]))


def measure_beads(strip: GroundStrip, longest: float) -> float:
    """Returns the amplitude of beads in a contact shadow, as a share of the ground's lightness.

    That of the ground below, such as the grooves of a floor, is taken off.

    longest: pixels between two beads at most.
    """
    lit = np.broadcast_to(find_lit_ground(strip), strip.lightness.shape)
    unshaded = np.maximum(lit if strip.before is None else strip.before, LEAST_REFERENCE)
    shadow, below = (
        measure_periodicity(
            np.where(strip.smooth, light.mean(axis=0) / ground.mean(axis=0), np.nan),
            SHORTEST_PITCH / strip.spacing,
            longest / strip.spacing,
        )
        for light, ground in (
            (strip.lightness[: strip.contact], unshaded[: strip.contact]),
            (strip.lightness[-strip.contact :], unshaded[-strip.contact :]),
        )
    )
    return math.sqrt(max(0.0, shadow**2 - below**2))


def measure_periodicity(profile: np.ndarray, shortest: float, longest: float) -> float:
    """Returns the amplitude of the strongest sine in a profile: the peak of its periodogram.

    profile: float (n,), NaN where it is not known. shortest, longest: points of the sine's period.
    """
    known = np.isfinite(profile)
    if not known.any():
        return 0.0
    filled = np.where(known, profile, np.nanmean(profile)).astype(np.float32)
    even = cv2.GaussianBlur(filled[None], (0, 0), EVEN_SIGMA * longest)[0]
    window = np.hanning(len(profile) + 2)[1:-1]
    size = FINENESS * len(profile)
    amplitudes = 2 * np.abs(np.fft.rfft((filled - even) * known * window, size)) / window.sum()
    frequencies = np.fft.rfftfreq(size)
    lowest = max(1 / longest, FEWEST_BEADS / len(profile))
    return float(amplitudes[(lowest <= frequencies) & (frequencies <= 1 / shortest)].max(initial=0))


def _smooth(profile: np.ndarray, length: float) -> np.ndarray:
    """Returns a profile averaged over an odd number of points, at least a length; float32 (n,)."""
    return cv2.blur(profile[None].astype(np.float32), (_odd(length), 1))[0]


def _odd(length: float) -> int:
    """Returns the odd number next to a length."""
    return round(length) | 1


MEASUREMENTS = (judge_contact_gap, judge_floating_base, judge_contact_beads)
