"""Pictures as the text that servers send and take: PNG in base64."""

import base64
import binascii
import io

import cv2
import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 2**26


def to_text(pixels: np.ndarray) -> str:
    """Writes uint8 (H, W) or RGB (H, W, 3) as an 8-bit PNG in base64, without any prefix.

    Never with an alpha channel: some servers would read a mask from it, others show what it hides.
    """
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return base64.b64encode(cv2.imencode(".png", pixels)[1]).decode("ascii")


def from_text(text: str) -> np.ndarray:
    """Reads base64, with a data: prefix or without, to the last pixel: uint8 RGB (H, W, 3).

    Raises ValueError for everything that is not a whole picture.
    """
    head, comma, rest = text.partition("base64,")
    try:
        data = base64.b64decode(rest if comma else head, validate=True)
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("the picture is too large")
            return np.asarray(picture.convert("RGB"))
    # Broken files make Pillow raise OSError and SyntaxError as well.
    except (binascii.Error, OSError, SyntaxError) as error:
        raise ValueError(str(error)) from error
