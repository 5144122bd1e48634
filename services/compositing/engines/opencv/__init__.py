"""Composites with OpenCV: orient, place, resize, tint, shade and paste the cut-out."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.compositing.engine import CompositeOptions, CompositeResult
from services.compositing.engines.opencv.drop_shadow import (
    compute_drop_offset,
    compute_kernel_size,
    render_drop_shadow,
)
from services.compositing.engines.opencv.ground_shadows import (
    render_cast_shadow,
    render_contact_shadow,
    render_spot_shadow,
)
from services.compositing.engines.opencv.orientation import (
    flip_and_rotate,
    orient_cut_sides,
    trim_cut_sides,
)
from services.compositing.engines.opencv.tint import color_by_light, tint_product
from services.compositing.layers import ProductLayer, ShadowLayer, paint_layers, render_product_mask
from services.compositing.placement import Placement, SizeShares, place_product
from services.imaging.box import Box, clip_box, crop_to_box
from services.imaging.mask import OPAQUE_ALPHA, find_foot_row
from services.imaging.product import find_product_box
from services.imaging.resizing import premultiply, resize_premultiplied, unpremultiply
from services.imaging.scene import Scene
from services.imaging.soft_shadows import remove_soft_shadow
from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.errors import ProductNotFound

# Scale above which the caller is warned; the quality report's "sharpness" passes up to the same.
# Larger: softer products go without a warning.
ENLARGED_FROM = 1.05
# Width of a product's soft edge: pixels, and share of the cut-out's longer side. Larger: cut-outs
# are placed with more of the faint pixels around the product.
MIN_SOFT_EDGE, SOFT_EDGE_SHARE = 4, 0.01


class OpenCVCompositing:
    """Composites with OpenCV on the CPU; has no state."""

    name = "opencv"
    version = f"4-opencv{cv2.__version__}"
    traits = EngineTraits()

    def composite(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        options: CompositeOptions,
    ) -> CompositeResult:
        """Places a product on a background, with its shadow and a tint of the background.

        Returns the composite with the product's mask, its place and the layers. Raises
        ProductNotFound when the cut-out is fully transparent.

        cutout: the product, uint8 RGBA (h, w, 4), alpha not premultiplied.
        background: uint8 RGB (H, W, 3), of the result's size.
        scene: light, ground line and camera of the background.
        cut_sides: values of the contract's Side at which the photo cut off the product.
        """
        arrangement = options.arrangement
        rotation = arrangement.rotation
        oriented = flip_and_rotate(premultiply(cutout), arrangement.flip, rotation)
        oriented_sides = orient_cut_sides(cut_sides, arrangement.flip, rotation)
        if rotation and oriented_sides:
            oriented = trim_cut_sides(oriented, oriented_sides, rotation, cutout.shape[:2])
        if not cv2.hasNonZero(cv2.extractChannel(oriented, 3)):
            raise ProductNotFound("the cut-out is fully transparent; segment the photo again")
        # A soft shadow that the photo had is painted, but is no part of the product.
        without_shadow = premultiply(remove_soft_shadow(unpremultiply(oriented)))
        alpha = cv2.extractChannel(without_shadow, 3)
        product_box = find_placed_box(alpha)
        product_alpha = crop_to_box(alpha, product_box)
        canvas = background.shape[0], background.shape[1]
        placement = place_product(
            product_alpha.shape,
            canvas,
            scene,
            oriented_sides,
            read_size_limits(options, product_alpha),
            arrangement,
            foot=find_foot_row(product_alpha) / len(product_alpha),
        )
        x, y, width, height = placement.extend(product_box, alpha.shape)
        untinted = resize_premultiplied(oriented, width, height)
        tinted = tint_product(
            untinted, crop_covered_background(background, placement), options.tint
        )
        if scene.light is not None:
            tinted = color_by_light(tinted, scene.light.color, options.tint)
        product = ProductLayer(tinted, x, y)
        silhouette = ProductLayer(resize_premultiplied(without_shadow, width, height), x, y)
        shadow = render_shadow(silhouette, scene, canvas, options)
        return CompositeResult(
            pixels=paint_layers(background, shadow, product),
            mask=render_product_mask(canvas, silhouette),
            placement=placement,
            product=product,
            shadow=shadow,
            untinted=untinted,
            warnings=warn_of_enlargement(placement.scale),
        )


def find_placed_box(alpha: np.ndarray) -> Box:
    """Returns the part of a cut-out that is placed: x, y, width and height of the product.

    A side of the product as near to the cut-out's as its soft edge is wide is that of the cut-out.

    alpha: uint8 (h, w), without a soft shadow that the photo had.
    """
    height, width = alpha.shape
    x, y, across, down = find_product_box(alpha)
    edge = max(MIN_SOFT_EDGE, SOFT_EDGE_SHARE * max(height, width))
    left, top = (0 if start <= edge else start for start in (x, y))
    right = width if width - (x + across) <= edge else x + across
    bottom = height if height - (y + down) <= edge else y + down
    return left, top, right - left, bottom - top


def read_size_limits(options: CompositeOptions, alpha: np.ndarray) -> SizeShares:
    """Reads the largest width, height and, if set, area of a product as shares of the canvas.

    An area limit also needs the share of its bounding box that the product fills.

    alpha: opacity of the product, cropped to its bounding box, uint8 (h, w).
    """
    if options.area_share is None:
        return SizeShares(options.width_share, options.height_share)
    coverage = cv2.mean(alpha)[0] / OPAQUE_ALPHA
    return SizeShares(options.width_share, options.height_share, options.area_share, coverage)


def render_shadow(
    product: ProductLayer, scene: Scene, canvas: tuple[int, int], options: CompositeOptions
) -> ShadowLayer | None:
    """Renders the kind of shadow that the options choose; None for none or without opacity.

    Products that are seen from above get a drop shadow instead of a cast or contact shadow, and
    those without ground below them one instead of a ground shadow.

    product: as placed on the canvas.
    canvas: (height, width).
    """
    if options.shadow == "none" or not options.shadow_opacity:
        return None
    alpha, (x, y) = cv2.extractChannel(product.pixels, 3), (product.x, product.y)
    left, top, width, height = find_product_box(alpha)
    ground_row, bottom = scene.ground_line * canvas[0], y + top + height
    if options.shadow == "cast" and not scene.lying:
        shadow = render_cast_shadow(alpha, (x, y), scene.light, scene.camera_pitch)
    elif options.shadow == "contact" and not scene.lying:
        shadow = render_contact_shadow(alpha, (x, y))
    elif options.shadow == "ground" and not scene.lying and bottom < ground_row:
        shadow = render_spot_shadow(
            (x + left, y + top, width, height), ground_row, scene.light, scene.camera_pitch
        )
    else:
        right, down = compute_drop_offset(scene, canvas)
        shadow = render_drop_shadow(alpha, (x + right, y + down), compute_kernel_size(canvas))
    return replace(shadow, opacity=options.shadow_opacity, color=options.shadow_color)


def crop_covered_background(background: np.ndarray, placement: Placement) -> np.ndarray:
    """Returns the part of uint8 RGB (H, W, 3) behind the product, as a view (h, w, 3)."""
    return crop_to_box(background, clip_box(placement.box, *background.shape[:2]))


def warn_of_enlargement(scale: float) -> tuple[EngineWarning, ...]:
    """Returns a warning when the product was enlarged by more than ENLARGED_FROM, else nothing.

    scale: of the product relative to its photo.
    """
    if scale <= ENLARGED_FROM:
        return ()
    text = f"the product was enlarged {scale:.1f} times; a larger photo would be sharper"
    return (EngineWarning("ENLARGED", text),)
