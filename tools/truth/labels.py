"""Draws the prints of products: labels, wrappers and panels with lettering."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.imaging.scene import RGB


@dataclass(frozen=True)
class Print:
    """What is printed on a product.

    brand, line: its name in large letters, and what it is in small ones.
    paper, ink, accent: sRGB of the ground, of the letters and of the ornament.
    """

    brand: str
    line: str
    paper: RGB
    ink: RGB
    accent: RGB


Ornament = Callable[[ImageDraw.ImageDraw, tuple[int, int], Print], None]
"""Draws the ornament of a print of (width, height) pixels below its letters."""


def draw_print(
    size: tuple[int, int], printed: Print, ornament: Ornament, front: float = 1.0
) -> np.ndarray:
    """Draws a print: uint8 RGB (h, w, 3), its front in the middle.

    size: (width, height) in pixels.
    ornament: drawn before the letters.
    front: share of the width that is seen from the front, which the letters fill.
    """
    width, height = size
    image = Image.new("RGB", size, printed.paper)
    draw = ImageDraw.Draw(image)
    ornament(draw, size, printed)
    # Letters fill three quarters of the front at most, and a quarter of the height.
    large = _fit_font(printed.brand, 0.75 * front * width, 0.25 * height)
    small = _fit_font(printed.line, 0.6 * front * width, 0.075 * height)
    draw.text((width / 2, 0.42 * height), printed.brand, printed.ink, large, anchor="mm")
    draw.text((width / 2, 0.64 * height), printed.line, printed.ink, small, anchor="mm")
    return np.array(image)


def draw_bands(draw: ImageDraw.ImageDraw, size: tuple[int, int], printed: Print) -> None:
    """Draws a broad band and a line above and below the letters."""
    width, height = size
    for top, bottom in ((0, 0.12), (0.15, 0.165), (0.835, 0.85), (0.88, 1)):
        draw.rectangle((0, top * height, width, bottom * height), printed.accent)


def draw_waves(draw: ImageDraw.ImageDraw, size: tuple[int, int], printed: Print) -> None:
    """Draws rising waves in the lower half and a disk behind the letters."""
    width, height = size
    across = np.linspace(0, width, 241)
    radius = 0.3 * height
    middle = np.array([width / 2, 0.42 * height])
    draw.ellipse((*(middle - radius), *(middle + radius)), printed.accent)
    for number, level in enumerate((0.72, 0.8, 0.88)):
        # Eight waves around, so that both ends of a wrapper meet.
        swell = 0.035 * height * np.sin(16 * np.pi * across / width + 2 * number)
        line = [*zip(across, level * height + swell, strict=True), (width, height), (0, height)]
        draw.polygon([(float(x), float(y)) for x, y in line], printed.accent)
        draw.line([(float(x), float(y)) for x, y in line[:-2]], printed.paper, width=height // 80)


def draw_frame(draw: ImageDraw.ImageDraw, size: tuple[int, int], printed: Print) -> None:
    """Draws a double frame around the letters."""
    width, height = size
    edge = 0.06 * min(size)
    for inset, line in ((edge, 0.018), (1.7 * edge, 0.006)):
        box = (inset, inset, width - inset, height - inset)
        draw.rectangle(box, outline=printed.accent, width=max(1, round(line * min(size))))


def draw_leaves(draw: ImageDraw.ImageDraw, size: tuple[int, int], printed: Print) -> None:
    """Draws a row of pointed leaves along the lower edge."""
    width, height = size
    count = 14
    for number in range(count):
        middle, half = (number + 0.5) * width / count, 0.42 * width / count
        tip = (0.74 if number % 2 else 0.8) * height
        leaf = [(middle, tip), (middle + half, 0.9 * height), (middle, height)]
        draw.polygon([*leaf, (middle - half, 0.9 * height)], printed.accent)


def _fit_font(
    text: str, width: float, height: float
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Returns the largest font in which a text is at most so wide and so high, in pixels."""
    trial = ImageFont.load_default(100)
    left, top, right, bottom = trial.getbbox(text)
    scale = min(width / (right - left), height / (bottom - top))
    return ImageFont.load_default(max(1.0, 100 * scale))
