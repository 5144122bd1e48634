"""CIEDE2000: how different two colors look.

G. Sharma, W. Wu, E. N. Dalal: "The CIEDE2000 Color-Difference Formula: Implementation Notes,
Supplementary Test Data, and Mathematical Observations", 2005. All numbers are from there.
"""

import numpy as np

from services.imaging.color import lab_from_srgb

Polar = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Lightness 0 to 100, chroma from 0, and hue in degrees, 0 to 360; float (...) each."""


def delta_e(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns how different two colors look (CIEDE2000); about 1 is the least that people see.

    first, second: uint8 sRGB of equal shape (..., 3), compared pixel by pixel.
    Returns float32 (...), from 0 to about 100.
    """
    return delta_e_from_lab(lab_from_srgb(first), lab_from_srgb(second))


def delta_e_from_lab(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns how different colors look (CIEDE2000), from their CIE L*a*b* values.

    Names follow the paper: L lightness, C chroma, h hue in degrees, S weights of the differences.

    first, second: float L*a*b* of equal shape (..., 3), compared pixel by pixel.
    Returns float (...), from 0 to about 100.
    """
    (l1, c1, h1), (l2, c2, h2) = _to_polar(first, second)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    # The hue difference the short way around, -180 to 180. A gray, of chroma 0, has no hue: the
    # difference is then 0, and the mean is the hue of the other color.
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    mean_hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    hue_chord = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    squared_mid_l = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * squared_mid_l / np.sqrt(20 + squared_mid_l)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * _weigh_hue(mean_hue)
    delta_l, delta_c, delta_h = (l2 - l1) / s_l, (c2 - c1) / s_c, hue_chord / s_h
    blue_term = _rotate_blue(mean_hue, mean_c) * delta_c * delta_h
    return np.sqrt(np.maximum(delta_l**2 + delta_c**2 + delta_h**2 + blue_term, 0))


def _to_polar(first: np.ndarray, second: np.ndarray) -> tuple[Polar, Polar]:
    """Converts L*a*b* colors to lightness, chroma and hue, as CIEDE2000 defines them.

    The formula stretches a* by up to 1.5 where the mean chroma of the two colors is small.

    first, second: float L*a*b* (..., 3).
    Returns (lightness, chroma, hue in degrees) of the first, then of the second; float (...) each.
    """
    chromas = [np.hypot(lab[..., 1], lab[..., 2]) for lab in (first, second)]
    stretch = 1.5 - 0.5 * np.sqrt(_saturate_chroma((chromas[0] + chromas[1]) / 2))
    return _stretch_to_polar(first, stretch), _stretch_to_polar(second, stretch)


def _stretch_to_polar(lab: np.ndarray, stretch: np.ndarray) -> Polar:
    """Returns the lightness, chroma and hue in degrees of L*a*b* (..., 3), after scaling a*.

    stretch: factor of a*, float (...).
    """
    a, b = lab[..., 1] * stretch, lab[..., 2]
    return lab[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _saturate_chroma(chroma: np.ndarray) -> np.ndarray:
    """Returns C^7 / (C^7 + 25^7), which rises from 0 to 1 as the chroma C passes 25.

    chroma: float (...), from 0.
    """
    power = (chroma / 25) ** 7
    return power / (power + 1)


def _weigh_hue(hue: np.ndarray) -> np.ndarray:
    """Returns T of CIEDE2000, the weight of a hue difference, by the mean hue in degrees.

    hue: float (...). Returns float (...), about 0.4 to 1.6.
    """
    # T is 1 plus cosines: the amplitude, multiple and shift in degrees of each.
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return 1 + sum(size * np.cos(np.radians(times * hue + shift)) for size, times, shift in waves)


def _rotate_blue(hue: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Returns R_T of CIEDE2000, by which chroma and hue differences interact in blue.

    hue, chroma: means of the two colors, float (...); the hue in degrees.
    Returns float (...), -2 to 0; 0 far from hue 275, which is blue.
    """
    spread = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    return -2 * np.sqrt(_saturate_chroma(chroma)) * np.sin(np.radians(2 * spread))
