"""The servicer alone under grpc's own test server; statuses need a real one."""

from dataclasses import replace

import grpc
import numpy as np
import pytest

from cyclorama.v1 import engine_pb2, image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.images import ImageCodec, encode_image
from services.runtime.engines import Engines, EngineTraits
from services.runtime.errors import ProductNotFound
from services.runtime.settings import ImageSettings
from services.segmentation.engine import Finding, Prompt
from services.segmentation.engines import Settings, open_engine
from services.segmentation.engines.classic import Classic
from services.segmentation.engines.sam.candidates import View, judge
from services.segmentation.servicer import SegmentationServicer, cut_off, cut_sides
from tests.support.drawings import block, disc, likeness, paint
from tests.support.pictures import BACKDROP, assert_image_equal, draw_cutout
from tests.support.serving import details_of, served
from tests.support.system import STAGES, servicer_of
from tests.support.unit import ask

PNG, WEBP = image_pb2.IMAGE_FORMAT_PNG, image_pb2.IMAGE_FORMAT_WEBP
RAW_RGB, RAW_RGBA = image_pb2.IMAGE_FORMAT_RAW_RGB, image_pb2.IMAGE_FORMAT_RAW_RGBA
TOP, RIGHT = image_pb2.SIDE_TOP, image_pb2.SIDE_RIGHT
BOTTOM, LEFT = image_pb2.SIDE_BOTTOM, image_pb2.SIDE_LEFT
SERVICE = segmentation_pb2.DESCRIPTOR.services_by_name["SegmentationService"]
TRUTH = disc(120, 100, 50)
PHOTO = paint(TRUTH)
images = ImageCodec(ImageSettings())


@pytest.fixture(scope="module")
def servicer():
    return servicer_of("segmentation", open_engine("classic", Settings()))


def segment(servicer, photo: np.ndarray, fmt: int = PNG, accept: int = RAW_RGBA, **options):
    request = segmentation_pb2.SegmentProductRequest(
        photo=encode_image(photo, fmt),
        accept_format=accept,
        options=segmentation_pb2.SegmentationOptions(**options),
    )
    return ask(SERVICE, servicer, "SegmentProduct", request)


def found_in(answer) -> Finding:
    box = answer.bounds
    cutout = images.read_rgba(answer.cutout, "cutout")
    return Finding(cutout, (box.x, box.y, box.width, box.height), answer.confidence)


def test_the_answer_holds_the_product_and_where_it_was(servicer):
    answer = segment(servicer, PHOTO)
    assert (answer.photo_size.width, answer.photo_size.height) == (240, 200)
    assert found_in(answer).cutout.shape[:2] == (answer.bounds.height, answer.bounds.width)
    assert likeness(found_in(answer), PHOTO, TRUTH) >= 0.97
    assert 0.9 <= answer.confidence <= 1
    assert not answer.cut_sides and not answer.run.warnings


def test_an_alpha_that_hides_nothing_is_no_cutout(servicer):
    opaque = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8)])
    assert segment(servicer, opaque).run.engine == "classic"
    assert likeness(found_in(segment(servicer, opaque, RAW_RGBA)), PHOTO, TRUTH) >= 0.97


def test_the_run_tells_engine_version_time_and_all_parameters(servicer):
    answer = segment(servicer, PHOTO, max_side=80, edge=segmentation_pb2.EDGE_FINE)
    assert max(answer.cutout.width, answer.cutout.height) <= 80
    assert answer.run.engine == "classic" and answer.run.version
    assert dict(answer.run.parameters) == {"box_share": 0.95, "max_side": 80, "edge": "fine"}
    assert segment(servicer, PHOTO).run.parameters["edge"] == "normal"
    assert answer.run.elapsed.ToNanoseconds() > 0


@pytest.mark.parametrize(
    ("accept", "answered"),
    [(image_pb2.IMAGE_FORMAT_UNSPECIFIED, PNG), (WEBP, WEBP), (RAW_RGBA, RAW_RGBA)],
)
def test_every_format_holds_the_same_cutout(servicer, accept, answered):
    answer, other = segment(servicer, PHOTO, RAW_RGB, accept), segment(servicer, PHOTO, PNG)
    assert answer.cutout.format == answered
    assert_image_equal(found_in(answer).cutout, found_in(other).cutout)


@pytest.mark.parametrize(
    ("box", "sides", "names"),
    [
        ((90, 70, 150, 200), [BOTTOM], "(bottom)"),
        ((100, 60, 240, 130), [RIGHT], "(right)"),
        ((0, 0, 60, 60), [TOP, LEFT], "(top, left)"),
    ],
)
def test_a_product_that_runs_out_of_the_photo_names_the_sides(servicer, box, sides, names):
    answer = segment(servicer, paint(block(*box)))
    assert answer.cut_sides == sides
    (warning,) = answer.run.warnings
    assert warning.reason == "PRODUCT_CUT_OFF" and names in warning.message


def test_doubt_is_told_by_a_warning_and_low_confidence(servicer):
    answer = segment(servicer, paint(TRUTH, np.add(BACKDROP, 12), noise=1))
    (warning,) = answer.run.warnings
    assert warning.reason == "LOW_CONFIDENCE" and "white on white" in warning.message
    assert answer.confidence < 0.5


