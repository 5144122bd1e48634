import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.v1 import image_pb2
from services.imaging.images import Images, encode
from services.runtime.errors import InvalidImage, MessageTooLarge
from services.runtime.formats import AVIF, JPEG, PNG, RAW_GRAY, RAW_RGB, RAW_RGBA, WEBP
from services.runtime.settings import ImageSettings

images = Images(ImageSettings())


@pytest.fixture
def rgb():
    """A fresh uint8 RGB picture (48, 64, 3) with smooth ramps, dark at the top left."""
    y, x = np.mgrid[0:48, 0:64]
    return np.dstack([x * 4, y * 5, (x + y) * 2]).astype(np.uint8)


def saved(picture: Image.Image, fmt: str, **options) -> image_pb2.Image:
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return image_pb2.Image(data=out.getvalue())


def read(image: image_pb2.Image) -> np.ndarray:
    return images.read(image, "photo")


def refusal(image: image_pb2.Image, limits: ImageSettings | None = None) -> str:
    with pytest.raises(InvalidImage) as caught:
        Images(limits or ImageSettings()).read(image, "photo")
    assert caught.value.violations[0].field == "photo"
    return str(caught.value)


@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "BMP"])
def test_lossless_files_are_read_to_the_bit(rgb, fmt):
    assert np.array_equal(read(saved(Image.fromarray(rgb), fmt)), rgb)


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
def test_lossy_files_are_read_closely(rgb, fmt, options):
    decoded = read(saved(Image.fromarray(rgb), fmt, **options))
    assert np.abs(decoded.astype(int) - rgb).mean() < 6


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "YCbCr"])
def test_every_colour_mode_becomes_rgb(rgb, mode):
    fmt = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    decoded = read(saved(Image.fromarray(rgb).convert(mode), fmt))
    assert decoded.shape == (48, 64, 3)
    expected = np.asarray(Image.fromarray(rgb).convert(mode).convert("RGB"))
    assert np.abs(decoded.astype(int) - expected).mean() < 2


def test_cmyk_jpeg_has_its_colours(rgb):
    decoded = read(saved(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=98))
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
    decoded = read(saved(picture, "PNG"))
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
    assert np.array_equal(read(saved(stored, "PNG", exif=exif)), rgb)


def test_an_icc_profile_is_converted_to_srgb():
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    red = Image.new("RGB", (32, 32), (200, 30, 40))
    profile = ImageCms.ImageCmsProfile(lab).tobytes()
    stored = saved(ImageCms.applyTransform(red, to_lab), "TIFF", icc_profile=profile)
    assert np.abs(read(stored).astype(int) - (200, 30, 40)).max() <= 3


def test_a_damaged_profile_does_not_lose_the_picture(rgb):
    stored = saved(Image.fromarray(rgb), "PNG", icc_profile=b"no profile")
    assert np.array_equal(read(stored), rgb)


def test_the_first_frame_of_an_animation_counts(rgb):
    frames = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
    stored = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(read(stored), rgb)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "no picture"),
        (b"\x00" * 100, "no picture"),
        (b"%PDF-1.7 not a picture", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
    ],
)
def test_bytes_that_are_no_picture_are_refused(data, hint):
    assert hint in refusal(image_pb2.Image(data=data))


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(rgb, fmt, share):
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), fmt).data
    assert refusal(image_pb2.Image(data=data[: int(len(data) * share)]))


def test_a_bomb_is_refused_by_its_header():
    picture = Image.new("1", (20000, 20000))
    limits = ImageSettings(max_image_side=65535)
    assert "20000 x 20000" in refusal(saved(picture, "PNG"), limits)


def test_a_side_that_is_too_long_is_refused(rgb):
    limits = ImageSettings(max_image_side=63)
    assert "at most 63 pixels" in refusal(saved(Image.fromarray(rgb), "PNG"), limits)


def test_a_file_with_too_many_bytes_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    limits = ImageSettings(max_image_mib=1)
    assert "MiB" in refusal(saved(Image.fromarray(noise), "BMP"), limits)


def test_a_camera_raw_file_is_not_taken_for_its_preview(rgb):
    stored = saved(Image.fromarray(rgb), "TIFF", tiffinfo={254: 1})
    assert "camera RAW" in refusal(stored)


def test_floating_point_pixels_are_refused():
    assert "8 or 16 bits" in refusal(saved(Image.new("F", (32, 32)), "TIFF"))


@pytest.mark.parametrize(("fmt", "channels"), [(RAW_GRAY, 1), (RAW_RGB, 3), (RAW_RGBA, 4)])
def test_raw_goes_out_and_comes_back_to_the_bit(rgb, fmt, channels):
    pixels = np.dstack([rgb, rgb[..., 0]])[..., :channels]
    sent = encode(pixels[..., 0] if channels == 1 else pixels, fmt)
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
def test_raw_that_does_not_add_up_is_refused(raw, hint):
    assert hint in refusal(image_pb2.Image(format=RAW_RGB, **raw))


@pytest.mark.parametrize("fmt", [PNG, WEBP])
def test_lossless_formats_keep_colours_under_full_transparency(rgb, fmt):
    rgba = np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)])
    assert np.array_equal(read(encode(rgba, fmt)), rgba)


def test_jpeg_is_written_without_chroma_subsampling(rgb):
    data = encode(rgb, JPEG).data
    assert [layer[1:3] for layer in Image.open(io.BytesIO(data)).layer] == [(1, 1)] * 3


def test_an_unspecified_format_answers_png(rgb):
    assert images.write(rgb, image_pb2.IMAGE_FORMAT_UNSPECIFIED).format == PNG


def test_an_answer_that_no_message_can_hold_is_refused_with_advice():
    big = np.zeros((1024, 1024, 3), np.uint8)
    with pytest.raises(MessageTooLarge, match="ask for PNG"):
        Images(ImageSettings(), max_message_mib=2).write(big, RAW_RGB)


def test_a_cutout_needs_alpha(rgb):
    with pytest.raises(InvalidImage, match="alpha"):
        images.read_rgba(encode(rgb, PNG), "cutout")


def test_a_mask_may_come_as_colour_picture(rgb):
    white = np.full((8, 8, 3), 255, np.uint8)
    assert (images.read_gray(encode(white, PNG), "mask") == 255).all()


@pytest.mark.parametrize(("fmt", "channels"), [(JPEG, 4), (JPEG, 1), (RAW_RGB, 4), (AVIF, 3)])
def test_what_does_not_fit_a_format_is_a_bug_with_a_name(rgb, fmt, channels):
    pixels = np.dstack([rgb, rgb[..., 0]])[..., :channels]
    with pytest.raises(ValueError, match=f"{channels} channels do not fit"):
        encode(pixels[..., 0] if channels == 1 else pixels, fmt)


def test_reading_and_writing_is_observed(rgb):
    seen = []
    observed = Images(ImageSettings(), observe=lambda *what: seen.append(what))
    for fmt in (PNG, RAW_RGB):
        observed.read(observed.write(rgb, fmt), "photo")
    assert [(step, size) for step, _, size in seen] == [
        ("encode", rgb.nbytes),
        ("decode", rgb.nbytes),
        ("encode", rgb.nbytes),
        # These pixels are the message's own.
        ("decode", 0),
    ]
    assert all(0 < seconds < 60 for _, seconds, _ in seen)
