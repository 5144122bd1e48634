"""Platform rules against files that meet or violate them."""

import datetime
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import finishing_pb2, image_pb2
from services.compositing.engines.opencv.drop_shadow import compute_kernel_size, render_drop_shadow
from services.compositing.layers import ProductLayer, paint_layers
from services.finishing.checks import CHECKS, check_profile
from services.finishing.engines.pillow.files import encode_ad
from services.finishing.inspect import check_file
from services.finishing.metadata import FileMetadata
from services.finishing.product_record import ProductRecord
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.imaging.images import ImageCodec
from services.imaging.resizing import premultiply
from services.runtime.errors import InvalidRequest
from services.runtime.formats import PNG
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


def write_recorded(
    pixels, confidence=0.9, is_doubted=False, cut_sides=(), box=(1, 1, 9, 9)
) -> bytes:
    """A PNG file that records what is known about its product."""
    size = (pixels.shape[1], pixels.shape[0])
    product = ProductRecord(confidence, is_doubted, cut_sides, box, size)
    return encode_ad(pixels, PNG, FileMetadata(product=product)).data


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
    assert report.passed and report.checked == "2026-11-28"
    assert find_verdict(report, "by_eye") == UNKNOWN


@pytest.mark.parametrize(
    ("picture", "rule"),
    [
        (draw_packshot(shadow=True), "white_background"),
        (draw_packshot(ground=254), "white_background"),
        (draw_packshot(share=0.7), "product_share"),
        (draw_packshot(side=400), "longest_side"),
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


def test_what_sticks_to_the_product_or_lies_around_it_fails():
    clean = draw_packshot(side=500)
    crumb, text, border, slab = (clean.copy() for _ in range(4))
    crumb[6:14, 6:14] = 90
    cv2.putText(text, "SALE NOW", (4, 496), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 2)
    cv2.rectangle(border, (3, 3), (496, 496), (60, 60, 60), 3)
    slab[400:480, 380:490] = 150
    for picture, rule in (
        (crumb, "extra_objects"),
        (text, "text"),
        (border, "border"),
        (slab, "residue"),
    ):
        report = check_data(write_picture(picture), "amazon-main")
        assert find_verdict(report, rule) == FAIL and not report.passed
        found = check_data(write_picture(clean), "amazon-main")
        assert find_verdict(found, rule) == PASS and found.passed


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ({}, PASS),
        ({"confidence": 0.4}, FAIL),
        ({"is_doubted": True}, FAIL),
        ({"confidence": None}, UNKNOWN),
    ],
)
def test_a_cutout_must_be_trusted_by_what_the_file_records(record, verdict):
    report = check_data(write_recorded(draw_packshot(side=500), **record), "amazon-main")
    assert find_verdict(report, "cutout") == verdict


def test_without_a_record_the_cutout_is_unknown():
    report = check_data(write_picture(draw_packshot(side=500)), "amazon-main")
    assert find_verdict(report, "cutout") == UNKNOWN


def test_a_product_that_its_photo_cut_off_is_not_whole():
    clean = draw_packshot(side=500)
    report = check_data(write_recorded(clean, cut_sides=("left",)), "amazon-main")
    assert find_verdict(report, "whole_product") == FAIL
    sliced = np.full((500, 500, 3), 255, np.uint8)
    cv2.circle(sliced, (250, 250), 220, (190, 60, 40), -1)
    sliced[:, :150] = 255
    # Without a record the straight edge gives it away; with one, the photo had room around it.
    cut = check_data(write_picture(sliced), "amazon-main")
    assert find_verdict(cut, "whole_product") == FAIL
    whole = check_data(write_recorded(sliced), "amazon-main")
    assert find_verdict(whole, "whole_product") == PASS


@pytest.mark.parametrize(("day", "verdict"), [("2027-01-30", WARN), ("2027-01-31", FAIL)])
def test_an_announced_rule_binds_from_its_day_on(day, verdict):
    pixels = draw_packshot(side=400)
    profile = load_profile("google-merchant", "profile")
    date = datetime.date.fromisoformat(day)
    report = check_profile(profile, write_picture(pixels), pixels, "a.jpg", date)
    found = next(each for each in report.findings if "31 January 2027" in each.note)
    assert found.verdict == verdict and found.limit == "at least 500"
    assert report.passed == (verdict == WARN)


@pytest.mark.parametrize(
    ("size", "met"), [((600, 314), PASS), ((592, 310), FAIL), ((300, 300), PASS)]
)
def test_the_least_size_depends_on_the_ratio(size, met):
    data = write_picture(np.zeros((*size[::-1], 3), np.uint8))
    assert find_verdict(check_data(data, "google-display"), "least_size") == met


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
    assert find_verdict(check_data(data, "google-merchant", "a"), "suffix") == UNKNOWN
    assert find_verdict(check_data(data, "google-merchant"), "suffix") == PASS


def test_on_grounds_that_are_not_white_the_product_is_unknown():
    data = write_picture(draw_packshot(ground=120), "PNG")
    assert find_verdict(check_data(data, "google-merchant"), "product_share") == UNKNOWN


def test_safe_zones_must_be_free_of_the_recorded_product():
    scene = np.zeros((1920, 1080, 3), np.uint8)
    inside = write_recorded(scene, box=(200, 400, 600, 1130))
    outside = write_recorded(scene, box=(200, 400, 600, 1180))
    assert find_verdict(check_data(inside, "meta-stories"), "safe_zone") == PASS
    assert find_verdict(check_data(outside, "meta-stories"), "safe_zone") == FAIL


def test_a_record_of_another_size_is_not_believed():
    scene = np.zeros((640, 360, 3), np.uint8)
    product = ProductRecord(0.9, False, (), (90, 130, 180, 200), (1080, 1920))
    data = encode_ad(scene, PNG, FileMetadata(product=product)).data
    assert find_verdict(check_data(data, "meta-stories"), "safe_zone") == UNKNOWN


def test_an_unreadable_file_is_rejected():
    with pytest.raises(InvalidRequest, match="no picture"):
        check_data(b"text", "amazon-main")
