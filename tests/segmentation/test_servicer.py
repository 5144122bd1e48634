"""The servicer alone under grpc's own test server; statuses need a real one."""

from dataclasses import replace

import grpc
import numpy as np
import pytest

from cyclorama.v1 import engine_pb2, image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.box import find_bounding_box
from services.imaging.images import ImageCodec, encode_image
from services.runtime.engines import Engines, EngineTraits
from services.runtime.errors import EngineNotReady, ProductNotFound
from services.runtime.settings import ImageSettings
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.engines.classic import ClassicSegmentation
from services.segmentation.engines.sam.candidates import ScoringContext, score_mask
from services.segmentation.servicer import (
    SegmentationServicer,
    create_cut_off_warnings,
    find_cut_sides,
)
from tests.support.cutouts import (
    draw_bottle,
    draw_rounded_corners,
    draw_shadow,
    paint_backdrop,
    put_behind,
)
from tests.support.drawings import cutout_iou, draw_box, draw_disc, paint_product
from tests.support.glass import draw_backdrop, photograph_glass
from tests.support.pictures import BACKDROP, assert_image_equal
from tests.support.serving import read_error_details, serve_service
from tests.support.system import STAGES, build_stage_servicer
from tests.support.unit import call_servicer

PNG, WEBP = image_pb2.IMAGE_FORMAT_PNG, image_pb2.IMAGE_FORMAT_WEBP
RAW_RGB, RAW_RGBA = image_pb2.IMAGE_FORMAT_RAW_RGB, image_pb2.IMAGE_FORMAT_RAW_RGBA
TOP, RIGHT = image_pb2.SIDE_TOP, image_pb2.SIDE_RIGHT
BOTTOM, LEFT = image_pb2.SIDE_BOTTOM, image_pb2.SIDE_LEFT
SERVICE = segmentation_pb2.DESCRIPTOR.services_by_name["SegmentationService"]
TRUTH = draw_disc(120, 100, 50)
PHOTO = paint_product(TRUTH)
codec = ImageCodec(ImageSettings())


@pytest.fixture(scope="module")
def servicer():
    """Serves engine classic without a network, whether or not one was fetched."""
    return SegmentationServicer(Engines(["classic"], lambda _: ClassicSegmentation()), codec)


def call_segment(servicer, photo: np.ndarray, fmt: int = PNG, accept: int = RAW_RGBA, **options):
    request = segmentation_pb2.SegmentProductRequest(
        photo=encode_image(photo, fmt),
        accept_format=accept,
        options=segmentation_pb2.SegmentationOptions(**options),
    )
    return call_servicer(SERVICE, servicer, "SegmentProduct", request)


def read_result(response) -> SegmentationResult:
    box = response.bounds
    cutout = codec.read_rgba(response.cutout, "cutout")
    return SegmentationResult(cutout, (box.x, box.y, box.width, box.height), response.confidence)


def test_the_response_contains_the_cutout_and_its_bounds(servicer):
    response = call_segment(servicer, PHOTO)
    assert (response.photo_size.width, response.photo_size.height) == (240, 200)
    assert read_result(response).cutout.shape[:2] == (response.bounds.height, response.bounds.width)
    assert cutout_iou(read_result(response), PHOTO, TRUTH) >= 0.97
    assert 0.7 <= response.confidence <= 1
    assert not response.cut_sides and not response.run.warnings


def test_a_reduced_photo_is_described_in_pixels_of_its_file():
    mask = draw_disc(120, 100, 50).repeat(4, axis=0).repeat(4, axis=1)
    request = segmentation_pb2.SegmentProductRequest(
        photo=encode_image(paint_product(mask), image_pb2.IMAGE_FORMAT_JPEG),
        options=segmentation_pb2.SegmentationOptions(
            box=image_pb2.Box(x=240, y=160, width=480, height=480)
        ),
    )
    small = ImageCodec(ImageSettings(max_megapixels=0.2))
    engines = Engines(["classic"], lambda _: ClassicSegmentation())
    servicer = SegmentationServicer(engines, small)
    response = call_servicer(SERVICE, servicer, "SegmentProduct", request)
    assert (response.photo_size.width, response.photo_size.height) == (960, 800)
    found, expected = read_result(response).bounds, find_bounding_box(mask)
    assert np.abs(np.subtract(found, expected)).max() <= 8
    # The photo was read at half its size.
    assert abs(response.cutout.width - response.bounds.width / 2) <= 1
    assert list(response.run.parameters["box"]) == [240, 160, 480, 480]


