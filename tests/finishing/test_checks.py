"""Platform rules against files that meet or violate them."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import finishing_pb2, image_pb2
from services.compositing.engines.opencv.drop_shadow import compute_kernel_size, render_drop_shadow
from services.compositing.layers import ProductLayer, paint_layers
from services.finishing.checks import CHECKS, check_profile
from services.finishing.inspect import check_file
from services.finishing.properties import measure_image_statistics, read_file_properties
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.imaging.images import ImageCodec
from services.imaging.resizing import premultiply
from services.runtime.errors import InvalidRequest
from services.runtime.profiles import list_profile_names, load_profile
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_cutout


def draw_packshot(side=1600, share=0.9, shadow=False, ground=255):
    """A product on a plain ground: uint8 RGB (side, side, 3)."""
    height = round(side * share)
    cutout = cv2.resize(draw_cutout(240, 160), (height * 2 // 3, height))
    cutout[..., 3] = cv2.GaussianBlur((cutout[..., 3] > 127) * np.uint8(255), (5, 5), 0)
    pixels = premultiply(cutout)
    x, y = (side - pixels.shape[1]) // 2, (side - height) // 2
    cast = None
    if shadow:
        alpha = np.ascontiguousarray(pixels[..., 3])
        cast = render_drop_shadow(alpha, (x, y + 12), compute_kernel_size((side, side)))
    canvas = np.full((side, side, 3), ground, np.uint8)
    return paint_layers(canvas, cast, ProductLayer(pixels, x, y))


def write_picture(pixels, name="JPEG", **how) -> bytes:
    out = io.BytesIO()
    how = {"quality": 95, "subsampling": "4:4:4"} | how if name == "JPEG" else how
    Image.fromarray(pixels).save(out, name, **how)
    return out.getvalue()


def check_data(data: bytes, profile: str, file_name: str = ""):
    request = finishing_pb2.CheckFileRequest(
        image=image_pb2.Image(data=data), profile=profile, file_name=file_name
    )
    return check_file(request, ImageCodec(ImageSettings())).report


def find_verdict(report, rule: str) -> int:
    return max(each.verdict for each in report.findings if each.name == rule)


def test_every_rule_of_every_profile_has_a_check_and_a_source():
    assert len(list_profile_names()) >= 7
    for name in list_profile_names():
        profile = load_profile(name, "profile")
        assert profile.source and profile.checked.year >= 2026 and profile.rules
        assert {rule.check for rule in profile.rules} <= CHECKS.keys()


def test_an_unknown_profile_is_rejected_with_the_known_names():
    with pytest.raises(InvalidRequest, match="amazon-main"):
        load_profile("ebay", "profile")


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_packshot_on_white_passes_amazons_rules(name):
    report = check_data(write_picture(draw_packshot(), name), "amazon-main", f"a.{name.lower()}")
    assert report.passed and report.checked == "2026-11-23"
    assert find_verdict(report, "by_eye") == UNKNOWN


@pytest.mark.parametrize(
    ("picture", "rule"),
    [
        (draw_packshot(shadow=True), "white_background"),
        (draw_packshot(ground=254), "white_background"),
        (draw_packshot(share=0.7), "product_share"),
        (draw_packshot(side=800), "longest_side"),
    ],
)
def test_violations_of_amazons_rules_fail(picture, rule):
    report = check_data(write_picture(picture, "PNG"), "amazon-main")
    assert not report.passed and find_verdict(report, rule) == FAIL


def test_a_product_cut_off_by_the_frame_fails():
    picture = draw_packshot()[200:]
    assert find_verdict(check_data(write_picture(picture), "amazon-main"), "whole_product") == FAIL


def test_reduced_color_resolution_is_warned_of():
    report = check_data(write_picture(draw_packshot(), subsampling="4:2:0"), "amazon-main")
    assert find_verdict(report, "full_chroma") == WARN


def test_another_color_space_fails_where_srgb_is_required():
    data = write_picture(draw_packshot(), "PNG", icc_profile=b"not a profile")
    assert find_verdict(check_data(data, "amazon-main"), "srgb") == FAIL


def test_with_a_lossless_master_the_ground_is_judged_up_to_the_product():
    pixels = draw_packshot(side=400)
    mask = np.zeros((400, 400), np.uint8)
    mask[20:380, 80:320] = 255
    assert measure_image_statistics(pixels, pixels, mask).off_white == 0
    pixels[19, 100] = 254
    assert measure_image_statistics(pixels, pixels, mask).off_white > 0


@pytest.mark.parametrize(
    ("size", "ratio_passes"),
    [((1200, 628), True), ((1200, 1200), True), ((1200, 640), False), ((300, 300), True)],
)
def test_ratios_have_a_tolerance_of_one_percent(size, ratio_passes):
    data = write_picture(np.zeros((*size[::-1], 3), np.uint8))
    assert (find_verdict(check_data(data, "google-display"), "ratio") == PASS) == ratio_passes


@pytest.mark.parametrize(("size", "met"), [((728, 90), PASS), ((728, 91), FAIL)])
def test_banners_must_have_a_listed_size(size, met):
    data = write_picture(np.zeros((*size[::-1], 3), np.uint8), "PNG")
    assert find_verdict(check_data(data, "iab-banner"), "size") == met


def test_a_banner_over_150_kilobytes_fails():
    noise = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    assert find_verdict(check_data(write_picture(noise, "PNG"), "iab-banner"), "kilobytes") == FAIL


def test_a_suffix_must_fit_the_files_content():
    data = write_picture(draw_packshot(side=600), "PNG")
    assert find_verdict(check_data(data, "google-merchant", "a.jpg"), "suffix") == FAIL
    assert find_verdict(check_data(data, "google-merchant", "a.png"), "suffix") == PASS
    assert find_verdict(check_data(data, "google-merchant"), "suffix") == UNKNOWN


def test_on_grounds_that_are_not_white_the_product_is_unknown():
    data = write_picture(draw_packshot(ground=120), "PNG")
    assert find_verdict(check_data(data, "google-merchant"), "product_share") == UNKNOWN


def test_safe_zones_must_be_free_of_the_products_box():
    mask = np.zeros((1920, 1080), np.uint8)
    mask[400:1240, 200:800] = 255
    picture = np.zeros((1920, 1080, 3), np.uint8)
    profile = load_profile("meta-stories", "profile")
    file = read_file_properties(write_picture(picture))
    inside = check_profile(profile, file, measure_image_statistics(picture, picture, mask))
    assert find_verdict(inside, "safe_zone") == PASS
    mask[1240:1300, 200:800] = 255
    outside = check_profile(profile, file, measure_image_statistics(picture, picture, mask))
    assert find_verdict(outside, "safe_zone") == FAIL


def test_an_unreadable_file_is_rejected():
    with pytest.raises(InvalidRequest, match="no picture"):
        check_data(b"text", "amazon-main")
