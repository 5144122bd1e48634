"""Speaks BackgroundService: decode, call, encode."""

from cyclorama.v1 import background_pb2, background_pb2_grpc
from services.background.engine import Engine, Order, Picture
from services.background.engines import Settings, open_engine
from services.background.rules import RULES
from services.diffusion.settings import read_options
from services.imaging.images import ImageCodec
from services.imaging.scene import scene_to_message
from services.imaging.thumbnails import build_progress, encode_thumbnail
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.observing import record_codec_time
from services.runtime.options import read_set_fields, resolve_seed
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition


class BackgroundServicer(background_pb2_grpc.BackgroundServiceServicer):
    """Makes backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def GenerateBackground(self, request, context):
        stopwatch, order = Stopwatch(), order_of(request)
        for answer in self._engines.stream(
            request.options.engine, lambda engine: engine.make(order)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview)
                yield background_pb2.GenerateBackgroundResponse(progress=progress)
            else:
                result = self._result(request, order, answer, stopwatch)
                yield background_pb2.GenerateBackgroundResponse(result=result)

    def ListEngines(self, request, context):
        return background_pb2.BackgroundServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _result(
        self, request, order: Order, answer: EngineResult[Engine, Picture], stopwatch: Stopwatch
    ) -> background_pb2.GenerateBackgroundResult:
        made = answer.result
        return background_pb2.GenerateBackgroundResult(
            background=self._images.write(made.pixels, request.accept_format),
            scene=scene_to_message(made.scene) if made.scene else None,
            seed=order.seed,
            origin=made.origin,
            run=stopwatch.report_run(
                answer,
                made.parameters,
                made.warnings,
                made.measured,
                encode_thumbnail(made.pixels),
                made.model,
            ),
        )


def order_of(request: background_pb2.GenerateBackgroundRequest) -> Order:
    """Reads an order, its defaults filled in."""
    size = {"width": request.size.width, "height": request.size.height}
    return Order(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        seed=resolve_seed(request),
        **(size if request.HasField("size") else {}),
        **read_set_fields(request.options),
        diffusion=read_options(request.options.diffusion),
    )


STAGE = StageDefinition(
    "background",
    RULES,
    background_pb2_grpc.add_BackgroundServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: BackgroundServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
