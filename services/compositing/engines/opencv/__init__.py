"""The compositing engine: resize, tint, shadow, paste."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.compositing.engine import Composite, Look
from services.compositing.engines.opencv.casting import cast_shadow, foot_shadow
from services.compositing.engines.opencv.shadow import drop_shadow, kernel_size, shadow_offset
from services.compositing.engines.opencv.tint import tint
from services.compositing.engines.opencv.turning import turn_cutout
from services.compositing.layers import Product, Shadow, alpha_on_canvas, lay
from services.compositing.placement import Placement, Shares, mirrored, place
from services.imaging.box import clip_box, crop_to_box
from services.imaging.mask import find_foot_row
from services.imaging.resizing import premultiply, resize_premultiplied
from services.imaging.scene import Scene
from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.errors import ProductNotFound

ENLARGED_FROM = 1.05


class OpenCV:
    """Composites with OpenCV on the CPU; holds no state."""

    name = "opencv"
    version = f"2-opencv{cv2.__version__}"
    traits = EngineTraits()

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        whole = turn_cutout(premultiply(cutout), look.arrangement.flip, look.arrangement.rotation)
        alpha = cv2.extractChannel(whole, 3)
        if not cv2.hasNonZero(alpha):
            raise ProductNotFound("the cut-out is fully transparent; segment the photo again")
        canvas = background.shape[:2]
        at = place(
            whole.shape[:2],
            canvas,
            scene,
            kept_sides(cut_sides, look),
            shares_of(look, alpha),
            look.arrangement,
            find_foot_row(alpha) / len(alpha),
        )
        plain = resize_premultiplied(whole, at.width, at.height)
        product = Product(tint(plain, around(background, at), look.tint), at.x, at.y)
        mask = alpha_on_canvas(canvas, product)
        shadow = shadow_of(product, scene, canvas, look)
        composed = lay(background, shadow, product)
        return Composite(composed, mask, at, product, shadow, plain, warnings(at))


def kept_sides(cut_sides: Sequence[int], look: Look) -> Sequence[int]:
    """The sides of the canvas at which the product runs out; none once it is turned."""
    if look.arrangement.rotation:
        return ()
    return mirrored(cut_sides) if look.arrangement.flip else cut_sides


def shares_of(look: Look, alpha: np.ndarray) -> Shares:
    """How large the product of uint8 alpha (h, w) may be."""
    if look.area_share is None:
        return Shares(look.width_share, look.height_share)
    coverage = cv2.mean(alpha)[0] / 255
    return Shares(look.width_share, look.height_share, look.area_share, coverage)


def shadow_of(product: Product, scene: Scene, canvas: tuple[int, int], look: Look) -> Shadow | None:
    """The shadow that the look asks for; lying products have none but a dropped one."""
    if look.shadow == "none" or not look.shadow_opacity:
        return None
    alpha, at = cv2.extractChannel(product.pixels, 3), (product.x, product.y)
    if look.shadow == "cast" and not scene.lying:
        fallen = cast_shadow(alpha, at, scene.light, scene.camera_pitch)
    elif look.shadow == "contact" and not scene.lying:
        fallen = foot_shadow(alpha, at)
    else:
        right, down = shadow_offset(scene, canvas)
        fallen = drop_shadow(alpha, (at[0] + right, at[1] + down), kernel_size(canvas))
    return replace(fallen, opacity=look.shadow_opacity, color=look.shadow_color)


def around(background: np.ndarray, at: Placement) -> np.ndarray:
    """The part of the background that the product will cover."""
    return crop_to_box(background, clip_box(at.box, *background.shape[:2]))


def warnings(at: Placement) -> tuple[EngineWarning, ...]:
    """Says so when the product was enlarged."""
    if at.scale <= ENLARGED_FROM:
        return ()
    text = f"the product was enlarged {at.scale:.1f} times; a larger photo would be sharper"
    return (EngineWarning("ENLARGED", text),)
