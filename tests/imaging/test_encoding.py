"""Encoders: each format against an independent decoder."""

import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.encoding import encode_jpeg, encode_pixels
from services.runtime.formats import AVIF, JPEG, PNG, RAW_GRAY, RAW_RGB, RAW_RGBA, TIFF, WEBP
from tests.support.pictures import assert_image_equal, assert_image_similar


@pytest.fixture
def noise():
    """Fresh random uint8 RGBA (21, 34, 4), with fully transparent pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (21, 34, 4), dtype=np.uint8)
    pixels[:5, :, 3] = 0
    return pixels


def decode(data: bytes) -> np.ndarray:
    """Decodes a file with Pillow, whatever its mode."""
    return np.asarray(Image.open(io.BytesIO(data)))


def draw_ramp() -> np.ndarray:
    """Draws smooth colors, different in each channel: uint8 RGB (64, 96, 3)."""
    y, x = np.mgrid[:64, :96]
    return np.dstack([x * 2, y * 3, 200 - x]).astype(np.uint8)


@pytest.mark.parametrize(("fmt", "channels"), [(PNG, 1), (PNG, 3), (PNG, 4), (WEBP, 3), (WEBP, 4)])
def test_lossless_files_keep_every_channel_in_order(noise, fmt, channels):
    pixels = noise[..., 0] if channels == 1 else noise[..., :channels]
    assert_image_equal(decode(encode_pixels(pixels, fmt)), pixels)


@pytest.mark.parametrize(("fmt", "channels"), [(RAW_GRAY, 1), (RAW_RGB, 3), (RAW_RGBA, 4)])
def test_raw_bytes_are_rows_of_interleaved_pixels(noise, fmt, channels):
    pixels = noise[..., 0] if channels == 1 else noise[..., :channels]
    data = encode_pixels(pixels, fmt)
    assert len(data) == 21 * 34 * channels
    assert data[34 * channels : 34 * channels + 3] == bytes(np.ravel(pixels[1])[:3])


def test_jpeg_keeps_smooth_colors_within_a_level():
    assert_image_similar(decode(encode_pixels(draw_ramp(), JPEG)), draw_ramp(), 1)


def test_a_higher_jpeg_quality_takes_more_bytes_and_errs_less(noise):
    files = [encode_jpeg(noise[..., :3], quality) for quality in (30, 60, 95)]
    errors = [np.abs(decode(data).astype(int) - noise[..., :3]).mean() for data in files]
    assert sorted(map(len, files)) == [*map(len, files)]
    assert sorted(errors, reverse=True) == errors and errors[-1] < 4 < errors[0]


def test_jpeg_keeps_the_color_of_single_pixels():
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[::2, ::2] = (255, 0, 0)
    decoded = decode(encode_jpeg(pixels, 100)).astype(int)
    assert np.abs(decoded - pixels).max() <= 6


@pytest.mark.parametrize(
    ("fmt", "channels"), [(JPEG, 1), (JPEG, 4), (RAW_RGB, 4), (RAW_RGBA, 3), (AVIF, 3), (TIFF, 3)]
)
def test_unsupported_channels_or_formats_are_rejected(noise, fmt, channels):
    pixels = noise[..., 0] if channels == 1 else noise[..., :channels]
    with pytest.raises(ValueError, match=f"{channels} channels do not fit"):
        encode_pixels(pixels, fmt)


def test_encoding_leaves_the_pixels_unchanged(noise):
    before = noise.copy()
    for fmt in (PNG, WEBP, RAW_RGBA):
        encode_pixels(noise, fmt)
    assert_image_equal(noise, before)
