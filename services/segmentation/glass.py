"""Finds transparent products before plain backdrops, and lets the background shine through them."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import crop_to_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import find_solid_pixels
from services.runtime.engines import EngineWarning
from services.runtime.guards.cancellation import check_active
from services.segmentation.clear_body import ClearBody, find_clear_body
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.glass_evidence import (
    LOOKALIKE_SHARE,
    MIN_CLEAR_SHARE,
    TINTED,
    GlassEvidence,
    find_body_color,
    find_glass_color,
    looks_like_glass,
    measure_glass,
)
from services.segmentation.glass_opacity import estimate_opacity
from services.segmentation.glass_outline import complete_glass
from services.segmentation.glass_walls import find_walls
from services.segmentation.photo_background import PhotoBackground, fit_photo_background
from services.segmentation.product_words import GlassHint, read_glass_hint
from services.segmentation.scale import shrink_to_side
from services.segmentation.transmission import render_backdrop, separate_transmission
from services.segmentation.vessel import add_body, doubt_body, doubt_outline

# Longer side in pixels of the product when it is looked at. Larger: finer lines count.
LOOK_SIDE = 320
# Opacity up to which a part counts as transparent: it shows more background than product.
MAX_OPACITY = 0.5
# Share of the product that must be transparent. Larger: gems and lenses stay opaque.
MIN_SHARE = 0.08
# Growth of the bounds from which on the engine had found a part of the glass only, such as its lid,
# and share of the rim of all of it that must be lines. Larger: the faintest walls are lost.
MIN_GROWTH, MIN_FAINT_LINES = 1.25, 0.04
# The same if what it had found is of glass already. Smaller: lines in the ground are added.
MIN_ADDED = 1.05

LOOKALIKE = "much of the product looks like the background, as glass and lost parts do"
COMPLETED = "the glass was completed along faint lines"
KEPT_OPAQUE = EngineWarning(
    "KEPT_OPAQUE",
    "the product is said to be transparent, but could not be separated from the photo's "
    "background, so it stays opaque; photograph it before a plain, light backdrop",
)
MAYBE_TRANSPARENT = EngineWarning(
    "MAYBE_TRANSPARENT",
    "the product looks like glass, but stays opaque as long as its name does not say so; send "
    'product, such as "glass shaker", or set opaque if it is not of glass',
)


@dataclass(frozen=True)
class _Look:
    """A cut-out before the modeled backdrop, in at most LOOK_SIDE pixels.

    lab, behind: colors of the photo and of the backdrop, float32 CIE Lab (h, w, 3).
    mask: of the product, bool (h, w).
    crop: of the photo, uint8 RGB (H, W, 3). backdrop: float32 RGB of any size, stretched over it.
    """

    lab: np.ndarray
    behind: np.ndarray
    mask: np.ndarray
    crop: np.ndarray
    backdrop: np.ndarray

    def measure(self, where: np.ndarray) -> GlassEvidence:
        """Measures what speaks for and against a part, bool (h, w), being of glass."""
        return measure_glass(self.lab, self.behind, where)


def show_background_through(
    photo: np.ndarray, result: SegmentationResult, prompt: SegmentationPrompt
) -> SegmentationResult:
    """Returns a result whose cut-out is transparent where the photo's backdrop shines through.

    Opaque products, and those before a backdrop that is not plain, stay as they are. Where an
    engine found the opaque part of a vessel only, such as its lid, the clear body is added; if that
    is uncertain, the confidence becomes low. Warnings name the share that is transparent, a body
    that may be missing, and that a product stays opaque although it is said to be of glass.

    photo: uint8 RGB (H, W, 3). result: of an engine. prompt: names the product, if the caller did,
        and may rule transparency out.
    """
    if result.is_certain:
        return result
    hint = GlassHint.NONE if prompt.opaque else read_glass_hint(prompt.product)
    background = fit_photo_background(photo)
    if not background.is_plain:
        return _keep_opaque(result, hint)
    look = _look_at_cutout(photo, result, background)
    evidence = look.measure(look.mask)
    separated = None if prompt.opaque else _separate_cutout(result, look, evidence, hint)
    # Who drew a mask or marked places wants nothing else.
    is_open = prompt.mask is None and not prompt.points
    body = _find_body(photo, result, evidence, separated is not None) if is_open else None
    vessel = body and _complete_vessel(photo, result, body, prompt, background)
    if vessel:
        return vessel
    if separated or hint is GlassHint.GLASS:
        separated = _separate_complete(photo, result, hint, background, separated)
    kept = separated or (result if prompt.opaque else _keep_opaque(result, hint, evidence))
    if body:
        return doubt_body(kept, body)
    is_known = separated is not None or prompt.opaque or not is_open
    is_doubtful = not is_known and evidence.clear_share >= LOOKALIKE_SHARE
    return doubt_outline(kept, LOOKALIKE, kept.bounds) if is_doubtful else kept


def _find_body(
    photo: np.ndarray, result: SegmentationResult, evidence: GlassEvidence, is_glass: bool
) -> ClearBody | None:
    """Returns the body that may be missing in a cut-out, or None.

    photo: uint8 RGB (H, W, 3). result: of an engine. evidence: what the cut-out looks like.
    is_glass: whether it is of glass, so that no part of it is a lid.
    """
    body = find_walls(photo, result)
    if body and (body.is_certain or evidence.clear_share >= LOOKALIKE_SHARE):
        return body
    return None if is_glass else find_clear_body(photo, result)


def _keep_opaque(
    result: SegmentationResult, hint: GlassHint, evidence: GlassEvidence | None = None
) -> SegmentationResult:
    """Returns the result with a warning if its product is said to be of glass, or looks like it.

    evidence: of the product; None without a plain background.
    """
    is_likely = evidence is not None and looks_like_glass(evidence)
    likely = (MAYBE_TRANSPARENT,) if is_likely else ()
    warnings = (KEPT_OPAQUE,) if hint is GlassHint.GLASS else likely
    return replace(result, warnings=(*result.warnings, *warnings))


def _separate_complete(
    photo: np.ndarray,
    result: SegmentationResult,
    hint: GlassHint,
    background: PhotoBackground,
    separated: SegmentationResult | None,
) -> SegmentationResult | None:
    """Returns a product of glass with all that its lines enclose; None if it is not of glass.

    photo: uint8 RGB (H, W, 3). result: of an engine. hint: what the product's name says.
    background: of the photo. separated: the result with a transparent cut-out; None if what it
    shows is no glass.
    """
    complete = complete_glass(photo, result, is_certain=hint is GlassHint.GLASS)
    growth = math.prod(complete.bounds[2:]) / math.prod(result.bounds[2:])
    # An engine that reached all sides of a glass has the finer outline, with gaps between products.
    if growth < (MIN_GROWTH if separated is None else MIN_ADDED):
        return separated
    look = _look_at_cutout(photo, complete, background)
    evidence = look.measure(look.mask)
    whole = _separate_cutout(complete, look, evidence, hint, MIN_FAINT_LINES)
    if whole and growth >= MIN_GROWTH:
        return doubt_outline(whole, COMPLETED, whole.bounds)
    return whole or separated


def _separate_cutout(
    result: SegmentationResult,
    look: _Look,
    evidence: GlassEvidence,
    hint: GlassHint,
    least_lines: float = TINTED.line_share,
) -> SegmentationResult | None:
    """Returns the result with a transparent cut-out; None if what it shows is no glass.

    look: at the result. evidence, hint, least_lines: as find_glass_color takes them.
    """
    glass = find_glass_color(evidence, hint, least_lines)
    if glass is None:
        return None
    is_uneven = evidence.even_share < TINTED.even_share
    opacity = estimate_opacity(look.lab, look.behind, look.mask, glass, is_uneven)
    return _separate_opacity(result, look, opacity)


def _complete_vessel(
    photo: np.ndarray,
    result: SegmentationResult,
    body: ClearBody,
    prompt: SegmentationPrompt,
    background: PhotoBackground,
) -> SegmentationResult | None:
    """Returns a result with a clear body below the part; None if it is uncertain or not of glass.

    The part itself stays opaque, unless much of it is clear too.

    photo: uint8 RGB (H, W, 3). result: of an engine, the part. background: of the photo.
    """
    if not body.is_certain:
        return None
    vessel, part = add_body(photo, result, body)
    look = _look_at_cutout(photo, vessel, background)
    is_part = find_solid_pixels(_shrink_alpha(part, look.mask.shape))
    below = look.mask & ~is_part
    glass = find_body_color(look.measure(below), read_glass_hint(prompt.product))
    if glass is None:
        return None
    if prompt.opaque:
        return vessel
    opacity = estimate_opacity(look.lab, look.behind, look.mask, glass)
    if look.measure(is_part).clear_share < MIN_CLEAR_SHARE:
        below_only = np.where(is_part, 0, opacity)
        height, width = part.shape
        stretched = cv2.resize(below_only, (width, height), interpolation=cv2.INTER_LINEAR)
        opacity = np.maximum(stretched, part.astype(np.float32) / 255)
    return _separate_opacity(vessel, look, opacity)


def _separate_opacity(
    result: SegmentationResult, look: _Look, opacity: np.ndarray
) -> SegmentationResult | None:
    """Returns the result with a transparent cut-out; None if hardly any of it is transparent.

    opacity: of the product, float32 of any size, stretched over it, 0 to 1.
    """
    height, width = look.mask.shape
    small = cv2.resize(opacity, (width, height), interpolation=cv2.INTER_AREA)
    share = float((small[look.mask] <= MAX_OPACITY).mean())
    if share < MIN_SHARE:
        return None
    check_active()
    size = result.cutout.shape[1::-1]
    shown = cv2.resize(look.crop, size, interpolation=cv2.INTER_AREA)
    cutout = separate_transmission(result.cutout, shown, look.backdrop, opacity)
    warnings = (*result.warnings, _create_warning(share))
    return replace(result, cutout=cutout, warnings=warnings, transparent_share=share)


def _look_at_cutout(
    photo: np.ndarray, result: SegmentationResult, background: PhotoBackground
) -> _Look:
    """Returns the small images by which a cut-out of a photo, uint8 RGB (H, W, 3), is judged."""
    backdrop = render_backdrop(background, photo.shape, result.bounds)
    crop = crop_to_box(photo, result.bounds)
    small = shrink_to_side(crop, LOOK_SIDE)
    mask = find_solid_pixels(_shrink_alpha(cv2.extractChannel(result.cutout, 3), small.shape))
    behind = cv2.resize(backdrop, small.shape[1::-1]) / 255
    return _Look(
        lab_from_srgb(small), cv2.cvtColor(behind, cv2.COLOR_RGB2Lab), mask, crop, backdrop
    )


def _shrink_alpha(alpha: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Shrinks alpha, uint8 (H, W), to a shape that begins with height and width."""
    return cv2.resize(alpha, shape[1::-1], interpolation=cv2.INTER_AREA)


def _create_warning(share: float) -> EngineWarning:
    """Returns the warning that a share of the product, 0 to 1, is transparent."""
    return EngineWarning(
        "TRANSPARENT",
        f"the background shines through {share:.0%} of the product, whose pixels are not locked "
        "there; set opaque to keep the photo's own pixels",
    )
