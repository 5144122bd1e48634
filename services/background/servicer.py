"""Speaks BackgroundService: read the order, ask, encode."""

from cyclorama.v1 import background_pb2, background_pb2_grpc, engine_pb2
from services.background.engine import Engine, Order, Picture, Step
from services.diffusion.sampling import wishes_of
from services.imaging.images import Images, preview, thumbnail
from services.imaging.scene import scene_message
from services.runtime.engines import Engines, Stopwatch
from services.runtime.options import given, seed_of


class BackgroundServicer(background_pb2_grpc.BackgroundServiceServicer):
    """Makes backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images

    def GenerateBackground(self, request, context):
        stopwatch = Stopwatch()
        order = order_of(request)
        done = 0.0
        for at in self._engines.work(request.options.engine, lambda engine: engine.make(order)):
            match at.step:
                case Step():
                    # An engine that takes over begins anew, and progress never falls.
                    done = max(done, at.step.fraction)
                    yield background_pb2.GenerateBackgroundResponse(progress=_progress(done, at.step))
                case Picture():
                    result = self._result(request, order, at.step)
                    notices = (*at.notices, *at.step.notices)
                    told = at.engine, at.step.parameters, notices, at.step.measured
                    seen = thumbnail(at.step.pixels)
                    run = stopwatch.run_of(*told, preview=seen)
                    result.run.CopyFrom(run)
                    yield background_pb2.GenerateBackgroundResponse(result=result)

    def ListEngines(self, request, context):
        return background_pb2.BackgroundServiceListEnginesResponse(engines=self._engines.statuses())

    def _result(self, request, order: Order, made: Picture) -> background_pb2.GenerateBackgroundResult:
        return background_pb2.GenerateBackgroundResult(
            background=self._images.write(made.pixels, request.accept_format),
            scene=scene_message(made.scene) if made.scene else None,
            seed=order.seed,
            origin=made.origin,
        )


def order_of(request: background_pb2.GenerateBackgroundRequest) -> Order:
    """Reads an order, its defaults filled in."""
    size = {"width": request.size.width, "height": request.size.height}
    return Order(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        seed=seed_of(request),
        **(size if request.HasField("size") else {}),
        **given(request.options),
        diffusion=wishes_of(request.options.diffusion),
    )


def _progress(done: float, step: Step) -> background_pb2.BackgroundProgress:
    return background_pb2.BackgroundProgress(
        progress=engine_pb2.Progress(fraction=done),
        preview=None if step.preview is None else preview(step.preview),
    )
