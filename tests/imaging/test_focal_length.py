"""Focal lengths are read from EXIF blocks; corrupt and senseless ones never fail a photo."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from services.imaging.decoding import DecodedImage, decode_image_file
from services.imaging.size_limits import ImageLimits
from services.runtime.settings import ImageSettings

LIMITS: ImageLimits = ImageSettings()
TAGS = ExifTags.Base


def encode_photo(tags: dict[int, object] | bytes, fmt: str = "JPEG") -> bytes:
    """Encodes a small photo with tags in its EXIF block, or with this block."""
    exif = tags
    if isinstance(tags, dict):
        block = Image.Exif()
        block.get_ifd(ExifTags.IFD.Exif).update(tags)
        exif = block.tobytes()
    out = io.BytesIO()
    Image.fromarray(np.full((24, 36, 3), 99, np.uint8)).save(out, fmt, exif=exif)
    return out.getvalue()


def decode_photo(tags: dict[int, object] | bytes, fmt: str = "JPEG") -> DecodedImage:
    return decode_image_file(encode_photo(tags, fmt), LIMITS, "photo")


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_the_length_on_film_is_read(fmt):
    assert decode_photo({TAGS.FocalLengthIn35mmFilm: 77}, fmt).focal_length_mm == 77


def test_the_size_of_the_sensor_converts_a_length():
    tags = {
        TAGS.FocalLength: IFDRational(40),
        TAGS.FocalPlaneXResolution: IFDRational(600000, 225),
        TAGS.FocalPlaneResolutionUnit: 3,
        TAGS.ExifImageWidth: 6000,
        TAGS.ExifImageHeight: 4000,
    }
    # A sensor of 22.5 x 15 mm.
    assert decode_photo(tags).focal_length_mm == pytest.approx(64)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {TAGS.FocalLengthIn35mmFilm: 0},
        {TAGS.FocalLengthIn35mmFilm: 65535},
        {TAGS.FocalLength: IFDRational(40)},
        {TAGS.FocalLength: IFDRational(40), TAGS.FocalPlaneXResolution: IFDRational(0, 0)},
        {TAGS.FocalLength: IFDRational(1, 0), TAGS.FocalPlaneXResolution: IFDRational(1)},
        {TAGS.FocalPlaneXResolution: IFDRational(100)},
        {
            TAGS.FocalLength: IFDRational(40),
            TAGS.FocalPlaneXResolution: IFDRational(100),
            TAGS.FocalPlaneResolutionUnit: 99,
        },
    ],
)
def test_senseless_tags_are_ignored(tags):
    assert decode_photo(tags).focal_length_mm is None


# Pillow warns when it looks for a resolution in the block.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(64),
        b"Exif\0\0" + bytes(range(256)) * 4,
        # The Exif block is at its own offset, so that it contains itself.
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0",
    ],
)
def test_a_corrupt_block_fails_no_photo(block):
    decoded = decode_photo(block)
    assert decoded.focal_length_mm is None
    assert decoded.pixels.shape == (24, 36, 3)
