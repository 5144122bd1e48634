"""Field rules reject invalid requests and say what to send instead."""

import math

import pytest

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    diffusion_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.errors import InvalidRequest
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.validation import RequestValidator
from tools.reference.limits import RULES

check = RequestValidator(RULES)
PHOTO = image_pb2.Image(data=b"bytes")


def find_faults(request):
    """Returns the invalid fields of a request with what is wrong with each."""
    try:
        check(GuardedCall("Any", request, "id", lambda: True, lambda: None))
        return {}
    except InvalidRequest as error:
        return {each.field: each.text for each in error.violations}


def create_ad_request(**fields):
    """Returns a valid CreateAdRequest with some fields replaced."""
    return ads_pb2.CreateAdRequest(**{"photo": PHOTO, "prompt": "a table"} | fields)


def test_a_valid_request_passes():
    assert find_faults(create_ad_request(size=image_pb2.Size(width=256, height=768), seed=0)) == {}


def test_all_invalid_fields_are_reported_at_once():
    request = ads_pb2.CreateAdRequest(
        prompt="  ",
        seed=-1,
        size=image_pb2.Size(width=100, height=4000),
        compositing=compositing_pb2.CompositingOptions(tint=0.9),
    )
    assert find_faults(request).keys() == {"photo", "prompt", "seed", "size", "compositing.tint"}


def test_an_image_without_bytes_is_rejected():
    assert "bytes" in find_faults(create_ad_request(photo=image_pb2.Image(data=b"")))["photo"]


def test_a_uri_is_rejected_rather_than_fetched():
    request = create_ad_request(photo=image_pb2.Image(uri="http://example.com/photo.png"))
    assert "uri" in find_faults(request)["photo"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.01, 0.049])
def test_numbers_out_of_range_or_not_finite_are_rejected(value):
    options = compositing_pb2.CompositingOptions(width_share=value)
    assert (
        "0.05 to 1"
        in find_faults(create_ad_request(compositing=options))["compositing.width_share"]
    )


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_bounds_are_part_of_the_range(share):
    assert not find_faults(
        create_ad_request(compositing=compositing_pb2.CompositingOptions(height_share=share))
    )


def test_an_unset_optional_number_is_not_checked():
    assert not find_faults(create_ad_request(segmentation=segmentation_pb2.SegmentationOptions()))


def test_a_number_set_to_zero_is_checked():
    options = segmentation_pb2.SegmentationOptions(box_share=0.0)
    assert "segmentation.box_share" in find_faults(create_ad_request(segmentation=options))


def test_unknown_enum_numbers_are_rejected_in_any_field():
    request = compositing_pb2.CompositeProductRequest(
        cutout=PHOTO, background=PHOTO, cut_sides=[image_pb2.SIDE_LEFT, 77]
    )
    assert find_faults(request) == {"cut_sides": "77 is not a Side"}


def test_a_format_that_a_response_cannot_have_is_rejected():
    request = segmentation_pb2.SegmentProductRequest(
        photo=PHOTO, accept_format=image_pb2.IMAGE_FORMAT_JPEG
    )
    text = "cannot be used here; send PNG, WEBP or RAW_RGBA"
    assert find_faults(request) == {"accept_format": text}


@pytest.mark.parametrize(("width", "height", "fits"), [(512, 1536, True), (512, 1537, False)])
def test_the_aspect_of_a_background_is_limited_to_3(width, height, fits):
    size = image_pb2.Size(width=width, height=height)
    request = background_pb2.GenerateBackgroundRequest(prompt="a table", size=size)
    assert (not find_faults(request)) is fits


@pytest.mark.parametrize(
    ("width", "height", "fits"), [(1000, 50, True), (1001, 50, False), (49, 90, False)]
)
def test_the_sides_and_aspect_of_an_ad_are_limited(width, height, fits):
    assert (
        not find_faults(create_ad_request(size=image_pb2.Size(width=width, height=height)))
    ) is fits


def test_a_backdrop_without_image_or_color_is_rejected():
    assert find_faults(create_ad_request(backdrop=scene_pb2.Backdrop())).keys() == {"backdrop"}


