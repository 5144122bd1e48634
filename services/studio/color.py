"""Colour arithmetic: sRGB and linear light, the colour of warm and cool lamps, palettes."""

import cv2
import numpy as np

from services.imaging.color import LUMINANCE, lab_from_srgb, linear_light_from_srgb
from services.imaging.scene import RGB

PALETTE_SIZE = 6
THUMBNAIL = 48


def linear(color: RGB) -> np.ndarray:
    """Linear light, float (3,) 0..1, of an sRGB colour 0..255 (IEC 61966-2-1)."""
    return linear_light_from_srgb(np.asarray(color, float) / 255)


def encode_srgb(light: np.ndarray) -> np.ndarray:
    """sRGB shares, float 0..1 of any shape, of linear light; values outside 0..1 are cut off."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def lamp_color(kelvin: float) -> np.ndarray:
    """Linear RGB, float (3,), of luminance 1, of daylight or a lamp of this temperature.

    A fit in log temperature through black-body colours from 2,000 to 10,000 K, white at 6,500 K.
    """
    warmth = np.log(6500 / kelvin)
    tint = np.exp(np.array([0.62, -0.07, -1.25]) * warmth)
    return tint / (tint @ LUMINANCE)


def as_hex(color: RGB) -> str:
    """#rrggbb"""
    return "#{:02x}{:02x}{:02x}".format(*color)


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """A colour between two, `share` of the way to the other."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def brighter(color: RGB, times: float) -> RGB:
    """An sRGB colour with so many times its light, its hue and saturation kept."""
    return tuple(int(v) for v in np.rint(encode_srgb(linear(color) * times) * 255))


def turned(color: RGB, degrees: float) -> RGB:
    """An sRGB colour of another hue, turned about the grey axis of CIE Lab; as light as before."""
    lightness, a, b = lab_from_srgb(np.array(color, np.uint8))
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    lab = np.float32([[[lightness, cos * a - sin * b, sin * a + cos * b]]])
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0], 0, 1)
    return tuple(int(v) for v in np.rint(rgb * 255))


def brightness(color: RGB) -> float:
    """The relative luminance of an sRGB colour, 0 to 1."""
    return float(linear(color) @ LUMINANCE)


def palette(pixels: np.ndarray) -> tuple[RGB, ...]:
    """The main colours of a uint8 RGB picture (height, width, 3), most common first, at most 6.

    K-means in CIE Lab over a thumbnail, started from the colours furthest apart, so that equal
    pictures have equal palettes.
    """
    small = cv2.resize(pixels, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    lab = lab_from_srgb(small).reshape(-1, 3)
    centres = _far_apart(lab)
    for _ in range(8):
        nearest = np.argmin(((lab[:, None] - centres) ** 2).sum(axis=2), axis=1)
        centres = np.array(
            [lab[nearest == i].mean(axis=0) for i in range(len(centres)) if (nearest == i).any()]
        )
    nearest = np.argmin(((lab[:, None] - centres) ** 2).sum(axis=2), axis=1)
    common = np.argsort(-np.bincount(nearest, minlength=len(centres)), kind="stable")
    rgb = cv2.cvtColor(centres[common][None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return tuple(tuple(int(v) for v in c) for c in np.rint(np.clip(rgb, 0, 1) * 255))


def _far_apart(lab: np.ndarray) -> np.ndarray:
    """Up to 6 of the colours (n, 3), each the furthest from those before; none closer than 4."""
    centres = [lab.mean(axis=0)]
    while len(centres) < PALETTE_SIZE:
        apart = np.min([((lab - c) ** 2).sum(axis=1) for c in centres], axis=0)
        if apart.max() < 4.0**2:
            break
        centres.append(lab[int(np.argmax(apart))])
    return np.array(centres)
