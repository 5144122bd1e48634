"""Drawn photos of jars with an opaque lid, whose glass is a faint outline."""

import cv2
import numpy as np

from services.segmentation.engine import SegmentationResult

SIDE = 420
MIDDLE = 205
# Rows of the lid's upper and lower edge, half its width, and the same of the foot.
LID_TOP, LID_BOTTOM, LID_HALF = 60, 105, 80
FOOT_ROW, FOOT_HALF = 280, 62
LID_COLOR = (150, 105, 60)
# Subpixels per pixel that lines are drawn with.
FINE = 4


def draw_ground(noise: float = 1.0) -> np.ndarray:
    """Returns a white ground, shaded and with a soft shadow, with noise: float32 RGB (h, w, 3)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    light = 242 - 10 * x - 14 * y * y
    shadow = 9 * np.exp(-(((x - 0.25) / 0.16) ** 2) - ((y - 0.62) / 0.09) ** 2)
    grain = np.random.default_rng(0).normal(0, noise, (SIDE, SIDE))
    return np.repeat((light - shadow + grain)[..., None], 3, axis=2).astype(np.float32)


def draw_body(flatness: float = 0.4, foot_half: float = FOOT_HALF) -> np.ndarray:
    """Returns the outline of the glass below the lid: float32 (n, 2), x and y in pixels."""
    angles = np.deg2rad(np.linspace(0, 180, 61))
    arc = np.stack(
        [
            MIDDLE + foot_half * np.cos(angles),
            FOOT_ROW + flatness * foot_half * np.sin(angles),
        ],
        axis=1,
    )
    top = LID_HALF - 6
    corners = [(MIDDLE + top, LID_BOTTOM - 4), *arc, (MIDDLE - top, LID_BOTTOM - 4)]
    return np.float32(corners)


def render_line(outline: np.ndarray, width: float = 2.0) -> np.ndarray:
    """Returns how much of each pixel an open line covers: float32 (h, w), 0 to 1."""
    canvas = np.zeros((SIDE * FINE, SIDE * FINE), np.uint8)
    points = np.rint(outline * FINE).astype(np.int32)
    cv2.polylines(canvas, [points], False, 255, round(width * FINE))
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def fill_outline(outline: np.ndarray) -> np.ndarray:
    """Returns which pixels an outline encloses: bool (h, w)."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(canvas, [np.rint(outline).astype(np.int32)], 1)
    return canvas.astype(bool)


def draw_lid() -> np.ndarray:
    """Returns where the lid is: bool (h, w)."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(canvas, (MIDDLE - LID_HALF, LID_TOP), (MIDDLE + LID_HALF, LID_BOTTOM - 12), 1, -1)
    for row in (LID_TOP, LID_BOTTOM - 12):
        cv2.ellipse(canvas, (MIDDLE, row), (LID_HALF, 12), 0, 0, 360, 1, -1)
    return canvas.astype(bool)


def soften_lid() -> np.ndarray:
    """Returns how much of each pixel the lid covers: float32 (h, w), 0 to 1."""
    return cv2.GaussianBlur(draw_lid().astype(np.float32), (0, 0), 0.8)


def photograph_lid(surroundings: np.ndarray) -> np.ndarray:
    """Returns the lid before what surrounds it, float32 RGB (h, w, 3): uint8 RGB (h, w, 3)."""
    cover = soften_lid()[..., None]
    photo = cover * np.float32(LID_COLOR) + (1 - cover) * surroundings
    return np.rint(np.clip(photo, 0, 255)).astype(np.uint8)


def photograph_jar(levels: float, flatness: float = 0.4, noise: float = 1.0) -> np.ndarray:
    """Returns a jar whose walls and foot are lines that are darker by some levels: uint8 RGB."""
    line = render_line(draw_body(flatness))
    return photograph_lid(draw_ground(noise) - levels * line[..., None])


def cut_out_lid(photo: np.ndarray) -> SegmentationResult:
    """Returns the result of an engine that found the lid alone, with a soft and clean edge."""
    alpha = np.rint(soften_lid() * 255).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(alpha)
    clean = np.where(alpha[..., None] < 255, np.uint8(LID_COLOR), photo)
    cutout = np.dstack([clean, alpha])[y : y + height, x : x + width]
    return SegmentationResult(np.ascontiguousarray(cutout), (x, y, width, height), 0.95)
