"""CIEDE2000: how different two colors look.

G. Sharma, W. Wu, E. N. Dalal: "The CIEDE2000 Color-Difference Formula: Implementation Notes,
Supplementary Test Data, and Mathematical Observations", 2005. All numbers are from there.
"""

import numpy as np

from services.imaging.color import lab_from_srgb

Polar = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Lightness 0 to 100, chroma from 0, and hue in degrees, 0 to 360; float (...) each."""


def delta_e(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the CIEDE2000 difference of colors; about 1 is the least that people see.

    first, second: uint8 sRGB (..., 3). Returns float32 (...), from 0 to about 100.
    """
    return delta_e_from_lab(lab_from_srgb(first), lab_from_srgb(second))


def delta_e_from_lab(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the CIEDE2000 difference of L*a*b* colors, float (..., 3), as float (...)."""
    (l1, c1, h1), (l2, c2, h2) = _to_polar(first, second)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    square = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * square / np.sqrt(20 + square)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * _weigh_hue(hue)
    light, chroma, around = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    rotated = _rotate_blue(hue, mean_c) * chroma * around
    return np.sqrt(np.maximum(light**2 + chroma**2 + around**2 + rotated, 0))


def _to_polar(first: np.ndarray, second: np.ndarray) -> tuple[Polar, Polar]:
    """Converts both colors to polar coordinates, a stretched by G as their mean chroma says."""
    chromas = [np.hypot(each[..., 1], each[..., 2]) for each in (first, second)]
    stretch = 1.5 - 0.5 * np.sqrt(_saturate_chroma((chromas[0] + chromas[1]) / 2))
    return _stretch_to_polar(first, stretch), _stretch_to_polar(second, stretch)


def _stretch_to_polar(lab: np.ndarray, stretch: np.ndarray) -> Polar:
    a, b = lab[..., 1] * stretch, lab[..., 2]
    return lab[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _saturate_chroma(chroma: np.ndarray) -> np.ndarray:
    """Returns C^7 / (C^7 + 25^7)."""
    power = (chroma / 25) ** 7
    return power / (power + 1)


def _weigh_hue(hue: np.ndarray) -> np.ndarray:
    """Returns T, the weight of a hue difference."""
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return 1 + sum(size * np.cos(np.radians(n * hue + shift)) for size, n, shift in waves)


def _rotate_blue(hue: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Returns R_T, by which chroma and hue differences interact in blue."""
    spread = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    return -2 * np.sqrt(_saturate_chroma(chroma)) * np.sin(np.radians(2 * spread))
