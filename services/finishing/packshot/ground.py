"""Separates a product from the white ground around it, by the colors of the picture alone."""

from dataclasses import dataclass

import cv2
import numpy as np

WHITE = 255  # pure white in every channel, as marketplaces require of main pictures
# Level below which a pixel is product. The outer half of a soft shadow is lighter and counts as
# ground that is not white. Larger: shadows pass as product.
PRODUCT_BELOW = 238
# Pixels around a product that are not judged as ground: lossy files ring there, JPEG in full color
# up to 10 pixels far, and hair ends there. Larger: less of the ground is judged.
RINGING = 12
# Levels that lossy compression takes from pure white. Larger: faint shadows count as white when
# the outer ground is searched.
LOSSY_NOISE = 3
# Longer side in pixels of the small picture in which shapes are searched. Larger: smaller shapes
# are found, slower.
WORK_SIDE = 700
# Pale areas are product if their edge is hard: darker than this level at these distances from the
# white ground, in pixels of the small picture. A larger level lets soft shadows pass as product.
HARD_BELOW, EDGE_DEPTHS = 251, (2, 4)
# Share of a pale area's edge that has to be hard.
HARD_SHARE = 0.5
# Least pixels of a pale area in the small picture. Larger: less of a white product is found.
PALE_AREA = 6


@dataclass(frozen=True)
class GroundSplit:
    """A picture as product and ground.

    level: uint8 (H, W), the darkest channel of each pixel.
    step: the pixels of the picture per pixel of the small one, across and down.
    solid: bool (h, w), what is clearly not white in the small picture. pale: bool (h, w), what is
        nearly white and product all the same.
    ground: bool (h, w), the ground that is judged: around the product, but not close to it.
    """

    level: np.ndarray
    step: int
    solid: np.ndarray
    pale: np.ndarray
    ground: np.ndarray

    @property
    def product(self) -> np.ndarray:
        """All that is not ground, in the small picture: bool (h, w)."""
        return self.solid | self.pale

    def enlarge(self, small: np.ndarray) -> np.ndarray:
        """Enlarges a mask of the small picture, bool (h, w), to the picture: uint8 0, 1 (H, W)."""
        height, width = small.shape
        size = (width * self.step, height * self.step)
        large = cv2.resize(small.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        return large[: self.level.shape[0], : self.level.shape[1]]

    def enlarge_product(self, part: np.ndarray) -> np.ndarray:
        """Returns the pixels of a part of the product in the picture: uint8 0, 1 (H, W).

        part: bool (h, w), in the small picture.
        """
        solid = self.enlarge(part & self.solid) & (self.level < PRODUCT_BELOW).view(np.uint8)
        return solid | (self.enlarge(part & self.pale) & (self.level < WHITE).view(np.uint8))

    def measure_off_white(self) -> float:
        """Returns the share of the judged ground that is not pure white; 1 without any ground."""
        ground = self.enlarge(self.ground)
        area = cv2.countNonZero(ground)
        white = cv2.countNonZero(ground & (self.level == WHITE).view(np.uint8))
        return 1 - white / area if area else 1.0


def split_ground(level: np.ndarray, is_lossy: bool) -> GroundSplit:
    """Separates the product from the ground around it.

    Pale areas count as product where they end in a hard edge, as white products do, and as ground
    where they fade into it, as soft shadows do.

    level: uint8 (H, W), the darkest channel of each pixel.
    is_lossy: whether the file's compression may have changed pure white.
    """
    step = max(1, round(max(level.shape) / WORK_SIDE))
    # The darkest pixel of each block, so that thin lines stay.
    small = cv2.erode(level, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
    solid = small < PRODUCT_BELOW
    kernel = np.ones((2 * -(-RINGING // step) + 1,) * 2, np.uint8)
    is_near = cv2.dilate(solid.view(np.uint8), kernel).view(bool)
    outer = find_outer(small >= WHITE - (LOSSY_NOISE if is_lossy else 0))
    pale = _find_pale_product(small, outer, ~solid & ~outer & ~is_near)
    ground = find_outer(~solid) & ~is_near & ~pale
    return GroundSplit(level, step, solid, pale, ground)


def find_outer(mask: np.ndarray) -> np.ndarray:
    """Returns the parts of a mask that touch the picture's border: bool (h, w).

    mask: bool (h, w).
    """
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    is_outer = np.zeros(count, bool)
    border = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    is_outer[np.unique(np.concatenate(border))] = True
    # Number 0 is what lies outside the mask.
    is_outer[0] = False
    return is_outer[labels]


def _find_pale_product(small: np.ndarray, outer: np.ndarray, pale: np.ndarray) -> np.ndarray:
    """Returns the pale areas that are product: bool (h, w).

    These are the areas inside the product, and those whose edge to the ground is hard.

    small: uint8 (h, w), the darkest channel. outer: bool (h, w), the white around the product.
    pale: bool (h, w), what is neither white nor clearly product.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pale.view(np.uint8))
    depth = cv2.distanceTransform((~outer).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    low, high = EDGE_DEPTHS
    edge = pale & (depth >= low) & (depth <= high)
    edges = np.bincount(labels[edge], minlength=count)
    hard = np.bincount(labels[edge & (small < HARD_BELOW)], minlength=count)
    is_product = (hard >= HARD_SHARE * edges) & (stats[:, cv2.CC_STAT_AREA] >= PALE_AREA)
    is_product[0] = False
    return is_product[labels] & ~find_outer(pale)
