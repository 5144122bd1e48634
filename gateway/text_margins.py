"""Leaves room for words beside the product."""

from cyclorama.v1 import ads_pb2

SIDES = ("top", "right", "bottom", "left")
FREE_EDGE = 0.05
# From this ratio of width to height on words stand beside the product, else above it.
WIDE = 1.5
ABOVE, BESIDE = 0.24, 0.4
MOST = 0.45


def with_room(ad: ads_pb2.CreateAdRequest) -> None:
    """Sets margins that keep the product off the words, unless the caller placed it."""
    margins, words = ad.compositing.arrangement.margins, ad.lettering
    for side in SIDES:
        if not words.HasField(side):
            setattr(words, side, max(FREE_EDGE, getattr(margins, side)))
    if ad.compositing.arrangement.anchor:
        return
    side, room = ("left", BESIDE) if ad.size.width >= WIDE * ad.size.height else ("top", ABOVE)
    for each in SIDES:
        setattr(margins, each, max(FREE_EDGE / 2, getattr(margins, each)))
    setattr(margins, side, min(MOST, getattr(words, side) + room))
