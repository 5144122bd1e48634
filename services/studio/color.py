"""Color conversions: sRGB, linear light, color temperatures, hues and palettes."""

import cv2
import numpy as np

from services.imaging.color import LUMINANCE, lab_from_srgb, linear_light_from_srgb
from services.imaging.scene import RGB

# At most. Larger: more minor colors in the palette of a scene.
PALETTE_SIZE = 6
# Pixels. Larger: small details count as colors, and clustering takes longer.
PALETTE_THUMBNAIL_SIDE = 48
# Rounds of k-means. Fewer: cluster centers that have not settled.
KMEANS_ROUNDS = 8
# Units of CIE Lab; about 2.3 is just noticeable. Larger: similar colors are merged.
MIN_PALETTE_DISTANCE = 4.0
# Kelvin of D65, the white point of sRGB.
WHITE_KELVIN = 6500


def linear_from_srgb(color: RGB) -> np.ndarray:
    """Converts an sRGB color, 0 to 255, to linear light, float (3,), 0 to 1 (IEC 61966-2-1)."""
    return linear_light_from_srgb(np.asarray(color, float) / 255)


def srgb_from_linear(light: np.ndarray) -> np.ndarray:
    """Encodes linear light as sRGB, float 0 to 1 of the same shape (IEC 61966-2-1).

    Values outside 0 to 1 are clipped.
    """
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def rgb_from_kelvin(kelvin: float) -> np.ndarray:
    """Returns the color of light of this temperature: linear RGB, float (3,), of luminance 1.

    kelvin: lower is warmer.

    A fit in log temperature through black-body colors from 2,000 to 10,000 K, white at 6,500 K.
    """
    warmth = np.log(WHITE_KELVIN / kelvin)
    tint = np.exp(np.array([0.62, -0.07, -1.25]) * warmth)
    return tint / (tint @ LUMINANCE)


def hex_from_rgb(color: RGB) -> str:
    """Formats an sRGB color as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def rgb_from_shares(shares: np.ndarray) -> RGB:
    """Converts an sRGB color from shares, float (3,), 0 to 1, to integers 0 to 255."""
    red, green, blue = (int(value) for value in np.rint(shares * 255))
    return red, green, blue


def mix_colors(one: RGB, other: RGB, share: float) -> RGB:
    """Mixes two sRGB colors.

    share: of the other color; 0 returns the first color, 1 the other.
    """
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def brighten_color(color: RGB, factor: float) -> RGB:
    """Multiplies the light of an sRGB color (by less than 1: darker); hue and saturation stay."""
    return rgb_from_shares(srgb_from_linear(linear_from_srgb(color) * factor))


def rotate_hue(color: RGB, degrees: float) -> RGB:
    """Rotates the hue of an sRGB color about the gray axis of CIE Lab; its lightness stays.

    degrees: counter-clockwise with a to the right and b up, from red toward yellow.
    """
    lightness, a, b = lab_from_srgb(np.array(color, np.uint8))
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return rgb_from_lab(lightness, cos * a - sin * b, sin * a + cos * b)


def rgb_from_lab(lightness: float, a: float, b: float) -> RGB:
    """Converts a CIE Lab color (D65) to sRGB, 0 to 255, clipped to its gamut.

    lightness: 0 to 100; a, b: green to red and blue to yellow, about -128 to 127.
    """
    lab = np.array([[[lightness, a, b]]], np.float32)
    return rgb_from_shares(np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0], 0, 1))


def relative_luminance(color: RGB) -> float:
    """Returns the relative luminance of an sRGB color, 0 to 1 (WCAG 2.2)."""
    return float(linear_from_srgb(color) @ LUMINANCE)


def extract_palette(pixels: np.ndarray) -> tuple[RGB, ...]:
    """Returns the main colors of a uint8 RGB image (height, width, 3), most common first.

    At most PALETTE_SIZE colors. K-means in CIE Lab over a thumbnail, started from the colors
    furthest apart, so that equal images have equal palettes.
    """
    side = PALETTE_THUMBNAIL_SIDE
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    lab = lab_from_srgb(small).reshape(-1, 3)
    centers = _choose_distant_colors(lab)
    for _ in range(KMEANS_ROUNDS):
        nearest = _find_nearest_center(lab, centers)
        centers = np.array(
            [lab[nearest == i].mean(axis=0) for i in range(len(centers)) if (nearest == i).any()]
        )
    nearest = _find_nearest_center(lab, centers)
    common = np.argsort(-np.bincount(nearest, minlength=len(centers)), kind="stable")
    rgb = cv2.cvtColor(centers[common][None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return tuple(rgb_from_shares(color) for color in np.clip(rgb, 0, 1))


def _find_nearest_center(lab: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Returns the index of the center (k, 3) nearest to each CIE Lab color (n, 3): int (n,)."""
    return np.argmin(((lab[:, None] - centers) ** 2).sum(axis=2), axis=1)


def _choose_distant_colors(lab: np.ndarray) -> np.ndarray:
    """Chooses up to PALETTE_SIZE CIE Lab colors, each furthest from those before: float (k, 3).

    lab: all colors, float (n, 3); their mean is the first one chosen.
    """
    centers = [lab.mean(axis=0)]
    while len(centers) < PALETTE_SIZE:
        distance = np.min([((lab - c) ** 2).sum(axis=1) for c in centers], axis=0)
        if distance.max() < MIN_PALETTE_DISTANCE**2:
            break
        centers.append(lab[int(np.argmax(distance))])
    return np.array(centers)
