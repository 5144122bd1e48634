"""Profiles are judged by their content: names may lie."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.v1 import image_pb2
from services.imaging.color import linear_light_from_srgb
from services.imaging.color_profiles import (
    CURVE_SIZE,
    D65,
    build_rgb_profile,
    is_srgb_profile,
    is_valid_profile,
)
from services.imaging.images import ImageCodec
from services.runtime.settings import ImageSettings
from tests.support.profiles import build_ink_profile, name_profile

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
LEVELS = np.linspace(0, 1, CURVE_SIZE)


@pytest.fixture
def rgb():
    """A fresh uint8 RGB picture (48, 64, 3) with smooth ramps from black."""
    y, x = np.mgrid[0:48, 0:64]
    return np.dstack([x * 4, y * 5, (x + y) * 2]).astype(np.uint8)


def read(pixels: np.ndarray | Image.Image, profile: bytes, fmt: str = "PNG") -> np.ndarray:
    """Decodes an image that was stored with a profile."""
    out = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(out, fmt, icc_profile=profile)
    return ImageCodec(ImageSettings()).read(image_pb2.Image(data=out.getvalue()), "photo")


def encode_linear(rgb: np.ndarray) -> np.ndarray:
    return np.rint(linear_light_from_srgb(rgb / 255) * 255).astype(np.uint8)


def test_a_linear_profile_is_converted_though_its_name_says_srgb(rgb):
    profile = name_profile(build_rgb_profile(SRGB, D65, LEVELS), "Linear sRGB IEC61966-2.1")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    assert "sRGB" in ImageCms.getProfileDescription(source)
    bright = np.maximum(rgb, 40)
    assert np.abs(read(encode_linear(bright), profile).astype(int) - bright).max() <= 3


def test_a_profile_of_srgb_keeps_pixels_though_its_name_says_otherwise(rgb):
    curve = linear_light_from_srgb(LEVELS)
    profile = name_profile(build_rgb_profile(SRGB, D65, curve), "ProPhoto RGB")
    assert np.array_equal(read(rgb, profile), rgb)


@pytest.mark.parametrize(
    ("primaries", "curve", "expected"),
    [
        (SRGB, linear_light_from_srgb(LEVELS), True),
        (SRGB, LEVELS, False),
        (SRGB, LEVELS**1.8, False),
        (ADOBE, LEVELS**2.2, False),
    ],
)
def test_a_profile_counts_as_srgb_by_its_content(primaries, curve, expected):
    assert is_srgb_profile(build_rgb_profile(primaries, D65, curve)) == expected


def test_pillows_own_profile_is_srgb():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_srgb_profile(profile) and is_valid_profile(profile)
    assert not is_srgb_profile(b"no profile") and not is_valid_profile(b"no profile")


def test_a_gray_picture_may_have_a_profile_of_color(rgb):
    gray = np.maximum(rgb[..., 0], 40)
    linear = build_rgb_profile(SRGB, D65, LEVELS)
    decoded = read(encode_linear(gray), linear)
    assert np.abs(decoded.astype(int) - gray[..., np.newaxis]).max() <= 3


@pytest.mark.parametrize("alpha", [None, 128])
def test_a_profile_of_gray_is_converted(rgb, alpha):
    gray = np.maximum(rgb[..., 0], 40)
    profile = gray_profile()
    stored = Image.fromarray(encode_linear(gray))
    if alpha:
        stored.putalpha(alpha)
    decoded = read(stored, profile)
    assert np.abs(decoded[..., :3].astype(int) - gray[..., np.newaxis]).max() <= 3
    assert decoded.shape[2] == (4 if alpha else 3)


def test_16_bit_gray_is_converted_too(rgb):
    gray = np.maximum(rgb[..., 0], 40)
    stored = Image.fromarray(encode_linear(gray).astype(np.uint16) * 257)
    decoded = read(stored, gray_profile())
    assert np.abs(decoded.astype(int) - gray[..., np.newaxis]).max() <= 3


@pytest.mark.parametrize("fmt", ["JPEG", "TIFF"])
def test_a_profile_of_ink_is_converted(fmt):
    stored = Image.new("CMYK", (32, 32), (255, 0, 0, 0))
    decoded = read(stored, build_ink_profile(), fmt)
    # L* 50 is level 119 of sRGB.
    assert np.abs(decoded.astype(int) - 119).max() <= 3


def test_a_profile_of_other_pixels_is_ignored(rgb):
    assert np.array_equal(read(rgb, build_ink_profile()), rgb)
    assert np.array_equal(read(rgb, gray_profile()), rgb)


def test_lab_needs_no_profile():
    lab = Image.new("LAB", (16, 16), (128, 128, 128))
    out = io.BytesIO()
    lab.save(out, "TIFF")
    image = image_pb2.Image(data=out.getvalue())
    decoded = ImageCodec(ImageSettings()).read(image, "photo")
    assert np.abs(decoded.astype(int) - 119).max() <= 3


def gray_profile() -> bytes:
    """Returns the ICC profile of linear gray: that of linear RGB with one curve."""
    profile = build_rgb_profile(SRGB, D65, LEVELS)
    return profile.replace(b"RGB XYZ ", b"GRAYXYZ ").replace(b"rTRC", b"kTRC")
