"""Writes docs/hero.jpg, two photos and three ads of each from the gallery: `make hero`."""

from PIL import Image

from tools import ROOT
from tools.pictures.gallery import find_photo, find_picture

PATH = ROOT / "docs" / "hero.jpg"
# The ads of a row, by their number in the gallery, next to their photo.
ROWS = ((12, 13, 14), (1, 2, 3))
# In pixels: side of a tile, the gap between tiles, and the wider one after the photo.
SIDE, GAP, WIDE_GAP, QUALITY, PAPER = 380, 8, 28, 86, (250, 249, 247)


def main() -> None:
    """Joins photos and ads."""
    columns = 1 + max(map(len, ROWS))
    width = columns * SIDE + (columns - 2) * GAP + WIDE_GAP
    hero = Image.new("RGB", (width, len(ROWS) * (SIDE + GAP) - GAP), PAPER)
    for row, numbers in enumerate(ROWS):
        for column, path in enumerate([find_photo(numbers[0]), *map(find_picture, numbers)]):
            left = column * (SIDE + GAP) + (WIDE_GAP - GAP) * (column > 0)
            tile = Image.open(path).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            hero.paste(tile, (left, row * (SIDE + GAP)))
    hero.save(PATH, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
