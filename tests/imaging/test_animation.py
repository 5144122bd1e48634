"""Of an animation, the first frame that shows something is read."""

import io

import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidImage
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_similar, draw_product

PRODUCT, MASK = draw_product()
WHITE, BLACK = np.full_like(PRODUCT, 255), np.zeros_like(PRODUCT)
FORMATS = ["GIF", "WEBP", "PNG", "AVIF"]
# Mean levels by which 256 colors, or lossy frames, differ from the picture.
CODING_ERROR = 8


def fade(blank: np.ndarray, share: float) -> np.ndarray:
    """Returns the product after a share of its fade-in from a blank frame."""
    return np.rint(blank + share * (PRODUCT.astype(float) - blank)).astype(np.uint8)


def animate(fmt: str, *frames: np.ndarray, **options) -> bytes:
    """Encodes frames as an animation."""
    first, *rest = map(Image.fromarray, frames)
    out = io.BytesIO()
    first.save(out, fmt, save_all=True, append_images=rest, **options)
    return out.getvalue()


def read(data: bytes, limits: ImageSettings | None = None) -> np.ndarray:
    """Decodes a file to RGB."""
    image = image_pb2.Image(data=data)
    return ImageCodec(limits or ImageSettings()).read_rgb(image, "photo")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("blank", [WHITE, BLACK])
def test_blank_frames_and_a_fade_are_skipped(fmt, blank):
    data = animate(fmt, blank, fade(blank, 0.3), fade(blank, 0.7), PRODUCT, blank)
    assert_image_similar(read(data), PRODUCT, CODING_ERROR)


@pytest.mark.parametrize("fmt", ["WEBP", "PNG"])
def test_transparent_frames_are_skipped(fmt):
    clear = np.dstack([PRODUCT, np.zeros(MASK.shape, np.uint8)])
    half, whole = (np.dstack([PRODUCT, (MASK * level).astype(np.uint8)]) for level in (120, 255))
    decoded = read(animate(fmt, clear, half, whole, lossless=True))
    assert_image_similar(decoded[MASK], PRODUCT[MASK], CODING_ERROR)


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_first_of_different_pictures_is_read(fmt):
    data = animate(fmt, PRODUCT, 255 - PRODUCT, PRODUCT[:, ::-1])
    assert_image_similar(read(data), PRODUCT, CODING_ERROR)


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_animation_that_shows_nothing_is_rejected(fmt):
    with pytest.raises(InvalidImage, match="show nothing; send a still picture"):
        read(animate(fmt, WHITE, BLACK, WHITE))


def test_a_corrupt_later_frame_does_no_harm():
    data = animate("PNG", PRODUCT, 255 - PRODUCT)
    assert_image_similar(read(data[:-200]), PRODUCT, CODING_ERROR)


def test_few_frames_are_decoded_of_a_large_animation():
    limits = ImageSettings(max_megapixels=2.5 * MASK.size / 1e6)
    with pytest.raises(InvalidImage, match="show nothing"):
        read(animate("PNG", WHITE, WHITE - 1, PRODUCT), limits)


def test_a_still_picture_may_be_blank():
    assert (read(animate("PNG", WHITE)) == 255).all()


def test_later_pages_of_a_document_are_not_frames():
    assert (read(animate("TIFF", WHITE, PRODUCT)) == 255).all()


def test_the_second_picture_of_a_phone_is_no_frame():
    assert (read(animate("MPO", WHITE, PRODUCT)) == 255).all()
