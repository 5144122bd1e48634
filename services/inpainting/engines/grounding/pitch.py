"""How far the camera looks down, read off the round base of a product."""

import numpy as np

from services.inpainting.engines.grounding.contour import lower_contour

UNKNOWN = 15.0
LEAST, MOST = 3.0, 40.0
WIDEST_MISFIT = 0.012
INNER = 0.92


def base_pitch(mask: np.ndarray) -> float:
    """Degrees, of uint8 alpha (H, W); 15 where the base is not round.

    The lower edge of a round base is half an ellipse whose axes are as 1 to the sine of the pitch:
    y = base - b (1 - sqrt(1 - (x / a)^2)). Its b is fitted to the middle of the contour; a box,
    feet or a crooked outline do not fit and are left alone.
    """
    contour = lower_contour(mask, UNKNOWN)
    columns = np.flatnonzero(contour.lowest >= 0)
    half = (columns[-1] - columns[0] + 1) / 2
    across = (columns - columns[0] + 0.5 - half) / half
    inner = np.abs(across) < INNER
    bow = 1 - np.sqrt(1 - across[inner] ** 2)
    rise = contour.base - contour.lowest[columns[inner]].astype(float)
    fitted = float(bow @ rise / (bow @ bow)) if len(bow) > 8 else 0.0
    misfit = float(np.sqrt(np.mean((rise - fitted * bow) ** 2))) if len(bow) > 8 else np.inf
    pitch = float(np.degrees(np.arcsin(np.clip(fitted / half, 0, 1))))
    round_base = misfit < max(WIDEST_MISFIT * 2 * half, 1.0) and LEAST < pitch < MOST
    return pitch if round_base else UNKNOWN
