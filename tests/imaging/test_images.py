"""Images of all formats are decoded within limits, and encoded without loss of alpha."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.errors import InvalidImage, MessageTooLarge
from services.runtime.formats import AVIF, JPEG, PNG, RAW_GRAY, RAW_RGB, RAW_RGBA, WEBP
from services.runtime.settings import ImageSettings

images = ImageCodec(ImageSettings())


@pytest.fixture
def rgb():
    """A fresh uint8 RGB picture (48, 64, 3) with smooth ramps, dark at the top left."""
    y, x = np.mgrid[0:48, 0:64]
    return np.dstack([x * 4, y * 5, (x + y) * 2]).astype(np.uint8)


def save(picture: Image.Image, fmt: str, **options) -> image_pb2.Image:
    """Encodes an image with Pillow, as a client might."""
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return image_pb2.Image(data=out.getvalue())


def read(image: image_pb2.Image) -> np.ndarray:
    """Decodes an image with the default limits."""
    return images.read(image, "photo")


def read_rejection(image: image_pb2.Image, limits: ImageSettings | None = None) -> str:
    """Returns the text of the error that decoding an image raises."""
    with pytest.raises(InvalidImage) as caught:
        ImageCodec(limits or ImageSettings()).read(image, "photo")
    assert caught.value.violations[0].field == "photo"
    return str(caught.value)


@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "BMP"])
def test_lossless_files_are_decoded_bit_by_bit(rgb, fmt):
    assert np.array_equal(read(save(Image.fromarray(rgb), fmt)), rgb)


@pytest.mark.parametrize(
    ("fmt", "options"),
    [
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}),
        ("WEBP", {"quality": 95}),
        ("AVIF", {"quality": 95}),
        ("GIF", {}),
    ],
)
def test_lossy_files_are_decoded_with_small_errors(rgb, fmt, options):
    decoded = read(save(Image.fromarray(rgb), fmt, **options))
    assert np.abs(decoded.astype(int) - rgb).mean() < 6


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "YCbCr"])
def test_every_color_mode_becomes_rgb(rgb, mode):
    fmt = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    decoded = read(save(Image.fromarray(rgb).convert(mode), fmt))
    assert decoded.shape == (48, 64, 3)
    expected = np.asarray(Image.fromarray(rgb).convert(mode).convert("RGB"))
    assert np.abs(decoded.astype(int) - expected).mean() < 2


def test_cmyk_jpeg_keeps_its_colors(rgb):
    decoded = read(save(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=98))
    assert np.abs(decoded.astype(int) - rgb).mean() < 6


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_png_is_scaled_to_8(rgb, channels):
    picture = {1: rgb[..., 0], 3: rgb, 4: np.dstack([rgb, rgb[..., 0]])}[channels]
    data = cv2.imencode(".png", picture.astype(np.uint16) * 257)[1].tobytes()
    expected = np.atleast_3d(picture)
    if channels == 1:
        expected = np.repeat(expected, 3, axis=2)
    else:
        expected = np.dstack([expected[..., 2::-1], expected[..., 3:]])
    decoded = read(image_pb2.Image(data=data)).astype(int)
    assert np.abs(decoded - expected).max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept(rgb, mode):
    alpha = np.where(rgb[..., 0] > 100, 255, 0).astype(np.uint8)
    picture = Image.fromarray(np.dstack([rgb, alpha])).convert(mode)
    decoded = read(save(picture, "PNG"))
    assert np.array_equal(decoded[..., 3], alpha)


@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_orientation_tags_are_applied(rgb, orientation, stored_as):
    upright = Image.fromarray(rgb)
    stored = upright if stored_as is None else upright.transpose(stored_as)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(read(save(stored, "PNG", exif=exif)), rgb)


def test_an_icc_profile_is_converted_to_srgb():
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    red = Image.new("RGB", (32, 32), (200, 30, 40))
    profile = ImageCms.ImageCmsProfile(lab).tobytes()
    stored = save(ImageCms.applyTransform(red, to_lab), "TIFF", icc_profile=profile)
    assert np.abs(read(stored).astype(int) - (200, 30, 40)).max() <= 3


def test_a_corrupt_profile_is_ignored(rgb):
    stored = save(Image.fromarray(rgb), "PNG", icc_profile=b"no profile")
    assert np.array_equal(read(stored), rgb)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_rejected(rgb, fmt, share):
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    data = save(Image.fromarray(noise), fmt).data
    assert read_rejection(image_pb2.Image(data=data[: int(len(data) * share)]))


def test_a_decompression_bomb_is_rejected_by_its_header():
    picture = Image.new("1", (20000, 20000))
    limits = ImageSettings(max_image_side=65535)
    assert "20000 x 20000" in read_rejection(save(picture, "PNG"), limits)


def test_a_side_beyond_the_limit_is_rejected(rgb):
    limits = ImageSettings(max_image_side=63)
    assert "at most 63 pixels" in read_rejection(save(Image.fromarray(rgb), "PNG"), limits)


def test_a_file_beyond_the_size_limit_is_rejected():
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    limits = ImageSettings(max_image_mib=1)
    assert "MiB" in read_rejection(save(Image.fromarray(noise), "BMP"), limits)


def test_a_camera_raw_file_is_rejected(rgb):
    stored = save(Image.fromarray(rgb), "TIFF", tiffinfo={254: 1})
    assert "camera RAW" in read_rejection(stored)


def test_floating_point_pixels_are_rejected():
    assert "8 or 16 bits" in read_rejection(save(Image.new("F", (32, 32)), "TIFF"))


@pytest.mark.parametrize(("fmt", "channels"), [(RAW_GRAY, 1), (RAW_RGB, 3), (RAW_RGBA, 4)])
def test_raw_images_survive_a_round_trip_bit_by_bit(rgb, fmt, channels):
    pixels = np.dstack([rgb, rgb[..., 0]])[..., :channels]
    sent = encode_image(pixels[..., 0] if channels == 1 else pixels, fmt)
    expected = np.repeat(pixels, 3, axis=2) if channels == 1 else pixels
    assert (sent.width, sent.height) == (64, 48)
    assert np.array_equal(read(sent), expected)


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        ({"width": 4, "height": 3, "data": b"x" * 35}, "needs 36"),
        ({"data": b"x" * 36}, "width and height"),
        ({"width": -4, "height": -3, "data": b"x" * 36}, "width and height"),
        ({"width": 100_000, "height": 1, "data": b"x"}, "at most"),
    ],
)
def test_raw_images_of_a_wrong_size_are_rejected(raw, hint):
    assert hint in read_rejection(image_pb2.Image(format=RAW_RGB, **raw))


@pytest.mark.parametrize("fmt", [PNG, WEBP])
def test_lossless_formats_keep_the_colors_of_transparent_pixels(rgb, fmt):
    rgba = np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)])
    assert np.array_equal(read(encode_image(rgba, fmt)), rgba)


def test_jpeg_is_written_without_chroma_subsampling(rgb):
    data = encode_image(rgb, JPEG).data
    assert [layer[1:3] for layer in Image.open(io.BytesIO(data)).layer] == [(1, 1)] * 3


def test_an_unspecified_format_means_png(rgb):
    assert images.write(rgb, image_pb2.IMAGE_FORMAT_UNSPECIFIED).format == PNG


def test_a_response_beyond_the_message_size_is_rejected_with_advice():
    big = np.zeros((1024, 1024, 3), np.uint8)
    with pytest.raises(MessageTooLarge, match="ask for PNG"):
        ImageCodec(ImageSettings(), max_message_mib=2).write(big, RAW_RGB)


def test_a_cutout_needs_alpha(rgb):
    with pytest.raises(InvalidImage, match="alpha"):
        images.read_rgba(encode_image(rgb, PNG), "cutout")


def test_a_mask_may_be_a_color_image(rgb):
    white = np.full((8, 8, 3), 255, np.uint8)
    assert (images.read_gray(encode_image(white, PNG), "mask") == 255).all()


@pytest.mark.parametrize(("fmt", "channels"), [(JPEG, 4), (JPEG, 1), (RAW_RGB, 4), (AVIF, 3)])
def test_an_unsupported_number_of_channels_is_rejected(rgb, fmt, channels):
    pixels = np.dstack([rgb, rgb[..., 0]])[..., :channels]
    with pytest.raises(ValueError, match=f"{channels} channels do not fit"):
        encode_image(pixels[..., 0] if channels == 1 else pixels, fmt)


def test_decoding_and_encoding_are_observed(rgb):
    seen = []
    codec = ImageCodec(ImageSettings(), observe=lambda *what: seen.append(what))
    for fmt in (PNG, RAW_RGB):
        codec.read(codec.write(rgb, fmt), "photo")
    assert [(step, size) for step, _, size in seen] == [
        ("encode", rgb.nbytes),
        ("decode", rgb.nbytes),
        ("encode", rgb.nbytes),
        # RAW pixels stay within the message.
        ("decode", 0),
    ]
    assert all(0 < seconds < 60 for _, seconds, _ in seen)
