"""Keeps the alpha of photos that are already cut out, without what is not product."""

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.mask import FAINT_ALPHA, find_solid_pixels
from services.imaging.product import find_product_box, is_speck
from services.imaging.soft_shadows import remove_soft_shadow
from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.errors import EngineNotReady, ProductNotFound
from services.runtime.guards.cancellation import check_active
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.finished_cutout import is_rectangle
from services.segmentation.scale import shrink_cutout

# Alpha up to which haze is cleared, if nothing says that it is stronger, and at most: a twentieth,
# which is hardly seen, and a quarter. Larger: veils and smoke lose their thin ends.
HAZE_ALPHA, MAX_HAZE_ALPHA = 12, 64
# Width of the strip along the photo's sides that shows how strong the haze is, as a share of the
# longer side. Larger: more of a product that runs out of the photo is taken for haze.
HAZE_STRIP = 0.02
# Distance from the product, as a share of the longer side, up to which even the faintest pixels
# stay, as the ends of its soft edge.
SOFT_EDGE_SHARE = 0.01
# Confidence in the alpha of a photo, if what it leaves is a rectangle, which may be a whole
# picture, as nothing else says which it is, and if a shadow was found, as some of it may remain
# along the product's edge. Larger: fewer of them are looked at.
RECTANGLE_CONFIDENCE, SHADOW_CONFIDENCE = 0.5, 0.95

RECTANGLE_WARNING = EngineWarning(
    "LOW_CONFIDENCE",
    "what the photo's transparency leaves is a rectangle, which may be a whole picture; "
    "name an engine, or send a box, to cut the product out of it",
)
SHADOW_REMOVED = EngineWarning(
    "SHADOW_REMOVED",
    "the photo had a soft shadow, which was removed; send PHOTO_SHADOW_KEEP to keep it",
)
SHADOW_KEPT = EngineWarning(
    "SHADOW_KEPT",
    "the cut-out includes the soft shadow of its photo, which does not count for size and place",
)


class AlphaSegmentation:
    """Keeps the photo's own alpha; runs for finished cut-outs, and for requests that name it."""

    name = "alpha"
    version = "2"
    traits = EngineTraits(by_name_only=True)

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Crops a photo that is already cut out to its product, and clears haze and specks.

        A soft shadow is removed, or with photo_shadow "keep" stays in the cut-out. Other soft
        areas, such as hair and glass, stay as they are.

        photo: uint8 RGBA (H, W, 4).
        prompt: only its max_side and photo_shadow are used; max_side is the longest side of the
            cut-out in pixels, to which a larger one is scaled down.

        Raises ProductNotFound if the photo is fully transparent, and EngineNotReady if it is
        opaque.
        """
        if photo.shape[2] == 3 or photo[..., 3].min() == photo[..., 3].max() > 0:
            text = "engine alpha needs a transparent photo, and this one is opaque"
            raise EngineNotReady(f"{text}; name another engine")
        if not photo[..., 3].any():
            raise ProductNotFound("the photo is fully transparent; send one that shows the product")
        clean = clear_haze(photo)
        check_active()
        product = remove_soft_shadow(clean)
        check_active()
        confidence, warnings = 1.0, []
        if is_rectangle(np.ascontiguousarray(product[..., 3])):
            confidence = RECTANGLE_CONFIDENCE
            warnings.append(RECTANGLE_WARNING)
        if product is not clean:
            confidence = min(confidence, SHADOW_CONFIDENCE)
            warnings.append(SHADOW_KEPT if prompt.keeps_photo_shadow else SHADOW_REMOVED)
        check_active()
        kept = clean if prompt.keeps_photo_shadow else product
        bounds = find_bounding_box(kept[..., 3])
        return SegmentationResult(
            shrink_cutout(crop_to_box(kept, bounds), prompt.max_side),
            bounds,
            confidence,
            tuple(warnings),
            product_box=find_product_box(product[..., 3]),
        )


def clear_haze(photo: np.ndarray) -> np.ndarray:
    """Clears what is not seen and is no part of the product: haze, specks and faint frames.

    photo: uint8 RGBA (H, W, 4), like the result. Returns equal pixels where nothing is cleared.
    """
    alpha = np.ascontiguousarray(photo[..., 3])
    solid = find_solid_pixels(alpha)
    haze = min(_measure_haze(alpha), int(alpha.max()) - 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > haze).astype(np.uint8))
    check_active()
    areas = stats[:, cv2.CC_STAT_AREA]
    count, highest = len(areas), int(alpha.max())
    is_faint = ~_find_marked(labels, alpha >= min(FAINT_ALPHA, highest), count)
    is_frame = ~_find_marked(labels, solid | (alpha == highest), count)
    is_frame &= _surrounds(stats, alpha.shape)
    kept = ~(is_faint | is_frame | is_speck(areas, int(np.count_nonzero(solid))))
    kept[0] = False
    if not kept.any():
        return photo
    check_active()
    reach = max(2, round(SOFT_EDGE_SHARE * max(alpha.shape)))
    near = cv2.dilate(kept[labels].astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    check_active()
    # A part that goes is near a part that stays only by chance.
    goes = (labels > 0) & ~kept[labels]
    clean = photo.copy()
    clean[..., 3] = np.where((near > 0) & ~goes, alpha, 0)
    return clean


def _measure_haze(alpha: np.ndarray) -> int:
    """Returns the alpha up to which clear area is hazy, as the strips along the photo's sides show.

    alpha: uint8 (H, W).
    """
    width = max(1, round(HAZE_STRIP * max(alpha.shape)))
    sides = (alpha[:width], alpha[-width:], alpha[:, :width], alpha[:, -width:])
    strip = np.concatenate([side.ravel() for side in sides])
    faint = strip[strip <= MAX_HAZE_ALPHA]
    # A little more than the typical level, as haze is uneven.
    typical = float(np.median(faint)) if faint.size else 0.0
    return int(min(max(HAZE_ALPHA, 1.5 * typical), MAX_HAZE_ALPHA))


def _find_marked(labels: np.ndarray, marks: np.ndarray, count: int) -> np.ndarray:
    """Returns which numbered parts have a marked pixel: bool (count,).

    labels: int32 (H, W), 0 to count - 1. marks: bool (H, W).
    """
    found = np.zeros(count, bool)
    found[labels[marks]] = True
    return found


def _surrounds(stats: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Whether each part, of OpenCV's stats (n, 5), reaches all four sides of an image: bool (n,).

    A frame of a few pixels does, even some pixels from the sides. shape: of the image, (H, W).
    """
    across, down = (stats[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    thickness = stats[:, cv2.CC_STAT_AREA] / (2.0 * (across + down))
    spans = (across >= 0.9 * shape[1]) & (down >= 0.9 * shape[0])
    return spans & (thickness <= max(2.0, 0.01 * max(shape)))
