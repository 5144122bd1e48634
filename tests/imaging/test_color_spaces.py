"""Color spaces that files name without a profile are converted."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec
from services.runtime.settings import ImageSettings
from tests.support.heif import encode_heif

# The matrix from linear sRGB to linear Adobe RGB (Adobe RGB (1998), annex), and a color that is
# inside both.
SRGB_TO_ADOBE = np.array([[0.7152, 0.2848, 0], [0, 1, 0], [0, 0.0412, 0.9588]])
COLOR = (180, 110, 60)
COLOR_SPACE, INTEROP_INDEX, EXIF_IFD, INTEROP_IFD = 0xA001, 1, 0x8769, 0xA005
GAMMA, WHITE_POINT, PRIMARIES = 0xA500, 0x13E, 0x13F
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"]


def encode_adobe_rgb(color: tuple[int, int, int]) -> tuple[int, ...]:
    """Returns the levels of a color of sRGB in Adobe RGB."""
    levels = np.array(color) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return tuple(np.rint(255 * (SRGB_TO_ADOBE @ light) ** (256 / 563)).astype(int).tolist())


def exif_of(space: int | None, index: str = "", main: dict | None = None, **own) -> bytes:
    """Returns an EXIF block with a color space, an index of interoperability and other tags."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.update(main or {})
    tags = exif.get_ifd(EXIF_IFD)
    if space is not None:
        tags[COLOR_SPACE] = space
    tags.update(own.get("tags", {}))
    if index:
        exif.get_ifd(INTEROP_IFD)[INTEROP_INDEX] = index
        tags[INTEROP_IFD] = dict(exif.get_ifd(INTEROP_IFD))
    return exif.tobytes()


def encode(color: tuple[int, ...], fmt: str, **options) -> bytes:
    """Encodes a picture of one color."""
    picture = Image.new("RGB", (64, 64), color)
    if fmt == "HEIF":
        return encode_heif(np.asarray(picture), chroma=444, quality=95, **options)
    out = io.BytesIO()
    quality = {"quality": 95} if fmt in ("JPEG", "WEBP", "AVIF") else {}
    picture.save(out, fmt, **quality, **options)
    return out.getvalue()


def read_color(data: bytes) -> np.ndarray:
    """Decodes a picture to its mean color."""
    pixels = ImageCodec(ImageSettings()).read(image_pb2.Image(data=data), "photo")
    return pixels.mean(axis=(0, 1))


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(("space", "index"), [(2, ""), (65535, "R03"), (None, "R03")])
def test_adobe_rgb_by_exif_alone_is_converted(fmt, space, index):
    if fmt == "TIFF" and index:
        pytest.skip("Pillow writes no index of interoperability into TIFF")
    data = encode(encode_adobe_rgb(COLOR), fmt, exif=exif_of(space, index))
    assert np.abs(read_color(data) - COLOR).max() <= 4


@pytest.mark.parametrize(("space", "index"), [(1, "R98"), (65535, ""), (65535, "R98"), (1, "R03")])
def test_srgb_and_unknown_spaces_by_exif_keep_their_colors(space, index):
    assert np.abs(read_color(encode(COLOR, "PNG", exif=exif_of(space, index))) - COLOR).max() == 0


def test_gamut_and_gamma_by_exif_tags_are_converted():
    main = {WHITE_POINT: (0.3127, 0.329), PRIMARIES: (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)}
    exif = exif_of(65535, main=main, tags={GAMMA: 2.2})
    data = encode(encode_adobe_rgb(COLOR), "JPEG", exif=exif)
    assert np.abs(read_color(data) - COLOR).max() <= 4


@pytest.mark.parametrize("length", [12, 40, 70])
def test_a_corrupt_exif_block_is_ignored(length):
    block = exif_of(65535, "R03")[:length]
    assert np.abs(read_color(encode(COLOR, "PNG", exif=block)) - COLOR).max() <= 40


def test_a_profile_comes_before_exif():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encode(COLOR, "PNG", exif=exif_of(2), icc_profile=profile)
    assert np.abs(read_color(data) - COLOR).max() == 0


def add_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Adds chunks to a PNG file behind its header, which has 33 bytes."""
    encoded = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return png[:33] + encoded + png[33:]


def encode_linear_color() -> tuple[int, ...]:
    levels = np.array(COLOR) / 255
    return tuple(np.rint(255 * ((levels + 0.055) / 1.055) ** 2.4).astype(int).tolist())


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"cICP", bytes([1, 8, 0, 1]))],
        [(b"gAMA", (100_000).to_bytes(4))],
    ],
)
def test_linear_light_in_a_png_chunk_is_converted(chunks):
    data = add_chunks(encode(encode_linear_color(), "PNG"), *chunks)
    assert np.abs(read_color(data) - COLOR).max() <= 4


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"sRGB", b"\0"), (b"gAMA", (100_000).to_bytes(4))],
        [(b"gAMA", (45_455).to_bytes(4))],
        [(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", (100_000).to_bytes(4))],
    ],
)
def test_png_chunks_that_say_srgb_keep_the_colors(chunks):
    assert np.abs(read_color(add_chunks(encode(COLOR, "PNG"), *chunks)) - COLOR).max() == 0


def test_a_gamut_in_a_png_chunk_is_converted():
    numbers = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    gamut = (b"cHRM", struct.pack(">8I", *numbers))
    data = encode(encode_adobe_rgb(COLOR), "PNG")
    found = read_color(add_chunks(data, (b"gAMA", (45_455).to_bytes(4)), gamut))
    assert np.abs(found - COLOR).max() <= 4


@pytest.mark.parametrize(
    ("code", "expected"),
    # Display P3, and BT.2020, whose red is beyond sRGB.
    [(12, (217, 42, 52)), (9, (247, 0, 53))],
)
def test_a_gamut_in_the_codes_of_avif_is_converted(code, expected):
    data = encode((200, 60, 60), "AVIF")
    at = data.index(b"colrnclx") + 8
    found = read_color(data[:at] + code.to_bytes(2) + data[at + 2 :])
    assert np.abs(found - expected).max() <= 12


@pytest.mark.parametrize(("code", "white"), [(16, 148), (18, 191)])
def test_white_of_high_dynamic_range_becomes_white(code, white):
    chunk = (b"cICP", bytes([9, code, 0, 1]))
    assert read_color(add_chunks(encode((white,) * 3, "PNG"), chunk)).min() >= 250
    assert read_color(add_chunks(encode((0, 0, 0), "PNG"), chunk)).max() == 0
    assert 90 < read_color(add_chunks(encode((100,) * 3, "PNG"), chunk)).mean() < 200
