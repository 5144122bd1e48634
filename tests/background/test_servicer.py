"""The background service on the wire: progress and one result, defaults, warnings, bad requests."""

import grpc
import numpy as np
import pytest

from cyclorama.v1 import background_pb2, engine_pb2, image_pb2, scene_pb2
from cyclorama.v1.background_pb2_grpc import BackgroundServiceStub
from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.servicer import background_request_from_message
from services.imaging.images import ImageCodec
from services.imaging.scene import Light, Scene
from services.imaging.view import PhotoView
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.runtime.formats import JPEG, PNG
from services.runtime.limits import DEFAULT_SIDE
from services.runtime.settings import ImageSettings
from tests.support.serving import read_error_details, serve_service
from tests.support.system import build_stage_service

SCENE = Scene(ground_line=0.75, horizon=0.25, gloss=0.5, light=Light(300, 45, 0.5))


class RecordingBackground:
    """Records requests; returns a plain image whose gray level is the seed."""

    name = "recording"
    version = "7"
    traits = EngineTraits(follows_camera=True)

    def __init__(self):
        self.requests: list[BackgroundRequest] = []

    def generate(self, request):
        self.requests.append(request)
        pixels = np.full((request.height, request.width, 3), request.seed % 256, np.uint8)
        yield EngineProgress(0.25, pixels[:16, :16])
        yield EngineProgress(0.5)
        yield BackgroundResult(
            pixels,
            SCENE,
            "plain test image",
            {"level": request.seed % 256},
            (EngineWarning("TEST_WARNING", "a warning of the test"),),
            {"seconds": 0.5},
            "test-model",
        )


@pytest.fixture
def engine():
    """Returns an engine that records the requests it receives."""
    return RecordingBackground()


@pytest.fixture
def stub(engine):
    """Serves the recording engine and yields a client stub for it."""
    with serve_service(build_stage_service("background", engine)) as channel:
        yield BackgroundServiceStub(channel)


def generate(stub, **fields):
    """Calls GenerateBackground; returns the progress messages and the result."""
    fields = {"prompt": "a table", "size": image_pb2.Size(width=320, height=256), **fields}
    request = background_pb2.GenerateBackgroundRequest(**fields)
    *steps, last = stub.GenerateBackground(request, timeout=20)
    return [step.progress for step in steps], last.result


def test_progress_comes_first_and_one_result_last(stub):
    progress, result = generate(stub, seed=9)
    assert [step.fraction for step in progress] == [0.25, 0.5]
    assert progress[0].preview.data and not progress[1].HasField("preview")
    assert (result.background.width, result.background.height) == (320, 256)
    assert result.seed == 9 and result.origin == "plain test image"


def test_the_result_carries_the_pixels_of_the_engine(stub):
    _, result = generate(stub, seed=9, accept_format=PNG)
    pixels = ImageCodec(ImageSettings()).read_rgb(result.background, "background")
    assert result.background.format == PNG and (pixels == 9).all()


def test_the_background_is_encoded_in_the_accepted_format(stub):
    assert generate(stub, accept_format=JPEG)[1].background.format == JPEG


def test_the_scene_of_the_engine_is_reported(stub):
    scene = generate(stub)[1].scene
    assert (scene.ground_line, scene.horizon, scene.light.azimuth) == (0.75, 0.25, 300)


def test_the_run_reports_engine_parameters_warnings_and_model(stub):
    run = generate(stub, seed=9)[1].run
    assert (run.engine, run.version, run.model) == ("recording", "7", "test-model")
    assert dict(run.parameters) == {"level": 9} and dict(run.measured) == {"seconds": 0.5}
    assert [warning.reason for warning in run.warnings] == ["TEST_WARNING"]
    assert run.preview.width == 256 and run.elapsed.ToNanoseconds() > 0


def test_fields_that_are_not_set_take_their_defaults(stub, engine):
    request = background_pb2.GenerateBackgroundRequest(prompt="a table")
    list(stub.GenerateBackground(request, timeout=20))
    (received,) = engine.requests
    assert (received.width, received.height) == (DEFAULT_SIDE, DEFAULT_SIDE)
    assert received.camera_pitch is None and received.product == ""
    assert not received.product_to_negative and received.diffusion == {}


def test_without_a_seed_one_is_picked_and_reported(stub, engine):
    seeds = {generate(stub)[1].seed for _ in range(3)}
    assert seeds == {request.seed for request in engine.requests} and len(seeds) > 1


def test_options_reach_the_engine():
    message = background_pb2.GenerateBackgroundRequest(
        prompt="a table",
        negative_prompt="people",
        seed=5,
        options=background_pb2.BackgroundOptions(
            camera_pitch=0.1,
            product="mug",
            product_height_mm=95.5,
            product_to_negative=True,
            diffusion={"steps": 12},
        ),
        view=scene_pb2.View(ground_pitch=12.5, pitch_confidence=0.5),
    )
    assert background_request_from_message(message) == BackgroundRequest(
        "a table",
        DEFAULT_SIDE,
        DEFAULT_SIDE,
        seed=5,
        negative_prompt="people",
        camera_pitch=0.1,
        view=PhotoView(ground_pitch=12.5, pitch_confidence=0.5),
        product="mug",
        product_height_mm=95.5,
        product_to_negative=True,
        diffusion={"steps": 12},
    )


def test_a_camera_pitch_of_zero_differs_from_none():
    options = background_pb2.BackgroundOptions(camera_pitch=0)
    message = background_pb2.GenerateBackgroundRequest(prompt="a table", options=options)
    assert background_request_from_message(message).camera_pitch == 0.0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"size": image_pb2.Size(width=8, height=256)}, "size"),
        ({"size": image_pb2.Size(width=2048, height=256)}, "size"),
        ({"options": background_pb2.BackgroundOptions(camera_pitch=91)}, "options.camera_pitch"),
        (
            {"options": background_pb2.BackgroundOptions(product_height_mm=0.5)},
            "options.product_height_mm",
        ),
    ],
)
def test_an_invalid_field_is_named_before_any_work(stub, engine, fields, field):
    with pytest.raises(grpc.RpcError) as raised:
        generate(stub, **fields)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    violations = read_error_details(raised.value)["BadRequest"].field_violations
    assert [violation.field for violation in violations] == [field]
    assert engine.requests == []


def test_an_unknown_engine_is_refused(stub):
    options = background_pb2.BackgroundOptions(engine=engine_pb2.EngineChoice(name="other"))
    with pytest.raises(grpc.RpcError, match="other"):
        generate(stub, options=options)


def test_engines_are_listed_with_their_traits(stub):
    request = background_pb2.BackgroundServiceListEnginesRequest()
    (status,) = stub.ListEngines(request, timeout=20).engines
    assert (status.name, status.version, status.ready) == ("recording", "7", True)
    assert status.follows_camera and not status.generative
