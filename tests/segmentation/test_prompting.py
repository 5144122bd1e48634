"""Points that correct what engines find, alone and with a box or a mask."""

import cv2
import numpy as np
import pytest

from services.runtime.errors import ProductNotFound
from services.segmentation.engine import SegmentationPrompt
from services.segmentation.engines.classic import ClassicSegmentation
from services.segmentation.engines.onnx import OnnxSegmentation
from services.segmentation.network import SegmentationNetwork
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    cutout_iou,
    draw_box,
    draw_disc,
    paint_product,
    paste_on_canvas,
)
from tests.support.networks import make_card, write_network

BODY, LID = draw_box(60, 80, 140, 180), draw_box(75, 45, 125, 80)
JAR = np.maximum(BODY, LID)
# Darkness is what the network takes for the product: it loses the bright lid.
BRIGHT = (235, 190, 90)
PHOTO = paint_product(LID, BRIGHT, paint_product(BODY, DARK))
ON_LID = (100.5, 62.5, True)
LEFT, RIGHT = draw_disc(60, 100, 35), draw_disc(190, 100, 25)
TWO = paint_product(RIGHT, BLUE, paint_product(LEFT, GREEN))


@pytest.fixture(params=["classic", "onnx"], scope="module")
def engine(request, tmp_path_factory):
    if request.param == "classic":
        return ClassicSegmentation(threads=2)
    path = write_network(tmp_path_factory.mktemp("network"))
    return OnnxSegmentation(SegmentationNetwork(make_card(), path))


def segment(engine, photo, **prompt):
    return engine.segment(photo, SegmentationPrompt(**prompt))


def read_alpha(result, photo) -> np.ndarray:
    return paste_on_canvas(result, photo)[..., 3]


def test_a_point_on_a_lost_part_adds_it(engine):
    result = segment(engine, PHOTO, points=(ON_LID,))
    assert cutout_iou(result, PHOTO, JAR) >= 0.95


def test_a_point_off_the_product_removes_a_part(engine):
    rough = np.maximum(JAR, draw_box(140, 120, 200, 180)) > 0.5
    result = segment(engine, PHOTO, mask=rough, points=((172.5, 150.5, False),))
    alpha = read_alpha(result, PHOTO)
    assert alpha[150, 172] < 128 and alpha[130, 100] == 255


def test_points_are_obeyed_at_their_pixels(engine):
    points = ((100.5, 130.5, False), ON_LID, (160.5, 100.5, True), (20.5, 20.5, False))
    alpha = read_alpha(segment(engine, PHOTO, points=points), PHOTO)
    assert [alpha[int(y), int(x)] >= 128 for x, y, _ in points] == [each[2] for each in points]


def test_a_point_works_together_with_a_mask(engine):
    result = segment(engine, PHOTO, mask=BODY > 0.5, points=(ON_LID,))
    assert cutout_iou(result, PHOTO, JAR) >= 0.95 and result.confidence == 1


def test_a_box_grows_to_contain_points_on_the_product(engine):
    result = segment(engine, PHOTO, box=(58, 85, 84, 97), points=(ON_LID, (5, 5, False)))
    assert cutout_iou(result, PHOTO, JAR) >= 0.95


def test_a_point_on_another_object_chooses_it(engine):
    result = segment(engine, TWO, box=(10, 50, 100, 100), points=((60, 100, True),))
    assert cutout_iou(result, TWO, LEFT) >= 0.95
    large = paint_product(draw_disc(200, 60, 15), (220, 60, 160), paint_product(BODY, DARK))
    result = segment(engine, large, points=((200, 60, True),))
    assert cutout_iou(result, large, draw_disc(200, 60, 15)) >= 0.9


def test_a_product_that_no_engine_finds_is_built_from_points(engine):
    noise = np.random.default_rng(0).normal(0, 3, (200, 240, 1))
    photo = np.uint8(np.clip(200 + noise + np.zeros(3), 0, 255))
    with pytest.raises(ProductNotFound):
        segment(engine, photo)
    with pytest.raises(ProductNotFound):
        segment(engine, photo, points=((5, 5, False),))
    result = segment(engine, photo, points=((120, 100, True),))
    assert read_alpha(result, photo)[100, 120] >= 128
    assert [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]


def test_points_return_equal_bytes_with_any_number_of_threads(engine):
    expected, threads = segment(engine, PHOTO, points=(ON_LID,)), cv2.getNumThreads()
    cv2.setRNGSeed(7)
    cv2.setNumThreads(1)
    try:
        result = segment(engine, PHOTO, points=(ON_LID,))
    finally:
        cv2.setNumThreads(threads)
    assert result.bounds == expected.bounds
    assert result.cutout.tobytes() == expected.cutout.tobytes()


def test_points_and_a_fine_edge_work_together(engine):
    result = segment(engine, PHOTO, points=(ON_LID,), edge="fine")
    assert cutout_iou(result, PHOTO, JAR) >= 0.93
