"""Large JPEG photos are decoded at a reduced size, and their size in the file is known."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec
from services.imaging.jpeg_reduction import reduce_jpeg
from services.runtime.errors import InvalidImage
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_similar

# 0.48 megapixels.
WIDTH, HEIGHT = 800, 600
ORIENTATION, TURNED = 0x0112, 6


@pytest.fixture
def ramps():
    """A fresh uint8 RGB picture (HEIGHT, WIDTH, 3) with smooth ramps."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.dstack([x // 4, y // 3, (x + y) // 6]).astype(np.uint8)


def encode(pixels: np.ndarray, fmt: str = "JPEG", **options: Any) -> image_pb2.Image:
    """Encodes a picture as an Image message."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, fmt, **options)
    return image_pb2.Image(data=out.getvalue())


def read_photo(image: image_pb2.Image, **limits: float):
    """Decodes a photo with limits other than the defaults."""
    return ImageCodec(ImageSettings(**limits)).read_photo(image, "photo")


@pytest.mark.parametrize(
    ("limits", "factor"),
    [
        ({}, 1),
        ({"max_megapixels": 0.48}, 1),
        ({"max_megapixels": 0.4}, 2),
        ({"max_megapixels": 0.1}, 4),
        ({"max_megapixels": 0.01}, 8),
        ({"max_image_side": 400}, 2),
    ],
)
def test_a_large_photo_is_decoded_at_the_largest_size_within_the_limits(ramps, limits, factor):
    decoded = read_photo(encode(ramps, quality=95), **limits)
    assert decoded.full_size == (HEIGHT, WIDTH) and decoded.scale == (factor, factor)
    at = factor // 2
    assert_image_similar(decoded.pixels, ramps[at::factor, at::factor], 2)


def test_odd_sizes_are_rounded_up(ramps):
    decoded = read_photo(encode(ramps[:597, :799]), max_megapixels=0.1)
    assert decoded.pixels.shape[:2] == (150, 200) and decoded.full_size == (597, 799)
    assert decoded.enlarge_box((0, 0, 200, 150)) == (0, 0, 799, 597)


def test_a_turned_photo_has_the_size_of_the_upright_one(ramps):
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    decoded = read_photo(encode(ramps, exif=exif), max_megapixels=0.4)
    assert decoded.pixels.shape[:2] == (400, 300) and decoded.full_size == (WIDTH, HEIGHT)


def test_boxes_are_converted_to_pixels_of_the_file(ramps):
    decoded = read_photo(encode(ramps), max_megapixels=0.1)
    assert decoded.enlarge_box((10, 20, 30, 40)) == (40, 80, 120, 160)


@pytest.mark.parametrize(
    ("fmt", "limits", "text"),
    [
        ("JPEG", {"max_jpeg_megapixels": 0.4, "max_megapixels": 0.3}, "at most 0.4 megapixels"),
        ("JPEG", {"max_megapixels": 0.001}, "at most 0.001 megapixels"),
        ("PNG", {"max_megapixels": 0.4}, "is 800 x 600; send at most 0.4 megapixels"),
        ("TIFF", {"max_image_side": 400}, "sides of at most 400 pixels"),
    ],
)
def test_a_photo_that_is_too_large_is_rejected(ramps, fmt, limits, text):
    with pytest.raises(InvalidImage, match=text):
        read_photo(encode(ramps, fmt), **limits)


def test_pictures_other_than_photos_are_not_reduced(ramps):
    codec = ImageCodec(ImageSettings(max_megapixels=0.4))
    with pytest.raises(InvalidImage, match=r"at most 0\.4 megapixels"):
        codec.read(encode(ramps), "background")


def describe_jpeg(size: tuple[int, int], **options: Any) -> bytes:
    """Returns a JPEG file whose header claims a size that its few pixels do not have."""
    data = encode(np.zeros((16, 16, 3), np.uint8), **options).data
    for start_of_frame in (b"\xff\xc0", b"\xff\xc2"):
        at = data.find(start_of_frame) + 5
        if at >= 5:
            data = data[:at] + size[1].to_bytes(2) + size[0].to_bytes(2) + data[at + 4 :]
    return data


@pytest.mark.parametrize(
    ("options", "size", "megapixels"),
    [
        # 200 megapixels as phones and cameras write them.
        ({"progressive": True}, (16320, 12240), None),
        ({"progressive": True, "subsampling": 0}, (16320, 12240), 106),
        ({"progressive": True, "subsampling": 0}, (10000, 10000), None),
        ({"subsampling": 0}, (16320, 12240), None),
    ],
)
def test_a_progressive_photo_is_limited_by_its_coefficients(options, size, megapixels):
    data = describe_jpeg(size, **options)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == size
        if megapixels is None:
            reduce_jpeg(picture, data, ImageSettings(), "photo")
            assert picture.width * picture.height <= 64e6
            return
        with pytest.raises(InvalidImage, match=f"baseline JPEG, or with at most {megapixels}"):
            reduce_jpeg(picture, data, ImageSettings(), "photo")


def test_separate_scans_count_as_progressive():
    # A baseline file whose first scan has one of its three channels.
    data = describe_jpeg((16320, 12240), subsampling=0)
    at = data.index(b"\xff\xda")
    scan = b"\xff\xda\0\x08\x01" + data[at + 5 : at + 7] + b"\0\x3f\0"
    data = data[:at] + scan + data[at + 14 :]
    with (
        Image.open(io.BytesIO(data)) as picture,
        pytest.raises(InvalidImage, match="progressive"),
    ):
        reduce_jpeg(picture, data, ImageSettings(), "photo")
