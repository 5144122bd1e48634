"""Reserves the area of the lettering, so that the product stays out of it."""

from cyclorama.v1 import ads_pb2
from services.runtime.limits import SIDES, TEXT_EDGE_MARGIN

# Width by height from which the text is set to the left of the product instead of above it.
# Smaller: narrow ads put both side by side, each in a narrower column.
SIDE_TEXT_ASPECT = 1.5
# Share of the height that text above the product takes, and of the width that text next to it
# takes. Larger: a smaller product; smaller: smaller letters.
TEXT_HEIGHT_SHARE, TEXT_WIDTH_SHARE = 0.24, 0.4
# Largest share that a margin may take. Larger: the product may become too small to see.
MAX_MARGIN_SHARE = 0.45


def reserve_text_area(request: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """Returns a copy of a request in which the product stays off the lettering: text and logo.

    Margins are shares of the ad's width or height. Two kinds are filled in: those of the lettering,
    its distance from the edges; and those of the product, with room for text next to the product
    in wide ads, else above it. The latter are left as they are when the caller placed the product.
    """
    ad = ads_pb2.CreateAdRequest()
    ad.CopyFrom(request)
    margins, lettering = ad.compositing.arrangement.margins, ad.lettering
    for side in SIDES:
        if not lettering.HasField(side):
            setattr(lettering, side, max(TEXT_EDGE_MARGIN, getattr(margins, side)))
    # An anchor or a spot says that the caller placed the product.
    if ad.compositing.arrangement.anchor or ad.compositing.arrangement.HasField("spot"):
        return ad
    for side in SIDES:
        setattr(margins, side, max(TEXT_EDGE_MARGIN / 2, getattr(margins, side)))
    is_wide = ad.size.width >= SIDE_TEXT_ASPECT * ad.size.height
    text_side, share = ("left", TEXT_WIDTH_SHARE) if is_wide else ("top", TEXT_HEIGHT_SHARE)
    setattr(margins, text_side, min(MAX_MARGIN_SHARE, getattr(lettering, text_side) + share))
    return ad
