import math

import pytest

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.errors import InvalidRequest
from services.runtime.guards.interceptor import Call
from services.runtime.guards.validation import Validation
from tools.reference.limits import RULES

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
    request = compositing_pb2.CompositeProductRequest(
        cutout=PHOTO, background=PHOTO, cut_sides=[image_pb2.SIDE_LEFT, 77]
    )
    assert broken(request) == {"cut_sides": "77 is not a Side"}


def test_a_format_that_the_answer_cannot_have_is_refused():
    request = segmentation_pb2.SegmentProductRequest(
        photo=PHOTO, accept_format=image_pb2.IMAGE_FORMAT_JPEG
    )
    text = "cannot be used here; send PNG, WEBP or RAW_RGBA"
    assert broken(request) == {"accept_format": text}


@pytest.mark.parametrize(("width", "height", "fits"), [(512, 1536, True), (512, 1537, False)])
def test_a_background_is_at_most_three_times_as_long_as_wide(width, height, fits):
    size = image_pb2.Size(width=width, height=height)
    request = background_pb2.GenerateBackgroundRequest(prompt="a table", size=size)
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


def requests():
    """The type of every request of the contract."""
    for module in (ads_pb2, background_pb2, compositing_pb2, inpainting_pb2, segmentation_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from (method.input_type for method in service.methods)


def fields_in(kind, seen):
    """Every field that a message of this type may hold, however deep."""
    if kind.full_name in seen:
        return
    seen.add(kind.full_name)
    for field in kind.fields:
        yield field
        if field.message_type and field.message_type.file.package == "cyclorama.v1":
            yield from fields_in(field.message_type, seen)


def test_every_text_and_every_list_of_a_request_has_a_bound():
    ruled = {
        (kind.DESCRIPTOR.full_name, rule.field) for kind, rules in RULES.items() for rule in rules
    }
    # Whatever holds an Image has a rule for it, and that looks at its uri.
    ruled.add(("cyclorama.v1.Image", "uri"))
    seen = set()
    free = [
        field.full_name
        for request in requests()
        for field in fields_in(request, seen)
        if (field.is_repeated or field.type == field.TYPE_STRING)
        and (field.containing_type.full_name, field.name) not in ruled
    ]
    assert len(seen) > 30 and free == []


def test_every_rule_says_in_words_what_is_allowed():
    assert [rule.field for rules in RULES.values() for rule in rules if not rule.allowed] == []


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("scene.palette", inpainting_pb2.InpaintSceneRequest(scene={"palette": [{}] * 9})),
        ("cut_sides", compositing_pb2.CompositeProductRequest(cut_sides=[1] * 5)),
        ("layers", finishing_pb2.FinishAdRequest(layers=[{}] * 33)),
        ("name", ads_pb2.GetArtifactRequest(name="jobs/" + "x" * 200)),
        ("campaign.overrides", ads_pb2.SubmitJobRequest(campaign={"overrides": [{}] * 1001})),
    ],
)
def test_too_many_and_too_long_are_refused(field, request_):
    assert "send at most" in broken(request_)[field]


@pytest.mark.parametrize("settings", [{"x": "y" * 20_000}, {"a": {"b": {"c": {"d": {}}}}}])
def test_settings_for_a_server_are_bounded(settings):
    options = background_pb2.BackgroundOptions()
    options.diffusion.override_settings.update(settings)
    told = broken(background_pb2.GenerateBackgroundRequest(prompt="x", options=options))
    assert "options.diffusion.override_settings" in told


def test_settings_for_a_server_may_hold_lists():
    options = background_pb2.BackgroundOptions()
    options.diffusion.override_settings.update({"sd_vae": "x", "a": {"b": [1]}})
    assert broken(background_pb2.GenerateBackgroundRequest(prompt="x", options=options)) == {}


def test_a_page_of_jobs_may_ask_for_more_than_it_gets_but_not_for_less_than_none():
    assert broken(ads_pb2.ListJobsRequest(page_size=5000)) == {}
    assert "page_size" in broken(ads_pb2.ListJobsRequest(page_size=-1))


def test_a_point_needs_both_numbers_and_zero_is_one():
    def named(**point):
        options = segmentation_pb2.SegmentationOptions(points=[point])
        request = segmentation_pb2.SegmentProductRequest(photo=PHOTO, options=options)
        return list(broken(request))

    assert named(x=0, y=0) == []
    assert named(x=5) == ["options.points[0].y"]


def test_bounds_are_told_to_the_last_digit():
    request = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="x", seed=-1)
    assert broken(request)["seed"] == "is -1; send 0 to 2147483647"
