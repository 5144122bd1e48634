"""The rules of platforms against files that keep or break them."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import finishing_pb2, image_pb2
from services.compositing.engines.opencv.shadow import drop_shadow, kernel_size
from services.compositing.layers import Product, lay
from services.finishing.checks import CHECKS, check_profile
from services.finishing.facts import file_facts, picture_facts
from services.finishing.findings import FAIL, PASS, UNKNOWN, WARN
from services.finishing.inspect import check_file
from services.imaging.images import ImageCodec
from services.imaging.resizing import premultiply
from services.runtime.errors import InvalidRequest
from services.runtime.profiles import list_profile_names, load_profile
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_cutout


def packshot(side=1600, share=0.9, shadow=False, ground=255):
    """A product on a plain ground: uint8 RGB (side, side, 3)."""
    height = round(side * share)
    cutout = cv2.resize(draw_cutout(240, 160), (height * 2 // 3, height))
    cutout[..., 3] = cv2.GaussianBlur((cutout[..., 3] > 127) * np.uint8(255), (5, 5), 0)
    pixels = premultiply(cutout)
    x, y = (side - pixels.shape[1]) // 2, (side - height) // 2
    cast = None
    if shadow:
        alpha = np.ascontiguousarray(pixels[..., 3])
        cast = drop_shadow(alpha, (x, y + 12), kernel_size((side, side)))
    canvas = np.full((side, side, 3), ground, np.uint8)
    return lay(canvas, cast, Product(pixels, x, y))


def saved(pixels, name="JPEG", **how) -> bytes:
    out = io.BytesIO()
    how = {"quality": 95, "subsampling": "4:4:4"} | how if name == "JPEG" else how
    Image.fromarray(pixels).save(out, name, **how)
    return out.getvalue()


def checked(data: bytes, profile: str, file_name: str = ""):
    request = finishing_pb2.CheckFileRequest(
        image=image_pb2.Image(data=data), profile=profile, file_name=file_name
    )
    return check_file(request, ImageCodec(ImageSettings())).report


def verdict(report, rule: str) -> int:
    return max(each.verdict for each in report.findings if each.name == rule)


def test_every_rule_of_every_profile_has_a_check_and_a_source():
    assert len(list_profile_names()) >= 7
    for name in list_profile_names():
        profile = load_profile(name, "profile")
        assert profile.source and profile.checked.year >= 2026 and profile.rules
        assert {rule.check for rule in profile.rules} <= CHECKS.keys()


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(InvalidRequest, match="amazon-main"):
        load_profile("ebay", "profile")


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_packshot_on_white_passes_amazons_rules(name):
    report = checked(saved(packshot(), name), "amazon-main", f"a.{name.lower()}")
    assert report.passed and report.checked == "2026-11-23"
    assert verdict(report, "by_eye") == UNKNOWN


@pytest.mark.parametrize(
    ("picture", "rule"),
    [
        (packshot(shadow=True), "white_background"),
        (packshot(ground=254), "white_background"),
        (packshot(share=0.7), "product_share"),
        (packshot(side=800), "longest_side"),
    ],
)
def test_what_amazon_refuses_fails(picture, rule):
    report = checked(saved(picture, "PNG"), "amazon-main")
    assert not report.passed and verdict(report, rule) == FAIL


def test_a_product_that_touches_the_frame_is_not_whole():
    picture = packshot()[200:]
    assert verdict(checked(saved(picture), "amazon-main"), "whole_product") == FAIL


def test_reduced_color_resolution_is_warned_of():
    report = checked(saved(packshot(), subsampling="4:2:0"), "amazon-main")
    assert verdict(report, "full_chroma") == WARN


def test_another_color_space_is_refused_where_srgb_is_asked():
    data = saved(packshot(), "PNG", icc_profile=b"not a profile")
    assert verdict(checked(data, "amazon-main"), "srgb") == FAIL


def test_on_the_lossless_master_the_ground_is_white_up_to_the_product():
    pixels = packshot(side=400)
    mask = np.zeros((400, 400), np.uint8)
    mask[20:380, 80:320] = 255
    assert picture_facts(pixels, pixels, mask).off_white == 0
    pixels[19, 100] = 254
    assert picture_facts(pixels, pixels, mask).off_white > 0


@pytest.mark.parametrize(
    ("size", "ratio_passes"),
    [((1200, 628), True), ((1200, 1200), True), ((1200, 640), False), ((300, 300), True)],
)
def test_ratios_are_held_to_one_percent(size, ratio_passes):
    data = saved(np.zeros((*size[::-1], 3), np.uint8))
    assert (verdict(checked(data, "google-display"), "ratio") == PASS) == ratio_passes


@pytest.mark.parametrize(("size", "met"), [((728, 90), PASS), ((728, 91), FAIL)])
def test_banners_have_listed_sizes_only(size, met):
    data = saved(np.zeros((*size[::-1], 3), np.uint8), "PNG")
    assert verdict(checked(data, "iab-banner"), "size") == met


def test_a_banner_over_150_kilobytes_fails():
    noise = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    assert verdict(checked(saved(noise, "PNG"), "iab-banner"), "kilobytes") == FAIL


def test_a_suffix_must_fit_what_the_file_holds():
    data = saved(packshot(side=600), "PNG")
    assert verdict(checked(data, "google-merchant", "a.jpg"), "suffix") == FAIL
    assert verdict(checked(data, "google-merchant", "a.png"), "suffix") == PASS
    assert verdict(checked(data, "google-merchant"), "suffix") == UNKNOWN


def test_on_other_grounds_the_product_is_not_guessed():
    data = saved(packshot(ground=120), "PNG")
    assert verdict(checked(data, "google-merchant"), "product_share") == UNKNOWN


def test_safe_zones_are_measured_on_the_products_box():
    mask = np.zeros((1920, 1080), np.uint8)
    mask[400:1240, 200:800] = 255
    picture = np.zeros((1920, 1080, 3), np.uint8)
    profile = load_profile("meta-stories", "profile")
    file = file_facts(saved(picture))
    inside = check_profile(profile, file, picture_facts(picture, picture, mask))
    assert verdict(inside, "safe_zone") == PASS
    mask[1240:1300, 200:800] = 255
    outside = check_profile(profile, file, picture_facts(picture, picture, mask))
    assert verdict(outside, "safe_zone") == FAIL


def test_an_unreadable_file_is_refused():
    with pytest.raises(InvalidRequest, match="no picture"):
        checked(b"text", "amazon-main")
