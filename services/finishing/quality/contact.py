"""Judges how the product meets the ground."""

import cv2
import numpy as np

from services.finishing.quality.ground import GroundStrip, unroll_base, unroll_outline
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
    good=2.5,
    bad=6.0,
    unit="px of 1000",
    note="Distance of the product's foot from its ground line, or from its shadow if more.",
    remedy="Look at the product's base; segment it again if its foot is missing.",
)
# Shares of the base. On the side of the light contact shadows are faint, so that a third without
# one is usual. Larger: products that float pass.
FLOATING = JudgingScale(
    "floating_base",
    best=0.2,
    good=0.55,
    bad=0.8,
    unit="",
    note="Share of the product's base under which no shadow darkens the ground.",
    remedy="Set inpainting.engine to GROUNDING or compositing.shadow to ground the product.",
)
# In percent of the ground's lightness, per 2 % of the product's width. Larger: dashed shadows pass.
BEADS = JudgingScale(
    "contact_beads",
    best=1.0,
    good=3.0,
    bad=10.0,
    unit="%",
    note="Unevenness of the shadow along the product's base, as of stripes or beads.",
    remedy="Set segmentation.edge to EDGE_NORMAL for a smoother outline, or send a larger photo.",
)
# Share of the ground's lightness that a contact shadow takes at least. Smaller: the grain of the
# ground counts as a shadow.
MIN_DARKENING = 0.04
# Lightness of ground below which no shadow is seen on it. Larger: dark grounds go unjudged.
MIN_LIGHTNESS = 4.0
# Lightness of the darkest ground that shadows are compared with. Smaller: noise counts on black.
LEAST_REFERENCE = 10.0
# Depths, in contact depths, from which on the ground is out of the contact shadow, and percentile
# of its lightness that is taken for that of the lit ground. Larger: light props count as ground.
BEYOND, LIT_PERCENTILE = 3, 75
# Widths of the smoothing along the outline as shares of the product's width, of the shadow and of
# the lit ground, and of the even shadow with which beads are compared.
SHADOW_SMOOTHING, GROUND_SMOOTHING, BEAD_LENGTH = 0.02, 0.06, 0.03
# Share of the product's width per which beads are counted, and the shortest bead in pixels. The
# larger, the larger the values.
BEAD_PITCH, SHORTEST_BEAD = 0.02, 5.0
# Depth in contact depths within which a shadow belongs to the base, share of the ground's lightness
# that it takes at least, share of its greatest darkness from which on it begins, and share of the
# base that has it at least. Smaller: the grain of the ground counts as a shadow.
GAP_DEPTH, MIN_GAP_DARKENING, NEARLY_DARKEST, MIN_SHADED = 6, 0.1, 0.7, 0.3
# Share of the lying product's outline that the light keeps free of shadow. Smaller: lying products
# in hard light count as floating.
LIT_OUTLINE = 0.5


