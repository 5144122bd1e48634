"""The properties of files that platform rules refer to."""

import io

import pytest
from PIL import Image, ImageCms

from services.finishing.properties import read_file_properties
from tests.support.pictures import draw_product


def save_picture(picture: Image.Image, fmt: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return out.getvalue()


def test_format_size_and_suffix_are_those_of_the_file():
    data = save_picture(Image.fromarray(draw_product(120, 80)[0]), "PNG")
    found = read_file_properties(data, "ad.PNG")
    assert (found.format, found.width, found.height) == ("PNG", 80, 120)
    assert found.kilobytes == len(data) / 1000
    assert found.suffix_fits and found.still and found.srgb and not found.source


@pytest.mark.parametrize(
    ("name", "fits"), [("a.jpeg", True), ("a.jpg", True), ("a.png", False), ("a", None), ("", True)]
)
def test_the_suffix_is_compared_with_the_content(name, fits):
    data = save_picture(Image.fromarray(draw_product()[0]), "JPEG")
    assert read_file_properties(data, name).suffix_fits is fits


@pytest.mark.parametrize(("subsampling", "full"), [("4:4:4", True), ("4:2:2", False)])
def test_reduced_color_resolution_is_found(subsampling, full):
    data = save_picture(Image.fromarray(draw_product()[0]), "JPEG", subsampling=subsampling)
    assert read_file_properties(data).full_chroma is full


def test_other_color_spaces_are_not_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = Image.fromarray(draw_product()[0])
    assert not read_file_properties(save_picture(picture, "PNG", icc_profile=lab)).srgb
    assert not read_file_properties(save_picture(picture.convert("CMYK"), "JPEG")).srgb


def test_an_animation_is_not_still():
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    data = save_picture(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert not read_file_properties(data).still
