"""A picture that is assessed, and what is known about it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.close_up import CloseUp, crop_close_up
from services.imaging.box import Box, find_bounding_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import OPAQUE_ALPHA, find_most_solid_pixels


@dataclass(frozen=True)
class AssessedPicture:
    """A picture to measure, and what is known about it.

    ad: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product; None if it is not known.
    composite: uint8 RGB (H, W, 3), the picture before the inpainting; None if it is not known.
    differing: the number of locked pixels that are not the composite's; None if it is not known.
    circumstances: what is known besides the pixels, as in the contract.
    """

    ad: np.ndarray
    mask: np.ndarray | None = None
    composite: np.ndarray | None = None
    differing: int | None = None
    circumstances: finishing_pb2.Circumstances = field(default_factory=finishing_pb2.Circumstances)

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
