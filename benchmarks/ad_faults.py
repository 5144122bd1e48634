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

# Of beads, as shares of the picture's height: how far apart, how wide and how high they are; and
# the part of the product's height along whose lower outline they lie.
BEAD_DISTANCE, BEAD_WIDTH, BEAD_HEIGHT, BEAD_ZONE = 0.03, 0.007, 0.012, 0.15
# How far light is spread into a product's place, as a share of the picture's height.
SPREAD = 0.02
# Width of a rim as a share of the picture's height: about 2 pixels of 512.
RIM = 0.004
# Width of the zone that counts as the product's edge, as a share of the picture's height.
EDGE = 0.015


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
    solid, side = made.picture.solid, len(made.picture.ad)
    columns = np.flatnonzero(solid.any(axis=0))
    lowest = side - 1 - np.argmax(solid[::-1, columns], axis=0)
    _, _, _, height = made.picture.box
    distance = BEAD_DISTANCE * side
    across = ((columns - columns[0]) % distance - distance / 2) / (BEAD_WIDTH * side)
    across[lowest < lowest.max() - BEAD_ZONE * height] = np.inf
    down = (np.arange(side)[:, None] - lowest) / (BEAD_HEIGHT * side)
    bead = np.exp(-0.5 * (across**2 + down**2)) * (down >= 0)
    light = np.ones(solid.shape, np.float32)
    light[:, columns] = 1 - depth * bead
    light[made.picture.mask > 0] = 1
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
    """Moves all colors around the product towards that of its edge, by a share of the way."""
    free = 1 - made.picture.mask[..., None].astype(np.float32) / 255
    target = measure_edge_colors(made).mean(axis=0)
    return _with_both(made, lambda pixels: _round_levels(pixels + share * free * (target - pixels)))


def measure_edge_colors(made: MadeAd) -> np.ndarray:
    """Returns the colors of the product's solid pixels along its edge: uint8 RGB (n, 3)."""
    solid = made.picture.solid.astype(np.uint8)
    reach = 2 * max(1, round(EDGE * len(solid))) + 1
    return made.picture.ad[(solid - cv2.erode(solid, np.ones((reach, reach), np.uint8))) > 0]


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
