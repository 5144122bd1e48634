"""The properties of files and pictures that platform rules refer to."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from services.finishing.properties import RINGING, measure_image_statistics, read_file_properties
from tests.support.pictures import draw_product

SIDE = 200


def save_picture(picture: Image.Image, fmt: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return out.getvalue()


def draw_box(ground=255):
    """A red box of 60 x 80 pixels at (50, 40) on a plain ground: uint8 RGB and alpha."""
    picture = np.full((SIDE, SIDE, 3), ground, np.uint8)
    picture[40:120, 50:110] = (200, 30, 30)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:120, 50:110] = 255
    return picture, mask


def test_format_size_and_suffix_are_those_of_the_file():
    data = save_picture(Image.fromarray(draw_product(120, 80)[0]), "PNG")
    found = read_file_properties(data, "ad.PNG")
    assert (found.format, found.width, found.height) == ("PNG", 80, 120)
    assert found.kilobytes == len(data) / 1000
    assert found.suffix_fits and found.still and found.srgb and not found.source


@pytest.mark.parametrize(
    ("name", "fits"), [("a.jpeg", True), ("a.jpg", True), ("a.png", False), ("a", None), ("", None)]
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


def test_the_box_is_the_masks_or_that_of_the_colors_on_a_white_ground():
    picture, mask = draw_box()
    for found in (measure_image_statistics(picture), measure_image_statistics(picture, None, mask)):
        assert found.box == (50, 40, 60, 80) and found.off_white == 0
    assert measure_image_statistics(draw_box(ground=120)[0]).box is None


def test_off_white_is_the_share_of_the_ground_outside_the_ringing():
    picture, mask = draw_box()
    near, far = 120 + RINGING - 1, 120 + RINGING
    picture[near, 80] = 254
    assert measure_image_statistics(picture, None, mask).off_white == 0
    picture[far, 80] = 254
    band = (60 + 2 * RINGING) * (80 + 2 * RINGING)
    assert measure_image_statistics(picture, None, mask).off_white == pytest.approx(
        1 / (SIDE**2 - band)
    )


def test_with_a_master_its_whole_ground_is_judged():
    picture, mask = draw_box()
    noisy = picture.copy()
    noisy[mask == 0] = 250
    exact = measure_image_statistics(noisy, picture, mask)
    assert exact.exact and exact.off_white == 0
    assert measure_image_statistics(picture, noisy, mask).off_white == 1


def test_a_picture_that_is_all_product_has_no_white_ground():
    picture = np.zeros((50, 50, 3), np.uint8)
    found = measure_image_statistics(picture, None, np.full((50, 50), 255, np.uint8))
    assert found.off_white == 1 and found.box == (0, 0, 50, 50)


def test_faint_pixels_of_the_mask_do_not_widen_the_products_box():
    picture, mask = draw_box()
    mask[0, 0], mask[-1, -1] = 1, 2
    assert measure_image_statistics(picture, None, mask).box == (50, 40, 60, 80)
