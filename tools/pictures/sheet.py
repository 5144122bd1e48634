"""Contact sheets: groups of images in a grid, each group with a caption."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

MARGIN, CAPTION = 12, 34
PAPER, INK = (250, 249, 247), (60, 58, 56)
QUALITY = 84

Group = tuple[str, Sequence[np.ndarray]]
"""A caption and its images, uint8 RGB (H, W, 3)."""


def write_sheet(path: Path, groups: Sequence[Group], side: int, columns: int) -> None:
    """Writes a JPEG with `columns` groups per row; images are scaled to fit side x side."""
    places = max(len(pictures) for _, pictures in groups)
    width, height = places * (side + 4) + MARGIN, side + CAPTION + MARGIN
    rows = -(-len(groups) // columns)
    sheet = Image.new("RGB", (columns * width + MARGIN, rows * height + MARGIN), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for number, (caption, pictures) in enumerate(groups):
        left = MARGIN + number % columns * width
        top = MARGIN + number // columns * height
        draw.text((left, top + 6), caption, INK, font)
        for place, picture in enumerate(pictures):
            tile = Image.fromarray(_scale_to_fit(picture, side))
            sheet.paste(tile, (left + place * (side + 4), top + CAPTION))
    sheet.save(path, quality=QUALITY, optimize=True)


def _scale_to_fit(picture: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
