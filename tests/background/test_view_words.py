"""Tests how a camera's pitch becomes words of a prompt."""

import pytest

from services.background.engine import BackgroundRequest
from services.background.engines.diffusion import resolve_camera_pitch
from services.background.engines.diffusion.view_words import add_view_words
from services.imaging.view import PhotoView


@pytest.mark.parametrize(
    ("pitch", "words"),
    [
        (0.0, "eye-level shot"),
        (9.9, "eye-level shot"),
        (10.0, "seen from slightly above"),
        (30.0, "seen from above at an angle"),
        (45.0, "high-angle shot"),
        (90.0, "top-down view, flat lay"),
    ],
)
def test_a_pitch_becomes_words(pitch, words):
    assert add_view_words("a marble table", pitch) == f"a marble table, {words}"


@pytest.mark.parametrize(
    "prompt", ["a flat lay on linen", "marble, seen from above", "Top-down on slate", "bird's eye"]
)
def test_a_prompt_that_names_its_view_stays(prompt):
    assert add_view_words(prompt, 15.0) == prompt


def test_an_unknown_pitch_adds_nothing():
    assert add_view_words("a preview of spring", None) == "a preview of spring"


def test_a_word_that_only_contains_one_of_a_view_counts_for_nothing():
    assert add_view_words("a triangle of light", 0.0) == "a triangle of light, eye-level shot"


def test_the_caller_decides_before_the_photo():
    view = PhotoView(ground_pitch=40.0, pitch_confidence=0.9)
    assert resolve_camera_pitch(BackgroundRequest("x", view=view)) == 40.0
    assert resolve_camera_pitch(BackgroundRequest("x", camera_pitch=0.0, view=view)) == 0.0
    assert resolve_camera_pitch(BackgroundRequest("x")) is None


def test_a_photo_that_is_not_sure_is_not_followed():
    view = PhotoView(ground_pitch=40.0, pitch_confidence=0.3)
    assert resolve_camera_pitch(BackgroundRequest("x", view=view)) is None
    assert resolve_camera_pitch(BackgroundRequest("x", view=PhotoView(stance="lying"))) == 90.0
