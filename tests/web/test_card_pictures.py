"""The pictures of cards: of the wanted size, never enlarged, with their transparency."""

import io

import numpy as np
import pytest
from PIL import Image

from cyclorama.web.card_pictures import read_side, shrink_picture


def write_picture(size: tuple[int, int], mode: str, format_name: str) -> bytes:
    pixels = np.full((size[1], size[0], len(mode)), 120, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format_name)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("size", "side", "shown"),
    [
        ((1080, 1920), 960, (540, 960)),
        ((1600, 900), 480, (480, 270)),
        ((300, 250), 960, (300, 250)),
    ],
)
@pytest.mark.parametrize(
    ("mode", "format_name"), [("RGB", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG"), ("RGB", "AVIF")]
)
def test_the_longest_side_is_the_one_that_is_asked_for(size, side, shown, mode, format_name):
    data = shrink_picture(write_picture(size, mode, format_name), side)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("WEBP", shown, mode)
        assert np.abs(np.asarray(picture).astype(int) - 120).max() <= 4


def test_a_side_is_one_of_those_that_the_page_asks_for():
    assert read_side("960") == 960
    for wrong in ("", "961", "9e2", "100000"):
        with pytest.raises(ValueError, match="side: send one of 480, 960"):
            read_side(wrong)
