"""Assessing picture files: what is measured with and without mask, certificate and knowledge."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.assess import assess_file
from services.finishing.lock import create_pixel_lock
from services.finishing.quality.measurement import FAIL, UNKNOWN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import report_quality
from services.imaging.images import ImageCodec, encode_image
from services.runtime.errors import InvalidImage, InvalidRequest
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product

PIXELS, PRODUCT = draw_product(200, 160)
ALPHA = np.where(PRODUCT, np.uint8(255), np.uint8(0))
AD = encode_image(PIXELS, PNG)
LOCK = json.dumps(create_pixel_lock(PIXELS, ALPHA, PIXELS, PIXELS))
KNOWN = finishing_pb2.Circumstances(confidence=0.9, color_shift=1)


def assess(image=AD, **fields) -> finishing_pb2.QualityReport:
    request = finishing_pb2.AssessFileRequest(image=image, **fields)
    return assess_file(request, ImageCodec(ImageSettings())).quality_report


def measure(ad=PIXELS, mask=ALPHA, **fields) -> finishing_pb2.QualityReport:
    return report_quality(AssessedPicture(ad, mask, **fields))


def list_unknown(report) -> set[str]:
    return {each.name for each in report.findings if each.verdict == UNKNOWN}


def test_a_picture_alone_is_assessed_without_a_product():
    report = assess()
    assert report == measure(mask=None)
    assert {"halo", "product_share"} <= list_unknown(report) and 1 <= report.score <= 10


def test_a_mask_and_circumstances_make_the_measurements_known():
    report = assess(mask=encode_image(ALPHA, PNG), circumstances=KNOWN)
    assert report == measure(circumstances=KNOWN)
    assert not {"halo", "product_share", "color_shift"} & list_unknown(report)


def test_a_certificate_has_the_mask_and_whether_the_pixels_are_locked():
    report = assess(pixel_lock=LOCK)
    assert report == measure(differing=0)
    repainted = PIXELS.copy()
    repainted[100, 80] ^= 1
    lock = json.dumps(create_pixel_lock(PIXELS, ALPHA, repainted, repainted))
    assert assess(encode_image(repainted, PNG), pixel_lock=lock) == measure(repainted, differing=1)


def test_a_product_that_was_painted_over_later_fails():
    repainted = PIXELS.copy()
    repainted[100:104, 80:90] = (255, 0, 255)
    (lock,) = (
        each
        for each in assess(encode_image(repainted, PNG), pixel_lock=LOCK).findings
        if each.name == "pixel_lock"
    )
    assert lock.verdict == FAIL and lock.value == 40


def test_a_file_that_was_encoded_again_is_not_compared():
    again = encode_image(np.where(PIXELS < 255, PIXELS + 1, PIXELS - 1).astype(np.uint8), PNG)
    assert "pixel_lock" in list_unknown(assess(again, pixel_lock=LOCK))


def test_the_manifest_of_another_picture_of_the_size_is_rejected():
    other = encode_image(255 - PIXELS, PNG)
    with pytest.raises(InvalidRequest, match="another picture"):
        assess(other, pixel_lock=LOCK)


def test_a_cutout_is_set_into_its_box():
    rows, columns = (np.flatnonzero(PRODUCT.any(axis=axis)) for axis in (1, 0))
    x, y, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    cutout = np.dstack([PIXELS, ALPHA])[y:bottom, x:right]
    box = image_pb2.Box(x=x, y=y, width=right - x, height=bottom - y)
    assert assess(mask=encode_image(cutout, PNG), mask_box=box) == measure()
    half = encode_image(np.ascontiguousarray(cutout[::2, ::2]), PNG)
    smaller = assess(mask=half, mask_box=box)
    assert smaller.score == pytest.approx(measure().score, abs=1)


def test_a_large_picture_is_assessed_at_a_reduced_size():
    wide = np.zeros((40, 6000, 3), np.uint8)
    mask = np.zeros((40, 6000), np.uint8)
    mask[10:30, 1500:4500] = 255
    picture = encode_image(wide, PNG)
    lock = json.dumps(create_pixel_lock(wide, mask, wide, wide))
    for fields in ({"mask": encode_image(mask, PNG)}, {"pixel_lock": lock}):
        report = assess(picture, **fields)
        (share,) = (each.value for each in report.findings if each.name == "product_share")
        assert share == pytest.approx(0.5, abs=0.01)


def test_a_transparent_picture_is_assessed_as_it_looks_on_white():
    cutout = np.dstack([PIXELS, ALPHA])
    white = np.where(PRODUCT[..., None], PIXELS, np.uint8(255))
    assert assess(encode_image(cutout, PNG), pixel_lock=LOCK).score == measure(white).score


def test_a_gray_picture_of_another_kind_is_assessed():
    out = io.BytesIO()
    Image.fromarray(PIXELS[..., 0]).save(out, "GIF")
    assert assess(image_pb2.Image(data=out.getvalue())).findings


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"image": image_pb2.Image(data=b"just text")}, "image: "),
        ({"image": encode_image(PIXELS[:15], PNG)}, "at least 16"),
        ({"mask": encode_image(ALPHA[1:], PNG)}, "mask: is 160 x 199, the picture 160 x 200"),
        ({"image": encode_image(PIXELS[1:], PNG), "pixel_lock": LOCK}, "as it was delivered"),
        ({"pixel_lock": "{}"}, "no pixel-lock certificate"),
    ],
)
def test_what_does_not_fit_the_picture_is_rejected(fields, problem):
    with pytest.raises(InvalidRequest, match=problem):
        assess(**fields)


@pytest.mark.parametrize("box", [(-1, 0, 9, 9), (0, 192, 9, 9), (0, 0, 2**31 - 1, 1), (5, 5, 0, 9)])
def test_a_mask_that_is_empty_or_outside_of_the_picture_is_rejected(box):
    x, y, width, height = box
    with pytest.raises(InvalidRequest, match="mask_box: is not a part"):
        assess(
            mask=encode_image(ALPHA, PNG),
            mask_box=image_pb2.Box(x=x, y=y, width=width, height=height),
        )


def test_raw_pixels_are_assessed():
    raw = image_pb2.Image(
        data=PIXELS.tobytes(), format=image_pb2.IMAGE_FORMAT_RAW_RGB, width=160, height=200
    )
    assert assess(raw) == measure(mask=None)
    with pytest.raises(InvalidImage, match="RAW without width"):
        assess(image_pb2.Image(data=b"x", format=image_pb2.IMAGE_FORMAT_RAW_RGB))
