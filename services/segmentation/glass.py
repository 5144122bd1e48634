"""Finds transparent products before plain backdrops, and lets the background shine through them.

Glass shows the backdrop's own colors, evenly attenuated, between dark lines where it refracts.
Opaque products of the backdrop's color are shaded instead: they darken gradually, without lines.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import crop_to_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import find_solid_pixels
from services.runtime.engines import EngineWarning
from services.runtime.guards.cancellation import check_active
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.glass_outline import complete_glass
from services.segmentation.morphology import erode_mask
from services.segmentation.photo_background import (
    PhotoBackground,
    fit_photo_background,
    measure_lab_difference,
)
from services.segmentation.product_words import GlassHint, read_glass_hint
from services.segmentation.scale import shrink_to_side
from services.segmentation.transmission import (
    LEAST_OPACITY,
    render_backdrop,
    separate_transmission,
)

# Longer side in pixels of the product when it is looked at. Larger: finer lines count.
LOOK_SIDE = 320
# Width of the product's rim, and of the widest line in it, as shares of the longer side. Larger:
# shading at the edges of opaque products counts as lines.
RIM_SHARE, LINE_SHARE = 0.02, 0.02
# Lab units by which a line is darker than both its sides. Smaller: texture counts as lines.
LINE_DEPTH = 6.0
# Lab units around the typical attenuation that are even. Larger: shading counts as even.
EVEN_REACH = 6.0
# Change of lightness and of color, in Lab units, up to which a part is glass, and from which on it
# is opaque, besides the usual attenuation. Larger: lids and contents shine through; smaller: thick
# bottoms become opaque.
DARKENING_RAMP, COLOR_RAMP = (28.0, 52.0), (7.0, 14.0)
# Half width of the narrowest opaque part, as a share of the longer side. Larger: small parts shine
# through; smaller: refraction at the rim and highlights become opaque.
OPAQUE_RADIUS = 0.02
# Pixels across up to which a clear place in an opaque part is a glint. Larger: walls close.
GLINT = np.ones((5, 5), np.uint8)
# Opacity up to which a part counts as transparent: it shows more background than product.
MAX_OPACITY = 0.5
# Share of the product that must be transparent. Larger: gems and lenses stay opaque.
MIN_SHARE = 0.08


@dataclass(frozen=True)
class GlassEvidence:
    """How a product compares with the backdrop that is modeled behind it, in CIE Lab.

    typical: median difference from the backdrop, float32 (3,), zeros for the clearest glass.
    even_share: share of the product within EVEN_REACH of that, 0 to 1.
    unevenness: median distance from it.
    clear_share: share of the product within EVEN_REACH of the backdrop, 0 to 1.
    line_share: share of the rim that lies on a dark line, 0 to 1.
    """

    typical: np.ndarray
    even_share: float = 0.0
    unevenness: float = math.inf
    clear_share: float = 0.0
    line_share: float = 0.0


@dataclass(frozen=True)
class GlassLimits:
    """How even and lined glass is: most of some evidence, least of other.

    darkening, color: most change of lightness, and of a and b together, that is typical.
    """

    darkening: float
    color: float
    even_share: float
    unevenness: float
    line_share: float

    def admit(self, evidence: GlassEvidence) -> bool:
        """Whether evidence is within the limits."""
        return (
            abs(evidence.typical[0]) <= self.darkening
            and float(np.hypot(*evidence.typical[1:])) <= self.color
            and evidence.even_share >= self.even_share
            and evidence.unevenness <= self.unevenness
            and evidence.line_share >= self.line_share
        )


# Rendered china of the backdrop's color has an unevenness from 4 on, and lines on up to 8 % of its
# rim; rendered glass has at most 2, and 20 % or more. Without words only colorless glass counts.
COLORLESS = GlassLimits(6, 4, 0.65, 2.4, 0.15)
TINTED = GlassLimits(40, 40, 0.5, 3.0, 0.12)
# Share of a product of glass, by its name, that must be clear where it is not even, as with a lid
# or contents. Larger: full jars stay opaque.
MIN_CLEAR_SHARE = 0.12
# Growth of the bounds from which on the engine had found a part of the glass only, such as its lid,
# and share of the rim of all of it that must be lines. Larger: the faintest walls are lost.
MIN_GROWTH, MIN_FAINT_LINES = 1.25, 0.04

KEPT_OPAQUE = EngineWarning(
    "KEPT_OPAQUE",
    "the product is said to be transparent, but could not be separated from the photo's "
    "background, so it stays opaque; photograph it before a plain, light backdrop",
)


def show_background_through(
    photo: np.ndarray, result: SegmentationResult, prompt: SegmentationPrompt
) -> SegmentationResult:
    """Returns a result whose cut-out is transparent where the photo's backdrop shines through.

    Opaque products, and those before a backdrop that is not plain, stay as they are. A warning
    names the share that is transparent, or that a product stays opaque although it is said to be
    of glass.

    photo: uint8 RGB (H, W, 3). result: of an engine. prompt: names the product, if the caller did,
        and may rule transparency out.
    """
    if prompt.opaque or result.is_certain:
        return result
    hint = read_glass_hint(prompt.product)
    separated = _separate_product(photo, result, hint)
    if separated is None:
        warnings = (KEPT_OPAQUE,) if hint is GlassHint.GLASS else ()
        return replace(result, warnings=(*result.warnings, *warnings))
    return separated


def measure_glass(lab: np.ndarray, backdrop: np.ndarray, mask: np.ndarray) -> GlassEvidence:
    """Measures what speaks for and against a product being transparent.

    lab, backdrop: the photo's colors and those of the modeled backdrop, float32 CIE Lab (h, w, 3).
    mask: of the product, bool (h, w).
    """
    side = max(mask.shape)
    inside = _erode_all_around(mask, max(2, round(RIM_SHARE * side)))
    if not inside.any():
        return GlassEvidence(np.zeros(3, np.float32))
    difference = measure_lab_difference(lab, backdrop)
    typical = np.median(difference[inside], axis=0)
    distance = np.linalg.norm(difference - typical, axis=2)[inside]
    width = 2 * max(1, round(LINE_SHARE * side)) + 1
    lightness = np.ascontiguousarray(lab[..., 0])
    depth = cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, np.ones((width, width), np.uint8))
    rim = mask & ~inside
    return GlassEvidence(
        typical=typical,
        even_share=float((distance < EVEN_REACH).mean()),
        unevenness=float(np.median(distance)),
        clear_share=float((np.linalg.norm(difference[inside], axis=1) < EVEN_REACH).mean()),
        line_share=float((depth[rim] > LINE_DEPTH).mean()) if rim.any() else 0.0,
    )


def find_glass_color(
    evidence: GlassEvidence, hint: GlassHint, least_lines: float = TINTED.line_share
) -> np.ndarray | None:
    """Returns how glass changes the backdrop's color, float32 (3,); None if it is not glass.

    Lightness, a and b of CIE Lab, zeros for clear glass. hint: what the product's name says.
    least_lines: share of the rim that must be lines if it says glass, 0 to 1.
    """
    limits = COLORLESS if hint is GlassHint.NONE else TINTED
    if limits.admit(evidence):
        return evidence.typical
    is_clear = evidence.clear_share >= MIN_CLEAR_SHARE and evidence.line_share >= least_lines
    return np.zeros(3, np.float32) if hint is GlassHint.GLASS and is_clear else None


def estimate_opacity(
    lab: np.ndarray, backdrop: np.ndarray, mask: np.ndarray, glass: np.ndarray
) -> np.ndarray:
    """Returns how opaque each part of a transparent product is: float32 (h, w), 0 to 1.

    Lids and contents are opaque, glass is as clear as LEAST_OPACITY. What is narrow, as refraction
    and highlights are, counts as glass.

    lab, backdrop, mask: as measure_glass takes them. glass: as find_glass_color returns it.
    """
    difference = measure_lab_difference(lab, backdrop)
    change = np.minimum(np.abs(difference), np.abs(difference - glass))
    color = np.hypot(change[..., 1], change[..., 2])
    by_lightness = np.interp(change[..., 0], DARKENING_RAMP, (0, 1))
    by_color = np.interp(color, COLOR_RAMP, (0, 1))
    opacity = np.where(mask, np.maximum(by_lightness, by_color), 0).astype(np.float32)
    radius = max(2, round(OPAQUE_RADIUS * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # Glints on metal and gaps between grains are no openings.
    closed = cv2.morphologyEx(opacity, cv2.MORPH_CLOSE, GLINT)
    solid = np.where(mask, closed, 0).astype(np.float32)
    wide = cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc)
    # Opening rounds corners off, which the next pixels of the same part restore.
    near = np.ones((3, 3), np.uint8)
    restored = np.maximum(wide, np.minimum(cv2.dilate(wide, near), solid))
    # Pixels at the edge of a part contain some of the backdrop, which must not become opaque.
    inner = cv2.erode(restored, near, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.maximum(inner, LEAST_OPACITY)


def _separate_product(
    photo: np.ndarray, result: SegmentationResult, hint: GlassHint
) -> SegmentationResult | None:
    """Returns the result with a transparent cut-out; None if it is opaque or cannot be separated.

    All of the glass is in it, even if the engine found only some of it.

    photo: uint8 RGB (H, W, 3). hint: what the product's name says.
    """
    background = fit_photo_background(photo)
    if not background.is_plain:
        return None
    separated = _separate_cutout(photo, result, hint, background, TINTED.line_share)
    if separated is None and hint is not GlassHint.GLASS:
        return None
    complete = complete_glass(photo, result, is_certain=hint is GlassHint.GLASS)
    growth = math.prod(complete.bounds[2:]) / math.prod(result.bounds[2:])
    if separated is None and growth < MIN_GROWTH:
        return None
    return _separate_cutout(photo, complete, hint, background, MIN_FAINT_LINES) or separated


def _separate_cutout(
    photo: np.ndarray,
    result: SegmentationResult,
    hint: GlassHint,
    background: PhotoBackground,
    least_lines: float,
) -> SegmentationResult | None:
    """Returns the result with a transparent cut-out; None if what it shows is no glass.

    photo: uint8 RGB (H, W, 3). hint: what the product's name says. background: of the photo.
    least_lines: as find_glass_color takes it.
    """
    backdrop = render_backdrop(background, photo.shape, result.bounds)
    height, width = result.cutout.shape[:2]
    crop = crop_to_box(photo, result.bounds)
    small = shrink_to_side(crop, LOOK_SIDE)
    size = small.shape[1::-1]
    alpha = cv2.extractChannel(result.cutout, 3)
    mask = find_solid_pixels(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    behind = cv2.cvtColor(cv2.resize(backdrop, size) / 255, cv2.COLOR_RGB2Lab)
    lab = lab_from_srgb(small)
    glass = find_glass_color(measure_glass(lab, behind, mask), hint, least_lines)
    if glass is None:
        return None
    opacity = estimate_opacity(lab, behind, mask, glass)
    share = float((opacity[mask] <= MAX_OPACITY).mean())
    if share < MIN_SHARE:
        return None
    check_active()
    shown = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    cutout = separate_transmission(result.cutout, shown, backdrop, opacity)
    warnings = (*result.warnings, _create_warning(share))
    return replace(result, cutout=cutout, warnings=warnings, transparent_share=share)


def _create_warning(share: float) -> EngineWarning:
    """Returns the warning that a share of the product, 0 to 1, is transparent."""
    return EngineWarning(
        "TRANSPARENT",
        f"the background shines through {share:.0%} of the product, whose pixels are not locked "
        "there; set opaque to keep the photo's own pixels",
    )


def _erode_all_around(mask: np.ndarray, radius: int) -> np.ndarray:
    """Erodes a bool mask (h, w) by `radius` pixels, from the image's edges too."""
    return erode_mask(np.pad(mask, 1), radius)[1:-1, 1:-1]
