"""A picture that is assessed, and what is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.engine import TextLine
from services.finishing.quality.close_up import CloseUp, crop_close_up
from services.imaging.box import Box, find_bounding_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import FAINT_ALPHA, OPAQUE_ALPHA, SOLID_ALPHA, find_most_solid_pixels
from services.imaging.resizing import shrink_to_fit
from services.imaging.silhouette import Silhouette, trace_silhouette

# Width of the soft edge of a product as a share of the picture's height, and share of its height
# that a mask may end above its foot. Larger: shadows at its edge count as product; jars whose body
# the mask leaves out count as floating.
SOFT_EDGE, MAX_LOST_FOOT = 0.006, 0.25
# Part of a product's height that is its foot. Larger: parts above a clear foot count as well.
FOOT_SHARE = 0.06
# Longer side in pixels of the copy on which colors and areas are measured. Larger: slower.
REDUCED_SIDE = 512


@dataclass(frozen=True)
class AssessedPicture:
    """A picture to measure, and what is known about it.

    ad: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product; None if it is not known.
    composite: uint8 RGB (H, W, 3), the picture before the inpainting; None if it is not known.
    differing: the number of locked pixels that are not the composite's; None if it is not known.
    circumstances: what is known besides the pixels, as in the contract.
    lettered: uint8 RGB (H, W, 3), the ad with text and logo; None without any.
    text_lines: the lines of text in it.
    """

    ad: np.ndarray
    mask: np.ndarray | None = None
    composite: np.ndarray | None = None
    differing: int | None = None
    circumstances: finishing_pb2.Circumstances = field(default_factory=finishing_pb2.Circumstances)
    lettered: np.ndarray | None = None
    text_lines: Sequence[TextLine] = ()

    @cached_property
    def reduced(self) -> "AssessedPicture":
        """The ad and the mask with sides of at most REDUCED_SIDE, and the same circumstances."""
        mask = None if self.mask is None else shrink_to_fit(self.mask, REDUCED_SIDE)
        ad = shrink_to_fit(self.ad, REDUCED_SIDE)
        return AssessedPicture(ad, mask, circumstances=self.circumstances)

    @cached_property
    def solid(self) -> np.ndarray | None:
        """Where the product is most solid: bool (H, W); None without a product."""
        if self.mask is None or not self.mask.any():
            return None
        return find_most_solid_pixels(self.mask)

    @cached_property
    def opaque(self) -> np.ndarray | None:
        """Where the product is fully opaque: bool (H, W); None without a mask."""
        return None if self.mask is None else np.equal(self.mask, OPAQUE_ALPHA)

    @cached_property
    def box(self) -> Box | None:
        """The bounds of the product's solid pixels: x, y, width, height; None without a product."""
        return None if self.solid is None else find_bounding_box(self.solid)

    @cached_property
    def lost_edge(self) -> int:
        """Pixels of the product's soft edge that the mask leaves out, as those of manifests do."""
        if self.mask is None or np.any((self.mask >= FAINT_ALPHA) & (self.mask < OPAQUE_ALPHA)):
            return 0
        return round(SOFT_EDGE * len(self.mask))

    @cached_property
    def seen(self) -> np.ndarray | None:
        """Where the product is seen, soft edge included: bool (H, W); None without a product.

        A soft edge that the mask leaves out is added to it.
        """
        if self.mask is None or self.solid is None:
            return None
        seen = self.solid | (self.mask >= FAINT_ALPHA)
        reach = 2 * self.lost_edge + 1
        around = np.ones((reach, reach), np.uint8)
        return cv2.dilate(seen.astype(np.uint8), around) > 0

    @cached_property
    def shows_foot(self) -> bool:
        """Whether the mask reaches down to the known foot of the product.

        Masks of opaque pixels leave out the clear body of a jar below its lid.
        """
        known = self.circumstances.placement.box
        if self.box is None or not known.height:
            return self.box is not None
        foot = min(known.y + known.height, self.ad.shape[0])
        return foot - self.box[1] - self.box[3] <= MAX_LOST_FOOT * known.height

    @cached_property
    def has_clear_foot(self) -> bool:
        """Whether the ground shines through the product's foot, as through that of a glass."""
        if self.mask is None or self.solid is None or self.box is None:
            return False
        x, y, width, height = self.box
        foot = slice(y + height - max(1, round(FOOT_SHARE * height)), y + height)
        alpha, solid = (part[foot, x : x + width] for part in (self.mask, self.solid))
        return bool(np.median(alpha[solid]) < SOLID_ALPHA)

    @cached_property
    def silhouette(self) -> Silhouette | None:
        """The product's outline, reduced; None without a product."""
        return None if self.mask is None else trace_silhouette(self.mask)

    @cached_property
    def close_up(self) -> CloseUp | None:
        """The product and what is around it, at a small size; None without a product."""
        if self.mask is None or self.box is None:
            return None
        return crop_close_up(self.ad, self.mask, self.box)

    @cached_property
    def lab(self) -> np.ndarray:
        """The picture in CIE L*a*b* (D65): float32 (H, W, 3), L 0 to 100."""
        return lab_from_srgb(self.ad)

    @cached_property
    def stands(self) -> bool:
        """Whether the product is known to stand on the ground line of a known scene."""
        known = self.circumstances
        return known.HasField("scene") and known.placement.stands
