"""Any response of stable-diffusion.cpp about a job becomes an image of the right size or an error.

A job that a response calls queued or generating ends by its timeout.
"""

import base64
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.sdcpp_jobs import JOBS_API
from services.diffusion.generation import generate_image
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import SamplingOptions
from services.runtime.errors import BackendError, ServiceError
from services.runtime.formats import PNG
from tests.fuzz.answers import (
    IMAGES,
    build_response,
    draw_json_values,
    draw_responses,
    serve_script,
)

# The side of the requested image, and the timeout of a job.
SIDE, SECONDS = 256, 0.1
COMPLETED_JOB = {
    "id": "job_1",
    "status": "completed",
    "queue_position": 0,
    "result": {"images": [{"b64_json": base64.b64encode(IMAGES[SIDE, PNG]).decode()}]},
    "error": None,
}
# A job of which up to two fields are anything.
JOB_BODIES = st.dictionaries(
    st.sampled_from(sorted(COMPLETED_JOB)),
    st.one_of(st.sampled_from(["failed", "cancelled", "queued"]), draw_json_values()),
    max_size=2,
).map(lambda changes: json.dumps(COMPLETED_JOB | changes).encode())


@pytest.fixture(scope="module")
def server():
    with serve_script() as server:
        yield server


@settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=max(30, settings().max_examples // 3),
)
@given(
    submitted=st.one_of(st.just({"id": "job_1"}), st.just({"id": "job_1"}), draw_json_values()),
    reply=draw_responses(JOB_BODIES),
)
def test_any_response_about_a_job(server, submitted, reply):
    server.responses = {
        f"{JOBS_API}/img_gen": build_response(json.dumps(submitted).encode(), 202),
        f"{JOBS_API}/jobs/job_1": reply,
    }
    dialect = open_dialect("a1111", server.url, DialectSettings())
    request = DiffusionRequest("a beach", "", SIDE, SIDE, 1, SamplingOptions(steps=2))
    known = ServerCapabilities("sdcpp", True, True, has_jobs=True)
    try:
        drawn = generate_image(dialect, request, known, SECONDS)
    except ServiceError as error:
        event(error.reason)
        assert isinstance(error, BackendError) and error.reason.startswith("DIFFUSION_")
        assert str(error).isprintable() and "127.0.0.1" not in str(error)
        return
    event("drawn")
    assert drawn.pixels.shape == (SIDE, SIDE, 3) and drawn.pixels.dtype == np.uint8
