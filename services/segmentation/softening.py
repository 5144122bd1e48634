"""Creates a cut-out with soft alpha and clean colors from a mask with an exact edge, by tiles."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.imaging.box import Slices
from services.runtime.guards.cancellation import check_active
from services.segmentation.decontamination import blur_side_colors, remove_background_color
from services.segmentation.guided import apply_guided_filter
from services.segmentation.morphology import dilate_mask, erode_mask
from services.segmentation.projection import UNKNOWN_VARIANCE, estimate_side_colors, solve_alpha
from services.segmentation.rim import RIM_REACH, clean_rim
from services.segmentation.scale import resample_part

# Radius of the guided filter, as a share of the longer side. Larger: softer edges.
GUIDED_RADIUS = 0.004
# Variance of the photo (gray values of 0 to 1) below which the guided filter takes it for flat.
# Larger: weaker edges of the photo no longer shape alpha.
GUIDED_EPSILON = 1e-3
# Alpha that the guided filter leaves as a haze; less becomes 0 and more than 1 minus it becomes 1.
# Larger: harder edges.
HAZE = 0.05
# Radius in pixels of the working image for colors where no certain pixel is near, the larger of the
# two radii of blur fusion (Forte 2021).
WIDE_BLUR_RADIUS = 90
# Standard deviation in pixels of the Gaussian that evens the edge's steps out, and the factor that
# hardens it after that. On photos with known alpha it takes away a twentieth of the error, and two
# fifths of the pixels off a smooth outline. Larger: corners and thin parts are lost; harder edges.
SMOOTH_SIGMA, SMOOTH_CONTRAST = 1.0, 1.5
# Rows of the photo that are processed together. Larger: more memory.
STRIP_ROWS = 256
# Columns of the photo that are processed together. Larger: fewer tiles are plain.
TILE_COLUMNS = 512
# Alpha this close to 0 or 1 everywhere in a tile shows no edge. Larger: faint edges are lost.
PLAIN = 1e-3
# Half-width of the band along the edge in which alpha is solved from colors, in pixels of the mask:
# the error of its edge. Larger: softer edges are found, more colors are mixed up.
BAND_REACH = 2.0
# The least half-width of that band, in pixels of the photo.
MIN_BAND_REACH = 3


def soften_cutout(
    photo: np.ndarray,
    work: np.ndarray,
    alpha: np.ndarray,
    solved_weight: float = 1,
    contrast: float = 1,
) -> np.ndarray:
    """Cuts a product out of a photo with a soft edge that has no color of the background.

    Returns the whole photo as uint8 RGBA (H, W, 4) with straight alpha. Works in tiles, so that
    a photo of 64 megapixels takes little more memory than itself and its cut-out.

    photo: uint8 RGB (H, W, 3).
    work: the same photo at a smaller size, uint8 RGB (h, w, 3), in which colors are averaged.
    alpha: float32 (h, w) of any size up to the photo's, 0 to 1, correct except for a pixel or two
        at its edge.
    solved_weight: weight, 0 to 1, of alpha that is solved from colors along the edge. Less than 1
        is for alpha that is aligned with the photo's edges, as far as its size allows.
    contrast: factor by which alpha finally departs from one half, which hardens the edge.

    Raises CallCancelled before the next tile if the caller no longer waits.
    """
    check_active()
    height, width = photo.shape[:2]
    work_alpha = cv2.resize(alpha, work.shape[1::-1], interpolation=cv2.INTER_AREA)
    color_layers = _estimate_color_layers(work.astype(np.float32), work_alpha > 0.5)
    is_aligned = solved_weight < 1 and alpha.shape == (height, width)
    radius = 0 if is_aligned else max(1, round(GUIDED_RADIUS * max(height, width)))
    reach = max(MIN_BAND_REACH, round(BAND_REACH * height / alpha.shape[0]))
    cutout = np.empty((height, width, 4), np.uint8)

    def soften_part(tile: Slices) -> np.ndarray:
        """Cuts out the part of the photo in a tile: uint8 RGBA (h, w, 4)."""
        part = photo[tile]
        soft, product, background, variance = (
            resample_part(layer, tile, (height, width)) for layer in (alpha, *color_layers)
        )
        aligned = _align_with_photo(part, soft, radius) if radius else soft
        solved = _solve_band(part, soft, aligned, (product, background, variance), reach)
        mixed = solved_weight * solved + (1 - solved_weight) * aligned
        hard = _harden(mixed, contrast)
        # Alpha that is matted or drawn, and not mixed of two estimates, has no steps.
        if 0 < solved_weight < 1:
            hard = _harden(cv2.GaussianBlur(hard, (0, 0), SMOOTH_SIGMA), SMOOTH_CONTRAST)
        return clean_rim(part, _clean_colors(part, hard, product, background))

    # A tile's margin is as wide as the filters reach, so that tiles join without a seam.
    for tile, core in _split_into_tiles((height, width), margin=max(2 * radius, reach, RIM_REACH)):
        check_active()
        soft = resample_part(alpha, tile, (height, width))
        if float(soft.min()) >= 1 - PLAIN:
            softened = _add_alpha(photo[tile], np.full(soft.shape, 255, np.uint8))
        elif float(soft.max()) <= PLAIN:
            product = resample_part(color_layers[0], tile, (height, width))
            softened = _add_alpha(_round_colors(product), np.zeros(soft.shape, np.uint8))
        else:
            softened = soften_part(tile)
        cutout[tile][core] = softened[core]
    return cutout


def _estimate_color_layers(
    work: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the mean colors of product and background around each pixel, and their variance.

    The colors are float32 RGB (h, w, 3), 0 to 255; where no certain pixel of a side is near, they
    come from farther away. The variance of both sides together is float32 (h, w).

    work: the photo, float32 RGB (h, w, 3), 0 to 255. mask: the product, bool (h, w).
    """
    product, background, variance = estimate_side_colors(work, mask, round(BAND_REACH))
    unknown = (variance >= UNKNOWN_VARIANCE)[..., np.newaxis]
    wide_product, wide_background = blur_side_colors(
        work, mask.astype(np.float32), WIDE_BLUR_RADIUS
    )
    return (
        np.where(unknown, wide_product, product),
        np.where(unknown, wide_background, background),
        variance,
    )


