"""Finds where lettering is next to the product: the place where it can be largest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.fonts import Font
from services.finishing.engines.pillow.typesetting import (
    LayoutContent,
    TextLayout,
    find_largest_layout,
)
from services.imaging.box import Box
from services.imaging.product import find_product_box
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import TEXT_SIZE

# Smallest font size as a share of the picture's shorter side. Larger: longer texts are refused.
MIN_FONT_SHARE = 1 / 34
# Smallest font size in pixels; smaller letters run together.
MIN_FONT_SIZE = 9
# Space between product and lettering as a share of the picture's shorter side. Larger: more air.
PRODUCT_GAP = 0.025
# Width by height from which logo, headline and button may be next to each other. Smaller: also in
# formats that have room for all below each other.
ROW_ASPECT = 2.5
# Shares of the free space that are left of and above a block of text, by the words of an anchor.
START, MIDDLE, END = 0.0, 0.5, 1.0
WORDS: Mapping[str, tuple[float, float]] = {
    "": (MIDDLE, MIDDLE),
    "top": (MIDDLE, START),
    "bottom": (MIDDLE, END),
    "left": (START, MIDDLE),
    "right": (END, MIDDLE),
    "top_left": (START, START),
    "top_right": (END, START),
    "bottom_left": (START, END),
    "bottom_right": (END, END),
}


@dataclass(frozen=True)
class TextPlace:
    """Where lettering is, and how it is laid out.

    box: of the block of text (x, y, width, height), in pixels.
    align: share of the free width that is left of its lines: 0 flush left, 0.5 centered, 1 flush
        right.
    wanted_size: the font size in pixels that the caller asked for, or the largest that is tried.
    """

    box: Box
    layout: TextLayout
    align: float
    wanted_size: int


def choose_place(mask: np.ndarray, lettering: Lettering, font: Font) -> TextPlace:
    """Chooses the free box next to the product in which the lettering can be largest.

    A box in which the headline's own line breaks are all it needs is chosen before a larger one.
    With an anchor, only boxes that reach there count, and the block is at that end of the box.
    Raises InvalidRequest if no box leaves the lettering large enough to read.

    mask: uint8 alpha (H, W) of the product.
    """
    min_size, max_size = _limit_sizes(lettering, *mask.shape)
    logo = lettering.logo
    logo_ratio = 0.0 if logo is None else logo.shape[1] / logo.shape[0]
    content = LayoutContent(lettering.headline, lettering.button, logo_ratio)
    places = []
    for box in _find_free_boxes(mask, lettering.margins, lettering.anchor):
        _, _, width, height = box
        for is_row in (False, True) if mask.shape[1] >= ROW_ASPECT * mask.shape[0] else (False,):
            layout = find_largest_layout(
                content, width, height, min_size, max_size, font, is_row=is_row
            )
            if layout:
                places.append((box, layout))
    if not places:
        where = f"at the {lettering.anchor.replace('_', ' ')} " if lettering.anchor else ""
        advice = f"{'choose another place, ' if where else ''}shorten it, or make the product"
        problem = f"finds no room {where}next to the product; {advice} smaller"
        raise InvalidRequest(Violation("lettering", problem))
    (left, top, width, height), layout = max(
        places, key=lambda place: (place[1].keeps_breaks, place[1].size)
    )
    across, down = WORDS[lettering.anchor]
    x = left + round(across * (width - layout.width))
    y = top + round(down * (height - layout.height))
    return TextPlace((x, y, layout.width, layout.height), layout, across, max_size)


def _limit_sizes(lettering: Lettering, height: int, width: int) -> tuple[int, int]:
    """Returns the smallest and the largest font size to try, in pixels.

    height, width: of the picture.
    """
    min_size = max(MIN_FONT_SIZE, round(MIN_FONT_SHARE * min(height, width)))
    # In very long formats the shorter side alone would make the text too small.
    reference_side = max(min(height, width), 0.5 * max(height, width))
    return min_size, max(min_size, round((lettering.size or TEXT_SIZE) * reference_side))


def _find_free_boxes(
    mask: np.ndarray, margins: tuple[float, float, float, float], anchor: str
) -> Sequence[Box]:
    """Returns the boxes (x, y, width, height) above, below, left and right of the product.

    Leaves out those without a pixel, and those that do not reach the side or corner of the anchor.

    mask: uint8 alpha (H, W) of the product.
    margins: the strips at the top, right, bottom and left that stay free, as shares of the
        picture's height (top, bottom) or width.
    anchor: one of WORDS.
    """
    height, width = mask.shape
    top_margin, right_margin, bottom_margin, left_margin = margins
    top, bottom = round(top_margin * height), round((1 - bottom_margin) * height)
    left, right = round(left_margin * width), round((1 - right_margin) * width)
    x, y, product_width, product_height = find_product_box(mask)
    gap = round(PRODUCT_GAP * min(height, width))
    below, beyond = y + product_height + gap, x + product_width + gap
    boxes = {
        "top": (left, top, right - left, min(bottom, y - gap) - top),
        "bottom": (left, max(top, below), right - left, bottom - max(top, below)),
        "left": (left, top, min(right, x - gap) - left, bottom - top),
        "right": (max(left, beyond), top, right - max(left, beyond), bottom - top),
    }
    return [
        box
        for side, box in boxes.items()
        if min(box[2:]) > 0 and (not anchor or side in anchor.split("_"))
    ]
