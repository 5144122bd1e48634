"""Cuts a product out of a plain backdrop: what sharp outlines enclose, less shadows and holes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.backdrop import Backdrop, differences
from services.segmentation.cleaning import clean
from services.segmentation.consensus import overlap
from services.segmentation.grabcut import cut
from services.segmentation.morphology import flood, grow, label, open_up, shrink
from services.segmentation.outlines import trace_outlines

ROUNDS = 2
LEVELS_PER_LAB = (1.2, 2.0, 2.0)
LEAST_SHARE = 0.05
# Sizes are shares of the longer side, LEAST_AREA of its square.
GAP, WIDE_GAP = 0.018, 0.03
HALO = 0.006
SMOOTH = 0.025
LEAST_AREA = 0.002
MOST_MISSED = 0.3
# Quiet pixels in a square of this side, for noise is not quiet everywhere.
BARE = 5
LEAST_BARE = 0.6
# What no shadow does to a backdrop, in Lab units: color it, light it up, swallow most light.
COLORED = 6.0
BRIGHTER = 4.0
DARK = 0.35
TIMES_NOISE = 5.0
# A part in the backdrop's colors is product where an outline runs along most of its rim, and
# where it is not as dark as a shadow, or has a tint.
LEAST_OUTLINED = 0.75
LEAST_RIM = 0.4
SHADED = 12.0
TINTED = 3.0
# From this share on of pixels that differ less than this, in Lab units, outlines say what is
# product: it is transparent, or white on white.
FAINT = 6.0
MUCH = 0.2


@dataclass(frozen=True)
class PlainCut:
    """A product on a plain backdrop.

    mask: bool (h, w).
    lookalike: 0 to 1, how much of it has the backdrop's colors, as clear glass has.
    confidence: 0 to 1, how far two ways to tell it by its colors agree, for as much as has any.
    """

    mask: np.ndarray
    lookalike: float
    confidence: float


@dataclass(frozen=True)
class _Evidence:
    """difference: float32 (h, w, 3), see backdrop.differences; the others are bool (h, w).

    solid: what no shadow can be. bare: where nothing differs from the backdrop.
    outlined: on or beside an outline. enclosed: what outlines enclose; beyond it is nothing.
    """

    difference: np.ndarray
    solid: np.ndarray
    bare: np.ndarray
    outlined: np.ndarray
    enclosed: np.ndarray

    @property
    def color(self) -> np.ndarray:
        return np.hypot(self.difference[..., 1], self.difference[..., 2])

    def share(self, of_side: float) -> int:
        return max(1, round(of_side * max(self.solid.shape)))


def cut_from_plain(
    photo: np.ndarray, backdrop: Backdrop, map_cuts: Callable[..., Iterable] = map
) -> PlainCut:
    """Finds the product in uint8 RGB (h, w, 3); the mask is empty where nothing stands out.

    map_cuts: runs the independent cuts; a thread pool's `map` runs them at once.
    """
    seen = _examine(photo, backdrop)
    inner = shrink(seen.enclosed, seen.share(HALO))
    seeds = _seeds(seen, inner)
    pictures = (_picture(seen.difference), photo)
    colored, peer = map_cuts(lambda picture: cut(picture, seeds, ROUNDS), pictures)
    lookalikes = list(_lookalikes(seen, inner & ~colored, colored))
    mask = colored.copy()
    for part, outlined in lookalikes:
        if outlined >= LEAST_OUTLINED:
            mask |= part
    lookalike = _share_alike(seen, mask)
    if lookalike >= MUCH:
        mask = _round_off(np.logical_or.reduce([mask, *(part for part, _ in lookalikes)]), seen)
    mask = _clean(mask, seen.solid)
    confidence = overlap(mask, clean(peer, LEAST_SHARE)) * (1 - lookalike)
    return PlainCut(mask, lookalike, confidence)


def _examine(photo: np.ndarray, backdrop: Backdrop) -> _Evidence:
    lab = lab_from_srgb(photo)
    surface = backdrop.surface(*lab.shape[:2])
    difference = differences(lab, surface)
    quiet = np.linalg.norm(difference, axis=2) <= backdrop.tolerance
    solid = _is_solid(difference, lab[..., 0] < DARK * surface[..., 0], quiet)
    lines = trace_outlines(difference[..., 0], quiet) | solid
    bare = cv2.blur(quiet.astype(np.float32), (BARE, BARE)) > LEAST_BARE
    return _Evidence(difference, solid, bare, grow(lines, 1), _enclose(lines, bare))


def _enclose(lines: np.ndarray, bare: np.ndarray) -> np.ndarray:
    """What outlines enclose; through a wider gap when too much that is not backdrop was missed."""
    narrow, wide = (
        ~flood(~lines, max(1, round(gap * max(lines.shape)))) for gap in (GAP, WIDE_GAP)
    )
    missed = np.count_nonzero(wide & ~narrow & ~bare)
    return wide if missed > MOST_MISSED * np.count_nonzero(narrow) else narrow


def _is_solid(difference: np.ndarray, dark: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    lighter, color = difference[..., 0], np.hypot(difference[..., 1], difference[..., 2])
    noise = np.median(np.abs(lighter[quiet])) if quiet.any() else 0
    color_noise = np.median(color[quiet]) if quiet.any() else 0
    brighter = max(BRIGHTER, TIMES_NOISE * noise)
    solid = color > max(COLORED, TIMES_NOISE * color_noise)
    solid |= (lighter > brighter) | (dark & (lighter < -brighter))
    return cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0


def _seeds(seen: _Evidence, inner: np.ndarray) -> np.ndarray:
    seeds = np.where(seen.enclosed, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    seeds[seen.enclosed & (~inner | seen.bare)] = cv2.GC_PR_BGD
    seeds[shrink(seen.solid & inner, 1)] = cv2.GC_FGD
    return seeds


def _picture(difference: np.ndarray) -> np.ndarray:
    """Differences from the backdrop as uint8 (h, w, 3), 128 where there is none."""
    return np.clip(np.rint(128 + difference * LEVELS_PER_LAB), 0, 255).astype(np.uint8)


def _lookalikes(
    seen: _Evidence, left: np.ndarray, colored: np.ndarray
) -> Iterator[tuple[np.ndarray, float]]:
    """Parts that colors left out though they may be product, and how much of the rim is outlined.

    Neither holes nor crevices, which have little rim, nor shadows.
    """
    reach = 2 * seen.share(HALO)
    rim = seen.enclosed & grow(~seen.enclosed, 1)
    labels, areas = label(open_up(left, reach))
    for number in np.flatnonzero(areas >= LEAST_AREA * max(left.shape) ** 2):
        part = grow(labels == number, reach + 1) & left
        own_rim, inward = rim & grow(part, reach + 1), colored & grow(part, 1)
        at_rim = own_rim.sum() >= LEAST_RIM * (own_rim.sum() + inward.sum())
        shaded = np.median(seen.difference[..., 0][part]) < -SHADED
        if at_rim and (not shaded or np.median(seen.color[part]) >= TINTED):
            yield part, float(seen.outlined[own_rim].mean())


def _share_alike(seen: _Evidence, mask: np.ndarray) -> float:
    inside = shrink(mask, seen.share(HALO))
    distance = np.linalg.norm(seen.difference[inside], axis=1)
    return float((distance < FAINT).mean()) if inside.any() else 0.0


def _round_off(mask: np.ndarray, seen: _Evidence) -> np.ndarray:
    """Closes the notches and cuts off the spurs that broken faint outlines leave."""
    radius = seen.share(SMOOTH)
    return open_up(shrink(grow(mask, radius), radius), radius) | (mask & seen.solid)


def _clean(mask: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Drops crumbs and closes pin holes, but for those through which the backdrop shows."""
    cleaned = clean(mask, LEAST_SHARE)
    labels, areas = label(cleaned & ~mask)
    blocked = np.bincount(labels[solid], minlength=len(areas)) >= 0.5 * areas
    return cleaned & (mask | blocked[labels])
