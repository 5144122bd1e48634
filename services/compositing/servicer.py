"""Speaks CompositingService: decode, call, encode."""

from collections.abc import Iterable
from dataclasses import asdict, replace

import numpy as np

from cyclorama.v1 import compositing_pb2, compositing_pb2_grpc
from services.compositing.arrangement import arrangement_of, word
from services.compositing.backdrop import cover, covering_scale, plain
from services.compositing.color_shift import color_shift
from services.compositing.engine import Composite, Engine, Look
from services.compositing.engines import Settings, open_engine
from services.compositing.layers import product_on_canvas, shadow_on_canvas
from services.compositing.placement import Placement
from services.compositing.rules import RULES
from services.imaging.box import box_to_message
from services.imaging.images import (
    ImageCodec,
    NamedLayer,
    check_image_sides,
    choose_gray_format,
    layers_to_messages,
)
from services.imaging.scene import (
    Scene,
    light_from_message,
    rgb_from_message,
    scene_from_message,
    scene_to_message,
)
from services.imaging.thumbnails import encode_thumbnail
from services.runtime.engines import Engines, EngineWarning
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import COMPOSITE_SIDES, DEFAULT_SIDE
from services.runtime.observing import record_codec_time
from services.runtime.options import read_set_fields
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition

LYING_HEIGHT_SHARE = 0.8
PLAIN_SIZE = (DEFAULT_SIDE, DEFAULT_SIDE)
ENLARGED_FROM = 1.3


class CompositingServicer(compositing_pb2_grpc.CompositingServiceServicer):
    """Sets cut-outs into backgrounds with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def CompositeProduct(self, request, context):
        stopwatch = Stopwatch()
        check_request(request)
        cutout = self._images.read_rgba(request.cutout, "cutout")
        background, scene, warnings = self._backdrop(request)
        look = look_of(request.options, scene)
        lighting = lit(scene, request.options.shadow)
        answer = self._engines.run(
            request.options.engine,
            lambda engine: engine.compose(cutout, background, lighting, request.cut_sides, look),
        )
        made = answer.result
        return compositing_pb2.CompositeProductResponse(
            composite=self._images.write(made.pixels, request.accept_format),
            mask=self._images.write(made.mask, choose_gray_format(request.accept_format)),
            placement=placement_message(made.placement, look, scene),
            run=stopwatch.report_run(
                answer,
                parameters(look),
                (*warnings, *made.warnings),
                preview=encode_thumbnail(made.pixels),
            ),
            scene=scene_to_message(scene) if request.HasField("scene") else None,
            layers=layers_to_messages(layers_of(background, made)) if request.with_layers else (),
            color_shift=color_shift(made.untinted, made.product.pixels) if look.tint else 0.0,
        )

    def ListEngines(self, request, context):
        return compositing_pb2.CompositingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _backdrop(self, request) -> tuple[np.ndarray, Scene, list[EngineWarning]]:
        """The background at the size of the composite, its scene, and what to know of it."""
        scene = scene_from_message(request.scene) if request.HasField("scene") else Scene()
        asked = (request.size.height, request.size.width) if request.HasField("size") else None
        if request.HasField("color"):
            return plain(rgb_from_message(request.color), asked or PLAIN_SIZE), scene, []
        background = self._images.read_rgb(request.background, "background")
        check_image_sides(background, *COMPOSITE_SIDES, "background")
        canvas = asked or background.shape[:2]
        lowest = arrangement_of(request.options.arrangement).lowest_ground(scene.lying)
        pixels, scene = cover(background, canvas, scene, lowest)
        return pixels, scene, list(enlarged(covering_scale(background.shape[:2], canvas)))


def layers_of(background: np.ndarray, made: Composite) -> list[NamedLayer]:
    """What lies over each other in a composite, from the bottom up."""
    canvas = background.shape[:2]
    return [
        ("background", background),
        ("shadow", shadow_on_canvas(canvas, made.shadow)),
        ("cutout", product_on_canvas(canvas, made.product)),
    ]


def check_request(request: compositing_pb2.CompositeProductRequest) -> None:
    """Refuses what no single field's rule can tell."""
    violations = []
    if request.HasField("background") == request.HasField("color"):
        text = "is required, or a color in its place; send one of the two"
        violations.append(Violation("background", text))
    if request.options.locked and request.options.tint:
        text = "changes the product's colors, which locked forbids; leave one of them out"
        violations.append(Violation("options.tint", text))
    if violations:
        raise InvalidRequest(*violations)


def look_of(options: compositing_pb2.CompositingOptions, scene: Scene) -> Look:
    """Fills in the defaults of the options that are unset."""
    fields = {"height_share": LYING_HEIGHT_SHARE} if scene.lying else {}
    fields |= read_set_fields(options)
    if options.locked:
        fields["tint"] = 0.0
    if options.shadow.kind:
        fields["shadow"] = word(compositing_pb2.ShadowKind, options.shadow.kind)
    return Look(
        **fields,
        shadow_color=rgb_from_message(options.shadow.color),
        arrangement=arrangement_of(options.arrangement),
    )


def lit(scene: Scene, shadow: compositing_pb2.ShadowOptions) -> Scene:
    """The scene under the light that the shadow asks for, if any."""
    return (
        replace(scene, light=light_from_message(shadow.light))
        if shadow.HasField("light")
        else scene
    )


def enlarged(scale: float):
    """Says so when the background had to be enlarged."""
    if scale > ENLARGED_FROM:
        text = f"the background was enlarged {scale:.1f} times; a larger one would be sharper"
        yield EngineWarning("BACKGROUND_ENLARGED", text)


def parameters(look: Look) -> dict[str, object]:
    """A look for the record of a run; what is unset is left out."""
    fields = asdict(look, dict_factory=_without_none)
    arrangement = {name: value for name, value in fields.pop("arrangement").items() if value}
    return fields | {"shadow_color": list(look.shadow_color), "arrangement": arrangement}


def _without_none(fields: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if value is not None}


def placement_message(at: Placement, look: Look, scene: Scene) -> compositing_pb2.Placement:
    """Writes a Placement message."""
    return compositing_pb2.Placement(
        box=box_to_message(at.box),
        scale=at.scale,
        rotation=look.arrangement.rotation,
        flipped=look.arrangement.flip,
        stands=look.arrangement.stands(scene.lying),
    )


STAGE = StageDefinition(
    "compositing",
    RULES,
    compositing_pb2_grpc.add_CompositingServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: CompositingServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
