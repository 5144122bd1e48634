"""Implements CompositingService: decodes requests, calls an engine, encodes results."""

from collections.abc import Iterable
from dataclasses import asdict, replace

import grpc
import numpy as np

from cyclorama.v1 import compositing_pb2, compositing_pb2_grpc, scene_pb2
from services.compositing.arrangement import (
    Arrangement,
    arrangement_from_message,
    read_set_floats,
)
from services.compositing.background_fit import compute_cover_scale, fit_background
from services.compositing.color_backdrop import plan_color_scene, render_sweep
from services.compositing.color_shift import measure_color_shift
from services.compositing.engine import CompositeOptions, CompositeResult, CompositingEngine
from services.compositing.engines import CompositingSettings, open_engine
from services.compositing.layers import render_product_rgba, render_shadow_rgba
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
from services.imaging.view import PhotoView, view_from_message
from services.runtime.engines import Engines, EngineWarning
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import COMPOSITE_SIDES, DEFAULT_SIDE
from services.runtime.options import word_from_enum
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition
from services.stage_images import build_image_codec

# Largest height of a product seen from above, as a share of the canvas: it needs no headroom and
# may fill more of the picture than a standing one. Larger: less surface around it.
LYING_HEIGHT_SHARE = 0.8
# Default shadows of products above the ground, by stance; all others get a drop shadow.
RAISED_SHADOWS = {"floating": "ground", "hanging": "none"}
# Height and width of a plain background whose size no caller names.
PLAIN_CANVAS = (DEFAULT_SIDE, DEFAULT_SIDE)
# Scale above which the caller is warned of a soft background. Larger: softer backgrounds go without
# a warning.
BACKGROUND_ENLARGED_FROM = 1.3
# Degrees between the angles at which photo and scene show the ground from which the caller is
# warned: from there on, tops and bases look wrong to anybody. Larger: fewer warnings.
VIEW_MISMATCH_FROM = 10.0


