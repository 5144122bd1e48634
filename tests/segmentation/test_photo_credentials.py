"""The Content Credentials of a photo are kept without its pixels, and cost other photos nothing."""

import sys

import pytest

from cyclorama.v1 import image_pb2
from services.credentials import ingredient
from services.imaging.images import encode_image
from services.runtime.formats import RAW_RGB
from services.segmentation import servicer
from services.segmentation.servicer import read_photo_credentials
from tests.support.pictures import draw_product
from tests.support.signing import encode_as, sign_photo

PIXELS = draw_product(64, 48)[0]


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_a_signed_photo_has_some_much_smaller_than_itself(name):
    plain = encode_as(PIXELS, name)
    signed = sign_photo(plain, f"image/{name.lower()}")
    credentials, warnings = read_photo_credentials(image_pb2.Image(data=signed))
    assert b"c2pa.ingredient" in credentials and len(credentials) < 10_000
    assert not warnings
    assert not read_photo_credentials(image_pb2.Image(data=plain))[0]


def test_photos_without_credentials_never_load_the_library(monkeypatch):
    # None in sys.modules makes an import fail as if the package were missing.
    monkeypatch.setitem(sys.modules, "services.credentials.ingredient", None)
    assert read_photo_credentials(image_pb2.Image(data=encode_as(PIXELS, "PNG"))) == (b"", ())
    assert read_photo_credentials(encode_image(PIXELS, RAW_RGB)) == (b"", ())


def test_credentials_that_are_too_large_or_cannot_be_read_are_left_out(monkeypatch):
    photo = image_pb2.Image(data=sign_photo(encode_as(PIXELS, "PNG"), "image/png"))
    monkeypatch.setattr(ingredient, "archive_photo", lambda _: bytes(2**20 + 1))
    credentials, (warning,) = read_photo_credentials(photo)
    assert credentials == b"" and warning.reason == "PHOTO_CREDENTIALS_LEFT_OUT"
    assert "have 1048577 bytes" in warning.message
    monkeypatch.setattr(servicer, "is_library_installed", lambda: False)
    assert read_photo_credentials(photo) == (b"", ())
