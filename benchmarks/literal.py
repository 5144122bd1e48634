"""A straightforward script for an ad: four stages in one process, one after another."""

import base64
import io
from pathlib import Path

import cv2
import numpy as np
import requests
from PIL import Image, ImageOps

from services.segmentation.engine import SegmentationPrompt
from services.segmentation.engines.classic import ClassicSegmentation

SIDE, TIMEOUT = 1024, 300
WIDTH_SHARE, HEIGHT_SHARE = 0.7, 0.62
TINT, KERNEL, OPACITY, OFFSET = 0.06, (75, 75), 0.3, 12


class SequentialScript:
    """Creates ads with the classic engine and one server of the AUTOMATIC1111 API."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = ClassicSegmentation()

    def make_ad(self, path: Path, prompt: str, seed: int) -> bytes:
        """Returns the finished ad as PNG."""
        with Image.open(path) as picture:
            photo = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        cutout = self._engine.segment(photo, SegmentationPrompt()).cutout
        background = self._post("txt2img", {"prompt": prompt, "seed": seed})
        composite, mask = composite_product(cutout, background)
        body = {"prompt": prompt, "seed": seed, "init_images": [encode_base64_png(composite)]}
        body |= {
            "mask": encode_base64_png(mask),
            "inpainting_mask_invert": 1,
            "denoising_strength": 0.35,
        }
        return encode_png(self._post("img2img", body))

    def _post(self, endpoint: str, body: dict) -> np.ndarray:
        body |= {"width": SIDE, "height": SIDE}
        response = requests.post(f"{self._url}/sdapi/v1/{endpoint}", json=body, timeout=TIMEOUT)
        response.raise_for_status()
        data = base64.b64decode(response.json()["images"][0])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def composite_product(cutout: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resizes, tints and pastes the product with a shadow, in float32 on whole frames.

    cutout: uint8 RGBA (h, w, 4). background: uint8 RGB (H, W, 3). Returns the composite, uint8 RGB
    (H, W, 3), and the mask of the product, uint8 (H, W).
    """
    height, width = background.shape[:2]
    scale = min(WIDTH_SHARE * width / cutout.shape[1], HEIGHT_SHARE * height / cutout.shape[0])
    small = cv2.resize(cutout, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, top = (width - small.shape[1]) // 2, round(0.85 * height) - small.shape[0]
    at = np.s_[top : top + small.shape[0], left : left + small.shape[1]]
    alpha = np.zeros((height, width, 1), np.float32)
    alpha[at] = small[..., 3:] / 255
    product = np.zeros((height, width, 3), np.float32)
    mean = np.full_like(small[..., :3], background[at].mean(axis=(0, 1)))
    product[at] = cv2.addWeighted(small[..., :3], 1 - TINT, mean, TINT, 0)
    shadow = cv2.GaussianBlur(np.roll(alpha, OFFSET, axis=(0, 1)), KERNEL, 0)[..., None]
    shaded = background.astype(np.float32) * (1 - OPACITY * shadow)
    out = shaded * (1 - alpha) + product * alpha
    return out.round().astype(np.uint8), (alpha[..., 0] * 255).round().astype(np.uint8)


def encode_base64_png(pixels: np.ndarray) -> str:
    """Encodes uint8 (H, W) or RGB (H, W, 3) as PNG, in base64."""
    return base64.b64encode(encode_png(pixels)).decode()


def encode_png(pixels: np.ndarray) -> bytes:
    """Encodes uint8 (H, W) or RGB (H, W, 3) as PNG with Pillow's defaults."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
