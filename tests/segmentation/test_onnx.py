"""Engine onnx: its network comes from a card and a file in the folder for models."""

import numpy as np
import pytest

from services.runtime.errors import EngineNotConfigured, EngineNotReady, ProductNotFound
from services.segmentation.cards import load_card
from services.segmentation.engine import SegmentationPrompt
from services.segmentation.engines import SegmentationSettings, open_engine
from services.segmentation.models import DEFAULT_NETWORK
from tests.support.drawings import DARK, cutout_iou, draw_disc, paint_product
from tests.support.networks import write_network

CARD = """
title = "Mine"
file = "tiny.onnx"
license = "CC-BY-NC-4.0"
non_commercial = {non_commercial}
source = "tests write it"

[input]
height = 64
width = 64
divide_by = 255
mean = [0, 0, 0]
std = [1, 1, 1]

[output]
index = -1
kind = "logit"
"""
MIDDLE = draw_disc(120, 100, 50)
# The network takes dark pixels for the product.
PHOTO = paint_product(MIDDLE, DARK)


@pytest.fixture
def open_mine(tmp_path):
    """Opens the engine with a network and a card of its own, and with these settings."""

    def open_with(non_commercial: bool = False, **settings):
        (tmp_path / "mine.toml").write_text(CARD.format(non_commercial=str(non_commercial).lower()))
        write_network(tmp_path, ("photo", "logit"))
        own = SegmentationSettings(models=tmp_path, network="mine", **settings)
        return open_engine("onnx", own)

    return open_with


def test_a_network_with_a_card_of_its_own_segments(open_mine):
    engine = open_mine()
    assert engine.model() == "mine" and "mine-" in engine.version
    result = engine.segment(PHOTO, SegmentationPrompt())
    assert cutout_iou(result, PHOTO, MIDDLE) >= 0.95
    assert 0.8 <= result.confidence <= 1 and result.warnings == ()


def test_the_number_of_threads_does_not_change_a_byte(open_mine):
    one, three = (
        open_mine(threads=threads).segment(PHOTO, SegmentationPrompt()) for threads in (1, 3)
    )
    assert one.confidence == three.confidence and one.bounds == three.bounds
    assert one.cutout.tobytes() == three.cutout.tobytes()


def test_low_probability_everywhere_is_no_product(open_mine):
    with pytest.raises(ProductNotFound, match="send one with the whole product"):
        open_mine().segment(paint_product(0 * MIDDLE), SegmentationPrompt())


def test_high_probability_everywhere_is_no_product(open_mine):
    with pytest.raises(ProductNotFound, match="send one with the whole product"):
        open_mine().segment(np.zeros((100, 100, 3), np.uint8), SegmentationPrompt())


def test_an_uncertain_network_warns(open_mine):
    # Just darker than what the network takes for background, 127.
    photo = paint_product(MIDDLE, (122, 122, 122), noise=0)
    result = open_mine().segment(photo, SegmentationPrompt())
    assert [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]


def test_only_a_network_that_nobody_chose_or_fetched_counts_as_not_set_up(tmp_path):
    def is_configured(**settings) -> bool:
        with pytest.raises(EngineNotReady) as caught:
            open_engine("onnx", SegmentationSettings(models=tmp_path, **settings))
        return not isinstance(caught.value, EngineNotConfigured)

    assert not is_configured()
    assert is_configured(network=DEFAULT_NETWORK) and is_configured(network="no such card")
    (tmp_path / load_card(DEFAULT_NETWORK, tmp_path).file).write_bytes(b"corrupt")
    assert is_configured()


def test_a_non_commercial_license_asks_for_consent(open_mine):
    text = "CC-BY-NC-4.0, forbids commercial use; set CYCLORAMA_SEGMENTATION_ALLOW_NON_COMMERCIAL"
    with pytest.raises(EngineNotReady, match=text):
        open_mine(non_commercial=True)
    assert open_mine(non_commercial=True, allow_non_commercial=True).model() == "mine"
