"""Judges glows: a drop shadow around the product with no surface behind it, as on a sticker."""

import cv2
import numpy as np

from services.finishing.quality.close_up import CloseUp
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.profiles import sample_profiles
from services.runtime.limits import MIN_LYING_PITCH

# Percent that the surroundings are darker, or lighter, next to the product. In drop shadows that
# reviewers noticed 1.2 to 4, in good ads at most 0.2. Larger: faint glows pass.
GLOW = JudgingScale(
    "glow",
    best=0.0,
    good=0.3,
    bad=3.5,
    unit="%",
    note="How much darker or lighter the surroundings are all around the product's upper part.",
    remedy="Set compositing.shadow.kind to NONE, and let the surroundings' engine cast the shadow.",
)
# Where a glow is seen, and where it has ended, in shares of the product's longer side.
NEAR, CLEAR = (0.012, 0.018, 0.026), (0.05, 0.06, 0.07, 0.1, 0.115, 0.13)
# Pixels of the shrunk picture next to the outline that a soft edge takes. Larger: narrow glows
# around small products are missed.
MIN_DISTANCE = 4.0
# Of CLEAR, how many are next to the glow and are compared with it.
NEXT = 3
# Share of the product's height, from its top, next to which there is no ground. Larger: contact
# shadows count as glows.
UPPER_SHARE = 0.67
# Share of the upper outline that may be free of a visible glow, such as where a thing stands behind
# the product. Larger: shadows that fall on one side count.
FREE_SHARE = 0.25
# Percent by which flat surroundings vary, so that no profile outweighs all the others.
GRAIN = 1.5
# Levels of the darkest and lightest surroundings that percentages refer to.
MIN_LEVELS = 20.0
# Profiles of the outline below which nothing is known.
MIN_PROFILES = 30


def judge_glow(picture: AssessedPicture) -> AdMeasurement:
    """Judges the darkening or lightening of the surroundings around the product's upper part."""
    if picture.close_up is None:
        return GLOW.skip("no product known")
    known = picture.circumstances
    if known.HasField("scene") and known.scene.camera_pitch >= MIN_LYING_PITCH:
        return GLOW.pass_over("lies on a surface")
    glow = measure_glow(picture.close_up)
    if glow is None:
        return GLOW.skip("no surroundings seen")
    return GLOW.judge(max(0.0, glow))


def measure_glow(close_up: CloseUp) -> float | None:
    """Returns by how much a glow darkens or lightens the surroundings, whichever is more.

    In percent of the way to black or to white; negative if there is the opposite of a glow. None
    if too little is seen of what is around the product's upper part.
    """
    _, top, *size = close_up.box
    # Levels without the grain of the picture.
    gray = cv2.cvtColor(close_up.ad, cv2.COLOR_RGB2GRAY).astype(np.float32)
    levels = cv2.GaussianBlur(gray, (0, 0), 1)
    offsets = np.maximum(np.array(NEAR + CLEAR) * max(size), MIN_DISTANCE)
    profiles = sample_profiles(levels[..., np.newaxis], close_up.alpha, offsets)
    if profiles is None:
        return None
    upper = profiles.colors[profiles.rows < top + UPPER_SHARE * size[1], :, 0]
    upper = upper[~np.isnan(upper).any(axis=1)]
    if len(upper) < MIN_PROFILES:
        return None
    near, clear = upper[:, : len(NEAR)].mean(axis=1), upper[:, len(NEAR) :]
    beyond, far = clear[:, :NEXT].mean(axis=1), clear[:, NEXT:].mean(axis=1)
    unevenness = np.abs(beyond - far) + clear.std(axis=1)
    ranges = (np.maximum(level, MIN_LEVELS) for level in (beyond, 255 - beyond))
    changes = (beyond - near, near - beyond)
    return max(
        _find_weighted_quantile(
            100 * change / levels, 1 / (100 * unevenness / levels + GRAIN), FREE_SHARE
        )
        for change, levels in zip(changes, ranges, strict=True)
    )


def _find_weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Returns the value below which this share of the weights lies.

    values, weights: float (n,). share: 0 to 1.
    """
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, share * summed[-1])])


MEASUREMENTS = (judge_glow,)
