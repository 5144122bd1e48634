"""The studio engine: what an order yields."""

import json

import numpy as np
import pytest

from services.background.engine import EngineProgress, Order, Picture
from services.background.engines.studio import Studio
from services.runtime.errors import EngineNotReady
from services.studio import film, trial, variant
from tests.support.pictures import assert_image_equal

PLAIN = "scalar_rgb"
SMALL = Order("sage green studio, round podium", 96, 64, seed=1)


@pytest.fixture(scope="module")
def studio():
    return Studio(PLAIN)


def made(studio: Studio, order: Order) -> Picture:
    """The picture that an order ends with."""
    return list(studio.make(order))[-1]


def test_an_order_yields_steps_and_then_one_picture(studio):
    *steps, picture = studio.make(SMALL)
    assert all(isinstance(step, EngineProgress) for step in steps) and isinstance(picture, Picture)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions) and fractions[0] > 0 and fractions[-1] <= 1


def test_the_first_step_shows_a_small_preview_of_the_picture(studio):
    steps = studio.make(Order("marble table", 640, 320, 0))
    preview = next(steps).preview
    steps.close()
    assert preview.dtype == np.uint8 and preview.shape == (128, 256, 3)
    assert preview.std() > 5


def test_another_studio_gives_the_same_bytes(studio):
    assert_image_equal(made(studio, SMALL).pixels, made(Studio(PLAIN), SMALL).pixels)


def test_orders_made_by_turns_do_not_disturb_each_other(studio):
    other = Order("marble table", 64, 96, seed=2)
    alone = [made(studio, order).pixels for order in (SMALL, other)]
    first, second = studio.make(SMALL), studio.make(other)
    next(first), next(second)
    for alone_pixels, steps in zip(alone, (first, second), strict=True):
        assert_image_equal(alone_pixels, list(steps)[-1].pixels)


def test_an_order_that_was_given_up_does_not_block_the_next(studio):
    steps = studio.make(SMALL)
    next(steps)
    assert made(studio, SMALL).pixels.any()
    steps.close()
    assert made(studio, SMALL).pixels.any()


def test_the_seed_chooses_the_composition_and_the_variation(studio):
    pictures = [made(studio, Order("studio", 96, 96, seed)) for seed in (0, 1, 2, 3)]
    names = [picture.parameters["composition"] for picture in pictures]
    assert len(set(names[:3])) == 3 and names[3] == names[0]
    assert (pictures[3].pixels != pictures[0].pixels).any()


def test_large_seeds_are_seeds_too(studio):
    assert made(studio, Order("studio", 64, 64, seed=2**63 - 1)).pixels.any()


def test_a_prompt_that_says_nothing_gets_a_neutral_studio_and_a_notice(studio):
    picture = made(studio, Order("asdf qwerty", 64, 64))
    assert picture.parameters["family"] == "sweep"
    assert [notice.reason for notice in picture.warnings] == ["PROMPT_NOT_UNDERSTOOD"]


def test_an_understood_prompt_gets_no_notice(studio):
    assert made(studio, SMALL).warnings == ()


@pytest.mark.parametrize(
    ("prompt", "asked", "pitch", "family"),
    [
        ("marble table", None, 13.0, "marble"),
        ("marble table", 30.0, 30.0, "marble"),
        ("marble table", 75.0, 75.0, "flatlay"),
        ("flat lay on marble", None, 90.0, "flatlay"),
        ("flat lay on paper", 10.0, 10.0, "sweep"),
        ("podium, high angle", None, 40.0, "podium"),
    ],
)
def test_the_camera_follows_the_order_before_the_prompt(studio, prompt, asked, pitch, family):
    picture = made(studio, Order(prompt, 48, 48, camera_pitch=asked))
    assert picture.scene.camera_pitch == pitch == picture.parameters["camera_pitch"]
    assert picture.parameters["family"] == family
    assert picture.scene.lying == (pitch >= 60)


def test_the_scene_is_told(studio):
    scene = made(studio, SMALL).scene
    assert 0.76 < scene.ground_line < 0.86 and scene.horizon < scene.ground_line
    assert scene.light.elevation > 20 and 0 < scene.light.softness <= 1
    assert 1 <= len(scene.palette) <= 6


def test_the_palette_is_that_of_the_prompt(studio):
    scene = made(studio, Order("deep red studio, no podium", 64, 64, seed=3)).scene
    red, green, blue = scene.palette[0]
    assert red > 2 * max(green, blue)


def test_the_parameters_are_plain_values(studio):
    parameters = made(studio, SMALL).parameters
    assert json.loads(json.dumps(parameters)) == parameters
    assert parameters["variant"] == PLAIN and parameters["samples"] >= 4
    assert "studio" in parameters["understood"]


def test_the_origin_says_what_it_is(studio):
    assert made(studio, SMALL).origin == "rendered studio scene"


def test_the_version_names_the_renderer_and_the_variant(studio):
    assert "mitsuba" in studio.version and studio.version.endswith(PLAIN)


def test_no_part_of_a_white_studio_is_blown_out_and_no_part_of_a_dark_one_is_lost(studio):
    white = made(studio, Order("clean white e-commerce studio", 96, 96)).pixels
    dark = made(studio, Order("dark luxury, black and gold", 96, 96)).pixels
    assert (white.min(axis=2) > 252).mean() < 0.01 and white.mean() > 205
    assert (dark.max(axis=2) < 2).mean() < 0.25 and dark.mean() < 80


def test_the_trial_set_can_be_rendered_and_holes_in_it_are_told(monkeypatch):
    assert trial.main(PLAIN) is None
    monkeypatch.setattr(film, "expose", lambda *_: np.array([np.nan]))
    with pytest.raises(SystemExit, match="holes"):
        trial.main(PLAIN)


def test_a_trial_that_takes_too_long_counts_as_failed():
    assert not variant.compiled_works(patience=0.01)


def test_where_there_is_no_compiler_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(variant.drjit, "has_backend", lambda backend: False)
    monkeypatch.setattr(variant.subprocess, "run", lambda *_, **__: pytest.fail("it was tried"))
    assert not variant.compiled_works()


def test_without_a_usable_compiler_the_plain_variant_is_taken(monkeypatch):
    monkeypatch.setattr(variant, "compiled_works", lambda: False)
    assert variant.choose_variant("auto") == PLAIN
    with pytest.raises(EngineNotReady, match="DRJIT_LIBLLVM_PATH"):
        variant.choose_variant("llvm_ad_rgb")