def judge_contact_gap(picture: AssessedPicture) -> AdMeasurement:
    """Judges the distance from the product's foot to its ground line, and to its shadow.

    Unknown without either; passes what does not stand and what runs out of the picture.
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
    gaps = []
    if picture.stands:
        below = picture.circumstances.scene.ground_line * height - foot
        gaps.append(max(0.0, -below, below - picture.lost_edge))
    strip = unroll_contact(picture, stance)
    if strip is not None and (light := measure_light_gap(strip)) is not None:
        gaps.append(light)
    return GAP.judge(1000 * max(gaps) / height) if gaps else GAP.skip("no shadow seen")


def judge_floating_base(picture: AssessedPicture) -> AdMeasurement:
    """Judges the share of the base without a contact shadow; passes products in the air."""
    stance = find_ad_stance(picture) or find_suited_stance(picture)
    if stance in ("hanging", "floating"):
        return FLOATING.pass_over("does not touch the ground")
    strip = unroll_contact(picture, stance)
    if strip is None:
        return FLOATING.skip("no base seen")
    if np.median(find_lit_ground(strip)) < MIN_LIGHTNESS:
        return FLOATING.skip("ground too dark to show a shadow")
    floating = measure_floating_share(strip)
    if stance == "lying":
        floating = max(0.0, floating - LIT_OUTLINE) / (1 - LIT_OUTLINE)
    return FLOATING.judge(floating)


def judge_contact_beads(picture: AssessedPicture) -> AdMeasurement:
    """Judges the evenness of the shadow along the base; passes products in the air."""
    stance = find_ad_stance(picture) or find_suited_stance(picture)
    if stance in ("hanging", "floating"):
        return BEADS.pass_over("does not touch the ground")
    strip = unroll_contact(picture, stance)
    if strip is None:
        return BEADS.skip("no base seen")
    return BEADS.judge(measure_beads(strip))


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
    known = picture.circumstances
    is_known = known.HasField("scene")
    pitch = scene_from_message(known.scene).ground_pitch if is_known else ASSUMED_PITCH
    return unroll_base(picture, pitch)


def find_lit_ground(strip: GroundStrip) -> np.ndarray:
    """Returns how light the ground would be without the contact shadow: float32 (n,), CIE L*."""
    if strip.before is not None:
        return strip.before[: strip.contact].mean(axis=0)
    beyond = strip.lightness[min(BEYOND * strip.contact, len(strip.lightness) - 1) :]
    lit = np.percentile(beyond, LIT_PERCENTILE, axis=0).astype(np.float32)
    return _smooth(lit, GROUND_SMOOTHING * strip.side / strip.spacing)


def measure_floating_share(strip: GroundStrip) -> float:
    """Returns the share of an outline along which no contact shadow darkens the ground, 0 to 1."""
    lit = find_lit_ground(strip)
    shaded = strip.lightness[: strip.contact].mean(axis=0)
    darkening = (lit - shaded) / np.maximum(lit, LEAST_REFERENCE)
    smooth = _smooth(darkening, SHADOW_SMOOTHING * strip.side / strip.spacing)
    return float(np.mean(smooth < MIN_DARKENING))


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


def measure_beads(strip: GroundStrip) -> float:
    """Returns the mean unevenness of the contact shadow in percent of the ground's lightness.

    That is by how much more the shadow varies from point to point than smoothed over the length of
    a bead, less what the ground itself does so.
    """
    lit = np.maximum(find_lit_ground(strip), LEAST_REFERENCE)
    contact = strip.contact
    shadow = _measure_unevenness(strip, strip.lightness[:contact].mean(axis=0) / lit)
    beyond = strip.lightness[(BEYOND + 1) * contact : (BEYOND + 2) * contact]
    ground = _measure_unevenness(strip, beyond.mean(axis=0) / lit) if len(beyond) else 0.0
    return float(np.sqrt(max(0.0, shadow**2 - ground**2)))


def _measure_unevenness(strip: GroundStrip, profile: np.ndarray) -> float:
    """Returns by how much a profile varies within a bead's pitch, in percent; float32 (n,)."""
    goes_on = strip.smooth[1:] & strip.smooth[:-1]
    if not goes_on.any():
        return 0.0
    fine = _smooth(profile, 3 / strip.spacing)
    even = _smooth(profile, max(SHORTEST_BEAD, BEAD_LENGTH * strip.side) / strip.spacing)
    excess = np.abs(np.diff(fine)) - np.abs(np.diff(even))
    points = max(SHORTEST_BEAD, BEAD_PITCH * strip.side) / strip.spacing
    return 100 * points * max(0.0, float(excess[goes_on].mean()))


def _smooth(profile: np.ndarray, length: float) -> np.ndarray:
    """Returns a profile averaged over an odd number of points, at least a length; float32 (n,)."""
    return cv2.blur(profile[None].astype(np.float32), (_odd(length), 1))[0]


def _odd(length: float) -> int:
    """Returns the odd number next to a length."""
    return round(length) | 1


MEASUREMENTS = (judge_contact_gap, judge_floating_base, judge_contact_beads)
