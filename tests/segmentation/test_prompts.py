import numpy as np
import pytest

from cyclorama.v1 import image_pb2, segmentation_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.errors import InvalidImage, InvalidRequest
from services.runtime.settings import ImageSettings
from services.segmentation.prompts import read_segmentation_prompt
from tests.support.pictures import assert_image_equal

PHOTO = (200, 300)
MASK = np.zeros((100, 150), bool)
MASK[20:60, 40:90] = True
GRAY = np.where(MASK, 200, 40).astype(np.uint8)
codec = ImageCodec(ImageSettings())


def read_options(mask: np.ndarray | None = None, **options):
    request = segmentation_pb2.SegmentProductRequest(
        options=segmentation_pb2.SegmentationOptions(**options)
    )
    if mask is not None:
        request.mask.CopyFrom(encode_image(mask, image_pb2.IMAGE_FORMAT_PNG))
    return read_segmentation_prompt(request, PHOTO, codec)


def test_the_default_prompt_is_the_centered_box():
    expected = {"box_share": 0.95, "max_side": 4096, "edge": "normal", "photo_shadow": "remove"}
    assert read_options().to_parameters() == expected


def test_all_options_are_reported_as_parameters():
    point = segmentation_pb2.Point(x=5, y=6.5, outside=True)
    box = image_pb2.Box(x=10, y=20, width=30, height=40)
    parameters = read_options(
        GRAY,
        box=box,
        points=[point],
        max_side=80,
        edge="EDGE_FINE",
        photo_shadow="PHOTO_SHADOW_KEEP",
    ).to_parameters()
    assert parameters == {
        "max_side": 80,
        "edge": "fine",
        "photo_shadow": "keep",
        "box": [10, 20, 30, 40],
        "points": [[5, 6.5, False]],
        "mask": "given",
    }


def test_a_box_is_clipped_to_the_photo():
    box = image_pb2.Box(x=-10, y=150, width=400, height=100)
    assert read_options(box=box).box == (0, 150, 300, 50)


@pytest.mark.parametrize(
    "mask",
    [
        GRAY,
        np.repeat(GRAY[..., None], 3, axis=2),
        np.dstack([np.zeros((100, 150, 3), np.uint8), GRAY]),
    ],
    ids=["gray", "rgb", "alpha"],
)
def test_a_mask_is_read_from_its_alpha_or_brightness(mask):
    assert_image_equal(read_options(mask).mask, MASK)


def test_every_box_and_point_outside_the_photo_is_named():
    box = image_pb2.Box(x=300, y=0, width=10, height=10)
    points = [
        segmentation_pb2.Point(x=1, y=1),
        segmentation_pb2.Point(x=1, y=201),
        segmentation_pb2.Point(x=-1),
    ]
    with pytest.raises(InvalidRequest) as caught:
        read_options(box=box, points=points)
    fields = [each.field for each in caught.value.violations]
    assert fields == ["options.box", "options.points[1]", "options.points[2]"]


def test_points_of_both_sides_at_one_pixel_are_rejected():
    points = [
        segmentation_pb2.Point(x=9, y=9),
        segmentation_pb2.Point(x=5.2, y=6),
        segmentation_pb2.Point(x=5.9, y=6, outside=True),
        segmentation_pb2.Point(x=9, y=9),
    ]
    with pytest.raises(InvalidRequest, match=r"contradicts options.points\[1\]") as caught:
        read_options(points=points)
    assert [each.field for each in caught.value.violations] == ["options.points[2]"]


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (np.full((100, 100), 255, np.uint8), "aspect ratio"),
        (np.zeros((100, 150), np.uint8), "nothing or everything"),
        (np.full((100, 150), 255, np.uint8), "nothing or everything"),
    ],
)
def test_a_mask_without_information_is_rejected(mask, text):
    with pytest.raises(InvalidImage, match=text) as caught:
        read_options(mask)
    assert caught.value.violations[0].field == "mask"
