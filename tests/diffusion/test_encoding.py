import base64
import io

import numpy as np
import pytest
from PIL import Image

from services.diffusion.encoding import from_text, to_text
from tests.support.pictures import assert_image_equal, assert_image_similar

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def written(pixels: np.ndarray, fmt: str, **how) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, fmt, **how)
    return out.getvalue()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_pixels_survive_the_way_to_text_and_back():
    assert_image_equal(from_text(to_text(PICTURE)), PICTURE)
    assert_image_equal(from_text(f"data:image/png;base64,{to_text(PICTURE)}"), PICTURE)


def test_a_mask_is_written_as_one_channel():
    with Image.open(io.BytesIO(base64.b64decode(to_text(PICTURE[..., 0])))) as written:
        assert written.mode == "L"


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_every_format_that_servers_send_is_read(fmt):
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None], (48, 64, 3))
    data = written(np.ascontiguousarray(smooth), fmt, quality=95)
    assert_image_similar(from_text(text(data)), smooth, mean_abs=2)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "I;16"])
def test_other_kinds_of_png_become_rgb(mode):
    picture = Image.new(mode, (64, 48), 9) if mode == "I;16" else Image.new("L", (64, 48), 90)
    out = io.BytesIO()
    (picture if mode == "I;16" else picture.convert(mode)).save(out, "PNG")
    assert from_text(text(out.getvalue())).shape == (48, 64, 3)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_half_a_file_is_no_picture(fmt, share):
    data = written(PICTURE, fmt)
    with pytest.raises(ValueError):
        from_text(text(data[: int(share * len(data))]))


def test_a_damaged_png_is_no_picture():
    data = bytearray(written(PICTURE, "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        from_text(text(bytes(data)))


def test_a_png_that_would_fill_the_memory_is_refused_unread():
    data = bytearray(written(PICTURE, "PNG"))
    data[16:24] = b"\x00\x01\x00\x00" * 2
    with pytest.raises(ValueError, match="65536 x 65536"):
        from_text(text(bytes(data)))


@pytest.mark.parametrize("words", ["", "no base64!", text(b"text"), text(written(PICTURE, "BMP"))])
def test_anything_else_is_no_picture(words):
    with pytest.raises(ValueError):
        from_text(words)
