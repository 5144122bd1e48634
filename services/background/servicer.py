"""Speaks BackgroundService: decode, call, encode."""

from cyclorama.v1 import background_pb2, background_pb2_grpc
from services.background.engine import Engine, Order, Picture
from services.background.engines import Settings, open_engine
from services.background.rules import RULES
from services.diffusion.settings import read_options
from services.imaging.images import Images
from services.imaging.scene import scene_message
from services.imaging.thumbnails import progress_message, thumbnail
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.observing import observe_codec
from services.runtime.options import seed_of, set_fields
from services.runtime.runs import Stopwatch
from services.runtime.stage import Stage


class BackgroundServicer(background_pb2_grpc.BackgroundServiceServicer):
    """Makes backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images

    def GenerateBackground(self, request, context):
        stopwatch, order = Stopwatch(), order_of(request)
        for answer in self._engines.stream(
            request.options.engine, lambda engine: engine.make(order)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = progress_message(step.fraction, step.preview)
                yield background_pb2.GenerateBackgroundResponse(progress=progress)
            else:
                result = self._result(request, order, answer, stopwatch)
                yield background_pb2.GenerateBackgroundResponse(result=result)

    def ListEngines(self, request, context):
        return background_pb2.BackgroundServiceListEnginesResponse(engines=self._engines.statuses())

    def _result(
        self, request, order: Order, answer: EngineResult[Engine, Picture], stopwatch: Stopwatch
    ) -> background_pb2.GenerateBackgroundResult:
        made = answer.result
        return background_pb2.GenerateBackgroundResult(
            background=self._images.write(made.pixels, request.accept_format),
            scene=scene_message(made.scene) if made.scene else None,
            seed=order.seed,
            origin=made.origin,
            run=stopwatch.run_of(
                answer,
                made.parameters,
                made.warnings,
                made.measured,
                thumbnail(made.pixels),
                made.model,
            ),
        )


def order_of(request: background_pb2.GenerateBackgroundRequest) -> Order:
    """Reads an order, its defaults filled in."""
    size = {"width": request.size.width, "height": request.size.height}
    return Order(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        seed=seed_of(request),
        **(size if request.HasField("size") else {}),
        **set_fields(request.options),
        diffusion=read_options(request.options.diffusion),
    )


STAGE = Stage(
    "background",
    RULES,
    background_pb2_grpc.add_BackgroundServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: BackgroundServicer(
        engines, Images(settings, settings.max_message_mib, observe_codec)
    ),
)
