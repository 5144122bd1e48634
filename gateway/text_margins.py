"""Keeps the product off the area that lettering will take."""

from cyclorama.v1 import ads_pb2
from services.runtime.limits import SIDES, TEXT_EDGE_MARGIN

# From this ratio of width to height on words stand next to the product, else above it.
WIDE = 1.5
# Shares of the height and of the width that words take there, and the most that margins may take.
ABOVE, BESIDE, MOST = 0.24, 0.4, 0.45


def reserve_text_area(request: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """A copy with margins that keep the product off the words, unless the caller placed it."""
    ad = ads_pb2.CreateAdRequest()
    ad.CopyFrom(request)
    margins, words = ad.compositing.arrangement.margins, ad.lettering
    for side in SIDES:
        if not words.HasField(side):
            setattr(words, side, max(TEXT_EDGE_MARGIN, getattr(margins, side)))
    if ad.compositing.arrangement.anchor:
        return ad
    side, room = ("left", BESIDE) if ad.size.width >= WIDE * ad.size.height else ("top", ABOVE)
    for each in SIDES:
        setattr(margins, each, max(TEXT_EDGE_MARGIN / 2, getattr(margins, each)))
    setattr(margins, side, min(MOST, getattr(words, side) + room))
    return ad
