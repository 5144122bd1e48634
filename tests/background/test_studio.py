"""The studio engine: progress, results, reported scenes, and the choice of the variant."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from structlog.testing import capture_logs

from services.background.engine import BackgroundRequest, BackgroundResult, EngineProgress
from services.background.engines import BackgroundSettings, open_engine
from services.background.engines.studio import (
    StudioBackground,
    describe_origin,
    render_request_from_background,
)
from services.runtime.errors import EngineNotReady
from services.studio import film, trial, variant
from tests.support.pictures import assert_image_equal

SCALAR = "scalar_rgb"
SMALL = BackgroundRequest("sage green studio, round podium", 96, 64, seed=1)


@pytest.fixture(scope="module")
def studio():
    """Returns a studio engine that renders with the scalar variant."""
    return StudioBackground(SCALAR)


def generate_result(studio: StudioBackground, request: BackgroundRequest) -> BackgroundResult:
    """Generates a background and returns the result without the progress."""
    return list(studio.generate(request))[-1]


def test_a_request_yields_progress_and_then_one_result(studio):
    *steps, result = studio.generate(SMALL)
    assert all(isinstance(step, EngineProgress) for step in steps) and isinstance(
        result, BackgroundResult
    )
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions) and fractions[0] > 0 and fractions[-1] <= 1


def test_a_small_preview_comes_after_composing(studio):
    steps = studio.generate(BackgroundRequest("marble table", 640, 320, 0))
    previews = [step.preview for step in itertools.islice(steps, 8)]
    steps.close()
    numbers = [number for number, preview in enumerate(previews) if preview is not None]
    # After reading, after what is behind, after the ground and after the things.
    assert len(numbers) == 1 and numbers[0] >= 3
    preview = previews[numbers[0]]
    assert preview.dtype == np.uint8 and preview.shape == (96, 192, 3)
    assert preview.std() > 5


def test_a_draft_shows_the_same_set_with_fewer_samples(studio):
    request = BackgroundRequest("concrete steps, soft morning light", 128, 128, seed=3)
    final, draft = (
        generate_result(studio, each) for each in (request, replace(request, draft=True))
    )
    assert draft.parameters["samples"] < final.parameters["samples"]
    same = ("camera_pitch", "ground_line", "product_x", "horizon", "light")
    assert [getattr(draft.scene, name) for name in same] == [
        getattr(final.scene, name) for name in same
    ]
    apart = np.abs(draft.pixels.astype(int) - final.pixels).mean()
    assert 0 < apart < 6


@pytest.mark.parametrize(
    ("size", "expected"), [((1024, 768), (512, 384)), ((600, 300), (512, 256)), ((256,) * 2,) * 2]
)
def test_a_draft_has_half_the_size_but_no_side_below_the_smallest(size, expected):
    request = BackgroundRequest("marble table", *size)
    rendered = render_request_from_background(replace(request, draft=True))
    assert (rendered.width, rendered.height) == expected
    assert render_request_from_background(request).width == size[0]


def test_another_studio_renders_the_same_pixels(studio):
    assert_image_equal(
        generate_result(studio, SMALL).pixels,
        generate_result(StudioBackground(SCALAR), SMALL).pixels,
    )


def test_interleaved_requests_do_not_disturb_each_other(studio):
    other = BackgroundRequest("marble table", 64, 96, seed=2)
    alone = [generate_result(studio, request).pixels for request in (SMALL, other)]
    first, second = studio.generate(SMALL), studio.generate(other)
    next(first), next(second)
    for alone_pixels, steps in zip(alone, (first, second), strict=True):
        assert_image_equal(alone_pixels, list(steps)[-1].pixels)


def test_an_abandoned_request_does_not_block_the_next(studio):
    steps = studio.generate(SMALL)
    next(steps)
    assert generate_result(studio, SMALL).pixels.any()
    steps.close()
    assert generate_result(studio, SMALL).pixels.any()


def test_the_seed_chooses_the_composition_and_the_variation(studio):
    results = [
        generate_result(studio, BackgroundRequest("studio", 96, 96, seed)) for seed in (0, 1, 2, 3)
    ]
    assert len({result.parameters["camera_pitch"] for result in results}) == 4
    assert (results[3].pixels != results[0].pixels).any()


def test_the_largest_seed_is_accepted(studio):
    assert generate_result(studio, BackgroundRequest("studio", 64, 64, seed=2**63 - 1)).pixels.any()


def test_a_prompt_without_known_words_gets_a_neutral_studio_and_a_warning(studio):
    result = generate_result(studio, BackgroundRequest("asdf qwerty", 64, 64))
    assert result.parameters["place"] == "studio"
    assert [warning.reason for warning in result.warnings] == ["PROMPT_NOT_UNDERSTOOD"]


def test_an_understood_prompt_gets_no_warning(studio):
    assert generate_result(studio, SMALL).warnings == ()


def test_the_product_reaches_the_renderer():
    request = BackgroundRequest("kitchen shelf", product="mug", product_height_mm=95.0)
    rendered = render_request_from_background(request)
    assert (rendered.product, rendered.product_height_mm) == ("mug", 95.0)


@pytest.mark.parametrize(
    ("prompt", "requested_pitch", "pitch", "surface"),
    [
        ("marble table", 30.0, 30.0, "marble"),
        ("marble table", 75.0, 75.0, "marble"),
        ("flat lay on marble", None, 90.0, "marble"),
        ("flat lay on linen", 10.0, 10.0, "linen"),
        ("wooden table, high angle", None, 40.0, "wood"),
    ],
)
def test_the_requested_camera_pitch_overrides_the_prompts(
    studio, prompt, requested_pitch, pitch, surface
):
    result = generate_result(
        studio, BackgroundRequest(prompt, 48, 48, camera_pitch=requested_pitch)
    )
    assert result.scene.camera_pitch == pitch == result.parameters["camera_pitch"]
    assert result.parameters["surface"] == surface
    assert result.scene.lying == (pitch >= 60)


def test_the_scene_of_the_set_is_reported(studio):
    scene = generate_result(studio, SMALL).scene
    assert 0.76 < scene.ground_line < 0.86 and scene.horizon < scene.ground_line
    assert scene.light.elevation > 20 and 0 < scene.light.softness <= 1
    assert 1 <= len(scene.palette) <= 6


def test_the_palette_contains_the_prompts_color(studio):
    scene = generate_result(
        studio, BackgroundRequest("deep red studio, no podium", 64, 64, seed=3)
    ).scene
    red, green, blue = scene.palette[0]
    assert red > 2 * max(green, blue)


def test_the_parameters_are_plain_values(studio):
    result = generate_result(studio, SMALL)
    parameters = result.parameters
    assert json.loads(json.dumps(parameters)) == parameters
    assert parameters["variant"] == SCALAR and parameters["samples"] >= 4
    assert result.shown_prompt.place == parameters["setting"]
    assert "sage green studio" in result.shown_prompt.shown


def test_the_origin_names_a_rendered_scene(studio):
    assert generate_result(studio, SMALL).origin == "rendered studio scene"


def test_origin_names_the_photograph_that_lights_a_set():
    assert describe_origin("panorama forest, CC0") == (
        "rendered studio scene in photographed light (panorama forest, CC0)"
    )


def test_refused_places_are_logged_and_never_stop_the_engine(tmp_path):
    (tmp_path / "shop.hdr").write_bytes(b"no picture")
    settings = BackgroundSettings(
        mitsuba_variant=SCALAR, places=tmp_path / "none", studio_places=tmp_path
    )
    with capture_logs() as logs:
        engine = open_engine("studio", settings)
    reasons = [entry["why"] for entry in logs if entry["event"] == "photographed places"]
    assert reasons[0].startswith("shop.hdr is no") and "18 of 18" in reasons[1]
    assert engine.version == StudioBackground(SCALAR).version


def test_the_version_names_the_renderer_and_the_variant(studio):
    assert "mitsuba" in studio.version and SCALAR in studio.version


def test_white_sets_are_not_blown_out_and_dark_ones_keep_their_shadows(studio):
    white = generate_result(
        studio, BackgroundRequest("clean white e-commerce studio", 96, 96)
    ).pixels
    dark = generate_result(studio, BackgroundRequest("dark luxury, black and gold", 96, 96)).pixels
    assert (white.min(axis=2) > 252).mean() < 0.01 and white.mean() > 205
    assert (dark.max(axis=2) < 2).mean() < 0.25 and dark.mean() < 80


def test_the_trial_set_renders_and_holes_in_it_are_an_error(monkeypatch):
    assert trial.main(SCALAR) is None
    monkeypatch.setattr(film, "render_light", lambda *_: np.array([np.nan]))
    with pytest.raises(SystemExit, match="holes"):
        trial.main(SCALAR)


def test_a_trial_that_times_out_counts_as_failed():
    assert not variant.is_compiled_variant_usable(timeout=0.01)


def test_without_llvm_no_trial_runs(monkeypatch):
    monkeypatch.setattr(variant.drjit, "has_backend", lambda backend: False)
    monkeypatch.setattr(variant.subprocess, "run", lambda *_, **__: pytest.fail("it was tried"))
    assert not variant.is_compiled_variant_usable()


def test_without_a_usable_compiler_the_scalar_variant_is_chosen(monkeypatch):
    monkeypatch.setattr(variant, "is_compiled_variant_usable", lambda: False)
    assert variant.choose_variant("auto") == SCALAR
    with pytest.raises(EngineNotReady, match="DRJIT_LIBLLVM_PATH"):
        variant.choose_variant("llvm_ad_rgb")
