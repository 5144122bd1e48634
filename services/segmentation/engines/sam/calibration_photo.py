"""Draws a photo to compare models on; it needs no file and is the same everywhere."""

import cv2
import numpy as np

# The side at which the model encodes photos, so that the photo is not resized.
SIDE = 1024
# Seed of the grain; any other draws a photo as good.
GRAIN_SEED = 0
# Colors of a plain product photo, RGB; others that contrast as clearly would do.
WALL, TABLE = (196, 204, 210), (150, 122, 98)
GLASS, CAP, LABEL = (32, 92, 64), (176, 140, 72), (240, 236, 226)


def draw_calibration_photo() -> np.ndarray:
    """Draws a bottle with a label on a table, with grain like a photo's; always the same.

    Returns uint8 RGB (1024, 1024, 3).
    """
    canvas = np.empty((SIDE, SIDE, 3), np.uint8)
    # The wall's lower edge is at row 640.
    canvas[:640], canvas[640:] = WALL, TABLE
    # Rectangles have two opposite corners, as x, y. The first one is the bottle's body.
    cv2.rectangle(canvas, (400, 300), (624, 840), GLASS, cv2.FILLED)
    # The bottle's shoulder, the upper half of an ellipse: center, semi-axes and angles in degrees.
    cv2.ellipse(
        canvas,
        (512, 300),
        (112, 70),
        angle=0,
        startAngle=180,
        endAngle=360,
        color=GLASS,
        thickness=cv2.FILLED,
    )
    cv2.rectangle(canvas, (470, 160), (554, 250), CAP, cv2.FILLED)
    cv2.rectangle(canvas, (420, 500), (604, 720), LABEL, cv2.FILLED)
    # Edges as soft as a lens makes them; a kernel size of (0, 0) derives it from sigma.
    blurred = cv2.GaussianBlur(canvas, (0, 0), sigmaX=1.5)
    # Grain of up to 4 levels.
    grain = np.random.default_rng(GRAIN_SEED).integers(-4, 5, canvas.shape)
    return np.clip(blurred + grain, 0, 255).astype(np.uint8)
