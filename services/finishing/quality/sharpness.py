"""Judges how sharp the product is."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture

# Pixels of the ad per pixel of the cut-out. Larger: soft products pass.
ENLARGEMENT = JudgingScale(
    "enlargement",
    best=1.0,
    good=1.05,
    bad=2.0,
    unit="times",
    note="How much the cut-out was enlarged, which makes it soft.",
    remedy="Send a larger photo, or ask for a smaller ad.",
)


def judge_enlargement(picture: AssessedPicture) -> AdMeasurement:
    """Judges by how much the product was enlarged; unknown if not sent."""
    known = picture.circumstances
    if not known.HasField("placement"):
        return ENLARGEMENT.skip("not known", "Assess the ad with its manifest.")
    return ENLARGEMENT.judge(known.placement.scale)


MEASUREMENTS = (judge_enlargement,)
