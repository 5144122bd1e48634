"""White balance and exposure of panoramas, and the color temperature of light."""

import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.color import WHITE_KELVIN, rgb_from_kelvin

# How far light indoors and outdoors is balanced toward white, 0 to 1; the rest stays as mood.
# Smaller: tables in the shade look blue.
INDOOR_ADAPTATION, OUTDOOR_ADAPTATION = 0.75, 0.65
# Share of that by which the view behind the product is balanced. Larger: meadows turn yellow, as
# the card sees more of the blue sky than the view does.
VIEW_ADAPTATION = 0.5
# Largest gain of a channel over another. Larger: blue hours lose their color to noise.
MAX_CHANNEL_GAIN = 2.2
# Kelvin between which the color of a lamp is measured.
MIN_KELVIN, MAX_KELVIN = 2400.0, 9000.0


def find_white_balance(card: np.ndarray, adaptation: float) -> np.ndarray:
    """Returns factors on linear RGB, float32 (3,), that make light whiter at equal luminance.

    card: linear RGB, float (3,), that a level white card shows.
    adaptation: 0 leaves the light as it is, 1 makes the card white.
    """
    tint = np.maximum(card / max(float(card @ LUMINANCE), 1e-9), 1e-3)
    gains = tint**-adaptation
    gains = np.minimum(gains / gains.min(), MAX_CHANNEL_GAIN)
    return (gains * (card @ LUMINANCE) / max(float((card * gains) @ LUMINANCE), 1e-9)).astype(
        np.float32
    )


def kelvin_from_rgb(light: np.ndarray) -> float:
    """Returns the color temperature nearest to linear RGB, float (3,): MIN_KELVIN to MAX_KELVIN.

    By the ratio of red to blue, the inverse of color.rgb_from_kelvin.
    """
    warm, white = rgb_from_kelvin(WHITE_KELVIN / np.e), rgb_from_kelvin(WHITE_KELVIN)
    slope = np.log(warm[0] / warm[2]) - np.log(white[0] / white[2])
    red, blue = max(float(light[0]), 1e-9), max(float(light[2]), 1e-9)
    warmth = np.log(red / blue) / slope
    return float(np.clip(WHITE_KELVIN * np.exp(-warmth), MIN_KELVIN, MAX_KELVIN))
