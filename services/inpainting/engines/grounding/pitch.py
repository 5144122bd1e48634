"""Estimates the camera's pitch from the round base of a product."""

import numpy as np

from services.imaging.scene import Scene
from services.inpainting.engines.grounding.contour import trace_lower_contour

# Degrees for products without a round base.
DEFAULT_PITCH = Scene.camera_pitch
# Degrees between which an ellipse is believed; flatter ones are as low as the steps of the outline.
# Wider: more estimates, and more wrong ones.
MIN_PITCH, MAX_PITCH = 3.0, 40.0
# Largest root mean square distance of the outline from the ellipse, as a share of the base's width.
# Larger: crooked bases pass as round ones.
MAX_MISFIT = 0.012
# Share of the half width that is fitted; at the ends the outline is the product's side. Larger:
# sides spoil the fit.
FITTED_SHARE = 0.92
# Fewest columns of the outline for a fit; less cannot show an ellipse.
MIN_COLUMNS = 9


def estimate_pitch_from_base(mask: np.ndarray) -> float:
    """Estimates how far the camera looks down, in degrees, from the product's round base.

    Returns DEFAULT_PITCH if the base is not round.

    The lower edge of a round base is half an ellipse whose axes are as 1 to the sine of the pitch:
    y = base - b (1 - sqrt(1 - (x / a)^2)). Fits b to the middle of the outline by least squares. A
    box, feet or a crooked outline do not fit.

    mask: uint8 alpha (H, W), not empty.
    """
    contour = trace_lower_contour(mask, DEFAULT_PITCH)
    columns = np.flatnonzero(contour.lowest >= 0)
    # In the names of the formula: `half` is a, `across` is x / a, `rise` is base - y and
    # `semi_axis` is b, so that rise = b * bow.
    half = (columns[-1] - columns[0] + 1) / 2
    across = (columns - columns[0] + 0.5 - half) / half
    inner = np.abs(across) < FITTED_SHARE
    bow = 1 - np.sqrt(1 - across[inner] ** 2)
    if len(bow) < MIN_COLUMNS:
        return DEFAULT_PITCH
    rise = contour.base - contour.lowest[columns[inner]].astype(float)
    semi_axis = float(bow @ rise / (bow @ bow))
    misfit = float(np.sqrt(np.mean((rise - semi_axis * bow) ** 2)))
    pitch = float(np.degrees(np.arcsin(np.clip(semi_axis / half, 0, 1))))
    is_round = misfit < max(MAX_MISFIT * 2 * half, 1.0) and MIN_PITCH < pitch < MAX_PITCH
    return pitch if is_round else DEFAULT_PITCH