def see_dark_pixels(photo: np.ndarray) -> np.ndarray:
    """A network that takes dark pixels for the product."""
    return (photo[..., 0] < 140).astype(np.float32)


@pytest.mark.parametrize("shrink", [1, 2])
def test_a_place_of_low_confidence_is_in_pixels_of_the_file(shrink):
    # The rough mask lacks the product's left part, which the network sees.
    mask = TRUTH.repeat(4, axis=0).repeat(4, axis=1)
    rough = (TRUTH > 0.5) & (draw_box(0, 0, 95, 200) < 0.5)
    request = segmentation_pb2.SegmentProductRequest(
        photo=encode_image(paint_product(mask), image_pb2.IMAGE_FORMAT_JPEG),
        mask=encode_image(rough.astype(np.uint8) * 255, PNG),
    )
    megapixels = mask.size / 1e6 / shrink**2 + 0.01
    reading = ImageCodec(ImageSettings(max_megapixels=megapixels))
    engines = Engines(["classic"], lambda _: ClassicSegmentation())
    servicer = SegmentationServicer(engines, reading, see_dark_pixels)
    response = call_servicer(SERVICE, servicer, "SegmentProduct", request)
    assert abs(response.cutout.width - response.bounds.width / shrink) <= 1
    (warning,) = response.run.warnings
    assert warning.reason == "LOW_CONFIDENCE" and response.confidence < 0.5
    box = warning.box
    assert (box.x, box.y) == pytest.approx((4 * 70, 4 * 60), abs=40)
    assert (box.width, box.height) == pytest.approx((4 * 25, 4 * 80), abs=60)


def test_a_photo_with_opaque_alpha_is_segmented(servicer):
    opaque = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8)])
    assert call_segment(servicer, opaque).run.engine == "classic"
    assert cutout_iou(read_result(call_segment(servicer, opaque, RAW_RGBA)), PHOTO, TRUTH) >= 0.97


def test_the_run_reports_engine_version_time_and_parameters(servicer):
    response = call_segment(servicer, PHOTO, max_side=80, edge=segmentation_pb2.EDGE_FINE)
    assert max(response.cutout.width, response.cutout.height) <= 80
    assert response.run.engine == "classic" and response.run.version
    parameters = {"box_share": 0.95, "max_side": 80, "edge": "fine", "photo_shadow": "remove"}
    assert dict(response.run.parameters) == parameters
    assert call_segment(servicer, PHOTO).run.parameters["edge"] == "normal"
    assert response.run.elapsed.ToNanoseconds() > 0


@pytest.mark.parametrize(
    ("accept", "expected"),
    [(image_pb2.IMAGE_FORMAT_UNSPECIFIED, PNG), (WEBP, WEBP), (RAW_RGBA, RAW_RGBA)],
)
def test_every_format_contains_the_same_cutout(servicer, accept, expected):
    response, other = (
        call_segment(servicer, PHOTO, RAW_RGB, accept),
        call_segment(servicer, PHOTO, PNG),
    )
    assert response.cutout.format == expected
    assert_image_equal(read_result(response).cutout, read_result(other).cutout)


@pytest.mark.parametrize(
    ("box", "sides", "names"),
    [
        ((90, 70, 150, 200), [BOTTOM], "(bottom)"),
        ((100, 60, 240, 130), [RIGHT], "(right)"),
        ((0, 0, 60, 60), [TOP, LEFT], "(top, left)"),
    ],
)
def test_a_product_that_runs_out_of_the_photo_names_the_sides(servicer, box, sides, names):
    response = call_segment(servicer, paint_product(draw_box(*box)))
    assert response.cut_sides == sides
    (warning,) = response.run.warnings
    assert warning.reason == "PRODUCT_CUT_OFF" and names in warning.message


def test_an_uncertain_cutout_has_a_warning_and_low_confidence(servicer):
    response = call_segment(servicer, paint_product(TRUTH, np.add(BACKDROP, 12), noise=1))
    (warning,) = response.run.warnings
    assert warning.reason == "LOW_CONFIDENCE" and "white on white" in warning.message
    assert response.confidence < 0.5


@pytest.mark.parametrize("fmt", [PNG, RAW_RGBA, WEBP])
def test_a_transparent_photo_keeps_its_alpha_and_reports_cut_sides(servicer, fmt):
    photo = draw_bottle()[:300]
    response = call_segment(servicer, photo, fmt)
    x, y, width, height = read_result(response).bounds
    cutout = read_result(response).cutout
    assert_image_equal(cutout, photo[y : y + height, x : x + width])
    assert cutout[..., 3].sum(dtype=int) == photo[..., 3].sum(dtype=int)
    assert (response.run.engine, response.confidence) == ("alpha", 1)
    assert response.cut_sides == [BOTTOM]


