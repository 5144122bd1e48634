"""The JSON of the AUTOMATIC1111 API: images in base64, progress, and the loaded model."""

import base64
import json

import numpy as np
import pytest

from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.dialect import (
    image_from_base64,
    image_to_base64,
    read_progress_body,
)
from services.diffusion.dialects.a1111.probe import API
from services.diffusion.transport import HttpResponse
from tests.fuzz.answers import build_response, serve_script
from tests.support.pictures import assert_image_equal

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def json_response(body: object) -> HttpResponse:
    return HttpResponse(200, {}, json.dumps(body).encode())


def test_images_survive_a_round_trip_through_base64():
    assert_image_equal(image_from_base64(image_to_base64(PICTURE)), PICTURE)
    assert_image_equal(
        image_from_base64(f"data:image/png;base64,{image_to_base64(PICTURE)}"), PICTURE
    )


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"text").decode()])
def test_other_texts_are_rejected_as_images(text):
    with pytest.raises(ValueError):
        image_from_base64(text)


def test_progress_has_a_fraction_and_a_small_preview():
    body = {"progress": 0.25, "state": {"job_count": 1}, "current_image": image_to_base64(PICTURE)}
    progress = read_progress_body(json_response(body))
    assert progress.fraction == 0.25 and not progress.is_idle
    assert_image_equal(progress.preview, PICTURE)


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        ({"progress": 0.0, "state": {"job_count": 0}}, True),
        ({"progress": 0.0, "state": {"job_count": 1}}, False),
        ({"progress": 0.5, "state": None}, False),
    ],
)
def test_a_server_without_job_and_progress_is_idle(body, idle):
    assert read_progress_body(json_response(body)).is_idle == idle


def test_the_state_changes_while_the_server_makes_progress():
    first, same, later = (
        read_progress_body(json_response({"progress": 0.5, "state": {"sampling_step": step}})).state
        for step in (1, 1, 2)
    )
    assert first == same != later


def test_no_state_shows_before_the_first_step():
    body = {"progress": 0.01, "state": {"sampling_step": 0, "job_count": 1}}
    assert read_progress_body(json_response(body)).state is None


@pytest.mark.parametrize("body", [[], {}, "busy", None])
def test_other_bodies_contain_no_progress(body):
    assert read_progress_body(json_response(body)) is None


@pytest.mark.parametrize(
    ("options", "titles", "model"),
    [
        ({"sd_model_checkpoint": "xl/base.safetensors [31e35c80fc]"}, ["a", "b"], "base"),
        ({"sd_model_checkpoint": None}, ["only.gguf"], "only"),
        ({}, ["a", "b"], ""),
        ({}, [], ""),
    ],
)
def test_the_loaded_model_is_that_of_the_options_or_the_only_one_listed(options, titles, model):
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
