"""Faults of finished ads: pixels that are changed, and what is known changed with them."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from benchmarks.ad_recipes import MadeAd
from cyclorama.v1 import finishing_pb2
from services.compositing.layers import ProductLayer, paint_layers

Fault = Callable[[MadeAd, float], MadeAd]

# A layer of nothing, to paint the others alone.
NOTHING = ProductLayer(np.zeros((1, 1, 4), np.uint8), 0, 0)

# Beads along the product's width, and how wide each is as a share of their distance.
BEADS, BEAD_WIDTH = 14, 0.22
# Height of the beads, and of the zone where light is spread into a product's place, as a share of
# the picture's height.
BEAD_HEIGHT, SPREAD = 0.01, 0.02
# Width of a rim as a share of the picture's height: about 2 pixels of 512.
RIM = 0.004
# How far the colors of the product reach around it, as a share of the picture's height, and the
# weight of its mean color, which counts beyond.
REACH, FAR_WEIGHT = 0.04, 1e-3


def lift_product(made: MadeAd, rows: float) -> MadeAd:
    """Lifts the product off its shadow; rows: of a picture of 1000 rows."""
    height = len(made.picture.ad)
    lift = max(1, round(rows * height / 1000))
    product, shadow = made.composited.product, made.composited.shadow
    lifted = ProductLayer(product.pixels, product.x, product.y - lift)
    bare = paint_layers(made.background, shadow, NOTHING)
    known = finishing_pb2.Circumstances()
    known.CopyFrom(made.picture.circumstances)
    known.placement.box.y -= lift
    mask = np.roll(made.picture.mask, -lift, axis=0)
    picture = replace(
        made.picture,
        ad=paint_layers(_round_levels(bare * measure_ground_light(made)), None, lifted),
        mask=mask,
        composite=paint_layers(made.background, shadow, lifted),
        circumstances=known,
    )
    return replace(made, picture=picture, composited=replace(made.composited, product=lifted))


def fade_shadow(made: MadeAd, share: float) -> MadeAd:
    """Takes a share of shadow and reflection away from the ground."""
    ad, composite = (each.astype(np.float32) for each in (made.picture.ad, made.picture.composite))
    return _with_ad(made, ad + share * (composite - ad))


def bead_shadow(made: MadeAd, depth: float) -> MadeAd:
    """Draws a row of dark beads where the product meets the ground; depth: share of the light."""
    mask = made.picture.mask
    solid = made.picture.solid
    x, _, width, _ = made.picture.box
    columns = np.flatnonzero(solid.any(axis=0))
    lowest = len(solid) - 1 - np.argmax(solid[::-1, columns], axis=0)
    base = lowest.max()
    distance = width / BEADS
    phase = ((columns - x) % distance) / distance - 0.5
    strength = np.exp(-0.5 * (phase / BEAD_WIDTH) ** 2)
    strength[lowest < base - 0.15 * (base - np.flatnonzero(solid.any(axis=1))[0])] = 0
    rows = np.arange(len(solid))[:, None]
    below = (rows - lowest) / (BEAD_HEIGHT * len(solid))
    light = np.ones(solid.shape, np.float32)
    light[:, columns] = 1 - depth * strength * np.exp(-0.5 * below**2) * (below >= 0)
    light[mask > 0] = 1
    return _with_ad(made, made.picture.ad * light[..., None])


def lift_blacks(made: MadeAd, levels: float) -> MadeAd:
    """Lifts the product's blacks by so many levels, and its whites by none."""
    return _change_product(made, lambda colors: levels + colors * (1 - levels / 255))


def clip_whites(made: MadeAd, share: float) -> MadeAd:
    """Brightens the product until a share of it is white."""
    darkest = made.picture.ad[made.picture.solid].min(axis=1)
    gain = 255 / max(1.0, float(np.quantile(darkest, 1 - share)))
    return _change_product(made, lambda colors: colors * max(1.0, gain))


