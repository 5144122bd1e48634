"""Draws a photo to compare models on; it needs no file and is the same everywhere."""

import cv2
import numpy as np

# The side at which the model encodes photos, so that the photo is not resized.
SIDE = 1024
# Seed of the grain; any other draws a photo as good.
GRAIN_SEED = 0


def draw_calibration_photo() -> np.ndarray:
    """Draws a bottle with a label on a table, with grain: uint8 RGB (1024, 1024, 3)."""
    canvas = np.empty((SIDE, SIDE, 3), np.uint8)
    canvas[:640], canvas[640:] = (196, 204, 210), (150, 122, 98)
    cv2.rectangle(canvas, (400, 300), (624, 840), (32, 92, 64), -1)
    cv2.ellipse(canvas, (512, 300), (112, 70), 0, 180, 360, (32, 92, 64), -1)
    cv2.rectangle(canvas, (470, 160), (554, 250), (176, 140, 72), -1)
    cv2.rectangle(canvas, (420, 500), (604, 720), (240, 236, 226), -1)
    blurred = cv2.GaussianBlur(canvas, (0, 0), 1.5)
    grain = np.random.default_rng(GRAIN_SEED).integers(-4, 5, canvas.shape)
    return np.clip(blurred + grain, 0, 255).astype(np.uint8)
