"""Judges whether the product is lit as the scene is: from which side, how warm, how bright."""

import math

import cv2
import numpy as np

from services.finishing.quality.close_up import CloseUp
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import Box, crop_to_box, widen_box
from services.imaging.color import lab_from_srgb
from services.imaging.photo_light import estimate_light_azimuth

# In degrees between the sides. Photos are read as lit from 60 degrees to either side, so that 120
# is the other side, and 60 a light from the front.
LIGHT_SIDE = JudgingScale(
    "light_side",
    best=30.0,
    good=70.0,
    bad=125.0,
    unit="degrees",
    note="Angle between the sides from which the product and the scene are lit.",
    remedy="Let the background follow the photo's light (background.follow_photo).",
)
# In CIE L*a*b* units. White products in good ads have less than 7, and 9 to 16 once red and blue
# are 12 % off. Larger: visible casts pass.
LIGHT_AGREEMENT = JudgingScale(
    "light_agreement",
    best=1.0,
    good=7.0,
    bad=17.0,
    unit="Delta E",
    note="How far the product's white is from any mix of white light and the scene's, or outshines "
    "the scene.",
    remedy="Set compositing.tint higher, or use a scene or backdrop with a light like the photo's.",
)
# Softness from which on no side of the light is seen. Larger: more overcast scenes are judged.
SOFT_LIGHT = 0.8
# What is seen around a product to find its edges, as a share of its longer side. Larger: the
# scene's shadow counts as the photo's.
EDGE_SHARE = 0.05
# Percentile of lightness from which on a product shows the color of its light: white parts, or
# reflexes. Smaller: colored parts count.
WHITEST = 98
# Lightness from which on a color's tint is seen.
MIN_LIGHTNESS = 40.0
# Distance in a* and b* from which on what is brightest is a product's own color, not a cast.
# Larger: yellow and blue products are warned of.
MAX_CAST = 35.0
# Weight of a warm cast, in which most products have a part of their own: cream, wood, gold. And
# percentile of the distances that is near 0 where anything about a product is gray.
WARM_WEIGHT, GRAYEST = 0.5, 5
# Lightness of white under a warm light. Smaller: brass and leather are judged.
WHITE_PRODUCT = 84.0
# How far colors of light turn from yellow or blue to red and green, and from cyan to yellow, as a
# share. Larger: green and red products are judged.
MAX_REDNESS, MAX_BLUE_REDNESS, MAX_CYAN_YELLOWNESS = 0.35, 0.5, 0.3
# Weight of a difference in lightness, of which half of the ads have less than 14. Larger: products
# that are lit from in front are warned of in dark scenes.
BRIGHTNESS_WEIGHT = 0.22
# Pixels of the shrunk picture next to the outline that mix product and ground.
OUTLINE_WIDTH = 2
# Percentile of lightness taken for what is bright of the product, without its reflexes, and of the
# surroundings, with their lamps and windows; lightness from which on these show the light's color.
BRIGHT_PRODUCT, BRIGHT_SURROUNDINGS, WHITE_LIGHTNESS = 90, 97, 80
# Chroma of a candle's light, beyond which bright surroundings are a colored backdrop.
MAX_LIGHT_CHROMA = 30.0


