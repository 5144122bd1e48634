"""The four stages as one would type them from their description, in one process, in a row."""

import base64
import io
from pathlib import Path

import cv2
import numpy as np
import requests
from PIL import Image, ImageOps

from services.segmentation.engine import Prompt
from services.segmentation.engines.classic import Classic

SIDE, PATIENCE = 1024, 300
WIDTH_SHARE, HEIGHT_SHARE = 0.7, 0.62
TINT, KERNEL, OPACITY, OFFSET = 0.06, (75, 75), 0.3, 12


class Script:
    """Makes ads with the engine classic and one server of the Stable Diffusion HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = Classic()

    def make_ad(self, path: Path, prompt: str, seed: int) -> bytes:
        """Returns a PNG."""
        with Image.open(path) as picture:
            photo = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        cutout = self._engine.find(photo, Prompt()).cutout
        background = self._post("txt2img", {"prompt": prompt, "seed": seed})
        composite, mask = compose(cutout, background)
        body = {"prompt": prompt, "seed": seed, "init_images": [text(composite)]}
        body |= {"mask": text(mask), "inpainting_mask_invert": 1, "denoising_strength": 0.35}
        return png(self._post("img2img", body))

    def _post(self, verb: str, body: dict) -> np.ndarray:
        body |= {"width": SIDE, "height": SIDE}
        answer = requests.post(f"{self._url}/sdapi/v1/{verb}", json=body, timeout=PATIENCE)
        answer.raise_for_status()
        data = base64.b64decode(answer.json()["images"][0])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def compose(cutout: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resize, tint, shadow and paste on whole float32 frames: uint8 RGB and the product's mask."""
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


def text(pixels: np.ndarray) -> str:
    """Base64 of a PNG."""
    return base64.b64encode(png(pixels)).decode()


def png(pixels: np.ndarray) -> bytes:
    """A PNG as Pillow writes it by default."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
