"""Implements SegmentationService: decodes the request, calls an engine, encodes the response."""

from collections.abc import Sequence
from dataclasses import replace

import grpc
import numpy as np

from cyclorama.v1 import (
    engine_pb2,
    image_pb2,
    scene_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.credentials.store import has_credentials, is_library_installed
from services.imaging.box import Box, box_to_message
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.thumbnails import encode_thumbnail
from services.imaging.view import view_to_message
from services.runtime.engines import (
    CREDENTIALS_LEFT_OUT,
    EngineResult,
    Engines,
    EngineWarning,
)
from services.runtime.formats import RAW_CHANNELS
from services.runtime.guards.cancellation import check_active
from services.runtime.limits import AUTO, MAX_CREDENTIALS_BYTES
from services.runtime.runs import Stopwatch
from services.runtime.settings import StageSettings
from services.runtime.stage import StageDefinition
from services.segmentation.confidence import assess_result
from services.segmentation.engine import (
    MaskScores,
    SegmentationEngine,
    SegmentationPrompt,
    SegmentationResult,
)
from services.segmentation.engines import SegmentationSettings, find_network, open_engine
from services.segmentation.finished_cutout import MIN_CLEAR_SHARE, is_finished_cutout
from services.segmentation.flattening import FlatPhoto, flatten_photo, keep_clear
from services.segmentation.glass import show_background_through
from services.segmentation.looks import EstimateProbability
from services.segmentation.lost_parts import doubt_lost_part
from services.segmentation.prompts import read_segmentation_prompt
from services.segmentation.rules import RULES
from services.segmentation.transparent import AlphaSegmentation
from services.segmentation.view import estimate_view
from services.stage_images import build_image_codec

# The least side of a photo in pixels, by contract (SegmentProductRequest.photo).
MIN_PHOTO_SIDE = 16
# Sides of a finished cut-out that a product touches when it was cropped to it. Fewer: products that
# run out of a corner of their photo count as complete.
TRIMMED_SIDES = 3


class SegmentationServicer(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Serves the segmentation engines of this process."""

    def __init__(
        self,
        engines: Engines[SegmentationEngine],
        images: ImageCodec,
        estimate_probability: EstimateProbability | None = None,
    ) -> None:
        """Serves requests with `engines`, best first.

        images: decodes and encodes photos.
        estimate_probability: a network's look at a photo, by which cut-outs are judged; None
            without a network.
        """
        self._estimate_probability = estimate_probability
        self._engines = engines
        self._images = images
        self._alpha_engine = AlphaSegmentation()

    def SegmentProduct(
        self, request: segmentation_pb2.SegmentProductRequest, context: grpc.ServicerContext
    ) -> segmentation_pb2.SegmentProductResponse:
        """Cuts the product out of the request's photo; returns the encoded cut-out and its data.

        Raises the service's errors, which become gRPC statuses: InvalidImage and InvalidRequest for
        the request, ProductNotFound without a product, and those of the engine.
        """
        stopwatch = Stopwatch()
        decoded = self._images.read_photo(request.photo, "photo")
        photo, (height, width) = decoded.pixels, decoded.full_size
        check_image_sides(photo, low=MIN_PHOTO_SIDE, high=None, field="photo")
        prompt = read_segmentation_prompt(request, (height, width), self._images)
        engine_result, frame, opaque = self._segment(
            request.options.engine, photo, prompt.shrink(decoded.scale, photo.shape[:2])
        )
        result = engine_result.result
        # Masks of the model, even if its result was doubted and replaced by another engine's.
        candidates = (engine_result.doubted or result).candidates
        # Sides of the photo that cut the product off.
        cut_sides = find_cut_sides(result.product_box or result.bounds, frame)
        if is_trimmed(photo, cut_sides):
            cut_sides = []
        own_warnings = (
            replace(each, box=each.box and decoded.enlarge_box(each.box))
            for each in result.warnings
        )
        photo_credentials, left_out = read_photo_credentials(request.photo)
        warnings = (*own_warnings, *create_cut_off_warnings(cut_sides), *left_out)
        check_active()
        preview = encode_thumbnail(result.cutout)
        view = describe_view(request.options, photo, opaque, cut_sides, decoded.focal_length_mm)
        check_active()
        encoded = self._images.write(result.cutout, request.accept_format)
        response = segmentation_pb2.SegmentProductResponse(
            bounds=box_to_message(decoded.enlarge_box(result.bounds)),
            photo_size=image_pb2.Size(width=width, height=height),
            cut_sides=cut_sides,
            confidence=result.confidence,
            run=stopwatch.report_run(
                engine_result, prompt.to_parameters(), warnings, preview=preview
            ),
            candidates=map(candidate_to_message, candidates),
            view=view,
            transparent_share=result.transparent_share,
            photo_credentials=photo_credentials,
        )
        # An image as an argument would be serialized and parsed.
        response.cutout.CopyFrom(encoded)
        return response

    def ListEngines(
        self,
        request: segmentation_pb2.SegmentationServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> segmentation_pb2.SegmentationServiceListEnginesResponse:
        """Reports every engine here, best first: whether it is ready, and if not, why."""
        alpha = engine_pb2.EngineStatus(
            name=self._alpha_engine.name,
            version=self._alpha_engine.version,
            ready=True,
            by_name_only=self._alpha_engine.traits.by_name_only,
            configured=True,
        )
        return segmentation_pb2.SegmentationServiceListEnginesResponse(
            engines=[*self._engines.list_statuses(), alpha]
        )

    def _segment(
        self, choice: engine_pb2.EngineChoice, photo: np.ndarray, prompt: SegmentationPrompt
    ) -> tuple[EngineResult[SegmentationEngine, SegmentationResult], Box, SegmentationResult]:
        """Runs the chosen engine, or keeps the alpha of a photo that is already cut out.

        Returns the engine's result and which engine it came from; the part of the photo that the
        camera saw: x, y, width, height in pixels; and the result before anything shines through it.

        choice: the engine and its fallbacks that the request names.
        photo: uint8 RGB or RGBA (H, W, C).
        prompt: where the product is and how to cut it out.
        """
        is_cut_out = is_finished_cutout(photo)
        # A caller who names an engine or a place wants another cut than the photo's own.
        is_automatic = choice.name in ("", AUTO) and not prompt.is_located
        if (is_automatic and is_cut_out) or self._names_alpha(choice, photo):
            kept = self._engines.run_instead(
                self._alpha_engine, choice, lambda engine: engine.segment(photo, prompt)
            )
            return kept, (0, 0, photo.shape[1], photo.shape[0]), kept.result
        check_active()
        flat = flatten_photo(photo, is_cut_out)
        engine_result = self._engines.run(
            choice, lambda engine: engine.segment(flat.pixels, prompt)
        )
        check_active()
        assessed = assess_result(
            flat.pixels,
            keep_clear(engine_result.result, flat),
            prompt,
            self._estimate_probability,
        )
        # Who named a place or drew a mask chose the parts.
        if not prompt.is_located:
            assessed = doubt_lost_part(flat.pixels, assessed)
        result = show_background_through(flat.pixels, assessed, prompt)
        if is_automatic:
            result = replace(result, warnings=(*result.warnings, *warn_of_replaced_alpha(flat)))
        return replace(engine_result, result=result), flat.frame, assessed

    def _names_alpha(self, choice: engine_pb2.EngineChoice, photo: np.ndarray) -> bool:
        """Whether a request names the photo's own alpha, and not as one of several ways.

        choice: the engine that the request names. photo: uint8 RGB or RGBA (H, W, C).
        """
        can_run = photo.shape[2] == 4 or not choice.allow_fallback
        return choice.name == self._alpha_engine.name and can_run


def describe_view(
    options: segmentation_pb2.SegmentationOptions,
    photo: np.ndarray,
    result: SegmentationResult,
    cut_sides: Sequence[image_pb2.Side],
    focal_length_mm: float | None,
) -> scene_pb2.View:
    """Returns how a photo shows its product: as the options say, or else as it is estimated.

    photo: uint8 RGB or RGBA (H, W, C). result: before anything shines through it. cut_sides: of the
    photo, at which it cuts the product off. focal_length_mm: on 35-mm film; None: unknown.
    """
    if options.HasField("view"):
        return options.view
    view = estimate_view(
        photo, result.cutout, result.bounds, cut_sides, focal_length_mm, options.product
    )
    return view_to_message(view)


def read_photo_credentials(photo: image_pb2.Image) -> tuple[bytes, Sequence[EngineWarning]]:
    """Returns the Content Credentials of a photo without its pixels, and warnings about them.

    They are empty for none and without the library, and with a warning if they are larger than
    MAX_CREDENTIALS_BYTES.
    """
    data = photo.data
    if photo.format in RAW_CHANNELS or not has_credentials(data) or not is_library_installed():
        return b"", ()
    # Loads the library, which photos without credentials do without.
    from services.credentials.ingredient import archive_photo

    archive = archive_photo(data)
    if len(archive) <= MAX_CREDENTIALS_BYTES:
        return archive, ()
    text = f"the photo's own Content Credentials have {len(archive)} bytes, of which an ad takes"
    text += f" over at most {MAX_CREDENTIALS_BYTES}, so it names the photo without them"
    return b"", (EngineWarning(CREDENTIALS_LEFT_OUT, text),)


def find_cut_sides(bounds: Box, frame: Box) -> list[image_pb2.Side]:
    """Returns the sides of a photo that cut the product off, as values of the contract's Side.

    A side does if the product's bounds touch it.

    bounds: x, y, width, height in pixels of the photo. frame: the same of what the photo shows.
    """
    x, y, across, down = bounds
    left, top, width, height = frame
    touched = {
        image_pb2.SIDE_TOP: y <= top,
        image_pb2.SIDE_RIGHT: x + across >= left + width,
        image_pb2.SIDE_BOTTOM: y + down >= top + height,
        image_pb2.SIDE_LEFT: x <= left,
    }
    return [side for side, touches in touched.items() if touches]


def is_trimmed(photo: np.ndarray, cut_sides: Sequence[image_pb2.Side]) -> bool:
    """Whether a cut-out was cropped to its product, which the picture's edges then only touch.

    photo: uint8 RGB or RGBA (H, W, C). cut_sides: sides that the product touches.
    """
    return len(cut_sides) >= TRIMMED_SIDES and is_finished_cutout(photo)


def create_cut_off_warnings(sides: Sequence[image_pb2.Side]) -> tuple[EngineWarning, ...]:
    """Returns one warning that names the sides of the photo that cut the product off.

    sides: those sides, as values of the contract's Side. Without any there is no warning.
    """
    if not sides:
        return ()
    names = ", ".join(image_pb2.Side.Name(side).removeprefix("SIDE_").lower() for side in sides)
    text = f"the product runs out of the photo ({names}); a photo that shows all of it is better"
    return (EngineWarning("PRODUCT_CUT_OFF", text),)


def warn_of_replaced_alpha(photo: FlatPhoto) -> tuple[EngineWarning, ...]:
    """Returns a warning that a photo's transparency was not taken for a cut-out, if it has much.

    photo: made opaque for an engine.
    """
    if photo.clear is None or photo.clear.mean() <= MIN_CLEAR_SHARE:
        return ()
    text = (
        "clear area does not surround the product, so it was cut out again; name the engine alpha"
    )
    return (EngineWarning("ALPHA_REPLACED", f"{text} to keep the photo's own transparency"),)


def candidate_to_message(scores: MaskScores) -> segmentation_pb2.MaskCandidate:
    """Converts the scores of a mask to a MaskCandidate message."""
    return segmentation_pb2.MaskCandidate(**vars(scores))


def _create_servicer(
    engines: Engines[SegmentationEngine], settings: StageSettings
) -> SegmentationServicer:
    """Creates the servicer for opened engines; a network judges their cut-outs if one is ready.

    settings: of the process; those of a process that measures the transport know no network.
    """
    network = find_network(settings) if isinstance(settings, SegmentationSettings) else None
    return SegmentationServicer(
        engines,
        build_image_codec(settings),
        network.estimate_probability if network else None,
    )


STAGE = StageDefinition(
    "segmentation",
    RULES,
    segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server,
    SegmentationSettings,
    open_engine,
    _create_servicer,
)
