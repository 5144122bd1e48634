"""Good cut-outs of a drawn cup and ones with faults, judged by a network and by colors alone."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.imaging.box import Box, crop_to_box, find_bounding_box
from services.runtime.engines import EngineWarning
from services.segmentation.confidence import assess_result, predict_usable, render_mask
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from tests.support.drawings import SIZE, draw_box, draw_disc, paint_product

BODY = draw_box(80, 60, 160, 160)
HANDLE = draw_disc(160, 95, 25, hole=15) * (1 - BODY)
CUP = BODY + HANDLE > 0.5
PHOTO = paint_product(BODY + HANDLE)
NO_PROMPT = SegmentationPrompt()
MISSING, KEPT = "a part of the product may be missing", "surroundings may have been kept"
GROUND = "where it meets the ground"


def see_dark_pixels(photo: np.ndarray) -> np.ndarray:
    """A network of 64 x 64 pixels that takes pixels without red for the product."""
    dark = (photo[..., 0] < 140).astype(np.float32)
    share = cv2.resize(dark, (64, 64), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(0.97 * share + 0.005, (0, 0), 0.7)


def see_nothing(photo: np.ndarray) -> np.ndarray:
    return np.zeros((64, 64), np.float32)


def cut_along(mask: np.ndarray, photo=PHOTO, **fields) -> SegmentationResult:
    """A cut-out along a mask, bool (h, w), of which the engine itself is rather sure."""
    bounds = find_bounding_box(mask)
    cutout = np.dstack([photo, mask.astype(np.uint8) * 255])
    return SegmentationResult(crop_to_box(cutout, bounds), bounds, **{"confidence": 0.9} | fields)


def assert_box_near(box: Box, expected: Box, slack: int) -> None:
    """Fails unless the sides of a box are at most `slack` pixels from the expected ones."""
    found, wanted = ((x, y, x + width, y + height) for x, y, width, height in (box, expected))
    assert found == pytest.approx(wanted, abs=slack)


@pytest.mark.parametrize("look", [see_dark_pixels, None])
def test_a_good_cutout_has_high_confidence_and_no_warning(look):
    result = cut_along(CUP)
    judged = assess_result(PHOTO, result, NO_PROMPT, look)
    assert 0.5 <= judged.confidence <= 1 and judged.warnings == ()
    assert judged.cutout is result.cutout and judged.bounds == result.bounds


@pytest.mark.parametrize(
    ("removed", "added", "texts"),
    [
        ((80, 60, 120, 145), None, [MISSING]),
        ((162, 0, 240, 200), None, [MISSING]),
        (None, (20, 60, 80, 100), [KEPT]),
        (None, (110, 20, 130, 60), [KEPT]),
        ((0, 148, 240, 200), None, [MISSING, GROUND]),
        (None, (60, 150, 190, 164), [KEPT, GROUND]),
    ],
)
def test_a_fault_has_low_confidence_its_place_and_its_kind(removed, added, texts):
    mask = CUP.copy()
    if removed:
        mask &= draw_box(*removed) < 0.5
    if added:
        mask |= draw_box(*added) > 0.5
    judged = assess_result(PHOTO, cut_along(mask), NO_PROMPT, see_dark_pixels)
    (warning,) = judged.warnings
    assert judged.confidence < 0.5 and warning.reason == "LOW_CONFIDENCE"
    assert all(text in warning.message for text in texts)
    assert (GROUND in warning.message) == (GROUND in texts)
    assert_box_near(warning.box, find_bounding_box(mask ^ CUP), slack=8)


def test_a_larger_photo_has_the_fault_at_its_own_pixels():
    large = PHOTO.repeat(4, axis=0).repeat(4, axis=1)
    mask = CUP & (draw_box(162, 0, 240, 200) < 0.5)
    result = cut_along(mask.repeat(4, axis=0).repeat(4, axis=1), large)
    (warning,) = assess_result(large, result, NO_PROMPT, see_dark_pixels).warnings
    expected = tuple(4 * each for each in find_bounding_box(mask ^ CUP))
    assert_box_near(warning.box, expected, slack=24)


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_a_small_kept_part_lowers_the_confidence_by_its_share(share):
    height = round(share * np.count_nonzero(CUP) / 50)
    kept = CUP | (draw_box(80, 60 - height, 130, 60) > 0.5)
    added = np.count_nonzero(kept & ~CUP) / np.count_nonzero(kept)
    judged = assess_result(PHOTO, cut_along(kept), NO_PROMPT, see_dark_pixels)
    assert added > 0 and judged.confidence <= 1 - 4 * added


def test_a_cutout_that_was_scaled_down_is_judged_alike():
    result = cut_along(CUP)
    small = cv2.resize(result.cutout, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    full, half = (
        assess_result(PHOTO, each, NO_PROMPT, see_dark_pixels).confidence
        for each in (result, replace(result, cutout=small))
    )
    assert half == pytest.approx(full, abs=0.1)


@pytest.mark.parametrize(
    "prompt",
    [
        SegmentationPrompt(box=(10, 10, 60, 60)),
        SegmentationPrompt(points=((40, 40, True),)),
    ],
)
def test_a_located_product_is_judged_by_its_surroundings_alone(prompt):
    one, other = draw_disc(40, 40, 22), draw_disc(180, 120, 50)
    photo = paint_product(np.maximum(one, other))
    result = cut_along(one > 0.5, photo)
    assert assess_result(photo, result, NO_PROMPT, see_dark_pixels).confidence < 0.5
    judged = assess_result(photo, result, prompt, see_dark_pixels)
    assert judged.confidence >= 0.5 and judged.warnings == ()


def test_the_fault_of_a_located_product_is_in_pixels_of_the_photo():
    other = draw_disc(180, 120, 50)
    photo = paint_product(np.maximum(draw_disc(40, 40, 22), other))
    mask = (other > 0.5) & (draw_box(205, 0, 240, 200) < 0.5)
    prompt = SegmentationPrompt(box=(125, 65, 110, 110))
    (warning,) = assess_result(photo, cut_along(mask, photo), prompt, see_dark_pixels).warnings
    assert_box_near(warning.box, find_bounding_box(mask ^ (other > 0.5)), slack=8)


@pytest.mark.parametrize("own", [0.1, 0.45])
def test_without_a_network_the_engines_confidence_is_the_upper_limit(own):
    judged = assess_result(PHOTO, cut_along(CUP, confidence=own), NO_PROMPT, None)
    assert judged.confidence == own
    (warning,) = judged.warnings
    assert "hardly stands out" in warning.message and warning.box == find_bounding_box(CUP)


def test_without_a_network_an_edge_without_contrast_is_doubted():
    mask = CUP | (draw_box(40, 150, 210, 190) > 0.5)
    judged = assess_result(PHOTO, cut_along(mask, confidence=1), NO_PROMPT, None)
    assert judged.confidence < 0.5 and len(judged.warnings) == 1


OWN = EngineWarning("LOW_CONFIDENCE", "white on white")
OTHER = EngineWarning("HOLES_FILLED", "another matter")


def test_a_network_replaces_the_engines_doubt_and_keeps_its_other_warnings():
    result = cut_along(CUP, warnings=(OWN, OTHER), confidence=0.2)
    judged = assess_result(PHOTO, result, NO_PROMPT, see_dark_pixels)
    assert judged.confidence >= 0.5 and judged.warnings == (OTHER,)


@pytest.mark.parametrize("confidence", [0.2, 0.9])
def test_without_a_network_the_engines_doubt_stays_and_is_not_repeated(confidence):
    result = cut_along(CUP, warnings=(OWN, OTHER), confidence=confidence)
    assert assess_result(PHOTO, result, NO_PROMPT, None).warnings == (OWN, OTHER)


@pytest.mark.parametrize("look", [see_nothing, None])
def test_a_certain_result_is_returned_as_it_is(look):
    result = cut_along(CUP, is_certain=True, warnings=(OWN,), confidence=0.1)
    assert assess_result(PHOTO, result, NO_PROMPT, look) is result


@pytest.mark.parametrize("place", [(0, 0, 30, 40), (200, 150, 240, 200), (0, 180, 240, 200)])
@pytest.mark.parametrize("look", [see_dark_pixels, see_nothing, None])
@pytest.mark.parametrize("prompt", [NO_PROMPT, SegmentationPrompt(points=((1, 1, True),))])
def test_places_are_inside_the_photo(place, look, prompt):
    result = cut_along(draw_box(*place) > 0.5, confidence=0.1)
    (warning,) = assess_result(PHOTO, result, prompt, look).warnings
    x, y, width, height = warning.box
    assert x >= 0 and y >= 0 and width > 0 and height > 0
    assert x + width <= SIZE[1] and y + height <= SIZE[0]


def test_a_mask_is_rendered_within_a_window():
    window = (70, 50, 100, 80)
    mask = render_mask(cut_along(CUP), window, (80, 100))
    assert np.array_equal(mask, crop_to_box(CUP, window))
    half = render_mask(cut_along(CUP), window, (40, 50))
    assert half.shape == (40, 50) and half.mean() == pytest.approx(mask.mean(), abs=0.01)


def test_the_probability_is_that_of_the_logistic_regression():
    model = {"features": {"alike": {"mean": 0.5, "scale": 0.25, "weight": -2}}, "bias": 1}
    assert predict_usable({"alike": 0.5, "unused": 9}, model) == pytest.approx(0.7311, abs=1e-4)
    assert predict_usable({"alike": 1}, model) == pytest.approx(0.0474, abs=1e-4)


def test_a_product_that_a_network_does_not_see_is_doubted():
    judged = assess_result(PHOTO, cut_along(CUP), NO_PROMPT, see_nothing)
    assert judged.confidence < 0.1 and KEPT in judged.warnings[0].message
