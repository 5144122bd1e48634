"""Makes a logo readable on any picture: puts a plate behind one that lacks contrast."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from services.finishing.engines.pillow.text_contrast import (
    BLACK,
    WHITE,
    measure_contrasts,
)
from services.imaging.box import Box, clip_box, crop_to_box, find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import RGB

# Least contrast of a logo and what is behind it. WCAG 2.2 asks 3 of graphics in success criterion
# 1.4.11 and nothing of logos, whose shapes are known; below this one they vanish. Larger: more
# plates.
MIN_LOGO_CONTRAST = 2.2
# Share of a logo's pixels that may have less contrast, as highlights in it do. Larger: fewer
# plates, also where a word of the logo is lost.
FAINT_SHARE = 0.25
# Alpha from which on a pixel counts as the logo's, and share of such pixels in its box from which
# on it has a ground of its own.
INKED_ALPHA, OWN_GROUND_SHARE = 128, 0.97
# Share of a plate's width and height that its logo has. Larger: less space around it.
LOGO_SHARE = 0.76
# Radius of a plate's corners, as a share of its shorter side.
CORNER_SHARE = 0.36
# Pixels per pixel at which its shape is drawn, so that its corners have no steps.
OVERSAMPLING = 4


@dataclass(frozen=True)
class GroundedLogo:
    """A logo as it is to be drawn.

    pixels: uint8 RGBA (h, w, 4), with its plate where it has one, of the logo's width by height.
    contrast: the ratio of the logo to what is behind it, 1 to 21.
    is_plated: whether it has a plate.
    """

    pixels: np.ndarray
    contrast: float
    is_plated: bool = False

    @property
    def is_readable(self) -> bool:
        return self.contrast >= MIN_LOGO_CONTRAST


def ground_logo(
    picture: np.ndarray, box: Box, logo: np.ndarray, without_plate: bool = False
) -> GroundedLogo:
    """Puts a white or black plate behind a logo that lacks contrast; its colors stay.

    A plate is left out where the logo contrasts no more with it than with the picture.

    picture: uint8 RGB (H, W, 3), before the logo is drawn.
    box: that the logo fills.
    logo: uint8 RGBA (h, w, 4).
    without_plate: whether the logo stays as it is.
    """
    ground = crop_to_box(picture, clip_box(box, *picture.shape[:2]))
    plain = GroundedLogo(logo, _measure_logo_contrast(logo, ground))
    if plain.is_readable or without_plate:
        return plain
    contrasts = {
        color: _measure_logo_contrast(logo, np.array([[color]], np.uint8))
        for color in (WHITE, BLACK)
    }
    color = max(contrasts, key=contrasts.__getitem__)
    if contrasts[color] <= plain.contrast:
        return plain
    return GroundedLogo(_draw_plate(logo, color), contrasts[color], is_plated=True)


def _measure_logo_contrast(logo: np.ndarray, ground: np.ndarray) -> float:
    """Returns the contrast ratio, 1 to 21, that all but FAINT_SHARE of a logo's pixels exceed.

    21 for a logo that has a ground of its own, or no pixel.

    logo: uint8 RGBA (h, w, 4). ground: uint8 RGB (H, W, 3).
    """
    inked = logo[..., 3] >= INKED_ALPHA
    if not inked.any() or inked.mean() > OWN_GROUND_SHARE:
        return 21.0
    return float(np.quantile(measure_contrasts(logo[inked][:, :3], ground), FAINT_SHARE))


def _draw_plate(logo: np.ndarray, color: RGB) -> np.ndarray:
    """Returns a logo without its clear margins in the middle of a plate: uint8 RGBA.

    logo: uint8 RGBA (h, w, 4), which keeps its size.
    """
    height, width = logo.shape[:2]
    size = round(width / LOGO_SHARE), round(height / LOGO_SHARE)
    large = size[0] * OVERSAMPLING, size[1] * OVERSAMPLING
    drawn = Image.new("L", large)
    corners = (0, 0, large[0] - 1, large[1] - 1)
    radius = CORNER_SHARE * min(large)
    ImageDraw.Draw(drawn).rounded_rectangle(corners, radius=radius, fill=OPAQUE_ALPHA)
    shape = drawn.resize(size, Image.Resampling.BOX)
    plate = Image.new("RGBA", size, (*color, 0))
    plate.putalpha(shape)
    left, top, across, down = find_bounding_box(logo[..., 3] > 0)
    mark = np.ascontiguousarray(logo[top : top + down, left : left + across])
    offset = (size[0] - across) // 2, (size[1] - down) // 2
    plate.alpha_composite(Image.fromarray(mark), offset)
    return np.asarray(plate)
