"""Pictures on the wire (Image messages) and in memory (uint8 arrays)."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.v1 import image_pb2
from services.imaging.decoding import Limits, check_size, read_file
from services.imaging.encoding import encode_pixels
from services.runtime.errors import InvalidImage, MessageTooLarge
from services.runtime.formats import (
    PNG,
    RAW_CHANNELS,
    RAW_GRAY,
    RGBA_FORMATS,
    join_names,
    name_of,
)

Observe = Callable[[str, float, int], None]
"""Called after each picture: "encode" or "decode", seconds, and bytes of the pixels.

RAW pictures are decoded to no bytes, as their pixels lie in the message itself.
"""

NamedLayer = tuple[str, np.ndarray]
"""A layer of a picture: a name and uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA of its canvas."""


@dataclass(frozen=True)
class Images:
    """Reads and writes pictures within a process's bounds.

    Every `read` takes the name of the request's field, which its InvalidImage error then names.
    max_message_mib: of what is written. observe: see Observe.
    """

    limits: Limits
    max_message_mib: int = 64
    observe: Observe = lambda step, seconds, size: None

    def read(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 (H, W, 3) RGB, or (H, W, 4) RGBA where the picture has alpha."""
        pixels = self._pixels(image, field)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels

    def read_rgb(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 RGB (H, W, 3); alpha, if any, is dropped."""
        return np.ascontiguousarray(self.read(image, field)[..., :3])

    def read_rgba(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns uint8 RGBA (H, W, 4); raises InvalidImage when the picture has no alpha."""
        pixels = self.read(image, field)
        if pixels.shape[2] != 4:
            fitting = join_names(map(name_of, RGBA_FORMATS))
            raise InvalidImage(field, f"has no alpha channel; send RGBA as {fitting}")
        return pixels

    def read_gray(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Returns one uint8 channel (H, W): the only one, or the luma of a color picture."""
        pixels = self._pixels(image, field)
        return (
            pixels[..., 0]
            if pixels.shape[2] == 1
            else cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)
        )

    def write(self, pixels: np.ndarray, accepted: int) -> image_pb2.Image:
        """Encodes uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; unspecified means PNG."""
        start = time.perf_counter()
        image = encode(pixels, accepted or PNG)
        self.observe("encode", time.perf_counter() - start, pixels.nbytes)
        if len(image.data) > self.max_message_mib * 2**20 - 4096:
            raise MessageTooLarge(
                f"the {image.width} x {image.height} answer takes {len(image.data) >> 20} MiB and "
                f"a message {self.max_message_mib}; ask for PNG or for a smaller picture"
            )
        return image

    def _pixels(self, image: image_pb2.Image, field: str) -> np.ndarray:
        start, raw = time.perf_counter(), image.format in RAW_CHANNELS
        pixels = self._read_raw(image, field) if raw else self._read_encoded(image, field)
        self.observe("decode", time.perf_counter() - start, 0 if raw else pixels.nbytes)
        return pixels

    def _read_encoded(self, image: image_pb2.Image, field: str) -> np.ndarray:
        if len(image.data) > self.limits.max_image_mib * 2**20:
            text = f"has {len(image.data) >> 20} MiB; send at most {self.limits.max_image_mib}"
            raise InvalidImage(field, text)
        return read_file(image.data, self.limits, field)

    def _read_raw(self, image: image_pb2.Image, field: str) -> np.ndarray:
        shape = image.height, image.width, RAW_CHANNELS[image.format]
        if min(shape) < 1:
            raise InvalidImage(field, "is RAW without width and height; send both")
        check_size(image.width, image.height, self.limits, field)
        if len(image.data) != np.prod(shape, dtype=np.int64):
            text = f"holds {len(image.data)} bytes, but {shape[1]} x {shape[0]} needs"
            raise InvalidImage(field, f"{text} {np.prod(shape, dtype=np.int64)}")
        return np.frombuffer(image.data, np.uint8).reshape(shape)


def check_sides(pixels: np.ndarray, low: int, high: int | None, field: str) -> None:
    """Raises InvalidImage when a side of the picture is out of bounds; high: None for no bound."""
    height, width = pixels.shape[:2]
    bounds = f"at least {low}" if high is None else f"{low} to {high}"
    if min(height, width) < low or (high is not None and max(height, width) > high):
        raise InvalidImage(field, f"is {width} x {height}; send sides of {bounds} pixels")


def encode(pixels: np.ndarray, fmt: int) -> image_pb2.Image:
    """Encodes uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA as `fmt`, never losing alpha."""
    height, width = pixels.shape[:2]
    data = encode_pixels(pixels, fmt)
    return image_pb2.Image(data=data, format=fmt, width=width, height=height)


def layer_messages(layers: Sequence[NamedLayer]) -> Iterator[image_pb2.Layer]:
    """Writes layers, from the bottom up, as Layer messages."""
    for name, pixels in layers:
        yield image_pb2.Layer(name=name, image=encode(pixels, PNG))


def gray_format(accepted: int) -> int:
    """The format for a one-channel companion of a picture that is answered as `accepted`."""
    return RAW_GRAY if accepted in RAW_CHANNELS else PNG
