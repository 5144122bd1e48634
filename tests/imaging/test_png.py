"""PNG files: other readers decode them to the same pixels."""

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from services.imaging.png import BAND_BYTES, HEAD_BYTES, SIGNATURE, encode_png

# Widths and heights: single pixels and lines, and more rows than are filtered at once.
SIZES = [(1, 1), (1, 7), (9, 1), (33, 20), (BAND_BYTES // 300 + 5, 301)]


def draw_noise(size: tuple[int, int], channels: int) -> np.ndarray:
    """Draws smooth color with noise: uint8 (h, w) or (h, w, channels)."""
    rng = np.random.default_rng(size[0])
    ramp = np.linspace(0, 255, size[0] * size[1]).reshape(*size, 1)
    pixels = (ramp + rng.integers(0, 40, (*size, channels))).astype(np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_pillow_and_opencv_decode_the_same_pixels(size, channels):
    pixels = draw_noise(size, channels)
    data = encode_png(pixels)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        assert np.array_equal(np.asarray(picture), pixels)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    swap = {1: None, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[channels]
    assert np.array_equal(decoded if swap is None else cv2.cvtColor(decoded, swap), pixels)


def test_a_view_that_is_not_contiguous_is_encoded_as_its_copy():
    pixels = draw_noise((40, 30), 4)[2:-3, ::2, :3]
    assert encode_png(pixels) == encode_png(pixels.copy())


def test_the_head_ends_behind_the_header_chunk():
    data = encode_png(draw_noise((4, 5), 3))
    assert data.startswith(SIGNATURE) and data[12:16] == b"IHDR"
    header = data[12 : HEAD_BYTES - 4]
    assert zlib.crc32(header).to_bytes(4) == data[HEAD_BYTES - 4 : HEAD_BYTES]
    assert data[HEAD_BYTES + 4 : HEAD_BYTES + 8] == b"IDAT"


def test_smooth_pictures_are_compressed():
    y, x = np.mgrid[:200, :300]
    pixels = np.dstack([x % 256, y, (x + y) // 2 % 256]).astype(np.uint8)
    assert len(encode_png(pixels)) < pixels.nbytes / 10