def draw_rounded_photo() -> np.ndarray:
    photo = paint_backdrop(draw_bottle())
    photo[..., 3] = draw_rounded_corners(480, 400, 60)
    return photo


def measure_overlap(response, alpha: np.ndarray) -> float:
    """The IoU of a response's cut-out with the true alpha."""
    found = np.zeros(alpha.shape, bool)
    result = read_result(response)
    x, y, width, height = result.bounds
    found[y : y + height, x : x + width] = result.cutout[..., 3] >= 128
    truth = alpha >= 128
    return float((found & truth).sum() / (found | truth).sum())


def test_the_product_of_a_photo_with_rounded_corners_is_cut_out(servicer):
    response = call_segment(servicer, draw_rounded_photo())
    assert response.run.engine == "classic" and response.confidence < 1
    assert [warning.reason for warning in response.run.warnings] == ["ALPHA_REPLACED"]
    assert measure_overlap(response, draw_bottle()[..., 3]) > 0.95


@pytest.mark.parametrize(
    "options",
    [
        {"engine": engine_pb2.EngineChoice(name="classic")},
        {"box": image_pb2.Box(x=140, y=90, width=120, height=300)},
    ],
)
def test_an_engine_or_a_place_that_is_named_is_used_for_a_finished_cutout(servicer, options):
    response = call_segment(servicer, draw_bottle(), **options)
    assert response.run.engine == "classic" and not response.cut_sides
    assert measure_overlap(response, draw_bottle()[..., 3]) > 0.95


def test_the_alpha_of_any_transparent_photo_can_be_named(servicer):
    alpha = engine_pb2.EngineChoice(name="alpha")
    response = call_segment(servicer, draw_rounded_photo(), engine=alpha)
    assert (response.bounds.width, response.bounds.height) == (400, 480)
    assert response.confidence == 0.5 and response.run.warnings[0].reason == "LOW_CONFIDENCE"
    with pytest.raises(EngineNotReady, match="opaque"):
        SegmentationServicer.SegmentProduct(
            servicer,
            segmentation_pb2.SegmentProductRequest(
                photo=encode_image(PHOTO, PNG),
                options=segmentation_pb2.SegmentationOptions(engine=alpha),
            ),
            None,
        )
    alpha.allow_fallback = True
    assert call_segment(servicer, PHOTO, engine=alpha).run.engine == "classic"


def test_a_soft_shadow_is_removed_or_kept_and_cuts_nothing_off(servicer):
    photo = put_behind(draw_bottle(), draw_shadow(draw_bottle(), 60, 30, 8))[:, :300]
    removed, kept = (
        call_segment(servicer, photo, photo_shadow=shadow)
        for shadow in ("PHOTO_SHADOW_REMOVE", "PHOTO_SHADOW_KEEP")
    )
    assert [warning.reason for warning in removed.run.warnings] == ["SHADOW_REMOVED"]
    assert [warning.reason for warning in kept.run.warnings] == ["SHADOW_KEPT"]
    assert removed.confidence < 1 and not removed.cut_sides and not kept.cut_sides
    assert removed.bounds.width < 110 < kept.bounds.width
    assert kept.run.parameters["photo_shadow"] == "keep"


class DoubtedEngine:
    """An engine with one slightly wrong mask that is not trusted, or, with score 0, none."""

    name = "doubtful"
    version = "1"
    traits = EngineTraits()

    def __init__(self, score: float = 0.3) -> None:
        self._score = score

    def segment(self, photo, prompt):
        if not self._score:
            raise ProductNotFound("no mask at all")
        candidate = score_mask(
            ScoringContext(photo, (120, 100), 150), np.where(TRUTH > 0, 8, -8), self._score**4
        )
        result = ClassicSegmentation().segment(photo, SegmentationPrompt())
        doubt = "" if candidate.is_trusted else "its mask could not be trusted"
        scores = (candidate.scores,)
        return replace(result, confidence=candidate.score, candidates=scores, doubt=doubt)


def create_servicer(first) -> SegmentationServicer:
    both = {"doubtful": first, "classic": ClassicSegmentation()}
    return SegmentationServicer(Engines(list(both), both.get), codec)


