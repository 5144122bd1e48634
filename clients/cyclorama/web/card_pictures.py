"""Shrinks finished ads to WebP pictures for the cards of a campaign, which a phone loads fast."""

import asyncio
import io

from PIL import Image

# Longest sides in pixels that the page asks for: a card on plain displays, and on those with two
# pixels a point. Larger: sharper, and more bytes.
SIDES = (480, 960)
# WebP quality, 1 to 100, and effort, 0 to 6. At 84, letters have no visible edge of their own; more
# effort saves 3 % of the bytes in twice the time.
QUALITY, EFFORT = 84, 3
# Pictures that are shrunk at a time. More: a gallery fills faster, and other requests wait longer.
CONCURRENCY = 2


def read_side(text: str) -> int:
    """Returns the longest side of a card's picture; raises ValueError for none of SIDES."""
    if text not in map(str, SIDES):
        raise ValueError(f"side: send one of {', '.join(map(str, SIDES))}")
    return int(text)


def shrink_picture(data: bytes, side: int) -> bytes:
    """Returns a picture file as a WebP whose longest side has at most `side` pixels.

    It is never enlarged, and keeps its transparency. data: a file of a format that browsers show.
    """
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft("RGB", (side, side))
        has_alpha = picture.has_transparency_data
        shown = picture.convert("RGBA" if has_alpha else "RGB")
    shown.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    shown.save(buffer, "WEBP", quality=QUALITY, method=EFFORT)
    return buffer.getvalue()


async def shrink_in_turn(turns: asyncio.Semaphore, data: bytes, side: int) -> bytes:
    """Returns what shrink_picture does, in a thread; turns: CONCURRENCY of them."""
    async with turns:
        return await asyncio.to_thread(shrink_picture, data, side)