def test_the_length_of_a_prompt_is_counted_in_characters():
    assert not find_faults(create_ad_request(prompt="é" * 2000))
    assert "2001 characters" in find_faults(create_ad_request(prompt="é" * 2001))["prompt"]


def test_blanks_count_as_characters():
    assert find_faults(create_ad_request(negative_prompt=" " * 2001)).keys() == {"negative_prompt"}
    assert find_faults(ads_pb2.ListJobsRequest(page_token=" ")).keys() == {"page_token"}


def list_request_types():
    """Yields the descriptor of every request of the contract."""
    for module in (ads_pb2, background_pb2, compositing_pb2, inpainting_pb2, segmentation_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from (method.input_type for method in service.methods)


def is_map(field):
    return field.message_type and field.message_type.GetOptions().map_entry


def list_fields(kind, seen):
    """Yields every field of a message type and of the types nested in it."""
    if kind.full_name in seen:
        return
    seen.add(kind.full_name)
    for field in kind.fields:
        yield field
        if is_map(field):
            # Its rule is one for keys and values.
            continue
        if field.message_type and field.message_type.file.package == "cyclorama.v1":
            yield from list_fields(field.message_type, seen)


def test_every_text_and_list_of_a_request_has_a_limit():
    limited = {
        (kind.DESCRIPTOR.full_name, rule.field) for kind, rules in RULES.items() for rule in rules
    }
    # The rules of every field with an Image check its uri.
    limited.add(("cyclorama.v1.Image", "uri"))
    seen = set()
    unlimited = [
        field.full_name
        for request in list_request_types()
        for field in list_fields(request, seen)
        if (field.is_repeated or field.type == field.TYPE_STRING)
        and (field.containing_type.full_name, field.name) not in limited
    ]
    assert len(seen) > 30 and unlimited == []


def test_every_rule_states_its_bounds_in_words():
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
def test_long_lists_and_long_texts_are_rejected(field, request_):
    assert "send at most" in find_faults(request_)[field]


@pytest.mark.parametrize("settings", [{"x": "y" * 20_000}, {"a": {"b": {"c": {"d": {}}}}}])
def test_settings_for_a_server_are_limited_in_size_and_depth(settings):
    options = background_pb2.BackgroundOptions()
    options.diffusion.override_settings.update(settings)
    faults = find_faults(background_pb2.GenerateBackgroundRequest(prompt="x", options=options))
    assert "options.diffusion.override_settings" in faults


def test_settings_for_a_server_may_contain_lists():
    options = background_pb2.BackgroundOptions()
    options.diffusion.override_settings.update({"sd_vae": "x", "a": {"b": [1]}})
    assert find_faults(background_pb2.GenerateBackgroundRequest(prompt="x", options=options)) == {}


def test_a_page_size_may_be_large_but_not_negative():
    assert find_faults(ads_pb2.ListJobsRequest(page_size=5000)) == {}
    assert "page_size" in find_faults(ads_pb2.ListJobsRequest(page_size=-1))


def test_a_point_needs_both_coordinates_of_which_zero_is_valid():
    def find_point_faults(**point):
        options = segmentation_pb2.SegmentationOptions(points=[point])
        request = segmentation_pb2.SegmentProductRequest(photo=PHOTO, options=options)
        return list(find_faults(request))

    assert find_point_faults(x=0, y=0) == []
    assert find_point_faults(x=5) == ["options.points[0].y"]


def test_bounds_are_reported_with_all_digits():
    request = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="x", seed=-1)
    assert find_faults(request)["seed"] == "is -1; send 0 to 2147483647"


@pytest.mark.parametrize("name", ["no\0pe", "two\nlines", "bell\x07"])
def test_a_name_has_printable_characters_only(name):
    engine = engine_pb2.EngineChoice(name=name)
    options = background_pb2.BackgroundOptions(
        engine=engine, diffusion=diffusion_pb2.DiffusionOptions(model=name)
    )
    faults = find_faults(create_ad_request(background=options))
    assert faults.keys() == {"background.engine.name", "background.diffusion.model"}
    assert "cannot be printed" in faults["background.engine.name"]
    assert find_faults(ads_pb2.GetJobRequest(name=f"jobs/{name}")).keys() == {"name"}
