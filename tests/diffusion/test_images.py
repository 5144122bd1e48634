import io

import numpy as np
import pytest
from PIL import Image

from services.diffusion.images import read_picture, write_png
from tests.support.pictures import assert_image_equal, assert_image_similar

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def written(pixels: np.ndarray, fmt: str, **how) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, fmt, **how)
    return out.getvalue()


def test_pixels_survive_writing_and_reading():
    assert_image_equal(read_picture(write_png(PICTURE)), PICTURE)


def test_a_mask_is_written_as_one_channel():
    with Image.open(io.BytesIO(write_png(PICTURE[..., 0]))) as written:
        assert written.mode == "L"


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_every_format_that_servers_send_is_read(fmt):
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None], (48, 64, 3))
    data = written(np.ascontiguousarray(smooth), fmt, quality=95)
    assert_image_similar(read_picture(data), smooth, mean_abs=2)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "I;16"])
def test_other_kinds_of_png_become_rgb(mode):
    picture = Image.new(mode, (64, 48), 9) if mode == "I;16" else Image.new("L", (64, 48), 90)
    out = io.BytesIO()
    (picture if mode == "I;16" else picture.convert(mode)).save(out, "PNG")
    assert read_picture(out.getvalue()).shape == (48, 64, 3)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_half_a_file_is_no_picture(fmt, share):
    data = written(PICTURE, fmt)
    with pytest.raises(ValueError):
        read_picture(data[: int(share * len(data))])


def test_a_corrupt_png_is_no_picture():
    data = bytearray(write_png(PICTURE))
    data[len(data) // 2] ^= 1
    with pytest.raises(ValueError, match="corrupt"):
        read_picture(bytes(data))


def test_a_png_that_would_fill_the_memory_is_refused_unread():
    data = bytearray(write_png(PICTURE))
    data[16:24] = b"\x00\x01\x00\x00" * 2
    with pytest.raises(ValueError, match="65536 x 65536"):
        read_picture(bytes(data))


@pytest.mark.parametrize("data", [b"", b"text", written(PICTURE, "BMP")])
def test_anything_else_is_no_picture(data):
    with pytest.raises(ValueError):
        read_picture(data)