class CompositingServicer(compositing_pb2_grpc.CompositingServiceServicer):
    """Composites cut-outs with backgrounds, using the engines of this process."""

    def __init__(self, engines: Engines[CompositingEngine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def CompositeProduct(
        self, request: compositing_pb2.CompositeProductRequest, context: grpc.ServicerContext
    ) -> compositing_pb2.CompositeProductResponse:
        """Places a product's cut-out on a background or a color, with shadow and tint.

        context: not used; gRPC requires it.
        """
        stopwatch = Stopwatch()
        check_composite_request(request)
        cutout = self._images.read_rgba(request.cutout, "cutout")
        view = view_from_message(request.view)
        arrangement = arrangement_from_message(request.options.arrangement, view)
        background, scene, warnings = self._read_background(request, arrangement, view)
        options = composite_options_from_message(request.options, scene, arrangement)
        lit_scene = apply_shadow_light(scene, request.options.shadow)
        answer = self._engines.run(
            request.options.engine,
            lambda engine: engine.composite(
                cutout, background, lit_scene, request.cut_sides, options
            ),
        )
        result = answer.result
        encoded = self._images.write(result.pixels, request.accept_format)
        mask = self._images.write(result.mask, choose_gray_format(request.accept_format))
        response = compositing_pb2.CompositeProductResponse(
            placement=placement_to_message(result.placement, options, scene),
            run=stopwatch.report_run(
                answer,
                composite_options_to_parameters(options, scene),
                (*warnings, *warn_of_view_mismatch(request.scene, view), *result.warnings),
                preview=encode_thumbnail(result.pixels),
            ),
            scene=describe_composite_scene(
                scene,
                arrangement,
                is_known=request.HasField("scene") or request.HasField("color"),
            ),
            layers=(
                layers_to_messages(render_composite_layers(background, result))
                if request.with_layers
                else ()
            ),
            color_shift=(
                measure_color_shift(result.untinted, result.product.pixels) if options.tint else 0.0
            ),
        )
        # An image as an argument would be serialized and parsed.
        response.composite.CopyFrom(encoded)
        response.mask.CopyFrom(mask)
        return response

    def ListEngines(
        self,
        request: compositing_pb2.CompositingServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> compositing_pb2.CompositingServiceListEnginesResponse:
        """Lists the compositing engines of this process with their state; the request is empty."""
        return compositing_pb2.CompositingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _read_background(
        self,
        request: compositing_pb2.CompositeProductRequest,
        arrangement: Arrangement,
        view: PhotoView,
    ) -> tuple[np.ndarray, Scene, list[EngineWarning]]:
        """Returns the background at the composite's size, its scene, and warnings about it.

        The background is uint8 RGB (H, W, 3): a sweep in the requested color, or the picture in
        the request, scaled and cropped to the requested size.

        arrangement: where the caller wants the product.
        view: of its photo, which a plain color follows.
        """
        scene = scene_from_message(request.scene) if request.HasField("scene") else None
        size = (request.size.height, request.size.width) if request.HasField("size") else None
        if request.HasField("color"):
            color = rgb_from_message(request.color)
            scene = scene or plan_color_scene(color, view)
            return render_sweep(color, size or PLAIN_CANVAS, scene), scene, []
        scene = scene or Scene()
        background = self._images.read_rgb(request.background, "background")
        check_image_sides(background, *COMPOSITE_SIDES, "background")
        height, width = background.shape[:2]
        canvas = size or (height, width)
        lowest_ground = arrangement.lowest_ground_line(scene)
        fitted, scene = fit_background(background, canvas, scene, lowest_ground)
        return (
            fitted,
            scene,
            warn_of_enlarged_background(compute_cover_scale((height, width), canvas)),
        )


def render_composite_layers(background: np.ndarray, result: CompositeResult) -> list[NamedLayer]:
    """Renders background, shadow and cut-out as layers with names, from the bottom up.

    All are uint8 of the canvas's size, shadow and cut-out RGBA (H, W, 4).

    background: uint8 RGB (H, W, 3).
    """
    height, width = background.shape[:2]
    return [
        ("background", background),
        ("shadow", render_shadow_rgba((height, width), result.shadow)),
        ("cutout", render_product_rgba((height, width), result.product)),
    ]


def check_composite_request(request: compositing_pb2.CompositeProductRequest) -> None:
    """Raises InvalidRequest for fields that contradict each other, which no rule of a field sees.

    These are background and color, of which one is required, and a tint of a product whose colors
    are locked.
    """
    violations = []
    if request.HasField("background") == request.HasField("color"):
        problem = "is required, or a color in its place; send one of the two"
        violations.append(Violation("background", problem))
    if request.options.locked and request.options.tint:
        problem = "changes the product's colors, which locked forbids; leave one of them out"
        violations.append(Violation("options.tint", problem))
    if violations:
        raise InvalidRequest(*violations)


def composite_options_from_message(
    message: compositing_pb2.CompositingOptions, scene: Scene, arrangement: Arrangement
) -> CompositeOptions:
    """Reads how to place, tint and shade the product; unset fields take their defaults.

    Products in a scene that is seen from above may be higher by default. The default shadow is that
    of the product's stance. Locked colors forbid the tint.

    arrangement: read from the message.
    """
    # The shares, the tint and the opacity, under the same names in message and options.
    numbers = {"height_share": LYING_HEIGHT_SHARE} if scene.lying else {}
    numbers |= read_set_floats(message)
    if message.locked:
        numbers["tint"] = 0.0
    shadow = word_from_enum(compositing_pb2.ShadowKind.DESCRIPTOR, message.shadow.kind)
    default_shadow = RAISED_SHADOWS.get(arrangement.choose_stance(scene), CompositeOptions.shadow)
    return CompositeOptions(
        shadow=shadow or default_shadow,
        shadow_color=rgb_from_message(message.shadow.color),
        locked=message.locked,
        arrangement=arrangement,
        **numbers,
    )


def describe_composite_scene(
    scene: Scene, arrangement: Arrangement, is_known: bool
) -> scene_pb2.Scene | None:
    """Returns the message on the composite's scene, with the stance of the product.

    None for an unknown scene with a product that is not raised above the ground: what follows from
    a scene's defaults would then be no better than a guess from the picture.

    is_known: whether the request has a scene, or a color, whose scene is chosen.
    """
    if not is_known and not arrangement.is_raised(scene):
        return None
    return scene_to_message(replace(scene, stance=arrangement.choose_stance(scene)))


def apply_shadow_light(scene: Scene, shadow: compositing_pb2.ShadowOptions) -> Scene:
    """Returns the scene with the light that the shadow options name, or unchanged without one."""
    return (
        replace(scene, light=light_from_message(shadow.light))
        if shadow.HasField("light")
        else scene
    )


def warn_of_enlarged_background(scale: float) -> list[EngineWarning]:
    """Returns a warning when the background was enlarged visibly, else an empty list.

    scale: of the background in the composite, relative to the picture that was sent.
    """
    if scale <= BACKGROUND_ENLARGED_FROM:
        return []
    message = f"the background was enlarged {scale:.1f} times; a larger one would be sharper"
    return [EngineWarning("BACKGROUND_ENLARGED", message)]


def warn_of_view_mismatch(scene: scene_pb2.Scene, view: PhotoView) -> list[EngineWarning]:
    """Returns a warning when photo and scene look down on the ground at clearly different angles.

    Empty where they agree, the scene's camera is not known or the photo's is not sure.
    """
    pitch = view.followed_pitch
    if pitch is None or not scene.HasField("camera_pitch"):
        return []
    ground_pitch = scene_from_message(scene).ground_pitch
    if abs(ground_pitch - pitch) < VIEW_MISMATCH_FROM:
        return []
    message = (
        f"the photo looks down on the product at {pitch:.0f} degrees, the scene on its ground at "
        f"{ground_pitch:.0f}; a photo or a background from the other's height would match"
    )
    return [EngineWarning("VIEW_MISMATCH", message)]


def composite_options_to_parameters(options: CompositeOptions, scene: Scene) -> dict[str, object]:
    """Returns the options as plain values by name, for the report on a run.

    Leaves out those that are None, and of the arrangement all that are 0, empty or False. Adds the
    stance and what decided it: "caller", "scene", "photo" or "default".
    """
    stance, decided_by = options.arrangement.explain_stance(scene)
    fields: dict[str, object] = asdict(options, dict_factory=_drop_none)
    arrangement = asdict(options.arrangement, dict_factory=_drop_none)
    return fields | {
        "stance": stance,
        "stance_from": decided_by,
        "shadow_color": list(options.shadow_color),
        "arrangement": {name: value for name, value in arrangement.items() if value},
    }


def _drop_none(fields: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Returns a dict of (name, value) pairs without those whose value is None."""
    return {name: value for name, value in fields if value is not None}


def placement_to_message(
    placement: Placement, options: CompositeOptions, scene: Scene
) -> compositing_pb2.Placement:
    """Returns the message on where the product is: box, scale, rotation, mirrored, standing."""
    return compositing_pb2.Placement(
        box=box_to_message(placement.box),
        scale=placement.scale,
        rotation=options.arrangement.rotation,
        flipped=options.arrangement.flip,
        stands=options.arrangement.is_standing(scene),
    )


STAGE = StageDefinition(
    "compositing",
    RULES,
    compositing_pb2_grpc.add_CompositingServiceServicer_to_server,
    CompositingSettings,
    open_engine,
    lambda engines, settings: CompositingServicer(
        engines,
        build_image_codec(settings),
    ),
)
