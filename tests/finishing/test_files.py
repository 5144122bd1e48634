"""Finished files: sizes, formats, marks and limits."""

import io

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from psd_tools import PSDImage

from services.finishing.engines.pillow.files import write_file
from services.finishing.engines.pillow.photoshop import write_photoshop
from services.finishing.marks import Marks, read_marks
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
from services.runtime.guards.interceptor import GuardedCall
from tests.support.pictures import (
    assert_image_equal,
    assert_image_similar,
    draw_cutout,
    draw_product,
)

FORMATS = {name_from_format(each): each for each in FILE_FORMATS if each not in RAW_CHANNELS}
LOSSLESS = ("PNG", "WEBP", "TIFF")
MARKS = Marks(record="a1b2", dpi=300)


@pytest.fixture
def picture():
    return draw_product(240, 200)[0]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_what_its_format_says_and_of_the_pictures_size(picture, name):
    file = opened(write_file(picture, FORMATS[name], MARKS).data)
    assert file.format == name and file.size == (200, 240) and file.mode == "RGB"
    assert_image_similar(np.asarray(file), picture, mean_abs=0 if name in LOSSLESS else 3)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_carries_profile_resolution_source_and_record(picture, name):
    data = write_file(picture, FORMATS[name], MARKS).data
    file = opened(data)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(file.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    dpi = file.info.get("dpi", (file.getexif().get(282),))[0]
    assert float(dpi) == pytest.approx(300, abs=0.01)
    assert read_marks(data).source == "composite" and read_marks(data).record == "a1b2"


@pytest.mark.parametrize("name", FORMATS)
def test_pixels_of_a_generative_model_are_told_in_the_words_of_the_iptc(picture, name):
    data = write_file(picture, FORMATS[name], Marks(generative=True)).data
    assert read_marks(data).source == "compositeWithTrainedAlgorithmicMedia"
    text = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    assert text in data


def test_a_record_cannot_break_out_of_its_attribute(picture):
    data = write_file(picture, PNG, Marks(record='"/><evil a="')).data
    assert b"<evil" not in data


def test_jpeg_has_full_color_resolution(picture):
    assert opened(write_file(picture, JPEG, MARKS).data).layer[0][1:3] == (1, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_equal_pictures_give_equal_files(picture, name):
    first, second = (write_file(picture, FORMATS[name], MARKS).data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", sorted(LOSSY_FORMATS))
def test_a_size_limit_is_met_with_the_highest_quality_that_fits(name):
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    free = write_file(noisy, FORMATS[name], MARKS, quality=96)
    limit = len(free.data) * 2 // 3
    file = write_file(noisy, FORMATS[name], MARKS, quality=96, max_bytes=limit)
    assert len(file.data) <= limit
    better = write_file(noisy, FORMATS[name], MARKS, quality=file.quality + 1)
    assert len(better.data) > limit


def test_a_file_that_fits_keeps_the_quality_asked_for(picture):
    assert write_file(picture, JPEG, MARKS, quality=88, max_bytes=10**6).quality == 88


def test_a_lossless_file_that_is_too_large_becomes_a_lossy_one():
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    assert write_file(noisy, WEBP, MARKS).quality == 0
    assert 30 <= write_file(noisy, WEBP, MARKS, max_bytes=70_000).quality < 100


@pytest.mark.parametrize("name", FORMATS)
def test_a_limit_out_of_reach_tells_the_least_that_can_be_had(picture, name):
    with pytest.raises(SizeLimitUnreachable, match="kB") as caught:
        write_file(picture, FORMATS[name], MARKS, max_bytes=400)
    assert "JPEG" in str(caught.value) or "smaller picture" in str(caught.value)


def test_the_search_for_a_quality_ends_when_the_caller_has_gone():
    noisy = np.random.default_rng(0).integers(0, 256, (250, 300, 3), dtype=np.uint8)
    with (
        track_call(GuardedCall("Any", Struct(), "id", lambda: False, lambda: None)),
        pytest.raises(CallCancelled),
    ):
        write_file(noisy, JPEG, MARKS, quality=96, max_bytes=20_000)


@settings(max_examples=40)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from(sorted(FORMATS)),
    st.none() | st.integers(1, 100),
)
def test_every_size_comes_out_exactly_in_every_format(width, height, name, quality):
    pixels = np.full((height, width, 3), 99, np.uint8)
    file = opened(write_file(pixels, FORMATS[name], MARKS, quality=quality).data)
    assert file.size == (width, height)


def test_a_photoshop_file_keeps_names_places_and_pixels():
    background, cutout = draw_product()[0], np.zeros((160, 128, 4), np.uint8)
    cutout[20:140, 30:110] = draw_cutout()
    document = PSDImage.open(
        io.BytesIO(write_photoshop([("background", background), ("cutout", cutout)]))
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


def test_a_layer_that_covers_nothing_is_kept_by_name():
    empty = np.zeros((20, 20, 4), np.uint8)
    document = PSDImage.open(
        io.BytesIO(write_photoshop([("a", np.zeros((20, 20, 3), np.uint8)), ("b", empty)]))
    )
    assert [layer.name for layer in document] == ["a", "b"]
