"""Finds the opening of a ball-shaped vessel, which shows the pitch that its outline hides.

A ball looks the same from every height, and as a disc does from above. A plane that cuts it leaves
a circle, whose ellipse is lower in the picture the steeper the camera looks down: of a ball of
radius 1, an opening of radius a is sqrt(1 - a^2) above its middle, seen at a pitch p as an ellipse
of half axes a and a sin(p) that is sqrt(1 - a^2) cos(p) above the middle of the picture.
"""

from functools import cache

import cv2
import numpy as np

# Longer side in pixels at which openings are looked for. Larger: slower, and fine print counts.
WORKING_SIDE = 200
# Radii of openings as shares of the ball's, and pitches in degrees that are tried.
RADII, PITCHES = np.linspace(0.2, 0.92, 25), np.arange(8.0, 90.0, 2.0)
# Points of an ellipse, its parts, the fewest parts and the share of their points that are inside.
# Smaller: rims at the outline are found, and so are highlights.
POINTS, PARTS, LEAST_PARTS, LEAST_INSIDE = 96, 8, 5, 0.3
# Sigma of the blur and width of the border that do not count, as shares of the radius. Larger:
# narrow rims vanish; openings near the outline do.
BLUR, BORDER = 0.02, 0.04
# Contrast along an ellipse in mean contrasts of the product, up to which a part counts, and from
# which on the faintest part of an ellipse is an opening. Larger: fewer are found.
FULL_CONTRAST, LEAST_CONTRAST = 6.0, 1.5


def find_opening_pitch(luminance: np.ndarray, solid: np.ndarray) -> float | None:
    """Returns the pitch in degrees at which the opening of a ball, or a plate's rim, is seen.

    None where there is no opening.

    luminance: of the product, float32 (h, w). solid: where it is, bool (h, w); a disc.
    """
    height, width = solid.shape
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(luminance, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(solid.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    radius = sum(size) / 4
    side = 2 * round(BORDER * radius) + 1
    inner = cv2.erode(inside.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    gradient = _measure_gradient(small, inner, BLUR * radius)
    if gradient is None:
        return None
    points, normals = _list_ellipses()
    columns = np.rint(size[0] / 2 + radius * points[..., 0] - 0.5).astype(int)
    rows = np.rint(size[1] / 2 + radius * points[..., 1] - 0.5).astype(int)
    at = rows.clip(0, size[1] - 1), columns.clip(0, size[0] - 1)
    contrast = np.minimum(np.abs((gradient[at] * normals).sum(axis=-1)), FULL_CONTRAST)
    best, faintest = _choose_ellipse(contrast, inner[at])
    pitches = np.tile(PITCHES, len(RADII))
    return float(pitches[best]) if faintest > LEAST_CONTRAST else None


def _choose_ellipse(contrast: np.ndarray, inner: np.ndarray) -> tuple[int, float]:
    """Returns the number of the ellipse that is seen best, and the contrast of its faintest part.

    The very faintest part is left out, and those that lie along the ball's outline do not count.

    contrast: at the points of each ellipse, float (n, 96). inner: which of them are inside.
    """
    shape = len(contrast), PARTS, -1
    counts = inner.reshape(shape).sum(axis=2)
    sums = (contrast * inner).reshape(shape).sum(axis=2)
    is_counted = counts > LEAST_INSIDE * POINTS / PARTS
    means = np.where(is_counted, sums / np.maximum(counts, 1), np.inf)
    faintest = np.sort(means, axis=1)[:, 1]
    enough = is_counted.sum(axis=1) >= LEAST_PARTS
    overall = (contrast * inner).sum(axis=1) / np.maximum(inner.sum(axis=1), 1)
    best = int(np.where(enough, overall + faintest, -np.inf).argmax())
    return best, float(faintest[best]) if enough[best] else 0.0


def _measure_gradient(luminance: np.ndarray, inner: np.ndarray, blur: float) -> np.ndarray | None:
    """Returns the gradient in mean gradients, float32 (h, w, 2) along x and y; None: all is even.

    luminance: float32 (h, w). inner: what counts, bool (h, w). blur: sigma in pixels.
    """
    soft = cv2.GaussianBlur(luminance.astype(np.float32), (0, 0), max(0.5, blur))
    slopes = [cv2.Sobel(soft, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0)]
    gradient = np.stack(slopes, axis=-1)
    mean = float(np.linalg.norm(gradient[inner], axis=-1).mean()) if inner.any() else 0.0
    return gradient / mean if mean > 0 else None


@cache
def _list_ellipses() -> tuple[np.ndarray, np.ndarray]:
    """Returns the points of all ellipses in radii of the ball, and their normals.

    Both are float (n, 96, 2), x to the right and y down, for each of RADII every one of PITCHES.
    """
    radius, pitch = (
        each.ravel()[:, None] for each in np.meshgrid(RADII, np.radians(PITCHES), indexing="ij")
    )
    turn = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    across, down = radius * np.cos(turn), radius * np.sin(pitch) * np.sin(turn)
    above = np.sqrt(1 - radius**2) * np.cos(pitch)
    normals = np.stack([np.sin(pitch) * np.cos(turn), np.sin(turn) + 0 * pitch], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.stack([across, down - above], axis=-1), normals