def judge_light_side(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product is lit from the scene's side; passes soft and frontal light."""
    scene = picture.circumstances.scene
    if not scene.HasField("light"):
        return LIGHT_SIDE.skip("direction of the light not known")
    if picture.mask is None or picture.box is None:
        return LIGHT_SIDE.skip("no product known")
    if scene.light.softness >= SOFT_LIGHT:
        return LIGHT_SIDE.pass_over("soft light")
    view = picture.circumstances.view
    azimuth: float | None = view.light_azimuth
    if not view.HasField("light_azimuth"):
        azimuth = estimate_product_light(picture.ad, picture.mask, picture.box)
    if azimuth is None:
        return LIGHT_SIDE.pass_over("the product is lit from no side")
    return LIGHT_SIDE.judge(abs(_find_side(azimuth) - _find_side(scene.light.azimuth)))


def judge_light_agreement(picture: AssessedPicture) -> AdMeasurement:
    """Judges the color and brightness of the product's white against those of the scene."""
    close_up = picture.close_up
    if close_up is None:
        return LIGHT_AGREEMENT.skip("no product known")
    if not close_up.ground.any():
        return LIGHT_AGREEMENT.skip("no surroundings seen")
    light = _find_light_color(picture, close_up)
    excess = BRIGHTNESS_WEIGHT * measure_excess_brightness(close_up)
    return LIGHT_AGREEMENT.judge(math.hypot(measure_cast(close_up, light), excess))


def estimate_product_light(ad: np.ndarray, mask: np.ndarray, box: Box) -> float | None:
    """Returns the azimuth in degrees of the light on a product, from its shading and highlights.

    None if they show no side. The shadow next to it, which is the scene's, is not looked at.

    ad: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W). box: of the product.
    """
    seen = widen_box(box, EDGE_SHARE * max(box[2:]), *mask.shape)
    bounds = box[0] - seen[0], box[1] - seen[1], *box[2:]
    return estimate_light_azimuth(crop_to_box(ad, seen), crop_to_box(mask, box), bounds)


def measure_cast(close_up: CloseUp, light: np.ndarray) -> float:
    """Returns how far the product's white is from all mixes of white light and the scene's.

    In a* and b*. What is brightest shows the light, not the product (H.-C. Lee, "Method for
    computing the scene-illuminant chromaticity from specular highlights", JOSA A 3(10), 1986). 0
    for products so colorful that it does not. Warm casts count where nothing else is gray either.

    light: float (2,), a* and b* of the light.
    """
    edge = 2 * OUTLINE_WIDTH + 1
    inner = cv2.erode(close_up.solid.astype(np.uint8), np.ones((edge, edge), np.uint8)) > 0
    product = close_up.lab[inner]
    product = product[product[:, 0] > MIN_LIGHTNESS]
    if not len(product):
        return 0.0
    # How much of the light's tint a color has: 0 under white light, 1 under this one.
    amounts = np.clip(product[:, 1:] @ light / max(float(light @ light), 1e-6), 0, 1)
    offsets = product[:, 1:] - amounts[:, np.newaxis] * light
    brightest = np.percentile(product[:, 0], WHITEST)
    redness, yellowness = np.median(offsets[product[:, 0] >= brightest], axis=0)
    cast = math.hypot(redness, yellowness)
    if cast > MAX_CAST:
        return 0.0
    if yellowness <= MAX_CYAN_YELLOWNESS * abs(redness):
        return cast if redness <= MAX_BLUE_REDNESS * abs(yellowness) else 0.0
    if brightest < WHITE_PRODUCT or abs(redness) > MAX_REDNESS * yellowness:
        return 0.0
    return min(WARM_WEIGHT * cast, float(np.percentile(np.hypot(*offsets.T), GRAYEST)))


def measure_excess_brightness(close_up: CloseUp) -> float:
    """Returns by how much L* the product is brighter than the brightest surroundings; 0 if not."""
    lightness = close_up.lab[..., 0]
    product = np.percentile(lightness[close_up.solid], BRIGHT_PRODUCT)
    surroundings = np.percentile(lightness[close_up.ground], BRIGHT_SURROUNDINGS)
    return max(0.0, float(product - surroundings))


def _find_light_color(picture: AssessedPicture, close_up: CloseUp) -> np.ndarray:
    """Returns a* and b* of the scene's light, or of the brightest surroundings: float32 (2,).

    Zeros, white light, where these do not show it.
    """
    scene = picture.circumstances.scene
    if scene.HasField("light") and scene.light.HasField("color"):
        color = scene.light.color
        return lab_from_srgb(np.array([color.red, color.green, color.blue], np.uint8))[1:]
    surroundings = close_up.lab[close_up.ground]
    bright = np.percentile(surroundings[:, 0], BRIGHT_SURROUNDINGS)
    tint = np.median(surroundings[surroundings[:, 0] >= bright, 1:], axis=0)
    if bright < WHITE_LIGHTNESS or np.hypot(*tint) > MAX_LIGHT_CHROMA:
        return np.zeros(2, np.float32)
    return tint


def _find_side(azimuth: float) -> float:
    """Returns how far a light comes from the right, -90 to 90 degrees, from in front or behind."""
    return math.degrees(math.asin(math.sin(math.radians(azimuth))))


MEASUREMENTS = (judge_light_side, judge_light_agreement)
