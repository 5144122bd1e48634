"""HEIF files of phones are read like any other, and corrupt ones do no harm."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidImage
from services.runtime.settings import ImageSettings
from tests.support.heif import encode_deep_heif, encode_heif, encode_heif_album
from tests.support.pictures import assert_image_similar, draw_cutout, draw_product

PHOTO, _ = draw_product()
# In samples of HEVC at quality 90, whose colors have half the resolution.
CODING_ERROR = 3
ORIENTATION = 0x0112


def read(data: bytes, limits: ImageSettings | None = None) -> np.ndarray:
    """Decodes a file with the default limits, or with others."""
    return ImageCodec(limits or ImageSettings()).read(image_pb2.Image(data=data), "photo")


def test_a_photo_of_a_phone_is_read():
    assert_image_similar(read(encode_heif(PHOTO)), PHOTO, CODING_ERROR)


def test_a_gray_photo_is_read():
    gray = PHOTO[..., 1]
    assert_image_similar(read(encode_heif(gray)), np.dstack([gray] * 3), CODING_ERROR)


def test_a_photo_with_10_bits_is_read():
    assert_image_similar(read(encode_deep_heif(PHOTO)), PHOTO, CODING_ERROR)


def test_alpha_is_kept():
    cutout = draw_cutout()
    decoded = read(encode_heif(cutout, quality=100, chroma=444))
    assert_image_similar(decoded[..., 3], cutout[..., 3], CODING_ERROR)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_turned_once(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    # The encoder takes the pixels as stored, and writes the rotation that makes them upright.
    turned = read(encode_heif(PHOTO, exif=exif.tobytes()))
    stored = Image.fromarray(PHOTO)
    stored.info["exif"] = exif.tobytes()
    assert_image_similar(turned, np.asarray(ImageOps.exif_transpose(stored)), CODING_ERROR)


def test_a_gamut_in_color_codes_is_converted():
    red = np.full((64, 64, 3), (200, 60, 60), np.uint8)
    codes = {"transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    display_p3 = read(encode_heif(red, color_primaries=12, **codes)).mean((0, 1))
    # By the matrices of Display P3 and sRGB.
    assert np.abs(display_p3 - (217, 42, 52)).max() <= CODING_ERROR
    srgb = read(encode_heif(red, color_primaries=1, **codes)).mean((0, 1))
    assert np.abs(srgb - (200, 60, 60)).max() <= CODING_ERROR


def test_the_primary_picture_is_read():
    first, second = np.full((64, 64, 3), 40, np.uint8), np.full((64, 96, 3), 200, np.uint8)
    assert read(encode_heif_album(first, second, primary=1)).shape[:2] == (64, 96)
    assert read(encode_heif_album(first, second, primary=0)).shape[:2] == (64, 64)


def test_the_size_is_checked_before_decoding():
    data = encode_heif(PHOTO)
    at = data.index(b"ispe") + 8
    huge = data[:at] + (30000).to_bytes(4) * 2 + data[at + 8 :]
    with pytest.raises(InvalidImage, match="is 30000 x 30000; send"):
        read(huge, ImageSettings(max_image_side=65535))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_truncated_file_is_rejected(share):
    data = encode_heif(PHOTO)
    with pytest.raises(InvalidImage, match=r"HEIF file, but it is damaged"):
        read(data[: int(len(data) * share)])


def test_a_file_without_its_last_byte_is_rejected():
    with pytest.raises(InvalidImage, match="cut short"):
        read(encode_heif(PHOTO)[:-1])


def test_bytes_of_the_camera_after_the_file_do_no_harm():
    data = encode_heif(PHOTO) + b"\xff\xff\xff\xffSEFT"
    assert_image_similar(read(data), PHOTO, CODING_ERROR)


def test_corrupt_bytes_lead_to_pixels_or_an_error():
    data, random = encode_heif(PHOTO), np.random.default_rng(0)
    for _ in range(6):
        corrupt = np.frombuffer(data, np.uint8).copy()
        corrupt[random.integers(12, len(data), 8)] ^= 0x55
        try:
            assert read(corrupt.tobytes()).shape[2] == 3
        except InvalidImage as error:
            assert "send it again" in str(error) or "export it" in str(error)


def test_a_sequence_without_a_still_picture_is_named():
    with pytest.raises(InvalidImage, match="HEIF image sequence; export one frame"):
        read(b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc" + bytes(64))


def test_a_crash_of_the_decoder_is_an_error_of_the_file():
    # Metadata of a type that is no text, which has crashed decoders.
    exif = Image.Exif()
    exif[ORIENTATION] = 1
    data = encode_heif(PHOTO, exif=exif.tobytes())
    assert b"Exif" in data
    with pytest.raises(InvalidImage, match="damaged"):
        read(data.replace(b"Exif\0", b"\xff\xfe\xfd\xfc\0", 1))
