"""Judges how clearly the product stands out from the background along its contour."""

import cv2
import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.places import enlarge_box, find_largest_part
from services.imaging.box import crop_to_box, find_bounding_box, widen_box
from services.imaging.delta_e import delta_e_from_lab
from services.imaging.mask import FAINT_ALPHA
from services.imaging.windows import average_weighted_windows

# Half side in pixels of the window around a contour pixel whose product and ground are averaged, in
# the reduced picture. Larger: ignores finer patterns, and takes longer.
WINDOW_RADIUS = 4
# Smallest share of that window that must be product, and ground. Larger: fewer pixels count.
MIN_WINDOW_SHARE = 0.1
# CIEDE2000 from which on a contour is clear at a glance. The eye sees about 1 side by side. Larger:
# more contours count as lost.
CLEAR_DIFFERENCE = 30.0
# From this value of a contour on it is shown as lost. Larger: smaller boxes.
VANISHED = 0.35
# Half of the good ads have less than 0.1, and one in twenty more than 0.35: white jars on cream
# tables. Larger: products that sink in their ground pass.
CONTRAST = JudgingScale(
    "contrast",
    best=0.1,
    good=0.355,
    bad=0.6,
    unit="",
    note="Share of the product's contour that vanishes in the background.",
    remedy="Name a background color in the prompt that the product does not have, or send such a "
    "backdrop.",
)


def judge_contrast(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the product's contour has nearly the color of the background."""
    if picture.solid is None:
        return CONTRAST.skip("no product known")
    lost = map_lost_contour(picture.reduced)
    if lost is None:
        return CONTRAST.skip("no contour in the picture")
    share = float(lost[~np.isnan(lost)].mean())
    around = np.ones((2 * WINDOW_RADIUS + 1, 2 * WINDOW_RADIUS + 1), np.uint8)
    vanished = cv2.dilate((np.nan_to_num(lost) > VANISHED).astype(np.uint8), around) > 0
    whole = 0, 0, picture.ad.shape[1], picture.ad.shape[0]
    place = enlarge_box(find_largest_part(vanished), vanished.shape, whole)
    return CONTRAST.judge(share).at(place)


def map_lost_contour(picture: AssessedPicture) -> np.ndarray | None:
    """Returns how far the product's contour vanishes, 0 to 1; None without a contour.

    The result is float32 (H, W), NaN outside the contour. A contour pixel is lost in full where
    both sides look alike, and not at all from CLEAR_DIFFERENCE on; halfway, by a quarter.
    """
    if picture.mask is None or picture.solid is None:
        return None
    box = widen_box(find_bounding_box(picture.solid), 2 * WINDOW_RADIUS, *picture.mask.shape)
    lab, solid = crop_to_box(picture.lab, box), crop_to_box(picture.solid, box)
    ground = crop_to_box(picture.mask, box) < FAINT_ALPHA
    contour = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    (inside, inside_share), (outside, outside_share) = (
        average_weighted_windows(lab, selected.astype(np.float32), WINDOW_RADIUS)
        for selected in (solid & ~contour, ground & ~contour)
    )
    contour &= (inside_share > MIN_WINDOW_SHARE) & (outside_share > MIN_WINDOW_SHARE)
    if not contour.any():
        return None
    difference = delta_e_from_lab(
        inside[contour] / inside_share[contour][:, None],
        outside[contour] / outside_share[contour][:, None],
    )
    lost = np.full(picture.mask.shape, np.nan, np.float32)
    crop_to_box(lost, box)[contour] = np.clip(1 - difference / CLEAR_DIFFERENCE, 0, 1) ** 2
    return lost


MEASUREMENTS = (judge_contrast,)
