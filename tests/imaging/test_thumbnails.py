import io

import numpy as np
import pytest
from PIL import Image

from services.imaging.thumbnails import shrink_to_thumbnail, thumbnail
from services.runtime.formats import JPEG, WEBP
from tests.support.pictures import assert_image_equal, draw_cutout


@pytest.mark.parametrize(
    ("size", "small"), [((700, 300), (256, 110)), ((90, 256), (90, 256)), ((4, 3000), (1, 256))]
)
def test_a_thumbnail_of_a_picture_is_a_small_jpeg(size, small):
    made = thumbnail(np.full((*size, 3), 90, np.uint8))
    assert (made.format, made.height, made.width) == (JPEG, *small)
    opened = Image.open(io.BytesIO(made.data))
    assert (opened.format, opened.size) == ("JPEG", small[::-1])


def test_a_thumbnail_of_a_cutout_keeps_its_alpha():
    made = thumbnail(draw_cutout(600, 400))
    assert made.format == WEBP and max(made.width, made.height) == 256
    assert Image.open(io.BytesIO(made.data)).mode == "RGBA"


def test_what_is_small_already_stays_as_it_is():
    cutout = draw_cutout()
    assert_image_equal(shrink_to_thumbnail(cutout), cutout)
