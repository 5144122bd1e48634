"""Finished files: sizes, formats, metadata and limits."""

import io

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from psd_tools import PSDImage

from services.finishing.engines.pillow.files import encode_ad
from services.finishing.engines.pillow.photoshop import encode_photoshop
from services.finishing.metadata import EmbeddedMetadata, FileMetadata, read_embedded_metadata
from services.finishing.product_record import ProductRecord
from services.runtime.errors import CallCancelled, SizeLimitUnreachable
from services.runtime.formats import (
    FILE_FORMATS,
    JPEG,
    LOSSY_FORMATS,
    PNG,
    RAW_CHANNELS,
    WEBP,
    name_from_format,
)
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.guarded_call import GuardedCall
from tests.support.pictures import (
    assert_image_equal,
    assert_image_similar,
    draw_cutout,
    draw_product,
)

FORMATS = {name_from_format(each): each for each in FILE_FORMATS if each not in RAW_CHANNELS}
LOSSLESS = ("PNG", "WEBP", "TIFF")
PRODUCT = ProductRecord(0.9, False, ("bottom",), (1, 2, 3, 4), (80, 60))
METADATA = FileMetadata(record="a1b2", dpi=300, product=PRODUCT)


@pytest.fixture
def picture():
    return draw_product(240, 200)[0]


def open_file(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_the_requested_format_and_the_pictures_size(picture, name):
    file = open_file(encode_ad(picture, FORMATS[name], METADATA).data)
    assert file.format == name and file.size == (200, 240) and file.mode == "RGB"
    assert_image_similar(np.asarray(file), picture, mean_abs=0 if name in LOSSLESS else 3)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_contains_profile_resolution_source_and_record(picture, name):
    data = encode_ad(picture, FORMATS[name], METADATA).data
    file = open_file(data)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(file.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    dpi = file.info.get("dpi", (file.getexif().get(282),))[0]
    assert float(dpi) == pytest.approx(300, abs=0.01)
    assert read_embedded_metadata(data) == EmbeddedMetadata("composite", "a1b2", PRODUCT)


@pytest.mark.parametrize("name", FORMATS)
def test_a_generative_model_is_declared_with_the_iptc_source_type(picture, name):
    data = encode_ad(picture, FORMATS[name], FileMetadata(generative=True)).data
    assert read_embedded_metadata(data).source == "compositeWithTrainedAlgorithmicMedia"
    text = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    assert text in data


def test_a_record_is_escaped_in_xml(picture):
    data = encode_ad(picture, PNG, FileMetadata(record='"/><evil a="')).data
    assert b"<evil" not in data


def test_jpeg_has_full_color_resolution(picture):
    assert open_file(encode_ad(picture, JPEG, METADATA).data).layer[0][1:3] == (1, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_equal_pictures_give_equal_files(picture, name):
    first, second = (encode_ad(picture, FORMATS[name], METADATA).data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", sorted(LOSSY_FORMATS))
def test_a_size_limit_is_met_with_the_highest_quality_that_fits(name):
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    free = encode_ad(noisy, FORMATS[name], METADATA, quality=96)
    limit = len(free.data) * 2 // 3
    file = encode_ad(noisy, FORMATS[name], METADATA, quality=96, max_bytes=limit)
    assert len(file.data) <= limit
    better = encode_ad(noisy, FORMATS[name], METADATA, quality=file.quality + 1)
    assert len(better.data) > limit


def test_a_file_that_fits_keeps_the_requested_quality(picture):
    assert encode_ad(picture, JPEG, METADATA, quality=88, max_bytes=10**6).quality == 88


def test_a_lossless_file_that_is_too_large_becomes_a_lossy_one():
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    assert encode_ad(noisy, WEBP, METADATA).quality == 0
    assert 30 <= encode_ad(noisy, WEBP, METADATA, max_bytes=70_000).quality < 100


@pytest.mark.parametrize("name", FORMATS)
def test_an_unreachable_size_limit_is_rejected_with_the_smallest_size(picture, name):
    with pytest.raises(SizeLimitUnreachable, match="kB") as caught:
        encode_ad(picture, FORMATS[name], METADATA, max_bytes=400)
    assert "JPEG" in str(caught.value) or "smaller picture" in str(caught.value)


def test_the_quality_search_ends_when_the_caller_has_gone():
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    with (
        track_call(GuardedCall("Any", Struct(), "id", lambda: False, lambda: None)),
        pytest.raises(CallCancelled),
    ):
        encode_ad(noisy, JPEG, METADATA, quality=96, max_bytes=20_000)


@settings(max_examples=40)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from(sorted(FORMATS)),
    st.none() | st.integers(1, 100),
)
def test_every_format_keeps_every_size(width, height, name, quality):
    pixels = np.full((height, width, 3), 99, np.uint8)
    file = open_file(encode_ad(pixels, FORMATS[name], METADATA, quality=quality).data)
    assert file.size == (width, height)


def test_a_photoshop_file_keeps_names_positions_and_pixels():
    background, cutout = draw_product()[0], np.zeros((160, 128, 4), np.uint8)
    cutout[20:140, 30:110] = draw_cutout()
    document = PSDImage.open(
        io.BytesIO(encode_photoshop([("background", background), ("cutout", cutout)]))
    )
    assert [layer.name for layer in document] == ["background", "cutout"]
    assert_image_equal(np.asarray(document[0].topil().convert("RGB")), background)
    left, top, right, bottom = document[1].bbox
    part = cutout[top:bottom, left:right]
    assert_image_equal(np.asarray(document[1].topil().convert("RGB")), part[..., :3].copy())
    assert_image_equal(np.asarray(document[1].mask.topil()), part[..., 3].copy())
    covered = cutout.copy()
    covered[top:bottom, left:right] = 0
    assert not covered[..., 3].any()


def test_an_empty_layer_is_kept_by_name():
    empty = np.zeros((20, 20, 4), np.uint8)
    document = PSDImage.open(
        io.BytesIO(encode_photoshop([("a", np.zeros((20, 20, 3), np.uint8)), ("b", empty)]))
    )
    assert [layer.name for layer in document] == ["a", "b"]
