"""Requests that the client sends, as they follow from the arguments of a call."""

import hashlib
from uuid import UUID

import pytest

from cyclorama import Background, Composite, Cutout, Inpainted, Picture
from cyclorama.jobs import prepare_submission
from cyclorama.operations import (
    image_from_picture,
    prepare_ad,
    prepare_background,
    prepare_composite,
    prepare_finishing,
    prepare_inpainting,
    prepare_profile_check,
    prepare_segmentation,
)
from cyclorama.v1 import (
    background_pb2,
    compositing_pb2,
    engine_pb2,
    image_pb2,
    inpainting_pb2,
    scene_pb2,
    segmentation_pb2,
)

SCENE = scene_pb2.Scene(ground_line=0.8)
VIEW = scene_pb2.View(ground_pitch=20.0, pitch_confidence=0.75)
PNG = image_pb2.IMAGE_FORMAT_PNG


def test_arguments_of_an_ad_become_fields_of_its_request():
    options = {"compositing": {"tint": 0.25}, "delivery": {"quality": 90}}
    request = prepare_ad(
        b"photo",
        "sand",
        negative_prompt="people",
        size=(640, 480),
        seed=0,
        format="jpeg",
        options=options,
    ).request
    assert (request.photo.data, request.prompt) == (b"photo", "sand")
    assert request.negative_prompt == "people"
    assert (request.size.width, request.size.height) == (640, 480)
    assert request.seed == 0 and request.HasField("seed")
    assert request.accept_format == image_pb2.IMAGE_FORMAT_JPEG
    assert request.compositing.tint == 0.25 and request.delivery.quality == 90


@pytest.mark.parametrize(("draft", "quality"), [(True, "QUALITY_DRAFT"), (False, "QUALITY_FINAL")])
def test_drafts_are_a_quality_of_ads_and_campaigns(draft, quality):
    ad = prepare_ad(b"photo", "sand", draft=draft).request
    campaign = prepare_submission(b"1", ["sand"], draft=draft).request.campaign
    for request in (ad, campaign):
        assert engine_pb2.Quality.Name(request.quality) == quality


def test_arguments_that_are_left_out_are_not_sent():
    request = prepare_ad(b"photo", "sand").request
    assert not request.HasField("seed") and not request.HasField("size")
    assert [field.name for field, _ in request.ListFields()] == ["photo", "prompt"]


def test_the_callers_options_are_not_changed():
    options = {"delivery": {"quality": 90}}
    prepare_ad(b"photo", "sand", options=options, seed=1)
    assert options == {"delivery": {"quality": 90}}


def test_bytes_in_options_are_sent_unchanged():
    data = bytes(range(256))
    options = {"lettering": {"logo": {"data": data}}, "backdrop": {"picture": {"data": data}}}
    request = prepare_ad(b"photo", "sand", options=options).request
    assert request.lettering.logo.data == request.backdrop.picture.data == data


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"compositing": {"tinge": 1}}, "tinge"),
        ({"compositing": {"tint": "dark"}}, "tint"),
        ({"nothing": {}}, "nothing"),
        ({"compositing": 3}, "compositing"),
    ],
)
def test_an_option_of_no_field_or_the_wrong_type_is_named(options, hint):
    with pytest.raises(ValueError, match=hint) as caught:
        prepare_ad(b"photo", "sand", options=options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(640,), (640, 480, 3)])
def test_a_size_must_have_two_sides(size):
    with pytest.raises(ValueError, match="is no size"):
        prepare_background("sand", size=size)


def test_a_picture_of_an_earlier_result_keeps_its_format_and_size():
    image = image_from_picture(Picture(b"raw", "raw_rgb", 3, 2))
    assert image.format == image_pb2.IMAGE_FORMAT_RAW_RGB
    assert (image.data, image.width, image.height) == (b"raw", 3, 2)


def test_a_picture_is_read_from_a_path_and_a_missing_one_is_an_os_error(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"file")
    assert image_from_picture(path).data == image_from_picture(str(path)).data == b"file"
    with pytest.raises(OSError, match="nowhere"):
        image_from_picture(tmp_path / "nowhere.png")


def test_a_profile_check_sends_the_file_name_of_a_path_only(tmp_path):
    path = tmp_path / "main.jpg"
    path.write_bytes(b"file")
    assert prepare_profile_check(path, "amazon-main").request.file_name == "main.jpg"
    assert prepare_profile_check(b"file", "amazon-main").request.file_name == ""


def test_segmentation_sends_a_mask_only_when_there_is_one():
    assert not prepare_segmentation(b"photo").request.HasField("mask")
    request = prepare_segmentation(b"photo", b"mask", options={"max_side": 64}).request
    assert request.mask.data == b"mask" and request.options.max_side == 64


def test_a_background_follows_a_view_only_when_one_is_given():
    assert not prepare_background("sand").request.HasField("view")
    assert prepare_background("sand", view=VIEW).request.view == VIEW