def test_auto_runs_the_next_engine_if_a_model_is_doubted():
    response = call_segment(create_servicer(DoubtedEngine()), PHOTO)
    assert response.run.engine == "classic" and response.confidence > 0.7
    assert [warning.reason for warning in response.run.warnings] == ["FELL_BACK"]
    (candidate,) = response.candidates
    assert candidate.score < 0.5 and candidate.stability == 1


def test_auto_runs_no_other_engine_after_a_trusted_model():
    response = call_segment(create_servicer(DoubtedEngine(0.9)), PHOTO)
    assert response.run.engine == "doubtful" and response.candidates[0].score > 0.5
    assert not response.run.warnings


def test_a_model_chosen_by_name_is_used_even_if_doubted():
    choice = engine_pb2.EngineChoice(name="doubtful")
    response = call_segment(create_servicer(DoubtedEngine()), PHOTO, engine=choice)
    assert response.run.engine == "doubtful" and response.confidence < 0.5


def test_auto_runs_the_next_engine_with_points_too():
    point = segmentation_pb2.Point(x=120, y=100)
    response = call_segment(create_servicer(DoubtedEngine()), PHOTO, points=[point])
    assert response.run.engine == "classic"


def test_auto_runs_the_next_engine_if_a_model_finds_no_product():
    run = call_segment(create_servicer(DoubtedEngine(0)), PHOTO).run
    assert run.engine == "classic"
    assert "doubtful could not: no mask at all" in run.warnings[0].message


def test_engines_are_listed(servicer):
    request = segmentation_pb2.SegmentationServiceListEnginesRequest()
    listed, alpha = call_servicer(SERVICE, servicer, "ListEngines", request).engines
    assert (listed.name, listed.ready, listed.reason) == ("classic", True, "") and listed.version
    assert (alpha.name, alpha.ready, alpha.by_name_only) == ("alpha", True, True) and alpha.version


@pytest.mark.parametrize(
    ("bounds", "sides"),
    [
        ((1, 1, 58, 38), []),
        ((0, 1, 58, 38), [LEFT]),
        ((1, 0, 59, 40), [TOP, RIGHT, BOTTOM]),
        ((1, -5, 20, 20), [TOP]),
    ],
)
def test_only_sides_that_the_bounds_touch_are_cut(bounds, sides):
    assert find_cut_sides(bounds, (0, 0, 60, 40)) == sides
    assert len(create_cut_off_warnings(sides)) == bool(sides)


@pytest.mark.parametrize(
    ("photo", "code", "field"),
    [
        (np.full((15, 60, 3), 200, np.uint8), grpc.StatusCode.INVALID_ARGUMENT, "photo"),
        (np.full((60, 60, 3), 200, np.uint8), grpc.StatusCode.FAILED_PRECONDITION, None),
        (np.zeros((60, 60, 4), np.uint8), grpc.StatusCode.FAILED_PRECONDITION, None),
    ],
)
def test_a_photo_that_is_too_small_or_shows_no_product_is_rejected(servicer, photo, code, field):
    with serve_service(STAGES["segmentation"].build_service(servicer)) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.SegmentProduct(
                segmentation_pb2.SegmentProductRequest(photo=encode_image(photo, PNG)), timeout=10
            )
    assert caught.value.code() is code
    if field:
        (violation,) = read_error_details(caught.value)["BadRequest"].field_violations
        assert violation.field == field


def test_the_error_for_a_tiny_photo_states_the_minimum_size():
    with serve_service(
        STAGES["segmentation"].build_service(
            build_stage_servicer("segmentation", ClassicSegmentation())
        )
    ) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        request = segmentation_pb2.SegmentProductRequest(
            photo=encode_image(np.zeros((8, 8, 3), np.uint8), PNG)
        )
        with pytest.raises(grpc.RpcError, match="is 8 x 8; send sides of at least 16 pixels"):
            stub.SegmentProduct(request, timeout=10)


def test_glass_is_reported_with_its_share_unless_it_is_to_stay_opaque(servicer):
    photo = photograph_glass(draw_backdrop())
    response = call_segment(servicer, photo, product="wine glass")
    assert "TRANSPARENT" in [warning.reason for warning in response.run.warnings]
    assert response.transparent_share > 0.5
    assert response.run.parameters["product"] == "wine glass"
    opaque = call_segment(servicer, photo, product="wine glass", opaque=True)
    assert opaque.transparent_share == 0 and opaque.run.parameters["opaque"]
    assert np.median(read_result(opaque).cutout[..., 3]) == 255
