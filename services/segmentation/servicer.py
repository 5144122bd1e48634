"""Speaks SegmentationService: decode, call, encode."""

from collections.abc import Sequence

import numpy as np

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.box import Box, box_to_message
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.thumbnails import encode_thumbnail
from services.runtime.engines import EngineResult, Engines, EngineWarning
from services.runtime.observing import record_codec_time
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition
from services.segmentation.engine import Engine, Finding, MaskScores, Prompt
from services.segmentation.engines import Settings, open_engine
from services.segmentation.prompts import read_prompt
from services.segmentation.rules import RULES
from services.segmentation.transparent import Transparent, is_cut_out

LEAST_SIDE = 16


class SegmentationServicer(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Finds products with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images
        self._transparent = Transparent()

    def SegmentProduct(self, request, context):
        stopwatch = Stopwatch()
        photo = self._images.read(request.photo, "photo")
        check_image_sides(photo, LEAST_SIDE, None, "photo")
        prompt = read_prompt(request, photo.shape[:2], self._images)
        answer = self._find(request.options.engine, photo, prompt)
        found, candidates = answer.result, (answer.doubted or answer.result).candidates
        sides = cut_sides(found.bounds, photo.shape)
        warnings = (*found.warnings, *cut_off(sides))
        return segmentation_pb2.SegmentProductResponse(
            cutout=self._images.write(found.cutout, request.accept_format),
            bounds=box_to_message(found.bounds),
            photo_size=image_pb2.Size(width=photo.shape[1], height=photo.shape[0]),
            cut_sides=sides,
            confidence=found.confidence,
            run=stopwatch.report_run(
                answer, prompt.told(), warnings, preview=encode_thumbnail(found.cutout)
            ),
            candidates=map(candidate_message, candidates),
        )

    def ListEngines(self, request, context):
        return segmentation_pb2.SegmentationServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _find(self, choice, photo: np.ndarray, prompt: Prompt) -> EngineResult[Engine, Finding]:
        if is_cut_out(photo):
            return self._engines.run_engine(
                self._transparent, lambda each: each.find(photo, prompt)
            )
        opaque = np.ascontiguousarray(photo[..., :3])
        return self._engines.run(choice, lambda engine: engine.find(opaque, prompt))


def cut_sides(bounds: Box, photo: tuple[int, ...]) -> list[int]:
    """The Side values of a photo (height, width, ...) that the bounds x, y, w, h touch."""
    x, y, width, height = bounds
    touched = {
        image_pb2.SIDE_TOP: y <= 0,
        image_pb2.SIDE_RIGHT: x + width >= photo[1],
        image_pb2.SIDE_BOTTOM: y + height >= photo[0],
        image_pb2.SIDE_LEFT: x <= 0,
    }
    return [side for side, touches in touched.items() if touches]


def cut_off(sides: Sequence[int]) -> tuple[EngineWarning, ...]:
    """A notice when the product runs out of the photo."""
    if not sides:
        return ()
    names = ", ".join(image_pb2.Side.Name(side).removeprefix("SIDE_").lower() for side in sides)
    text = f"the product runs out of the photo ({names}); a photo that shows all of it is better"
    return (EngineWarning("PRODUCT_CUT_OFF", text),)


def candidate_message(scores: MaskScores) -> segmentation_pb2.MaskCandidate:
    """Writes a MaskCandidate message."""
    return segmentation_pb2.MaskCandidate(**vars(scores))


STAGE = StageDefinition(
    "segmentation",
    RULES,
    segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: SegmentationServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
