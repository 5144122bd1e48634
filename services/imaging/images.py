"""Converts between Image messages and uint8 arrays."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from cyclorama.v1 import image_pb2
from services.imaging.decoding import DecodedImage, decode_image_file
from services.imaging.encoding import encode_pixels
from services.imaging.resources import DecodingResources
from services.imaging.size_limits import ImageLimits, check_image_size
from services.runtime.errors import InvalidImage, MessageTooLarge
from services.runtime.formats import (
    PNG,
    RAW_CHANNELS,
    RAW_GRAY,
    RGBA_FORMATS,
    join_names,
    name_from_format,
)

# Room in bytes that a message with one large image keeps for its other fields.
MESSAGE_MARGIN = 4096

CodecObserver = Callable[[str, float, int], None]
"""Called after each image with "encode" or "decode", the seconds taken, and the bytes of pixels.

Decoding a RAW image counts 0 bytes, as its pixels stay within the message.
"""

NamedLayer = tuple[str, np.ndarray]
"""A layer's name, and its uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA of the whole canvas."""


@dataclass(frozen=True)
class ImageCodec:
    """Decodes and encodes Image messages within the limits of a process.

    limits: on images that it decodes. max_message_mib: on images that it encodes. observe: see
    CodecObserver. resources: what decoding may take from the process; None for no limit. Every
    `read` method takes the field of the request, for its InvalidImage error.
    """

    limits: ImageLimits
    max_message_mib: int = 64
    observe: CodecObserver = lambda step, seconds, size: None
    resources: DecodingResources | None = None

    def read(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Decodes an Image message to uint8 (H, W, 3) RGB, or (H, W, 4) RGBA if it has alpha.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        """
        return self._read_colors(image, field, may_reduce=False).pixels

    def read_photo(self, image: image_pb2.Image, field: str) -> DecodedImage:
        """Decodes an Image message as `read` does, but a large JPEG at a reduced size.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        """
        return self._read_colors(image, field, may_reduce=True)

    def read_rgb(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Decodes an Image message to uint8 RGB (H, W, 3); drops alpha.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        """
        return np.ascontiguousarray(self.read(image, field)[..., :3])

    def read_rgba(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Decodes an Image message to uint8 RGBA (H, W, 4).

        field: path of the image in the request, for the InvalidImage that an invalid one, or one
            without alpha, raises.
        """
        pixels = self.read(image, field)
        if pixels.shape[2] != 4:
            fitting = join_names(map(name_from_format, RGBA_FORMATS))
            raise InvalidImage(field, f"has no alpha channel; send RGBA as {fitting}")
        return pixels

    def read_gray(self, image: image_pb2.Image, field: str) -> np.ndarray:
        """Decodes an Image message to uint8 (H, W): its only channel, or the luma of a color image.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        """
        pixels = self._decode(image, field, may_reduce=False).pixels
        return (
            pixels[..., 0]
            if pixels.shape[2] == 1
            else cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)
        )

    def write(self, pixels: np.ndarray, accepted: image_pb2.ImageFormat) -> image_pb2.Image:
        """Encodes pixels as an Image message in the format that the caller accepts.

        Raises MessageTooLarge if the encoded image exceeds max_message_mib.

        pixels: uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
        accepted: format to write; unspecified means PNG.
        """
        start = time.perf_counter()
        image = encode_image(pixels, accepted or PNG)
        self.observe("encode", time.perf_counter() - start, pixels.nbytes)
        if len(image.data) > self.max_message_mib * 2**20 - MESSAGE_MARGIN:
            raise MessageTooLarge(
                f"the {image.width} x {image.height} answer takes {len(image.data) >> 20} MiB and "
                f"a message {self.max_message_mib}; ask for PNG or for a smaller picture"
            )
        return image

    def _read_colors(self, image: image_pb2.Image, field: str, may_reduce: bool) -> DecodedImage:
        """Decodes an Image message to RGB or RGBA.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        may_reduce: whether a large JPEG is decoded at a reduced size.
        """
        decoded = self._decode(image, field, may_reduce)
        if decoded.pixels.shape[2] != 1:
            return decoded
        return replace(decoded, pixels=np.repeat(decoded.pixels, 3, axis=2))

    def _decode(self, image: image_pb2.Image, field: str, may_reduce: bool) -> DecodedImage:
        """Decodes an Image message, a file or RAW pixels, and reports the time taken to `observe`.

        RAW_GRAY has one channel, all others have 3 or 4.

        field: path of the image in the request, for the InvalidImage that an invalid one raises.
        may_reduce: whether a large JPEG is decoded at a reduced size.
        """
        start, is_raw = time.perf_counter(), image.format in RAW_CHANNELS
        decoded = (
            self._read_raw(image, field) if is_raw else self._read_encoded(image, field, may_reduce)
        )
        size = 0 if is_raw else decoded.pixels.nbytes
        self.observe("decode", time.perf_counter() - start, size)
        return decoded

    def _read_encoded(self, image: image_pb2.Image, field: str, may_reduce: bool) -> DecodedImage:
        """Decodes the image file in an Image message to RGB or RGBA.

        field: path of the image in the request, for the InvalidImage that an invalid or too large
            file raises.
        may_reduce: whether a large JPEG is decoded at a reduced size.
        """
        # Each access to a field of bytes copies it.
        data = image.data
        if len(data) > self.limits.max_image_mib * 2**20:
            text = f"has {len(data) >> 20} MiB; send at most {self.limits.max_image_mib}"
            raise InvalidImage(field, text)
        return decode_image_file(data, self.limits, field, may_reduce, self.resources)

    def _read_raw(self, image: image_pb2.Image, field: str) -> DecodedImage:
        """Returns the bare pixels in an Image message of a RAW format.

        field: path of the image in the request, for the InvalidImage that is raised if the number
            of bytes does not match width and height, or the size exceeds the limits.
        """
        shape = image.height, image.width, RAW_CHANNELS[image.format]
        if min(shape) < 1:
            raise InvalidImage(field, "is RAW without width and height; send both")
        check_image_size(image.width, image.height, self.limits, field)
        # Each access to a field of bytes copies it.
        data = image.data
        if len(data) != np.prod(shape, dtype=np.int64):
            text = f"contains {len(data)} bytes, but {shape[1]} x {shape[0]} needs"
            raise InvalidImage(field, f"{text} {np.prod(shape, dtype=np.int64)}")
        return DecodedImage(np.frombuffer(data, np.uint8).reshape(shape), shape[:2])


def check_image_sides(pixels: np.ndarray, low: int, high: int | None, field: str) -> None:
    """Raises InvalidImage if the width or height of an image is out of bounds.

    pixels: uint8 (H, W) or (H, W, C).
    low, high: bounds of both sides in pixels, included; `high` None for no upper bound.
    field: path of the image in the request, for the error.
    """
    height, width = pixels.shape[:2]
    bounds = f"at least {low}" if high is None else f"{low} to {high}"
    if min(height, width) < low or (high is not None and max(height, width) > high):
        raise InvalidImage(field, f"is {width} x {height}; send sides of {bounds} pixels")


def encode_image(pixels: np.ndarray, fmt: image_pb2.ImageFormat) -> image_pb2.Image:
    """Encodes pixels as an Image message; raises ValueError if the format does not fit them.

    pixels: uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
    fmt: a value of the enum ImageFormat.
    """
    height, width = pixels.shape[:2]
    data = encode_pixels(pixels, fmt)
    return image_pb2.Image(data=data, format=fmt, width=width, height=height)


def layers_to_messages(layers: Sequence[NamedLayer]) -> Iterator[image_pb2.Layer]:
    """Yields Layer messages with PNG images, in the order of the layers: from the bottom up.

    layers: name and pixels of each: uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
    """
    for name, pixels in layers:
        yield image_pb2.Layer(name=name, image=encode_image(pixels, PNG))


def choose_gray_format(accepted: image_pb2.ImageFormat) -> image_pb2.ImageFormat:
    """Returns the format of a mask that accompanies an image in the format `accepted`."""
    return RAW_GRAY if accepted in RAW_CHANNELS else PNG
