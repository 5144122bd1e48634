"""Reserves the area of the lettering, so that the product stays out of it."""

from cyclorama.v1 import ads_pb2, compositing_pb2, finishing_pb2, image_pb2
from services.runtime.limits import SIDES, TEXT_EDGE_MARGIN, TEXT_SIZE
from services.runtime.options import word_from_enum
from services.runtime.text_metrics import (
    BUTTON_HEIGHT,
    BUTTON_TEXT_SHARE,
    GAP,
    LINE_HEIGHT,
    LOGO_HEIGHT,
    PRODUCT_GAP,
    SIDE_TEXT_ASPECT,
)

# Share of the height that text above the product takes, and of the width that text next to it
# takes. Larger: a smaller product; smaller: smaller letters.
TEXT_HEIGHT_SHARE, TEXT_WIDTH_SHARE = 0.24, 0.4
# Lines of a headline that these shares have room for. Larger: smaller letters.
TYPICAL_LINES = 2
# Font size of the headline for which room is made at least, as a share of the ad's shorter side.
# Larger: a smaller product.
READABLE_SIZE = 0.07
# Largest share that a margin may take. Larger: the product may become too small to see.
MAX_MARGIN_SHARE = 0.45
# Width by height of stories, and the shares of their height that Instagram and Facebook cover with
# controls of their own, on which no lettering may be.
STORY_ASPECTS, STORY_MARGINS = (0.54, 0.58), {"top": 0.14, "bottom": 0.2}


def reserve_text_area(request: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """Returns a copy of a request in which the product stays off the lettering: text and logo.

    Margins are shares of the ad's width or height. Two kinds are filled in: those of the lettering,
    its distance from the edges; and those of the product, with room for text on one side of it. The
    latter are left as they are when the caller placed the product.
    """
    ad = ads_pb2.CreateAdRequest()
    ad.CopyFrom(request)
    margins, lettering = ad.compositing.arrangement.margins, ad.lettering
    for side in SIDES:
        if not lettering.HasField(side):
            least = _find_least_margin(side, ad.size)
            setattr(lettering, side, max(least, getattr(margins, side)))
    # An anchor or a spot says that the caller placed the product.
    if ad.compositing.arrangement.anchor or ad.compositing.arrangement.HasField("spot"):
        return ad
    for side in SIDES:
        setattr(margins, side, max(TEXT_EDGE_MARGIN / 2, getattr(margins, side)))
    text_side = choose_text_side(lettering, ad.size)
    share = getattr(lettering, text_side) + _measure_text_share(lettering, text_side, ad.size)
    setattr(margins, text_side, min(MAX_MARGIN_SHARE, share))
    return ad


def _find_least_margin(side: str, size: image_pb2.Size) -> float:
    """Returns the share of the height or width that lettering leaves free along a side at least.

    size: of the ad, in pixels.
    """
    least, most = STORY_ASPECTS
    is_story = least * size.height <= size.width <= most * size.height and size.height
    return STORY_MARGINS.get(side, TEXT_EDGE_MARGIN) if is_story else TEXT_EDGE_MARGIN


def choose_text_side(lettering: finishing_pb2.Lettering, size: image_pb2.Size) -> str:
    """Returns the side of the product, one of SIDES, where the text has its area.

    That is the one of its anchor; without one the left in wide ads, and the top in others. Of the
    two sides of a corner, wide ads have the text next to the product, others above or below it.

    size: of the ad, in pixels.
    """
    is_wide = size.width >= SIDE_TEXT_ASPECT * size.height
    word = word_from_enum(compositing_pb2.Anchor.DESCRIPTOR, lettering.anchor)
    anchor = word.split("_") if word else ["top", "left"]
    return anchor[-1] if is_wide else anchor[0]


def _measure_text_share(
    lettering: finishing_pb2.Lettering, side: str, size: image_pb2.Size
) -> float:
    """Returns the share of the height or width that text takes on a side of the product.

    It grows with a large font size that the caller chose, and its height with the lines. Above and
    below the product it has room for a readable size of all that is set.

    size: of the ad, in pixels.
    """
    scale = max(1.0, lettering.size / TEXT_SIZE)
    if side in ("left", "right"):
        return TEXT_WIDTH_SHARE * scale
    lines = len(lettering.headline.strip().splitlines())
    share = TEXT_HEIGHT_SHARE * scale * max(1.0, lines / TYPICAL_LINES)
    return max(share, _measure_readable_share(lettering, lines, size))


def _measure_readable_share(
    lettering: finishing_pb2.Lettering, lines: int, size: image_pb2.Size
) -> float:
    """Returns the share of the height that logo, headline and button take at READABLE_SIZE.

    lines: of the headline, before any is broken. size: of the ad, in pixels; 0 for unset sides.
    """
    room = LINE_HEIGHT * max(lines, TYPICAL_LINES) if lines else 0.0
    room += GAP if lettering.call_to_action else 0.0
    room += LOGO_HEIGHT + GAP if lettering.HasField("logo") else 0.0
    shorter = min(size.width, size.height) / size.height if size.width and size.height else 1.0
    button = BUTTON_HEIGHT * BUTTON_TEXT_SHARE if lettering.call_to_action else 0.0
    return (room * READABLE_SIZE + button + PRODUCT_GAP) * shorter
