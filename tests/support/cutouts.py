"""Drawn cut-outs with soft shadows, and photos with clear corners, for tests of transparency."""

import cv2
import numpy as np
from PIL import Image, ImageDraw


def draw_bottle(height: int = 480, width: int = 400) -> np.ndarray:
    """Returns a green bottle with a white label as a cut-out, uint8 RGBA (h, w, 4)."""
    large = np.zeros((4 * height, 4 * width), np.uint8)
    middle, across = 2 * width, 4 * width // 8
    top, shoulder, foot = (int(4 * height * share) for share in (0.2, 0.42, 0.8))
    cv2.rectangle(large, (middle - across // 3, top), (middle + across // 3, foot), 255, -1)
    cv2.ellipse(large, (middle, shoulder), (across, across), 0, 0, 360, 255, -1)
    cv2.rectangle(large, (middle - across, shoulder), (middle + across, foot), 255, -1)
    rgba = np.empty((height, width, 4), np.uint8)
    rgba[..., :3] = (30, 110, 70)
    rgba[height // 2 : int(0.7 * height), :, :3] = (240, 235, 225)
    rgba[..., 3] = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return rgba


def draw_shadow(cutout: np.ndarray, right: int, down: int, sigma: float) -> np.ndarray:
    """Returns the opacity, float32 (h, w), of a cut-out's soft shadow that is moved by pixels."""
    moved = np.roll(cutout[..., 3], (down, right), axis=(0, 1)).astype(np.float32) / 255
    return 0.45 * cv2.GaussianBlur(moved, (0, 0), sigma)


def put_behind(cutout: np.ndarray, opacity: np.ndarray, color=(0, 0, 0)) -> np.ndarray:
    """Returns a cut-out in front of one color, with straight alpha: uint8 RGBA (h, w, 4).

    opacity: of the color, float32 (h, w), 0 to 1.
    """
    share = cutout[..., 3:].astype(np.float32) / 255
    behind = (1 - share) * opacity[..., np.newaxis]
    total = share + behind
    mixed = cutout[..., :3] * share + np.float32(color) * behind
    return np.rint(np.dstack([mixed / np.maximum(total, 1e-6), 255 * total])).astype(np.uint8)


def draw_rounded_corners(height: int, width: int, radius: int) -> np.ndarray:
    """Returns the alpha, uint8 (h, w), of a picture with rounded corners."""
    image = Image.new("L", (4 * width, 4 * height))
    box = (0, 0, 4 * width - 1, 4 * height - 1)
    ImageDraw.Draw(image).rounded_rectangle(box, 4 * radius, fill=255)
    return np.asarray(image.resize((width, height)))


def paint_backdrop(cutout: np.ndarray, color=(170, 172, 178)) -> np.ndarray:
    """Returns a cut-out as an opaque photo on a lit backdrop: uint8 RGBA (h, w, 4), alpha 255."""
    height, width = cutout.shape[:2]
    light = np.linspace(1.1, 0.9, height, dtype=np.float32)[:, np.newaxis, np.newaxis]
    backdrop = np.repeat(np.float32(color) * light, width, axis=1)
    share = cutout[..., 3:].astype(np.float32) / 255
    photo = np.rint(cutout[..., :3] * share + backdrop * (1 - share))
    return np.dstack([photo, np.full((height, width), 255)]).astype(np.uint8)
