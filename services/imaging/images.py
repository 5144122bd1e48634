"""Pictures on the wire (Image messages) and in memory (uint8 arrays)."""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pillow

from cyclorama.v1 import image_pb2
from services.imaging.decoding import check_size, read_file
from services.runtime.errors import BadImage, TooLarge
from services.runtime.guards.memory import note_size
from services.runtime.metrics import CODEC_SECONDS
from services.runtime.settings import ImageSettings

PNG = image_pb2.IMAGE_FORMAT_PNG
JPEG = image_pb2.IMAGE_FORMAT_JPEG
WEBP = image_pb2.IMAGE_FORMAT_WEBP
RAW_CHANNELS = {
    image_pb2.IMAGE_FORMAT_RAW_GRAY: 1,
    image_pb2.IMAGE_FORMAT_RAW_RGB: 3,
    image_pb2.IMAGE_FORMAT_RAW_RGBA: 4,
}
JPEG_QUALITY = 95
PREVIEW_QUALITY = 80
THUMBNAIL_SIDE = 256


@dataclass(frozen=True)
class Images:
    """Reads and writes pictures within a process's bounds.

    Every `read` takes the name of the request's field, which its BadImage error then names.
    """

    limits: ImageSettings
    max_message_mib: int = 64

    def read(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 (H, W, 3) RGB, or (H, W, 4) RGBA where the picture has alpha."""
        pixels = self._pixels(image, field)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels

    def read_rgb(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 RGB (H, W, 3); alpha, if any, is dropped."""
        return np.ascontiguousarray(self.read(image, field)[..., :3])

    def read_rgba(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 RGBA (H, W, 4); raises BadImage when the picture has no alpha."""
        pixels = self.read(image, field)
        if pixels.shape[2] != 4:
            raise BadImage(field, "has no alpha channel; send RGBA as PNG, WEBP or RAW_RGBA")
        return pixels

    def read_gray(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns one uint8 channel (H, W): the only one, or the luma of a colour picture."""
        pixels = self._pixels(image, field)
        return (
            pixels[..., 0]
            if pixels.shape[2] == 1
            else cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)
        )

    @CODEC_SECONDS.labels("encode").time()
    def write(self, pixels: np.ndarray, accepted: int) -> image_pb2.Image:
        """Encodes uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; unspecified means PNG."""
        image = encode(pixels, accepted or PNG)
        if len(image.data) > self.max_message_mib * 2**20 - 4096:
            raise TooLarge(
                f"the {image.width} x {image.height} answer takes {len(image.data) >> 20} MiB and "
                f"a message {self.max_message_mib}; ask for PNG or for a smaller picture"
            )
        return image

    @CODEC_SECONDS.labels("decode").time()
    def _pixels(self, image: image_pb2.Image, field: str) -> np.ndarray:
        if image.format in RAW_CHANNELS:
            return self._read_raw(image, field)
        if len(image.data) > self.limits.max_image_mib * 2**20:
            text = f"has {len(image.data) >> 20} MiB; send at most {self.limits.max_image_mib}"
            raise BadImage(field, text)
        pixels = read_file(image.data, self.limits, field)
        note_size(pixels.nbytes)
        return pixels

    def _read_raw(self, image: image_pb2.Image, field: str) -> np.ndarray:
        shape = image.height, image.width, RAW_CHANNELS[image.format]
        if min(shape) < 1:
            raise BadImage(field, "is RAW without width and height; send both")
        check_size(image.width, image.height, self.limits, field)
        if len(image.data) != np.prod(shape, dtype=np.int64):
            text = f"holds {len(image.data)} bytes, but {shape[1]} x {shape[0]} needs"
            raise BadImage(field, f"{text} {np.prod(shape, dtype=np.int64)}")
        return np.frombuffer(image.data, np.uint8).reshape(shape)


def check_sides(pixels: np.ndarray, low: int, high: int, field: str) -> None:
    """Raises BadImage when a side of the picture is out of bounds."""
    height, width = pixels.shape[:2]
    if not (low <= height <= high and low <= width <= high):
        raise BadImage(field, f"is {width} x {height}; send sides of {low} to {high} pixels")


def encode(pixels: np.ndarray, fmt: int) -> image_pb2.Image:
    """Encodes uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA as `fmt`, never losing alpha."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if fmt in RAW_CHANNELS and RAW_CHANNELS[fmt] == channels:
        data = pixels.tobytes()
    elif fmt == PNG:
        # No compression level: naming one switches OpenCV off its fast path.
        data = _imencode(".png", pixels)
    elif fmt == JPEG and channels == 3:
        data = _jpeg(pixels, JPEG_QUALITY)
    elif fmt == WEBP:
        data = _webp(pixels)
    else:
        raise ValueError(f"{channels} channels do not fit {image_pb2.ImageFormat.Name(fmt)}")
    return image_pb2.Image(data=data, format=fmt, width=width, height=height)


def preview(pixels: np.ndarray) -> image_pb2.Image:
    """Encodes a small uint8 RGB picture as JPEG, for looking at while the work goes on."""
    height, width = pixels.shape[:2]
    data = _jpeg(pixels, PREVIEW_QUALITY)
    return image_pb2.Image(data=data, format=JPEG, width=width, height=height)


def thumbnail(pixels: np.ndarray) -> image_pb2.Image:
    """Encodes uint8 (H, W, 3) RGB or (H, W, 4) RGBA with sides of at most THUMBNAIL_SIDE."""
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return preview(small) if pixels.shape[2] == 3 else encode(small, WEBP)


def gray_format(accepted: int) -> int:
    """The format for a one-channel companion of a picture answered as `accepted`."""
    return image_pb2.IMAGE_FORMAT_RAW_GRAY if accepted in RAW_CHANNELS else PNG


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    full_color = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full_color]
    return _imencode(".jpg", pixels, flags)


def _imencode(suffix: str, pixels: np.ndarray, flags: list[int] | None = None) -> bytes:
    if pixels.ndim == 3:
        swap = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        pixels = cv2.cvtColor(pixels, swap)
    return cv2.imencode(suffix, pixels, flags or [])[1].tobytes()


def _webp(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "WEBP", lossless=True, method=0, exact=True)
    return out.getvalue()