@pytest.mark.parametrize("fmt", [PNG, RAW_RGBA, WEBP])
def test_a_transparent_photo_keeps_its_alpha_and_may_be_cut_off(servicer, fmt):
    photo = np.zeros((160, 200, 4), np.uint8)
    photo[40:, 50:130] = draw_cutout()
    answer = segment(servicer, photo, fmt)
    x, y, width, height = found_in(answer).bounds
    cutout = found_in(answer).cutout
    assert_image_equal(cutout, photo[y : y + height, x : x + width])
    assert cutout[..., 3].sum(dtype=int) == photo[..., 3].sum(dtype=int)
    assert (answer.run.engine, answer.confidence) == ("alpha", 1)
    assert answer.cut_sides == [BOTTOM]


class Doubtful:
    """A model whose only mask is a little off and cannot be trusted, or that finds nothing."""

    name = "doubtful"
    version = "1"
    traits = EngineTraits()

    def __init__(self, score: float = 0.3) -> None:
        self._score = score

    def find(self, photo, prompt):
        if not self._score:
            raise ProductNotFound("no mask at all")
        candidate = judge(View(photo, (120, 100), 150), np.where(TRUTH > 0, 8, -8), self._score**4)
        found = Classic().find(photo, Prompt())
        doubt = "" if candidate.trusted or prompt.points else "its mask could not be trusted"
        scores = (candidate.scores,)
        return replace(found, confidence=candidate.score, candidates=scores, doubt=doubt)


def two_engines(first) -> SegmentationServicer:
    both = {"doubtful": first, "classic": Classic()}
    return SegmentationServicer(Engines(list(both), both.get), images)


def test_auto_asks_the_next_engine_where_a_model_cannot_be_trusted():
    answer = segment(two_engines(Doubtful()), PHOTO)
    assert answer.run.engine == "classic" and answer.confidence > 0.9
    assert [warning.reason for warning in answer.run.warnings] == ["FELL_BACK"]
    (candidate,) = answer.candidates
    assert candidate.score < 0.5 and candidate.stability == 1


def test_a_trusted_model_is_not_asked_twice():
    answer = segment(two_engines(Doubtful(0.9)), PHOTO)
    assert answer.run.engine == "doubtful" and answer.candidates[0].score > 0.5
    assert not answer.run.warnings


def test_a_named_model_answers_however_doubtful():
    asked = engine_pb2.EngineChoice(name="doubtful")
    answer = segment(two_engines(Doubtful()), PHOTO, engine=asked)
    assert answer.run.engine == "doubtful" and answer.confidence < 0.5


def test_points_are_for_the_model_alone():
    point = segmentation_pb2.Point(x=120, y=100)
    assert segment(two_engines(Doubtful()), PHOTO, points=[point]).run.engine == "doubtful"


def test_auto_asks_the_next_engine_where_a_model_finds_nothing():
    run = segment(two_engines(Doubtful(0)), PHOTO).run
    assert run.engine == "classic"
    assert "doubtful could not: no mask at all" in run.warnings[0].message


def test_engines_are_listed(servicer):
    request = segmentation_pb2.SegmentationServiceListEnginesRequest()
    (listed,) = ask(SERVICE, servicer, "ListEngines", request).engines
    assert (listed.name, listed.ready, listed.reason) == ("classic", True, "") and listed.version


@pytest.mark.parametrize(
    ("bounds", "sides"),
    [
        ((1, 1, 58, 38), []),
        ((0, 1, 58, 38), [LEFT]),
        ((1, 0, 59, 40), [TOP, RIGHT, BOTTOM]),
    ],
)
def test_only_sides_that_the_bounds_touch_are_cut(bounds, sides):
    assert cut_sides(bounds, (40, 60, 3)) == sides
    assert len(cut_off(sides)) == bool(sides)


@pytest.mark.parametrize(
    ("photo", "code", "field"),
    [
        (np.full((15, 60, 3), 200, np.uint8), grpc.StatusCode.INVALID_ARGUMENT, "photo"),
        (np.full((60, 60, 3), 200, np.uint8), grpc.StatusCode.FAILED_PRECONDITION, None),
        (np.zeros((60, 60, 4), np.uint8), grpc.StatusCode.FAILED_PRECONDITION, None),
    ],
)
def test_a_photo_too_small_or_without_a_product_is_refused(servicer, photo, code, field):
    with served(STAGES["segmentation"].build_service(servicer)) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.SegmentProduct(
                segmentation_pb2.SegmentProductRequest(photo=encode_image(photo, PNG)), timeout=10
            )
    assert caught.value.code() is code
    if field:
        (violation,) = details_of(caught.value)["BadRequest"].field_violations
        assert violation.field == field


def test_a_tiny_photo_is_told_the_least_size():
    with served(
        STAGES["segmentation"].build_service(servicer_of("segmentation", Classic()))
    ) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        request = segmentation_pb2.SegmentProductRequest(
            photo=encode_image(np.zeros((8, 8, 3), np.uint8), PNG)
        )
        with pytest.raises(grpc.RpcError, match="is 8 x 8; send sides of at least 16 pixels"):
            stub.SegmentProduct(request, timeout=10)
