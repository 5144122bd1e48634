import math

import pytest

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    image_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.errors import InvalidRequest
from services.runtime.guards import Call
from services.runtime.rules import RULES
from services.runtime.validation import Validation

check = Validation(RULES)
PHOTO = image_pb2.Image(data=b"bytes")


def broken(request):
    """Returns the fields that a request breaks, with their texts."""
    try:
        with check(Call("Any", request, "id", lambda: True, lambda: None)):
            return {}
    except InvalidRequest as error:
        return {each.field: each.text for each in error.violations}


def ad(**fields):
    return ads_pb2.CreateAdRequest(**{"photo": PHOTO, "prompt": "a table"} | fields)


def test_a_whole_request_passes():
    assert broken(ad(size=image_pb2.Size(width=256, height=768), seed=0)) == {}


def test_every_wrong_field_is_named_at_once():
    request = ads_pb2.CreateAdRequest(
        prompt="  ",
        seed=-1,
        size=image_pb2.Size(width=100, height=4000),
        compositing=compositing_pb2.CompositingOptions(tint=0.9),
    )
    assert broken(request).keys() == {"photo", "prompt", "seed", "size", "compositing.tint"}


def test_a_picture_without_bytes_is_told_so():
    assert "bytes" in broken(ad(photo=image_pb2.Image(data=b"")))["photo"]


def test_a_uri_is_refused_rather_than_fetched():
    request = ad(photo=image_pb2.Image(uri="http://example.com/photo.png"))
    assert "uri" in broken(request)["photo"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.01, 0.049])
def test_numbers_out_of_range_or_not_finite_are_refused(value):
    options = compositing_pb2.CompositingOptions(width_share=value)
    assert "0.05 to 1" in broken(ad(compositing=options))["compositing.width_share"]


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_bounds_belong_to_the_range(share):
    assert not broken(ad(compositing=compositing_pb2.CompositingOptions(height_share=share)))


def test_an_unset_optional_number_is_not_checked():
    assert not broken(ad(segmentation=segmentation_pb2.SegmentationOptions()))


def test_a_number_that_is_set_to_zero_is_checked():
    options = segmentation_pb2.SegmentationOptions(box_share=0.0)
    assert "segmentation.box_share" in broken(ad(segmentation=options))


def test_unknown_enum_numbers_are_refused_wherever_they_stand():
    request = compositing_pb2.CompositeRequest(
        cutout=PHOTO, background=PHOTO, cut_sides=[image_pb2.SIDE_LEFT, 77]
    )
    assert broken(request) == {"cut_sides": "77 is not a Side"}


def test_a_format_that_the_answer_cannot_have_is_refused():
    request = segmentation_pb2.SegmentRequest(
        photo=PHOTO, accept_format=image_pb2.IMAGE_FORMAT_JPEG
    )
    assert broken(request).keys() == {"accept_format"}


@pytest.mark.parametrize(("width", "height", "fits"), [(512, 1536, True), (512, 1537, False)])
def test_a_background_is_at_most_three_times_as_long_as_wide(width, height, fits):
    size = image_pb2.Size(width=width, height=height)
    request = background_pb2.GenerateRequest(prompt="a table", size=size)
    assert (not broken(request)) is fits


@pytest.mark.parametrize(
    ("width", "height", "fits"), [(1000, 50, True), (1001, 50, False), (49, 90, False)]
)
def test_an_ad_may_be_a_banner_and_no_less(width, height, fits):
    assert (not broken(ad(size=image_pb2.Size(width=width, height=height)))) is fits


def test_a_backdrop_without_surface_is_refused():
    assert broken(ad(backdrop=scene_pb2.Backdrop())).keys() == {"backdrop"}


def test_a_prompt_is_counted_in_characters():
    assert not broken(ad(prompt="é" * 2000))
    assert "2001 characters" in broken(ad(prompt="é" * 2001))["prompt"]


def test_blanks_count_too():
    assert broken(ad(negative_prompt=" " * 2001)).keys() == {"negative_prompt"}
    assert broken(ads_pb2.ListJobsRequest(page_token=" ")).keys() == {"page_token"}