def test_a_composite_takes_scene_view_and_cut_sides_from_earlier_results():
    segmented = segmentation_pb2.SegmentProductResponse(cut_sides=[image_pb2.SIDE_LEFT], view=VIEW)
    generated = background_pb2.GenerateBackgroundResult(scene=SCENE)
    cutout = Cutout(b"c", "png", 1, 1, reply=segmented)
    background = Background(b"b", "png", 1, 1, reply=generated)
    request = prepare_composite(cutout, background).request
    assert request.scene == SCENE and list(request.cut_sides) == [image_pb2.SIDE_LEFT]
    assert request.view == VIEW
    own = scene_pb2.Scene(ground_line=0.5)
    request = prepare_composite(
        cutout, background, scene=own, cut_sides=[image_pb2.SIDE_TOP]
    ).request
    assert request.scene == own and list(request.cut_sides) == [image_pb2.SIDE_TOP]


def test_a_composite_of_plain_files_has_no_scene_view_or_cut_sides():
    request = prepare_composite(b"c", b"b").request
    assert not request.HasField("scene") and not request.cut_sides
    assert not request.HasField("view")


def create_composite(*layers: str) -> Composite:
    """Returns a composite with its mask and named layers."""
    response = compositing_pb2.CompositeProductResponse(
        layers=[{"name": each} for each in layers], scene=SCENE
    )
    return Composite(b"c", "png", 1, 1, mask=Picture(b"own", "png", 1, 1), reply=response)


def test_inpainting_takes_the_mask_of_a_composite_unless_one_is_given():
    assert prepare_inpainting(create_composite()).request.mask.data == b"own"
    assert prepare_inpainting(create_composite(), b"other").request.mask.data == b"other"
    assert not prepare_inpainting(b"c").request.HasField("mask")


def test_inpainting_takes_the_scene_of_a_composite_unless_one_is_given():
    assert prepare_inpainting(create_composite()).request.scene == SCENE
    own = scene_pb2.Scene(ground_line=0.5)
    assert prepare_inpainting(create_composite(), scene=own).request.scene == own
    assert not prepare_inpainting(b"c").request.HasField("scene")


def test_finishing_passes_delivery_lettering_and_record():
    request = prepare_finishing(
        Inpainted(b"a", "png", 1, 1, reply=inpainting_pb2.InpaintSceneResult()),
        create_composite("shadow"),
        max_kb=80,
        headline="New",
        record="urn:1",
        generative=True,
    ).request
    assert request.delivery.max_kilobytes == 80 and request.lettering.headline == "New"
    assert request.record == "urn:1" and request.generative
    assert [layer.name for layer in request.layers] == ["shadow"]


def test_a_campaign_has_all_photos_prompts_and_sizes():
    request = prepare_submission(
        [b"1", b"2", b"3"],
        ["sand", "snow"],
        sizes=[(64, 32), (32, 64)],
        variants=2,
        seed=5,
        format="webp",
        options={"compositing": {"tint": 0.5}},
        overrides=[{"size": (64, 32), "photo": b"2", "lettering": {"headline": "New"}}],
        priority=3,
    ).request
    campaign = request.campaign
    assert [photo.image.data for photo in campaign.photos] == [b"1", b"2", b"3"]
    assert list(campaign.prompts) == ["sand", "snow"]
    assert [(size.width, size.height) for size in campaign.sizes] == [(64, 32), (32, 64)]
    assert (campaign.variants, campaign.seed, request.priority) == (2, 5, 3)
    assert campaign.accept_format == image_pb2.IMAGE_FORMAT_WEBP
    assert campaign.compositing.tint == 0.5
    (override,) = campaign.overrides
    assert override.lettering.headline == "New" and override.size == campaign.sizes[0]
    assert override.photo == hashlib.sha256(b"2").hexdigest()


@pytest.mark.parametrize("photo", [b"data", Picture(b"data", "png", 1, 1)])
def test_a_single_photo_needs_no_list(photo):
    campaign = prepare_submission(photo, ["sand"]).request.campaign
    (one,) = campaign.photos
    assert one.image.data == b"data" and not one.name


def test_a_photo_from_a_file_has_its_name_which_an_override_may_use(tmp_path):
    path = tmp_path / "bottle.png"
    path.write_bytes(b"data")
    submitted = prepare_submission([path, str(path)], ["sand"], overrides=[{"photo": "bottle.png"}])
    campaign = submitted.request.campaign
    assert [photo.name for photo in campaign.photos] == ["bottle.png"] * 2
    assert campaign.overrides[0].photo == "bottle.png"


def test_every_submission_has_a_request_id_of_its_own_unless_one_is_given():
    first, second = (prepare_submission(b"1", ["sand"]).request.request_id for _ in range(2))
    assert UUID(first) != UUID(second)
    own = str(UUID(int=7))
    assert prepare_submission(b"1", ["sand"], request_id=own).request.request_id == own
    assert prepare_submission(b"1", ["sand"], request_id="").request.request_id


def test_an_unknown_argument_of_a_campaign_is_named():
    with pytest.raises(ValueError, match="colour"):
        prepare_submission(b"1", ["sand"], colour="red")
