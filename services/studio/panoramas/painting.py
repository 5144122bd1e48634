"""Paints what of a panorama is behind a table, out of focus, for tables.hang_backdrop."""

import math

import cv2
import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.backdrops.canvas import PIXELS_PER_UNIT, defocus_light
from services.studio.panoramas.light import PanoramaLight
from services.studio.panoramas.outlook import Outlook
from services.studio.panoramas.sphere import sample_panorama

# Least radius of the lens blur, in pixels of the panorama. Smaller: its pixels can be guessed.
MIN_DEFOCUS_PIXELS = 1.4
# Luminance of the background's middle: middle gray to one stop over.
MIN_MIDDLE, MAX_MIDDLE = 0.2, 0.36
# Units over which exposure adapts locally, and how far, 0 to 1. Larger: flatter backgrounds.
LOCAL_RADIUS, LOCAL_ADAPTATION = 0.22, 0.45
# Luminance that points of light keep until they are blurred into discs. Larger: brighter discs.
MAX_POINT_LIGHT = 14.0
# Luminance from which highlights are compressed, and which they never reach: white paper.
SHOULDER_START, SHOULDER_END = 0.5, 1.0


def paint_panorama(
    light: PanoramaLight, outlook: Outlook, size: tuple[float, float], defocus: float
) -> np.ndarray:
    """Paints the panorama behind a set out of focus: linear light, float32 RGB (h, w, 3).

    light: the panorama, turned and exposed for the set.
    outlook: what of the panorama is seen, and where its horizon is.
    size: (height, width) of the painting in units; what exceeds the frame's height is above it.
    defocus: radius in units of the disc that a point of light becomes. Larger: softer.
    """
    directions = _list_directions(outlook, size)
    # Pixels of the painting that a pixel of the panorama takes, near the middle.
    grain = 2 * math.pi / light.view.shape[1] * outlook.distance * PIXELS_PER_UNIT
    painted = _smooth_pixels(sample_panorama(light.view, directions), grain)
    painted = _expose_locally(painted)
    radius = max(defocus, MIN_DEFOCUS_PIXELS * grain / PIXELS_PER_UNIT)
    return _compress_highlights(defocus_light(painted, radius))


def _list_directions(outlook: Outlook, size: tuple[float, float]) -> np.ndarray:
    """Returns the direction to each pixel of the painting, float32 (h, w, 3).

    outlook, size: as paint_panorama takes them.
    """
    height, width = (math.ceil(side * PIXELS_PER_UNIT) for side in size)
    across = ((np.arange(width) + 0.5) / width - 0.5) * size[1]
    rows = (np.arange(height) + 0.5) / height * size[0]
    # The painting's lower end is the image's.
    horizon = size[0] - (1 - outlook.horizon_row) * outlook.camera.height_in_units
    directions = np.empty((height, width, 3), np.float32)
    directions[..., 0], directions[..., 1] = across[None], (horizon - rows)[:, None]
    directions[..., 2] = -outlook.distance
    return directions


def _smooth_pixels(light: np.ndarray, grain: float) -> np.ndarray:
    """Hides the pixels of an enlarged image, float32 (h, w, 3), as it came.

    grain: pixels that a pixel of the original takes; enlarged linearly. Two box blurs more make a
    cubic B-spline of it, which has no visible steps and never overshoots.
    """
    box = max(1, round(grain))
    for _ in range(2):
        light = cv2.blur(light, (box, box), borderType=cv2.BORDER_REPLICATE)
    return light


def _expose_locally(light: np.ndarray) -> np.ndarray:
    """Brings a background between middle gray and one stop over it, float32 RGB (h, w, 3).

    light: linear RGB of the same shape.

    As a photographer dodges and burns: dark and bright regions come nearer to each other, and
    points of light stay bright for the lens to blur.
    """
    luminance = np.maximum(light @ LUMINANCE, 1e-4).astype(np.float32)
    sigma = LOCAL_RADIUS * PIXELS_PER_UNIT
    small = cv2.resize(np.log(luminance), None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    regions = cv2.GaussianBlur(small, (0, 0), sigma / 8, borderType=cv2.BORDER_REPLICATE)
    middle = float(np.median(regions))
    regions = cv2.resize(regions, luminance.shape[::-1], interpolation=cv2.INTER_CUBIC)
    target = float(np.clip(np.exp(middle), MIN_MIDDLE, MAX_MIDDLE))
    gain = target / np.exp(middle) * np.exp(LOCAL_ADAPTATION * (middle - regions))
    gain = np.minimum(gain, MAX_POINT_LIGHT / luminance)
    return (light * gain[..., None]).astype(np.float32)


def _compress_highlights(light: np.ndarray) -> np.ndarray:
    """Compresses highlights so that none is blown, float32 linear RGB (h, w, 3), as it came.

    Bright colors, such as those of screens, fade until no channel exceeds SHOULDER_END.
    """
    luminance = np.maximum(light @ LUMINANCE, 1e-6)[..., None]
    room = SHOULDER_END - SHOULDER_START
    over = np.maximum(luminance - SHOULDER_START, 0) / room
    compressed = np.where(over > 0, SHOULDER_START + room * (1 - np.exp(-over)), luminance)
    colored = light * (compressed / luminance)
    excess = np.maximum(colored.max(axis=2, keepdims=True) - compressed, 1e-6)
    share = np.clip((SHOULDER_END - compressed) / excess, 0, 1)
    return (compressed + (colored - compressed) * share).astype(np.float32)
