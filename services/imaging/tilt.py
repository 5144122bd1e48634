"""Measures how far a product that would stand upright leans in its photo."""

import numpy as np

from services.imaging.silhouette import Silhouette

# Smallest and largest lean in degrees. Below, nothing is seen of it; above, the product was laid
# down or is in the air.
MIN_TILT, MAX_TILT = 2.5, 30.0
# Overlap with its mirror image that the leaning axis needs, and by how much it has to exceed that
# of the upright axis. Larger: fewer leaning products are found.
MIN_SYMMETRY, MIN_GAIN = 0.93, 0.03
# Degrees by which axis, sides and base may differ.
MAX_SIDE_DIFFERENCE, MAX_BASE_DIFFERENCE = 5.0, 8.0
# Rows that the sides are measured in, as shares of the core's height from the top.
SIDE_ROWS = (0.25, 0.72)
# Half of the base that is measured, as a share of the width. Larger: sees the flanks as well.
BASE_REACH = 0.12


def estimate_tilt(silhouette: Silhouette) -> float | None:
    """Returns how many degrees clockwise a product leans that would stand upright.

    None where it does not, or where its axis of symmetry, its sides and its base disagree, as they
    do for shoes, plush and boxes seen across a corner.
    """
    axis = find_axis(silhouette)
    if axis is None or not MIN_TILT <= abs(axis) <= MAX_TILT:
        return None
    sides, base = _measure_sides(silhouette.core), _measure_base(silhouette, axis)
    agree = abs(sides - axis) <= MAX_SIDE_DIFFERENCE and abs(base - axis) <= MAX_BASE_DIFFERENCE
    return round(axis, 1) if agree and sides * axis > 0 and base * axis > 0 else None


def find_axis(silhouette: Silhouette) -> float | None:
    """Returns the angle of the core's axis of symmetry in degrees clockwise from upright.

    None without a clear one.
    """
    angles = np.arange(-MAX_TILT - 4, MAX_TILT + 5, 2.0)
    scores = np.array([silhouette.measure_mirror_overlap(angle) for angle in angles])
    best = int(np.argmax(scores))
    upright = float(scores[np.argmin(np.abs(angles))])
    if best in (0, len(angles) - 1) or scores[best] < max(MIN_SYMMETRY, upright + MIN_GAIN):
        return None
    before, peak, after = scores[best - 1 : best + 2]
    # Vertex of the parabola through the best angle and its neighbors.
    curvature = before - 2 * peak + after
    shift = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float(angles[best] + 2.0 * shift)


def _measure_sides(core: np.ndarray) -> float:
    """Returns the mean lean of both sides in degrees clockwise; core: uint8 (h, w)."""
    rows = np.flatnonzero(core.any(axis=1))
    first, last = (rows[0] + round(share * (rows[-1] - rows[0])) for share in SIDE_ROWS)
    middle = core[first : last + 1]
    if len(middle) < 3:
        return 0.0
    left = np.argmax(middle, axis=1)
    right = middle.shape[1] - 1 - np.argmax(middle[:, ::-1], axis=1)
    steps = [np.polyfit(np.arange(len(middle)), side, 1)[0] for side in (left, right)]
    return float(-np.degrees(np.arctan(steps)).mean())


def _measure_base(silhouette: Silhouette, axis: float) -> float:
    """Returns the slope of the base in degrees clockwise: of the hull where the axis meets it.

    axis: degrees clockwise from upright to the axis, which runs through the center of mass.
    """
    x, y = silhouette.center
    foot = x - (silhouette.height - y) * np.tan(np.radians(axis))
    reach = BASE_REACH * silhouette.width
    near = [
        (min(last, foot + reach) - max(first, foot - reach), slope)
        for first, last, slope in silhouette.lower_edges
        if last > foot - reach and first < foot + reach
    ]
    lengths, slopes = zip(*near, strict=True) if near else ((1.0,), (0.0,))
    return float(np.average(slopes, weights=lengths))
