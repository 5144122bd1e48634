"""Thumbnails: their size, format and fidelity, and the progress messages that carry them."""

import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.thumbnails import (
    THUMBNAIL_SIDE,
    build_progress,
    encode_thumbnail,
    shrink_to_thumbnail,
)
from services.runtime.formats import JPEG, WEBP
from tests.support.pictures import assert_image_equal, draw_cutout


def decode(message) -> np.ndarray:
    """Decodes an Image message with Pillow."""
    return np.asarray(Image.open(io.BytesIO(message.data)))


def draw_ramps(height: int, width: int) -> np.ndarray:
    """Draws a smooth RGB ramp in both directions: uint8 (height, width, 3)."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([255 * x // width, 255 * y // height, 0 * x + 90]).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "small"), [((700, 300), (256, 110)), ((90, 256), (90, 256)), ((4, 3000), (1, 256))]
)
def test_the_thumbnail_of_an_image_is_a_small_jpeg(size, small):
    thumbnail = encode_thumbnail(np.full((*size, 3), 90, np.uint8))
    assert (thumbnail.format, thumbnail.height, thumbnail.width) == (JPEG, *small)
    opened = Image.open(io.BytesIO(thumbnail.data))
    assert (opened.format, opened.size) == ("JPEG", small[::-1])


def test_the_thumbnail_of_a_cutout_keeps_its_alpha():
    cutout = draw_cutout(600, 400)
    thumbnail = encode_thumbnail(cutout)
    assert thumbnail.format == WEBP and max(thumbnail.width, thumbnail.height) == THUMBNAIL_SIDE
    assert_image_equal(decode(thumbnail), shrink_to_thumbnail(cutout))


def test_a_thumbnail_looks_like_its_image():
    image = draw_ramps(512, 768)
    small = decode(encode_thumbnail(image)).astype(int)
    expected = np.asarray(Image.fromarray(image).resize((256, 171), Image.Resampling.BOX), int)
    assert np.abs(small - expected).mean() < 2


def test_a_small_image_is_not_enlarged():
    cutout = draw_cutout()
    assert_image_equal(shrink_to_thumbnail(cutout), cutout)


def test_shrinking_averages_fine_stripes_to_gray():
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (shrink_to_thumbnail(stripes) == 100).all()


def test_progress_without_an_image_has_no_preview():
    progress = build_progress(0.25)
    assert progress.fraction == 0.25 and not progress.HasField("preview")


def test_progress_with_an_image_has_its_thumbnail_as_preview():
    image = draw_ramps(300, 600)
    progress = build_progress(0.5, image)
    assert progress.fraction == 0.5 and progress.preview == encode_thumbnail(image)
