"""Paints the images of the doubles, from prompt, seed, init image and mask."""

import base64
import io
import zlib

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

# Standard deviation in levels of what an autoencoder does to locked pixels.
AUTOENCODER_NOISE = 2.0


def paint_scene(request: dict, width: int, height: int) -> np.ndarray:
    """Returns uint8 RGB (height, width, 3): sky and floor in colors that depend on the prompt."""
    key = zlib.crc32(
        f"{request['prompt']}|{request.get('negative_prompt', '')}|{request['seed']}".encode()
    )
    rng = np.random.default_rng(key)
    sky, floor = rng.uniform(90, 240, (2, 3))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    horizon = height * rng.uniform(0.45, 0.65)
    share = np.clip((y - horizon) / (0.02 * height) + 0.5, 0, 1)[..., None]
    glow = np.exp(-(((x / width - rng.uniform()) ** 2 + (y / height - 0.2) ** 2) / 0.1))[..., None]
    waves = 10 * np.sin(x / width * rng.uniform(20, 60) + y / height * rng.uniform(20, 60))
    picture = sky * (1 - share) + floor * share + 40 * glow + waves[..., None]
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def repaint_image(request: dict, init: np.ndarray, free: np.ndarray, exact: bool) -> np.ndarray:
    """Blends uint8 RGB `init` (H, W, 3) with a scene where float32 `free` (H, W) is 1.

    exact: whether pixels with `free` 0 stay unchanged, without the noise of an autoencoder.
    """
    height, width = init.shape[:2]
    strength = min(1.0, request.get("denoising_strength", 0.75))
    scene = paint_scene(request, width, height).astype(np.float32)
    drawn = init * (1 - strength) + scene * strength
    rng = np.random.default_rng(request["seed"])
    lossy = init if exact else init + rng.normal(0, AUTOENCODER_NOISE, init.shape)
    mixed = drawn * free[..., None] + lossy * (1 - free[..., None])
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def grow_locked_part(picture: np.ndarray, init: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Paints the locked part a few pixels beyond its edge, as models sometimes do.

    picture, init: uint8 RGB (H, W, 3). free: float32 (H, W), 0 where locked.
    """
    locked = (free < 0.5).astype(np.uint8)
    size = int(0.03 * np.sqrt(locked.sum())) * 2 + 3
    _, labels = cv2.distanceTransformWithLabels(
        1 - cv2.erode(locked, np.ones((5, 5))), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    solid = cv2.erode(locked, np.ones((5, 5))) == 1
    colors = np.zeros((labels.max() + 1, 3), np.uint8)
    colors[labels[solid]] = init[solid]
    wider = cv2.dilate(locked, np.ones((size, size), np.uint8)) == 1
    return np.where((wider & (locked == 0))[..., None], colors[labels], picture)


def open_base64_image(text: str) -> Image.Image:
    """Returns the image in a base64 text; raises ValueError or OSError if it is none."""
    picture = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    picture.load()
    return picture


def encode_base64_image(pixels: np.ndarray, fmt: str = "png", metadata: str = "") -> str:
    """Encodes uint8 RGB (H, W, 3) as a PNG, or a JPEG of quality 80 ("jpg"), in base64.

    metadata: the text "parameters" in the PNG file; empty for none.
    """
    if metadata:
        file, info = io.BytesIO(), PngInfo()
        info.add_text("parameters", metadata)
        Image.fromarray(pixels).save(file, "PNG", pnginfo=info, compress_level=1)
        return base64.b64encode(file.getvalue()).decode()
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    flags = [cv2.IMWRITE_JPEG_QUALITY, 80] if fmt == "jpg" else []
    return base64.b64encode(cv2.imencode(f".{fmt}", bgr, flags)[1]).decode()
