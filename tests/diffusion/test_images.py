import io

import numpy as np
import pytest
from PIL import Image

from services.diffusion.images import decode_server_image, encode_rgb_png
from tests.support.pictures import assert_image_equal, assert_image_similar

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def encode_image(pixels: np.ndarray, fmt: str, **how) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, fmt, **how)
    return out.getvalue()


def test_pixels_survive_encoding_and_decoding():
    assert_image_equal(decode_server_image(encode_rgb_png(PICTURE)), PICTURE)


def test_a_mask_is_encoded_with_one_channel():
    with Image.open(io.BytesIO(encode_rgb_png(PICTURE[..., 0]))) as written:
        assert written.mode == "L"


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_every_format_that_servers_send_is_decoded(fmt):
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None], (48, 64, 3))
    data = encode_image(np.ascontiguousarray(smooth), fmt, quality=95)
    assert_image_similar(decode_server_image(data), smooth, mean_abs=2)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "I;16"])
def test_other_kinds_of_png_become_rgb(mode):
    picture = Image.new(mode, (64, 48), 9) if mode == "I;16" else Image.new("L", (64, 48), 90)
    out = io.BytesIO()
    (picture if mode == "I;16" else picture.convert(mode)).save(out, "PNG")
    assert decode_server_image(out.getvalue()).shape == (48, 64, 3)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_file_is_rejected(fmt, share):
    data = encode_image(PICTURE, fmt)
    with pytest.raises(ValueError):
        decode_server_image(data[: int(share * len(data))])


def test_a_corrupt_png_is_rejected():
    data = bytearray(encode_rgb_png(PICTURE))
    data[len(data) // 2] ^= 1
    with pytest.raises(ValueError, match="corrupt"):
        decode_server_image(bytes(data))


def test_a_huge_png_is_rejected_before_it_is_decoded():
    data = bytearray(encode_rgb_png(PICTURE))
    data[16:24] = b"\x00\x01\x00\x00" * 2
    with pytest.raises(ValueError, match="65536 x 65536"):
        decode_server_image(bytes(data))


@pytest.mark.parametrize("data", [b"", b"text", encode_image(PICTURE, "BMP")])
def test_other_data_is_rejected(data):
    with pytest.raises(ValueError):
        decode_server_image(data)
