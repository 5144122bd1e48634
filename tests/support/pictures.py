"""Drawn images with a known mask, and the two image assertions."""

import cv2
import numpy as np

BACKDROP = (232, 230, 226)


def draw_product(height: int = 160, width: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Returns a blue can on a light backdrop with faint noise, uint8 RGB (h, w, 3), and its mask.

    The mask is bool (h, w).
    """
    mask = np.zeros((height, width), np.uint8)
    center, top, bottom = width // 2, height // 5, height * 4 // 5
    cv2.rectangle(mask, (width * 3 // 10, top), (width * 7 // 10, bottom), 1, -1)
    cv2.ellipse(mask, (center, top), (width // 5, height // 20), 0, 0, 360, 1, -1)
    photo = np.empty((height, width, 3), np.uint8)
    photo[:] = BACKDROP
    photo[mask == 1] = (30, 70, 160)
    photo[top + 10 : top + 30, width * 2 // 5 : width // 2][...] = (240, 200, 40)
    noise = np.random.default_rng(0).integers(-3, 4, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8), mask == 1


def draw_cutout(height: int = 120, width: int = 80) -> np.ndarray:
    """Returns a red block as a cut-out, uint8 RGBA (h, w, 4): opaque inside, with a soft edge."""
    alpha = np.zeros((height, width), np.uint8)
    cv2.rectangle(alpha, (4, 4), (width - 5, height - 1), 255, -1)
    alpha = cv2.GaussianBlur(alpha, (5, 5), 0)
    rgba = np.empty((height, width, 4), np.uint8)
    rgba[..., :3] = (190, 60, 40)
    rgba[height // 3 : height // 2, :, :3] = (245, 240, 230)
    rgba[..., 3] = alpha
    return rgba


def assert_image_equal(a: np.ndarray, b: np.ndarray) -> None:
    """Fails unless two images have the same shape, dtype and pixels."""
    assert a.shape == b.shape and a.dtype == b.dtype
    different = int((a != b).any(axis=-1).sum() if a.ndim == 3 else (a != b).sum())
    assert different == 0, f"{different} pixels differ"


def assert_image_similar(a: np.ndarray, b: np.ndarray, mean_abs: float) -> None:
    """Fails when the mean absolute difference exceeds `mean_abs` levels."""
    assert a.shape == b.shape
    difference = float(np.abs(a.astype(int) - b).mean())
    assert difference <= mean_abs, f"mean difference {difference:.2f} > {mean_abs}"
