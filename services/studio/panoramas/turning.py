"""Chooses what of a panorama is behind the product: a pleasant view, light from the wanted side."""

import cv2
import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.panoramas.outlook import Outlook

# Directions that are compared. More: hardly different views.
CANDIDATE_COUNT = 72
# Views of fewer candidates apart count as one when the seed picks. Smaller: less variety.
MIN_CANDIDATE_STEP = 6
# The best views that the seed picks from. Larger: more variety, worse views.
PICKED_COUNT = 4
# Degrees between the middle of the view and the key light below which the view glares.
GLARE_ANGLE = 50.0
# Standard deviations of log luminance between which a background is pleasant.
MIN_CONTRAST, MAX_CONTRAST = 0.45, 1.0
# Log luminance of a spot over the view's median from which it distracts.
HOT_SPOT = 2.4
# Saturation of a view's mean color, 0 to 1 in linear light, from which it dyes the picture.
MAX_SATURATION = 0.88
# Weights of the terms of a score: glare, hot spots, contrast, balance of left and right, and the
# key light's side, where one is wanted and where none is. What is wanted comes before beauty.
GLARE_WEIGHT, HOT_SPOT_WEIGHT, CONTRAST_WEIGHT, BALANCE_WEIGHT = 2.0, 0.6, 2.0, 0.15
SATURATION_WEIGHT = 8.0
WANTED_SIDE_WEIGHT, SIDE_WEIGHT = 6.0, 0.7
# Degrees from the view to the key light that make the best light where none is asked for: from the
# side, which models products. Larger: light from the front, which flattens them.
BEST_SIDE_ANGLE = 80.0


def choose_background(
    panorama: np.ndarray,
    key_azimuth: float,
    key_elevation: float,
    outlook: Outlook,
    wanted: float | None,
    rng: np.random.Generator,
) -> float:
    """Returns the azimuth in degrees of the panorama that is to be behind the product.

    panorama: linear RGB, float32 (h, w, 3).
    key_azimuth, key_elevation: degrees to its main light, as in the contract's Light.
    outlook: how much of the panorama shows.
    wanted: azimuth in degrees from which the key light should come in the set; None: open.
    rng: picks among the best views.
    """
    azimuths = np.arange(CANDIDATE_COUNT) * (360 / CANDIDATE_COUNT)
    views = _cut_views(panorama, outlook, azimuths)
    sides = _score_light_sides(azimuths, key_azimuth, key_elevation, wanted)
    scores = np.array([_score_view(view) for view in views]) + sides
    best = [int(scores.argmax())]
    for _ in range(int(rng.integers(PICKED_COUNT))):
        apart = np.abs(np.arange(CANDIDATE_COUNT) - best[-1])
        is_near = np.minimum(apart, CANDIDATE_COUNT - apart) < MIN_CANDIDATE_STEP
        scores = np.where(is_near, -np.inf, scores)
        best.append(int(scores.argmax()))
    return float(azimuths[best[-1]])


def _cut_views(panorama: np.ndarray, outlook: Outlook, azimuths: np.ndarray) -> list[np.ndarray]:
    """Returns what the camera sees in each direction: linear RGB, float32 (m, n, 3) each.

    panorama: linear RGB, float32 (h, w, 3).
    azimuths: degrees of the middles of the views, float (k,).
    """
    height, width = panorama.shape[:2]
    # A little out of focus, as the view will be.
    soft = cv2.GaussianBlur(panorama, (0, 0), height / 128)
    elevations = (outlook.elevation_at_row(row) for row in (0.0, outlook.edge_row))
    top, bottom = (round((90 - elevation) / 180 * height) for elevation in elevations)
    half = outlook.half_width / 360 * width
    # Azimuth 180 is the first column.
    middles = (180 - azimuths) / 360 * width
    return [
        soft[top : max(bottom, top + 2), np.arange(round(m - half), round(m + half)) % width]
        for m in middles
    ]


def _score_view(view: np.ndarray) -> float:
    """Scores a view by its contrast, hot spots, balance and saturation: 0 at best.

    view: linear RGB, float32 (m, n, 3).
    """
    brightness = np.log(np.maximum(view @ LUMINANCE, 1e-4))
    contrast = float(brightness.std())
    dull = max(MIN_CONTRAST - contrast, contrast - MAX_CONTRAST, 0.0)
    hot_spot = max(float(brightness.max() - np.median(brightness)) - HOT_SPOT, 0.0)
    middle = view.shape[1] // 2
    balance = abs(float(brightness[:, :middle].mean() - brightness[:, middle:].mean()))
    color = view.mean(axis=(0, 1))
    saturation = 1 - float(color.min()) / max(float(color.max()), 1e-6)
    return -(
        CONTRAST_WEIGHT * dull
        + HOT_SPOT_WEIGHT * hot_spot
        + BALANCE_WEIGHT * balance
        + SATURATION_WEIGHT * max(saturation - MAX_SATURATION, 0.0)
    )


def _score_light_sides(
    azimuths: np.ndarray, key_azimuth: float, key_elevation: float, wanted: float | None
) -> np.ndarray:
    """Scores where the key light comes from, float (n,); 0 at best.

    azimuths: degrees of the middles of the views, float (n,).
    key_azimuth, key_elevation, wanted: as choose_background takes them.
    """
    in_set = np.radians(key_azimuth - azimuths + 180)
    level = np.cos(np.radians(key_elevation))
    from_view = np.degrees(np.arccos(-np.cos(in_set) * level))
    glare = GLARE_WEIGHT * np.clip(1 - from_view / GLARE_ANGLE, 0, 1)
    if wanted is not None:
        return -glare - WANTED_SIDE_WEIGHT * level * (1 - np.cos(in_set - np.radians(wanted)))
    return -glare - SIDE_WEIGHT * level * np.abs(from_view - BEST_SIDE_ANGLE) / 90
