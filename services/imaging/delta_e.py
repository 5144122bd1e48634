"""How different two colors look."""

import numpy as np

from services.imaging.color import to_lab


def delta_e(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """CIEDE2000 of uint8 sRGB (..., 3), float (...); about 1 is the least that can be seen.

    After Sharma, Wu and Dalal, 'The CIEDE2000 color-difference formula', 2005.
    """
    return delta_e_lab(to_lab(a), to_lab(b))


def delta_e_lab(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The same of L*a*b* (..., 3)."""
    (l1, c1, h1), (l2, c2, h2) = _polar(first, second)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    square = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * square / np.sqrt(20 + square)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * _hue_weight(hue)
    light, chroma, around = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    bent = _rotation(hue, mean_c) * chroma * around
    return np.sqrt(np.maximum(light**2 + chroma**2 + around**2 + bent, 0))


def _polar(first: np.ndarray, second: np.ndarray):
    chromas = [np.hypot(each[..., 1], each[..., 2]) for each in (first, second)]
    stretch = 1.5 - 0.5 * np.sqrt(_seventh((chromas[0] + chromas[1]) / 2))
    for each in (first, second):
        a, b = each[..., 1] * stretch, each[..., 2]
        yield each[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _seventh(chroma: np.ndarray) -> np.ndarray:
    power = (chroma / 25) ** 7
    return power / (power + 1)


def _hue_weight(hue: np.ndarray) -> np.ndarray:
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return 1 + sum(size * np.cos(np.radians(n * hue + shift)) for size, n, shift in waves)


def _rotation(hue: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    spread = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    return -2 * np.sqrt(_seventh(chroma)) * np.sin(np.radians(2 * spread))
