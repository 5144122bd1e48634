"""Judges the cut-out: whether it is the whole product and nothing else, and its edge."""

from services.finishing.quality.halo import measure_halo
from services.finishing.quality.measurement import FAIL, PASS, AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture

# Probability that a usable cut-out passes with, and below which it fails: where stage 1 adds
# LOW_CONFIDENCE. Cut-outs of good ads have 0.91 and more, those that lost a twentieth of the
# product 0.6 to 0.9. Larger: more cut-outs are to be looked at.
CONFIDENCE = JudgingScale(
    "cutout_confidence",
    best=1.0,
    good=0.89,
    bad=0.5,
    unit="",
    note="Probability that the cut-out is the whole product and nothing else.",
    remedy="Look at the cut-out's edge; send a box, points or a mask if it is wrong.",
)
# In CIEDE2000, of which the eye sees about 1. Half of the ads whose rim is fine have less than 0.5,
# and one in twenty has more than 2.8. Larger: thin rims pass.
HALO = JudgingScale(
    "halo",
    best=0.5,
    good=2.9,
    bad=8.0,
    unit="Delta E",
    note="How much lighter, or darker, most of the rim is than a mix of what is next to it.",
    remedy="Set segmentation.edge to EDGE_FINE, or send a photo on another background.",
)
# Sides of the photo that cut off the product. Larger: cut-off products pass.
CUT_SIDES = JudgingScale(
    "cut_off",
    best=0.0,
    good=0.0,
    bad=1.0,
    unit="sides",
    note="Edges of the photo that the product runs out of.",
    remedy="Send a photo that shows the whole product.",
)
# Share of the cut-out. Larger: ghostly glass passes.
TRANSPARENCY = JudgingScale(
    "transparency",
    best=0.0,
    good=0.1,
    bad=0.6,
    unit="",
    note="Share of the product that the background shines through, which looks ghostly if it is "
    "not all of the glass and only that.",
    remedy="Look at the glass; set segmentation.opaque to keep the product as it is in the photo.",
)
LOCK_NOTE = "Locked product pixels that the surroundings' engine changed."
LOCK_UNKNOWN = "Compare the file that was delivered, with its manifest."
LOCK_REMEDY = "Use the file as it was delivered; if it is that one, report it with its manifest."


def judge_pixel_lock(picture: AssessedPicture) -> AdMeasurement:
    """Fails an ad in which the inpainting changed locked pixels, the product's opaque ones."""
    if picture.differing is None:
        return AdMeasurement.unknown("pixel_lock", "not compared", LOCK_NOTE, LOCK_UNKNOWN)
    return AdMeasurement(
        "pixel_lock",
        f"{picture.differing} differing",
        FAIL if picture.differing else PASS,
        limit="0",
        note=LOCK_NOTE,
        remedy=LOCK_REMEDY if picture.differing else "",
        value=picture.differing,
        unit="pixels",
        severity=1.0 if picture.differing else 0.0,
    )


def judge_confidence(picture: AssessedPicture) -> AdMeasurement:
    """Judges the probability that the product's cut-out is usable, 0 to 1; unknown if not sent."""
    known = picture.circumstances
    if not known.HasField("confidence"):
        return CONFIDENCE.skip("not known", "Assess the ad with its manifest.")
    return CONFIDENCE.judge(known.confidence, _write_doubt(known.doubt))


def judge_rim(picture: AssessedPicture) -> AdMeasurement:
    """Judges the rim of foreign color around the product; passes products without an outline."""
    if picture.solid is None or picture.mask is None:
        return HALO.skip("no product known")
    halo = measure_halo(picture.ad, picture.mask)
    return HALO.pass_over("no clear outline") if halo is None else HALO.judge(halo).at(picture.box)


def judge_cut_sides(picture: AssessedPicture) -> AdMeasurement:
    """Judges on how many of its sides the photo cuts off the product; unknown without a cut-out."""
    known = picture.circumstances
    if not known.HasField("confidence"):
        return CUT_SIDES.skip("not known", "Assess the ad with its manifest.")
    return CUT_SIDES.judge(len(known.cut_sides))


def judge_transparency(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the product was made transparent; unknown without a cut-out.

    Passes what is transparent because the caller said that it is, as of glass.
    """
    known = picture.circumstances
    if known.product and known.transparent_share:
        return TRANSPARENCY.pass_over("as described")
    if not known.HasField("transparent_share"):
        return TRANSPARENCY.skip("not known", "Assess the ad with its manifest.")
    return TRANSPARENCY.judge(known.transparent_share)


def _write_doubt(doubt: str) -> str:
    """Returns what stage 1 doubts about a cut-out as a sentence; empty if it doubts nothing."""
    return f"{doubt[:1].upper()}{doubt[1:]}." if doubt else ""


MEASUREMENTS = (judge_pixel_lock, judge_confidence, judge_cut_sides, judge_transparency, judge_rim)
