"""Speaks CompositingService: decode, ask, encode."""

from cyclorama.v1 import compositing_pb2, compositing_pb2_grpc, image_pb2
from services.compositing.engine import Engine, Look
from services.compositing.placement import Placement
from services.runtime.engines import Engines, Stopwatch
from services.runtime.images import Images, check_sides, gray_format
from services.runtime.options import given
from services.runtime.scene import Scene, scene_of

SIDES = (64, 4096)
LYING_HEIGHT_SHARE = 0.8


class CompositingServicer(compositing_pb2_grpc.CompositingServiceServicer):
    """Sets cut-outs into backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images

    def Composite(self, request, context):
        stopwatch = Stopwatch()
        engine = self._engines.choose(request.options.engine)
        cutout = self._images.read_rgba(request.cutout, "cutout")
        background = self._images.read_rgb(request.background, "background")
        check_sides(background, *SIDES, "background")
        scene = scene_of(request.scene) if request.HasField("scene") else Scene()
        look = look_of(request.options, scene)
        made = engine.compose(cutout, background, scene, request.cut_sides, look)
        return compositing_pb2.CompositeResponse(
            composite=self._images.write(made.pixels, request.accept_format),
            mask=self._images.write(made.mask, gray_format(request.accept_format)),
            placement=placement_message(made.placement),
            run=stopwatch.run_of(engine, vars(look), made.notices),
        )

    def ListEngines(self, request, context):
        return compositing_pb2.CompositingServiceListEnginesResponse(
            engines=self._engines.statuses()
        )


def look_of(options: compositing_pb2.CompositingOptions, scene: Scene) -> Look:
    """Fills in the defaults of the options that are unset."""
    defaults = {"height_share": LYING_HEIGHT_SHARE} if scene.lying else {}
    return Look(**defaults | given(options))


def placement_message(at: Placement) -> compositing_pb2.Placement:
    """Writes a Placement message."""
    box = image_pb2.Box(x=at.x, y=at.y, width=at.width, height=at.height)
    return compositing_pb2.Placement(box=box, scale=at.scale)
