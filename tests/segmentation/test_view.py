"""Stage 1 reports how a photo shows its product."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from cyclorama.v1 import image_pb2, scene_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.images import encode_image
from services.segmentation.engines.classic import ClassicSegmentation
from services.segmentation.servicer import find_cut_sides, is_trimmed
from services.segmentation.view import estimate_view
from tests.support.drawings import paint_product
from tests.support.product_drawings import draw_silhouette
from tests.support.serving import serve_service
from tests.support.silhouettes import FOCAL_MM, SIZE, draw_revolved, find_ground_pitch
from tests.support.system import STAGES, build_stage_servicer

CAN = draw_revolved([(0.35, 0), (0.35, 1)], 25)


def segment(
    photo: image_pb2.Image, options: segmentation_pb2.SegmentationOptions | None = None
) -> segmentation_pb2.SegmentProductResponse:
    """Sends a photo to a server of stage 1."""
    servicer = build_stage_servicer("segmentation", ClassicSegmentation())
    with serve_service(STAGES["segmentation"].build_service(servicer)) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        request = segmentation_pb2.SegmentProductRequest(photo=photo, options=options)
        return stub.SegmentProduct(request, timeout=30)


@pytest.mark.slow
def test_a_response_has_the_view_and_the_focal_length():
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = int(FOCAL_MM)
    out = io.BytesIO()
    photo = Image.fromarray(paint_product(CAN.astype(np.float32) / 255))
    photo.save(out, "JPEG", exif=exif, quality=95)
    response = segment(image_pb2.Image(data=out.getvalue()))
    assert response.run.engine == "classic"
    view = response.view
    assert view.focal_length_mm == FOCAL_MM and view.pitch_confidence >= 0.5
    assert view.camera_pitch == pytest.approx(25, abs=4)
    assert view.ground_pitch == pytest.approx(find_ground_pitch(25), abs=4)


def test_a_finished_cutout_has_a_view_without_a_focal_length():
    cutout = np.dstack([np.full((*SIZE, 3), 120, np.uint8), CAN])
    response = segment(encode_image(cutout, image_pb2.IMAGE_FORMAT_PNG))
    assert response.run.engine == "alpha"
    assert not response.view.HasField("focal_length_mm")
    assert response.view.ground_pitch == pytest.approx(find_ground_pitch(25), abs=5)


def test_a_view_of_the_request_takes_the_place_of_the_estimated_one():
    cutout = np.dstack([np.full((*SIZE, 3), 120, np.uint8), CAN])
    view = scene_pb2.View(stance=scene_pb2.STANCE_LYING, light_azimuth=200)
    options = segmentation_pb2.SegmentationOptions(view=view)
    response = segment(encode_image(cutout, image_pb2.IMAGE_FORMAT_PNG), options)
    assert response.view == view


def test_what_a_photo_does_not_show_stays_unset():
    cutout = np.full((40, 40, 4), 255, np.uint8)
    photo = np.full((100, 100, 3), 200, np.uint8)
    view = estimate_view(photo, cutout, (0, 60, 40, 40))
    assert view.ground_pitch is None and view.camera_pitch is None and not view.pitch_confidence
    assert view.tilt is None and view.light_azimuth is None


@pytest.mark.parametrize(
    ("name", "turn", "stance"),
    [("bottle", 12, scene_pb2.STANCE_STANDING), ("watch", 45, scene_pb2.STANCE_LYING)],
)
def test_a_response_has_stance_and_lean(name, turn, stance):
    alpha = draw_silhouette(name, turn)
    cutout = np.dstack([np.full((*alpha.shape, 3), 120, np.uint8), alpha])
    view = segment(encode_image(cutout, image_pb2.IMAGE_FORMAT_PNG)).view
    assert view.stance == stance
    assert view.tilt == pytest.approx(turn, abs=1) if turn == 12 else not view.HasField("tilt")


def test_a_cutout_that_was_cropped_to_its_product_is_complete():
    alpha = draw_revolved([(0.3, 0), (0.4, 1)], 30)
    rows, columns = (np.flatnonzero(alpha.any(axis=axis)) for axis in (1, 0))
    trimmed = alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    photo = np.dstack([np.full((*trimmed.shape, 3), 90, np.uint8), trimmed])
    bounds = (0, 0, trimmed.shape[1], trimmed.shape[0])
    sides = find_cut_sides(bounds, bounds)
    assert len(sides) == 4 and is_trimmed(photo, sides)
    assert not is_trimmed(photo[..., :3], sides)
    assert not is_trimmed(photo, sides[:2])
