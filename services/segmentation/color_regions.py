"""Finds the region of one color around a point, as a person sees it: with the clearest border.

Of the regions that wider and wider tolerances lead to, the one counts that grows the least with the
next: the maximally stable one. J. Matas, O. Chum, M. Urban, T. Pajdla: "Robust wide baseline stereo
from maximally stable extremal regions", British Machine Vision Conference, 2002.
"""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.morphology import fill_holes, label_components, open_mask

# Lab distances from the color of the point that are tried, tuned by simulated clicks on photos.
# Larger: more varied regions, and neighbors of a similar color.
TOLERANCES = (4.0, 5.5, 7.0, 9.0, 11.0, 13.5, 16.0)
# Standard deviations of the filter that evens out grain within a region, in Lab units and in
# pixels. Larger: small neighbors melt into the region.
EVEN_COLOR, EVEN_REACH = 12.0, 3.0
# Radius in pixels of the disc that a connection has to be as wide as. Larger: fewer leaks, and thin
# parts are left out.
LEAK_RADIUS = 2


def find_color_region(photo: np.ndarray, disc: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Returns the region that has the color of a disc and is connected to it: bool (h, w).

    photo: uint8 RGB (h, w, 3). disc: around the point, bool (h, w), not empty.
    allowed: where the region may be, bool (h, w).
    """
    even = cv2.bilateralFilter(lab_from_srgb(photo), -1, EVEN_COLOR, EVEN_REACH)
    distance = np.linalg.norm(even - np.median(even[disc], axis=0), axis=2)
    regions = [
        select_connected(open_mask(allowed & (distance < each), LEAK_RADIUS), disc) & allowed
        for each in TOLERANCES
    ]
    areas = np.array([max(1, np.count_nonzero(each)) for each in regions])
    growth = areas[1:] / areas[:-1]
    # Of equally stable ones the largest, which is the last.
    stable = np.flatnonzero(growth == growth.min())[-1]
    return fill_holes(regions[stable]) & allowed


def select_connected(area: np.ndarray, disc: np.ndarray) -> np.ndarray:
    """Returns the parts of an area that touch or overlap a disc; all are bool (h, w)."""
    labels, _ = label_components(area | disc)
    return np.isin(labels, labels[disc]) & area