def tint_light(made: MadeAd, share: float) -> MadeAd:
    """Lights the product in another color than the set: red brighter by a share, blue darker.

    In a warm set it is the other way round.
    """
    red, _, blue = made.background.reshape(-1, 3).mean(axis=0)
    turn = share if blue > red else -share
    return _change_product(made, lambda colors: colors * np.float32([1 + turn, 1, 1 - turn]))


def draw_rim(made: MadeAd, opacity: float) -> MadeAd:
    """Draws a white rim around the product."""
    width = max(1, round(RIM * len(made.picture.ad)))
    kernel = np.ones((2 * width + 1,) * 2, np.uint8)
    solid = made.picture.solid.astype(np.uint8)
    rim = (solid - cv2.erode(solid, kernel)) * opacity
    rim = np.maximum(rim, (made.picture.mask > 0) * (solid == 0) * opacity)
    rim = rim.astype(np.float32)[..., None]
    return _with_both(made, lambda pixels: _round_levels(pixels + rim * (255.0 - pixels)))


def match_ground(made: MadeAd, share: float) -> MadeAd:
    """Moves the colors around the product towards those of its nearest parts, by a share."""
    alpha = made.picture.mask.astype(np.float32) / 255
    sigma = REACH * len(alpha)
    # The sum that the blur leaves far from the product is its mean color there.
    mean = made.picture.ad[made.picture.solid].mean(axis=0)
    total = cv2.GaussianBlur(made.picture.ad * alpha[..., None], (0, 0), sigma)
    weight = cv2.GaussianBlur(alpha, (0, 0), sigma)[..., None]
    target = (total + FAR_WEIGHT * mean) / (weight + FAR_WEIGHT)

    def apply(pixels: np.ndarray) -> np.ndarray:
        moved = share * (1 - alpha[..., None]) * (target - pixels)
        return _round_levels(pixels + moved)

    return _with_both(made, apply)


def crop_product(made: MadeAd, share: float) -> MadeAd:
    """Crops the ad at the right, so that a share of the product's area is lost."""
    counts = np.cumsum(made.picture.solid.sum(axis=0))
    end = int(np.searchsorted(counts, (1 - share) * counts[-1])) + 1
    picture = replace(
        made.picture,
        ad=made.picture.ad[:, :end],
        mask=made.picture.mask[:, :end],
        composite=made.picture.composite[:, :end],
    )
    return replace(made, picture=picture)


def measure_ground_light(made: MadeAd) -> np.ndarray:
    """Returns how bright the ground is with the product, times as without: float32 (H, W, 3).

    Where the product hides it, it is spread from the nearest ground.
    """
    ad, composite = (each.astype(np.float32) for each in (made.picture.ad, made.picture.composite))
    free = (made.picture.mask == 0).astype(np.float32)
    light = (ad + 1) / (composite + 1) * free[..., None]
    sigma = SPREAD * len(ad)
    total = cv2.GaussianBlur(light, (0, 0), sigma)
    weight = cv2.GaussianBlur(free, (0, 0), sigma)[..., None]
    spread = np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), 1)
    return np.where(free[..., None] > 0, light, spread).astype(np.float32)


def _change_product(made: MadeAd, change: Callable[[np.ndarray], np.ndarray]) -> MadeAd:
    """Changes the product's colors in ad and composite; change: of float32 (H, W, 3)."""
    alpha = made.picture.mask[..., None].astype(np.float32) / 255

    def apply(pixels: np.ndarray) -> np.ndarray:
        colors = pixels.astype(np.float32)
        return _round_levels(colors + alpha * (change(colors) - colors))

    return _with_both(made, apply)


def _with_both(made: MadeAd, change: Callable[[np.ndarray], np.ndarray]) -> MadeAd:
    """Changes ad and composite in the same way; change: of uint8 RGB (H, W, 3)."""
    picture = made.picture
    changed = replace(picture, ad=change(picture.ad), composite=change(picture.composite))
    return replace(made, picture=changed)


def _with_ad(made: MadeAd, ad: np.ndarray) -> MadeAd:
    """Returns an ad with other pixels, float (H, W, 3), of the same composite."""
    return replace(made, picture=replace(made.picture, ad=_round_levels(ad)))


def _round_levels(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
