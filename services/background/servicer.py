"""Implements BackgroundService: decodes requests, calls an engine, encodes results."""

from collections.abc import Iterator

import grpc

from cyclorama.v1 import background_pb2, background_pb2_grpc, engine_pb2
from services.background.engine import BackgroundEngine, BackgroundRequest, BackgroundResult
from services.background.engines import BackgroundSettings, open_engine
from services.background.rules import RULES
from services.diffusion.settings import read_diffusion_options
from services.imaging.images import ImageCodec
from services.imaging.scene import scene_to_message
from services.imaging.thumbnails import build_progress, encode_thumbnail
from services.imaging.view import view_from_message
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.limits import DEFAULT_SIDE
from services.runtime.options import read_set_fields, resolve_seed
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition
from services.stage_images import build_image_codec

BackgroundStep = EngineResult[BackgroundEngine, EngineProgress | BackgroundResult]


class BackgroundServicer(background_pb2_grpc.BackgroundServiceServicer):
    """Generates backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[BackgroundEngine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def GenerateBackground(
        self, request: background_pb2.GenerateBackgroundRequest, context: grpc.ServicerContext
    ) -> Iterator[background_pb2.GenerateBackgroundResponse]:
        """Generates a background with the engine that the request chooses, or a fallback.

        Streams progress with small previews, then one message with the encoded background.
        """
        stopwatch = Stopwatch()
        background_request = background_request_from_message(request)
        for step in self._engines.stream(
            request.options.engine, lambda engine: engine.generate(background_request)
        ):
            if isinstance(step.result, EngineProgress):
                progress = build_progress(
                    step.result.fraction, step.result.preview, step.result.queue_position
                )
                yield background_pb2.GenerateBackgroundResponse(progress=progress)
            else:
                response = background_pb2.GenerateBackgroundResponse()
                # An image as an argument would be serialized and parsed.
                response.result.CopyFrom(
                    self._encode_result(
                        request, background_request.seed, step, step.result, stopwatch
                    )
                )
                yield response

    def ListEngines(
        self,
        request: background_pb2.BackgroundServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> background_pb2.BackgroundServiceListEnginesResponse:
        """Reports every engine here, best first: whether it is ready, and if not, why."""
        return background_pb2.BackgroundServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _encode_result(
        self,
        request: background_pb2.GenerateBackgroundRequest,
        seed: int,
        step: BackgroundStep,
        result: BackgroundResult,
        stopwatch: Stopwatch,
    ) -> background_pb2.GenerateBackgroundResult:
        """Encodes a finished background as a message, with a report of how it was generated.

        request: its accept_format is the image format of the background.
        seed: the one used, which was drawn at random if the request has none.
        step: the engine's last step, whose result is `result`; it names the engine.
        stopwatch: started when the request came.
        """
        encoded = self._images.write(result.pixels, request.accept_format)
        message = background_pb2.GenerateBackgroundResult(
            scene=scene_to_message(result.scene) if result.scene else None,
            seed=seed,
            origin=result.origin,
            shown_prompt=result.shown_prompt,
            run=stopwatch.report_run(
                step,
                parameters=result.parameters,
                warnings=result.warnings,
                measured=result.measured,
                preview=encode_thumbnail(result.pixels),
                model=result.model,
            ),
        )
        message.background.CopyFrom(encoded)
        return message


def background_request_from_message(
    message: background_pb2.GenerateBackgroundRequest,
) -> BackgroundRequest:
    """Converts a request's message to the engines' request, with defaults for fields not set.

    The seed is drawn at random if the message has none.
    """
    options, has_size = message.options, message.HasField("size")
    # Read with read_set_fields, which drops the digits that 32-bit storage made up.
    fields = read_set_fields(options)
    camera_pitch, height_mm = fields.get("camera_pitch"), fields.get("product_height_mm")
    return BackgroundRequest(
        prompt=message.prompt,
        negative_prompt=message.negative_prompt,
        seed=resolve_seed(message),
        width=message.size.width if has_size else DEFAULT_SIDE,
        height=message.size.height if has_size else DEFAULT_SIDE,
        camera_pitch=camera_pitch if isinstance(camera_pitch, float) else None,
        view=view_from_message(message.view) if message.HasField("view") else None,
        draft=message.quality == engine_pb2.QUALITY_DRAFT,
        product=options.product,
        product_height_mm=height_mm if isinstance(height_mm, float) else None,
        product_to_negative=options.product_to_negative,
        diffusion=read_diffusion_options(options.diffusion),
    )


STAGE = StageDefinition(
    "background",
    RULES,
    background_pb2_grpc.add_BackgroundServiceServicer_to_server,
    BackgroundSettings,
    open_engine,
    lambda engines, settings: BackgroundServicer(
        engines,
        build_image_codec(settings),
    ),
)
