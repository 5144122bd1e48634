"""The JSON of the API: pictures as text, and what servers say of their progress."""

import base64
import json

import numpy as np
import pytest

from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.dialect import from_text, read_progress, to_text
from services.diffusion.dialects.a1111.probe import API
from services.diffusion.transport import HttpReply
from tests.fuzz.answers import build_response, serve_script
from tests.support.pictures import assert_image_equal

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def reply(body: object) -> HttpReply:
    return HttpReply(200, {}, json.dumps(body).encode())


def test_pictures_survive_the_way_to_text_and_back():
    assert_image_equal(from_text(to_text(PICTURE)), PICTURE)
    assert_image_equal(from_text(f"data:image/png;base64,{to_text(PICTURE)}"), PICTURE)


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"text").decode()])
def test_other_texts_are_no_pictures(text):
    with pytest.raises(ValueError):
        from_text(text)


def test_progress_has_a_share_and_a_small_preview():
    body = {"progress": 0.25, "state": {"job_count": 1}, "current_image": to_text(PICTURE)}
    progress = read_progress(reply(body))
    assert progress.fraction == 0.25 and not progress.idle
    assert_image_equal(progress.preview, PICTURE)


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        ({"progress": 0.0, "state": {"job_count": 0}}, True),
        ({"progress": 0.0, "state": {"job_count": 1}}, False),
        ({"progress": 0.5, "state": None}, False),
    ],
)
def test_a_server_is_idle_that_has_no_job_and_no_progress(body, idle):
    assert read_progress(reply(body)).idle == idle


def test_the_state_changes_as_long_as_the_server_gets_on():
    first, same, later = (
        read_progress(reply({"progress": 0.5, "state": {"sampling_step": step}})).state
        for step in (1, 1, 2)
    )
    assert first == same != later


@pytest.mark.parametrize("body", [[], {}, "busy", None])
def test_anything_else_is_no_progress(body):
    assert read_progress(reply(body)) is None


@pytest.mark.parametrize(
    ("options", "titles", "model"),
    [
        ({"sd_model_checkpoint": "xl/base.safetensors [31e35c80fc]"}, ["a", "b"], "base"),
        ({"sd_model_checkpoint": None}, ["only.gguf"], "only"),
        ({}, ["a", "b"], ""),
        ({}, [], ""),
    ],
)
def test_the_loaded_model_is_that_of_the_options_or_the_only_one(options, titles, model):
    bodies = {
        "samplers": [],
        "options": options,
        "sd-models": [{"title": title} for title in titles],
    }
    with serve_script() as server:
        server.responses = {
            f"{API}/{name}": build_response(json.dumps(body).encode())
            for name, body in bodies.items()
        }
        found = open_dialect("a1111", server.url, DialectSettings()).probe()
    assert found.model == model
