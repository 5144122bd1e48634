"""Empty share, place of the product and its margins."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cyclorama.v1 import background_pb2, engine_pb2, image_pb2
from services.finishing.quality.composition import judge_centering, judge_crop, judge_emptiness
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from tests.support.studio_shots import assess_shot, draw_ground, draw_mask


def draw_sweep():
    """Returns a gray gradient without detail, uint8 RGB (200, 200, 3)."""
    levels = np.linspace(150, 220, 200).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None], (200, 200, 3)).copy()


def record(place="studio", shown=(), left_out=()):
    missing = [engine_pb2.LeftOut(words=words) for words in left_out]
    return {"shown_prompt": background_pb2.ShownPrompt(place=place, shown=shown, left_out=missing)}


def test_a_product_alone_on_a_sweep_is_empty_and_a_set_is_not():
    assert judge_emptiness(assess_shot(draw_sweep(), **record("kitchen"))).verdict != PASS
    assert judge_emptiness(assess_shot(draw_ground(), **record("kitchen"))).value < 0.05


def test_things_around_the_product_fill_the_picture():
    ground = draw_sweep()
    ground[130:] = draw_ground()[130:]
    ground[20:60, 20:60] = (90, 30, 30)
    judged = judge_emptiness(assess_shot(ground, **record("kitchen")))
    assert judged.verdict == PASS and judged.value > 0


@pytest.mark.parametrize(
    ("circumstances", "passes"),
    [
        (record("studio", shown=["sweep"]), True),
        (record("studio", shown=["sweep"], left_out=["dragon", "castle"]), False),
        (record("kitchen", shown=["sweep"]), False),
        ({}, False),
    ],
)
def test_a_plain_set_passes_if_the_prompt_describes_it(circumstances, passes):
    judged = judge_emptiness(assess_shot(draw_sweep(), **circumstances))
    assert (judged.verdict == PASS) == passes


def test_a_plain_color_passes_without_a_record():
    white = np.full((200, 200, 3), 255, np.uint8)
    assert judge_emptiness(assess_shot(white)).verdict == PASS


def test_the_shadow_on_a_plain_color_leaves_it_plain():
    shade = np.interp(np.arange(200), (100, 150, 180), (1, 0.8, 1))[:, None, None]
    ground = np.uint8(shade * (208, 180, 190) * np.ones((1, 200, 1)))
    mask = draw_mask(radius=30)
    assert judge_emptiness(assess_shot(ground, mask)).verdict == PASS
    assert judge_emptiness(assess_shot(ground, mask, **record("kitchen"))).verdict != PASS


def test_words_fill_the_empty_area_that_they_are_on():
    plain = assess_shot(draw_sweep(), mask=draw_mask(radius=30), **record("kitchen"))
    words = plain.ad.copy()
    for row in range(10, 76, 22):
        cv2.putText(words, "Morning oak", (6, row + 10), 0, 0.95, (20, 20, 20), 2, cv2.LINE_AA)
    bare, lettered = judge_emptiness(plain), judge_emptiness(replace(plain, lettered=words))
    assert bare.verdict == FAIL and lettered.verdict == PASS
    assert lettered.value < bare.value - 0.2


@pytest.mark.parametrize(
    ("x", "verdict"), [(100, PASS), (70, PASS), (55, WARN), (30, FAIL), (170, FAIL)]
)
def test_a_product_far_from_the_middle_is_warned_of(x, verdict):
    shot = assess_shot(mask=draw_mask(x, 110, 25))
    assert judge_centering(shot).verdict == verdict


@pytest.mark.parametrize(("x", "verdict"), [(100, PASS), (42, WARN), (39, FAIL), (20, FAIL)])
def test_a_product_at_the_pictures_edge_is_warned_of(x, verdict):
    assert judge_crop(assess_shot(mask=draw_mask(x, 100, 40))).verdict == verdict


def test_the_more_is_cut_off_the_worse_is_the_crop():
    values = [judge_crop(assess_shot(mask=draw_mask(x, 100, 40))).value for x in (39, 30, 10)]
    assert values == sorted(values, reverse=True) and values[-1] < 0


def test_a_side_at_which_the_photo_cuts_is_not_the_pictures_fault():
    shot = assess_shot(mask=draw_mask(20, 100, 40), cut_sides=[image_pb2.SIDE_LEFT])
    assert judge_crop(shot).verdict == PASS


@pytest.mark.parametrize("judge", [judge_emptiness, judge_centering, judge_crop])
def test_composition_needs_a_product(judge):
    assert judge(AssessedPicture(draw_ground())).verdict == UNKNOWN
