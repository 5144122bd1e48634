"""Flattens transparent photos, so that engines can cut out their product.

The colors under clear pixels are hidden: no engine may see them, and no clear pixel may become
product.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box
from services.imaging.mask import find_solid_pixels
from services.imaging.resizing import shrink_to_fit
from services.imaging.soft_shadows import remove_soft_shadow
from services.runtime.errors import ProductNotFound
from services.runtime.guards.cancellation import check_active
from services.segmentation.engine import SegmentationResult

# Alpha from which on a photo's color is what the camera saw; below, it is rounded or hidden.
# Larger: more of a vignette is painted over.
VISIBLE_ALPHA = 32
# Longer side in pixels at which surroundings are continued into clear areas. They are smooth there.
FILL_SIDE = 512
# Weight from which on a pixel's own color is known: rounding allowed for.
ALL_KNOWN = 0.99
# Grays that a cut-out is put in front of; the one that is farthest from its colors is taken.
BACKDROPS = (255, 128, 0)


@dataclass(frozen=True)
class FlatPhoto:
    """A photo without transparency.

    pixels: uint8 RGB (H, W, 3).
    frame: x, y, width and height of what the camera saw, in pixels; its sides cut products off.
    clear: bool (H, W), where the photo shows nothing; None if nowhere.
    """

    pixels: np.ndarray
    frame: Box
    clear: np.ndarray | None = None


def flatten_photo(photo: np.ndarray, is_cut_out: bool) -> FlatPhoto:
    """Makes a photo opaque.

    Clear areas continue the colors next to them, as a backdrop would go on beyond rounded corners.
    A finished cut-out, which has no backdrop, is put in front of an even gray unlike its outline.

    photo: uint8 RGB or RGBA (H, W, C). is_cut_out: whether it is a finished cut-out.

    Raises ProductNotFound if the photo is fully transparent.
    """
    colors = np.ascontiguousarray(photo[..., :3])
    whole = (0, 0, photo.shape[1], photo.shape[0])
    if photo.shape[2] == 3 or int(photo[..., 3].min()) >= VISIBLE_ALPHA:
        return FlatPhoto(colors, whole)
    # The shadow of a window or a product is no part of what the camera saw.
    alpha = cv2.extractChannel(remove_soft_shadow(photo), 3)
    check_active()
    if not alpha.any():
        raise ProductNotFound("the photo is fully transparent; send one that shows the product")
    clear = alpha < VISIBLE_ALPHA
    if is_cut_out or clear.all():
        return FlatPhoto(_put_before_gray(colors, alpha), whole, clear)
    check_active()
    filled = np.where(clear[..., None], _continue_colors(colors, ~clear), colors)
    return FlatPhoto(filled, find_bounding_box(~clear), clear)


def keep_clear(result: SegmentationResult, photo: FlatPhoto) -> SegmentationResult:
    """Returns a result without the pixels where its photo shows nothing.

    result: of an engine that saw the flat photo. Its bounds stay as they are.
    """
    if photo.clear is None:
        return result
    clear = crop_to_box(photo.clear, result.bounds)
    if not clear.any():
        return result
    height, width = result.cutout.shape[:2]
    check_active()
    shown = cv2.resize(
        np.where(clear, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_AREA
    )
    cutout = result.cutout.copy()
    cutout[..., 3] = cv2.min(cutout[..., 3], shown)
    return replace(result, cutout=cutout)


def _put_before_gray(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Puts a cut-out in front of the gray that is least like it: uint8 RGB (H, W, 3).

    colors: uint8 RGB (H, W, 3). alpha: uint8 (H, W).
    """
    solid = find_solid_pixels(alpha)
    outline = solid & (cv2.erode(solid.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0)
    seen = colors[outline] if outline.any() else colors[alpha == alpha.max()]
    # The outline's tenth that is nearest to a gray decides, as it would vanish first.
    nearest = [
        np.percentile(np.abs(seen.astype(np.int16) - gray).max(axis=1), 10) for gray in BACKDROPS
    ]
    gray = BACKDROPS[int(np.argmax(nearest))]
    check_active()
    opacity = alpha[..., None].astype(np.float32) / 255
    return np.rint(colors * opacity + gray * (1 - opacity)).astype(np.uint8)


def _continue_colors(colors: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Continues the colors of shown pixels, smoothly, over the whole picture: uint8 RGB (H, W, 3).

    By pull and push (S. J. Gortler et al.: "The Lumigraph", SIGGRAPH 1996): smaller and smaller
    copies average what is shown, and fill the gaps of the next larger one.

    colors: uint8 RGB (H, W, 3). shown: bool (H, W), somewhere true.
    """
    weight = shrink_to_fit(shown.astype(np.float32), FILL_SIDE)
    weighted = shrink_to_fit(colors * shown[..., None].astype(np.float32), FILL_SIDE)
    filled = _fill_gaps(weighted, weight)
    enlarged = cv2.resize(filled, shown.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.rint(np.clip(enlarged, 0, 255)).astype(np.uint8)


def _fill_gaps(weighted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Returns the mean color near each pixel, from as near as any is known: float32 (h, w, 3).

    weighted: colors times weight, float32 (h, w, 3). weight: float32 (h, w), 0 to 1.
    """
    height, width = weight.shape
    known = np.minimum(weight, 1)[..., None]
    own = weighted / np.maximum(weight, 1e-6)[..., None]
    if weight.size == 1 or weight.min() > ALL_KNOWN:
        return own
    half = (width + 1) // 2, (height + 1) // 2
    coarse = _fill_gaps(
        cv2.resize(weighted, half, interpolation=cv2.INTER_AREA),
        cv2.resize(weight, half, interpolation=cv2.INTER_AREA),
    )
    around = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return own * known + around * (1 - known)
