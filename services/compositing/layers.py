"""The layers over a background, a shadow and a product, and how they are painted."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.box import Box, find_overlap
from services.imaging.scene import RGB

BLACK = (0, 0, 0)  # the color of a shadow unless a caller names one


@dataclass(frozen=True)
class ShadowLayer:
    """A color that covers the background.

    depth: uint8 (h, w), 255 in the core.
    x, y: its top left on the canvas; it may extend beyond the canvas.
    opacity: how much of the background the core hides, 0 to 1.
    """

    depth: np.ndarray
    x: int
    y: int
    opacity: float = 1.0
    color: RGB = BLACK

    @property
    def box(self) -> Box:
        """x, y, width and height in pixels on the canvas; it may extend beyond the canvas."""
        height, width = self.depth.shape
        return self.x, self.y, width, height


@dataclass(frozen=True)
class ProductLayer:
    """Premultiplied uint8 RGBA (h, w, 4), its top left at (x, y) on the canvas."""

    pixels: np.ndarray
    x: int
    y: int

    @property
    def box(self) -> Box:
        """x, y, width and height in pixels on the canvas; it may extend beyond the canvas."""
        height, width = self.pixels.shape[:2]
        return self.x, self.y, width, height


def paint_layers(
    background: np.ndarray, shadow: ShadowLayer | None, product: ProductLayer
) -> np.ndarray:
    """Paints a shadow and then a product over a copy of the background.

    Uses the operator `over` (Porter and Duff, "Compositing Digital Images", 1984) and clips at the
    canvas. The product's own pixels result where its alpha is 255, the background's where neither
    layer reaches.

    background: uint8 RGB (H, W, 3), of the canvas's size; the result has the same shape and type.
    shadow: None for none.
    """
    out = background.copy()
    if shadow and shadow.opacity:
        _paint_shadow(out, shadow)
    _paint_product(out, product)
    return out


def render_product_mask(canvas: tuple[int, int], product: ProductLayer) -> np.ndarray:
    """Returns the product's alpha at its place on an otherwise empty canvas: uint8 (H, W).

    canvas: (height, width).
    """
    mask = np.zeros(canvas, np.uint8)
    # Where the product lies on the canvas, and which part of the product does.
    inside, part = find_overlap(product.box, *canvas)
    mask[inside] = product.pixels[part][..., 3]
    return mask


def render_product_rgba(canvas: tuple[int, int], product: ProductLayer) -> np.ndarray:
    """Returns the product at its place on an empty canvas: uint8 RGBA (H, W, 4), straight alpha.

    canvas: (height, width).
    """
    out = np.zeros((*canvas, 4), np.uint8)
    # Where the product lies on the canvas, and which part of the product does.
    inside, part = find_overlap(product.box, *canvas)
    pixels = np.ascontiguousarray(product.pixels[part])
    if pixels.size:
        out[inside] = cv2.cvtColor(pixels, cv2.COLOR_mRGBA2RGBA)
    return out


def render_shadow_rgba(canvas: tuple[int, int], shadow: ShadowLayer | None) -> np.ndarray:
    """Returns the shadow at its place on an empty canvas: uint8 RGBA (H, W, 4), straight alpha.

    canvas: (height, width).
    shadow: None returns an empty canvas.
    """
    out = np.zeros((*canvas, 4), np.uint8)
    if shadow:
        out[..., :3] = shadow.color
        # Where the shadow lies on the canvas, and which part of the shadow does.
        inside, part = find_overlap(shadow.box, *canvas)
        depth = shadow.depth[part]
        if depth.size:
            out[inside][..., 3] = cv2.convertScaleAbs(depth, None, shadow.opacity)
    return out


def _paint_shadow(out: np.ndarray, shadow: ShadowLayer) -> None:
    """Paints the shadow's color onto a canvas, in place.

    out: the canvas, uint8 RGB (H, W, 3), which is changed.
    """
    height, width = out.shape[:2]
    # Where the shadow lies on the canvas, and which part of the shadow does.
    inside, part = find_overlap(shadow.box, height, width)
    below, depth = out[inside], shadow.depth[part]
    if not depth.size:
        return
    depths, scale = cv2.merge([depth] * 3), shadow.opacity / 255
    if not any(shadow.color):
        # Black only darkens, which takes one step less.
        cv2.subtract(below, cv2.multiply(below, depths, dst=depths, scale=scale), dst=below)
        return
    # OpenCV takes a color as four numbers; it clips at 0, so lighter and darker take a step each.
    color = np.array((*shadow.color, 0), np.float64)
    lost = cv2.multiply(cv2.subtract(below, color), depths, scale=scale)
    gained = cv2.multiply(cv2.subtract(color, below), depths, scale=scale)
    cv2.add(cv2.subtract(below, lost), gained, dst=below)


def _paint_product(out: np.ndarray, product: ProductLayer) -> None:
    """Paints the product onto a canvas, in place.

    out: the canvas, uint8 RGB (H, W, 3), which is changed.
    """
    height, width = out.shape[:2]
    # Where the product lies on the canvas, and which part of the product does.
    inside, part = find_overlap(product.box, height, width)
    above, below = product.pixels[part], out[inside]
    if not above.size:
        return
    transparency = cv2.bitwise_not(cv2.extractChannel(above, 3))
    cv2.multiply(below, cv2.merge([transparency] * 3), dst=below, scale=1 / 255)
    # The colors are premultiplied, so they are added as they are.
    cv2.add(below, cv2.cvtColor(above, cv2.COLOR_RGBA2RGB), dst=below)
