"""Judges the product's tones: colors that the tint moved, blacks and whites without detail."""

import cv2
import numpy as np

from services.finishing.quality.close_up import CloseUp
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.color import find_channel_extremes

# In CIEDE2000. The default tint moves grays by 7 to 10 in the light of a sunset, which is what it
# is for. Larger: products in another color than that of their photo pass.
COLOR_SHIFT = JudgingScale(
    "color_shift",
    best=0.0,
    good=10.0,
    bad=16.0,
    unit="Delta E",
    note="Mean change of the product's colors by the tint.",
    remedy="Set compositing.tint lower, or compositing.locked for no tint at all.",
)
# Levels up to which a pixel is black, and from which on it is white, in every channel: one level
# of tolerance for lossy files.
CLIPPED_LOW, CLIPPED_HIGH = 1, 254
# Share of the product, or of what is around it. Larger: overexposed products pass.
CLIPPING = JudgingScale(
    "clipping",
    best=0.0,
    good=0.06,
    bad=0.3,
    unit="",
    note="Share of the product, or of its surroundings, that is pure white or black.",
    remedy="Send a photo that is neither overexposed nor underexposed.",
)
# Share of clipped surroundings above which they are a plain backdrop. Larger: packshots on white
# count as blown out. And weight of clipped surroundings, which have windows, lamps and skies.
# Larger: these are warned of.
MAX_BLOWN_SHARE, SURROUNDINGS_WEIGHT = 0.5, 0.25
# In levels. Tints that reviewers called milky lift blacks by 40 to 52; attentive eyes see 20.
# Larger: faded blacks pass.
LIFTED_BLACKS = JudgingScale(
    "lifted_blacks",
    best=2.0,
    good=10.0,
    bad=35.0,
    unit="levels",
    note="How much lighter the product's black is than a deep black.",
    remedy="Set compositing.tint lower.",
)
# Level of a deep black in photos, unless the surroundings have a deeper one.
DEEP_BLACK = 12
# Percentile of a product taken for its darkest tone, and for the floor that no tone is below.
DARKEST, FLOOR = 1, 0.1
# Levels from the floor to the darkest tone: lifted blacks pile up at the floor, while the darkest
# tones of gray products trail off. Larger: gray products count as faded black ones.
MAX_TRAIL = 7.0
# Levels above its darkest tone up to which a product is black; share of the product that must be,
# and chroma that black then has at most. Larger share: fewer products are judged. Larger chroma:
# dark green glass is judged.
BLACK_RANGE, MIN_BLACK_SHARE, MAX_BLACK_CHROMA = 15, 0.02, 5.0
# Level of the darkest tone from which on nothing about a product is black. Larger: gray products
# count as faded black ones.
MAX_BLACK = 72
# Pixels of the shrunk picture next to the outline that mix product and ground.
OUTLINE_WIDTH = 2


def judge_color_shift(picture: AssessedPicture) -> AdMeasurement:
    """Judges how far the tint, which adapts the product to the scene, moved its colors."""
    known = picture.circumstances
    if not known.HasField("color_shift"):
        return COLOR_SHIFT.skip("not known", "Assess the ad with its manifest.")
    return COLOR_SHIFT.judge(known.color_shift)


def judge_clipping(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the product, or of its surroundings, is pure white or black.

    White products before white, and black ones before black, lack no detail that the eye misses.
    """
    close_up = picture.close_up
    if close_up is None:
        return CLIPPING.skip("no product known")
    darkest, lightest = find_channel_extremes(close_up.ad)
    return CLIPPING.judge(
        max(
            _measure_clipping(is_clipped, close_up)
            for is_clipped in (darkest >= CLIPPED_HIGH, lightest <= CLIPPED_LOW)
        )
    )


def judge_lifted_blacks(picture: AssessedPicture) -> AdMeasurement:
    """Judges how far the darkest tone of a product with blacks is from a deep black."""
    close_up = picture.close_up
    if close_up is None:
        return LIFTED_BLACKS.skip("no product known")
    black = measure_black(close_up)
    if black is None:
        return LIFTED_BLACKS.pass_over("nothing is black")
    _, lightest = find_channel_extremes(close_up.ad)
    around = lightest[close_up.ground]
    deep = min(DEEP_BLACK, np.percentile(around, DARKEST)) if around.size else DEEP_BLACK
    return LIFTED_BLACKS.judge(max(0.0, float(black - deep)))


def _measure_clipping(is_clipped: np.ndarray, close_up: CloseUp) -> float:
    """Returns the share of the product, or of its surroundings, that is clipped without need.

    is_clipped: bool (h, w), of the close-up.
    """
    product = float(is_clipped[close_up.solid].mean())
    ground = float(is_clipped[close_up.ground].mean()) if close_up.ground.any() else 0.0
    around = SURROUNDINGS_WEIGHT * ground if ground <= MAX_BLOWN_SHARE else 0.0
    return max(product * (1 - ground), around)


def measure_black(close_up: CloseUp) -> float | None:
    """Returns the level, 0 to 255, of a product's black; None if nothing about it is black."""
    edge = 2 * OUTLINE_WIDTH + 1
    inner = cv2.erode(close_up.solid.astype(np.uint8), np.ones((edge, edge), np.uint8)).astype(bool)
    if not inner.any():
        return None
    _, lightest = find_channel_extremes(close_up.ad)
    levels = lightest[inner]
    floor, darkest = (float(level) for level in np.percentile(levels, (FLOOR, DARKEST)))
    is_black = levels < darkest + BLACK_RANGE
    is_gray = darkest > MAX_BLACK or darkest - floor > MAX_TRAIL
    if is_gray or is_black.mean() < MIN_BLACK_SHARE:
        return None
    chroma = np.hypot(*close_up.lab[inner][is_black, 1:].T).mean()
    return darkest if chroma <= MAX_BLACK_CHROMA else None


MEASUREMENTS = (judge_color_shift, judge_clipping, judge_lifted_blacks)
