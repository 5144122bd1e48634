"""Writes docs/hero.jpg, four photos next to their ads from the gallery: `make hero`."""

from PIL import Image

from tools import ROOT
from tools.pictures.gallery import find_photo, find_picture

PATH = ROOT / "docs" / "hero.jpg"
# Numbers of ads in the gallery, two per row; the first row is of real photos.
ROWS = ((21, 27), (10, 8))
# In pixels: side of a picture, and the gap between pairs.
SIDE, GAP, QUALITY, PAPER = 380, 24, 86, (250, 249, 247)


def main() -> None:
    """Joins photos and ads."""
    step = 2 * SIDE + GAP
    hero = Image.new("RGB", (2 * step - GAP, 2 * (SIDE + GAP) - GAP), PAPER)
    for row, numbers in enumerate(ROWS):
        for column, number in enumerate(numbers):
            for offset, path in enumerate((find_photo(number), find_picture(number))):
                tile = Image.open(path).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                hero.paste(tile, (column * step + offset * SIDE, row * (SIDE + GAP)))
    hero.save(PATH, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
