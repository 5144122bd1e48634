"""A drawn photo to try a model on: it needs no file and is the same everywhere."""

import cv2
import numpy as np

SIDE = 1024
SEED = 0


def draw_trial() -> np.ndarray:
    """A bottle with a label on a table, with grain: uint8 RGB (1024, 1024, 3)."""
    photo = np.empty((SIDE, SIDE, 3), np.uint8)
    photo[:640], photo[640:] = (196, 204, 210), (150, 122, 98)
    cv2.rectangle(photo, (400, 300), (624, 840), (32, 92, 64), -1)
    cv2.ellipse(photo, (512, 300), (112, 70), 0, 180, 360, (32, 92, 64), -1)
    cv2.rectangle(photo, (470, 160), (554, 250), (176, 140, 72), -1)
    cv2.rectangle(photo, (420, 500), (604, 720), (240, 236, 226), -1)
    photo = cv2.GaussianBlur(photo, (0, 0), 1.5)
    grain = np.random.default_rng(SEED).integers(-4, 5, photo.shape)
    return np.clip(photo + grain, 0, 255).astype(np.uint8)
