"""What lies over the background: a shadow and a product, laid where they change something."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.box import Box, find_overlap
from services.imaging.scene import RGB

BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Shadow:
    """A colour that covers the background.

    depth: uint8 (h, w), 255 in the core. x, y: its top left on the canvas. opacity: how much of
    the background the core hides, 0 to 1.
    """

    depth: np.ndarray
    x: int
    y: int
    opacity: float = 1.0
    color: RGB = BLACK

    @property
    def box(self) -> Box:
        """Where it lies on the canvas, and maybe beyond."""
        return self.x, self.y, *self.depth.shape[::-1]


@dataclass(frozen=True)
class Product:
    """Premultiplied uint8 RGBA (h, w, 4), its top left at (x, y) on the canvas."""

    pixels: np.ndarray
    x: int
    y: int

    @property
    def box(self) -> Box:
        """Where it lies on the canvas, and maybe beyond."""
        return self.x, self.y, *self.pixels.shape[1::-1]


def lay(background: np.ndarray, shadow: Shadow | None, product: Product) -> np.ndarray:
    """Lays a shadow and then a product over uint8 RGB (H, W, 3).

    Porter and Duff's `over`; parts beyond the canvas are left out. Where the product's alpha is
    255 its own pixels come out, where neither reaches the background's.
    """
    out = background.copy()
    if shadow and shadow.opacity:
        _shade(out, shadow)
    _paste(out, product)
    return out


def alpha_on_canvas(canvas: tuple[int, int], product: Product) -> np.ndarray:
    """The product's alpha as uint8 on an empty canvas of (height, width)."""
    mask = np.zeros(canvas, np.uint8)
    inside, part = find_overlap(product.box, *canvas)
    mask[inside] = product.pixels[part][..., 3]
    return mask


def product_on_canvas(canvas: tuple[int, int], product: Product) -> np.ndarray:
    """The product as straight uint8 RGBA on an empty canvas of (height, width)."""
    out = np.zeros((*canvas, 4), np.uint8)
    inside, part = find_overlap(product.box, *canvas)
    part = np.ascontiguousarray(product.pixels[part])
    if part.size:
        out[inside] = cv2.cvtColor(part, cv2.COLOR_mRGBA2RGBA)
    return out


def shadow_on_canvas(canvas: tuple[int, int], shadow: Shadow | None) -> np.ndarray:
    """The shadow as straight uint8 RGBA on an empty canvas of (height, width)."""
    out = np.zeros((*canvas, 4), np.uint8)
    if shadow:
        out[..., :3] = shadow.color
        inside, part = find_overlap(shadow.box, *canvas)
        out[inside][..., 3] = cv2.convertScaleAbs(shadow.depth[part], None, shadow.opacity)
    return out


def _shade(out: np.ndarray, shadow: Shadow) -> None:
    inside, part = find_overlap(shadow.box, *out.shape[:2])
    below, depth = out[inside], shadow.depth[part]
    if not depth.size:
        return
    depths, scale, color = cv2.merge([depth] * 3), shadow.opacity / 255, (*shadow.color, 0)
    if not any(color):
        cv2.subtract(below, cv2.multiply(below, depths, dst=depths, scale=scale), dst=below)
        return
    lost = cv2.multiply(cv2.subtract(below, color), depths, scale=scale)
    gained = cv2.multiply(cv2.subtract(color, below), depths, scale=scale)
    cv2.add(cv2.subtract(below, lost), gained, dst=below)


def _paste(out: np.ndarray, product: Product) -> None:
    inside, part = find_overlap(product.box, *out.shape[:2])
    above, below = product.pixels[part], out[inside]
    if not above.size:
        return
    through = cv2.bitwise_not(cv2.extractChannel(above, 3))
    cv2.multiply(below, cv2.merge([through] * 3), dst=below, scale=1 / 255)
    cv2.add(below, cv2.cvtColor(above, cv2.COLOR_RGBA2RGB), dst=below)