def _split_into_tiles(size: tuple[int, int], margin: int) -> Iterator[tuple[Slices, Slices]]:
    """Divides an image into tiles of STRIP_ROWS x TILE_COLUMNS pixels, each with a margin.

    Yields for each tile its rows and columns in the image, `margin` more on each side where the
    image has them, and its core: those without the margin, counted from the tile's first ones.

    size: (height, width) of the image.
    """
    for rows, core_rows in _split_range(size[0], STRIP_ROWS, margin):
        for columns, core_columns in _split_range(size[1], TILE_COLUMNS, margin):
            yield (rows, columns), (core_rows, core_columns)


def _split_range(length: int, step: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Divides rows, or columns, into parts of `step`; yields each part as _split_into_tiles does.

    length: how many rows, or columns.
    """
    for start in range(0, length, step):
        end = min(start + step, length)
        first, last = max(start - margin, 0), min(end + margin, length)
        yield slice(first, last), slice(start - first, end - first)


def _solve_band(
    photo: np.ndarray,
    soft: np.ndarray,
    aligned: np.ndarray,
    colors: tuple[np.ndarray, np.ndarray, np.ndarray],
    reach: int,
) -> np.ndarray:
    """Returns alpha, solved from colors along the edge as far as they can be trusted.

    photo: uint8 RGB (h, w, 3).
    soft, aligned: alpha before and after its alignment with the photo, float32 (h, w), 0 to 1, like
        the result.
    colors: mean colors of product and background around each pixel, float32 RGB (h, w, 3), and
        their variance together, float32 (h, w).
    reach: half-width of the band along the edge in which alpha is solved, in pixels.
    """
    mask = soft > 0.5
    band = np.nonzero(dilate_mask(mask, reach) & ~erode_mask(mask, reach))
    product, background, variance = (layer[band] for layer in colors)
    solved, confidence = solve_alpha(photo[band].astype(np.float32), product, background, variance)
    alpha = aligned.copy()
    alpha[band] = confidence * solved + (1 - confidence) * aligned[band]
    return alpha


def _harden(alpha: np.ndarray, contrast: float) -> np.ndarray:
    """Returns alpha, float32 (h, w), 0 to 1, that departs from one half by a factor."""
    return np.clip((alpha - 0.5) * contrast + 0.5, 0, 1)


def _clean_colors(
    photo: np.ndarray, alpha: np.ndarray, product: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Returns a photo with alpha, uint8 RGBA (h, w, 4), without the background's color in its edge.

    photo: uint8 RGB (h, w, 3). alpha: float32 (h, w), 0 to 1.
    product, background: mean colors of both sides around each pixel, float32 RGB (h, w, 3).
    """
    levels = np.rint(alpha * 255).astype(np.uint8)
    # Pixels that are clear have the product's mean color, which shows once they are mixed.
    colors = np.where((levels == 0)[..., np.newaxis], _round_colors(product), photo)
    mixed = np.nonzero((levels > 0) & (levels < 255))
    mixed_colors = photo[mixed].astype(np.float32)
    clean = remove_background_color(mixed_colors, alpha[mixed], product[mixed], background[mixed])
    colors[mixed] = np.rint(clean)
    return _add_alpha(colors, levels)


def _round_colors(colors: np.ndarray) -> np.ndarray:
    """Rounds colors, float32 (h, w, 3), to uint8, 0 to 255."""
    return np.rint(colors).clip(0, 255).astype(np.uint8)


def _add_alpha(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Returns uint8 RGBA (h, w, 4) from uint8 RGB (h, w, 3) and alpha, uint8 (h, w)."""
    return cv2.merge([*cv2.split(colors), alpha])


def _align_with_photo(photo: np.ndarray, alpha: np.ndarray, radius: int) -> np.ndarray:
    """Moves the edge of soft alpha onto the photo's edges; returns float32 (h, w), 0 to 1.

    The guided filter leaves a haze, values just above 0 or below 1, which is removed.

    photo: uint8 RGB (h, w, 3). alpha: float32 (h, w), 0 to 1.
    radius: of the filter's windows, in pixels.
    """
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    aligned = apply_guided_filter(guide, alpha, radius, GUIDED_EPSILON)
    return np.clip((aligned - HAZE) / (1 - 2 * HAZE), 0, 1)
