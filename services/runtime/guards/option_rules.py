"""What the fields of options must contain, which the gateway and the stages both receive."""

from cyclorama.v1 import (
    background_pb2,
    compositing_pb2,
    diffusion_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.guards.fields import SETTINGS_ALLOWED, picture, settings_broken
from services.runtime.guards.validation import Rule, Rules, at_most, between, few, present
from services.runtime.limits import CFG_SCALE, DRAWN_SIDES, SIDES, STEPS

MOST_POINTS, MOST_COLORS = 64, 8


def _box_broken(box: image_pb2.Box) -> str | None:
    if box.width >= 1 and box.height >= 1:
        return None
    return f"is {box.width} x {box.height}; send a box of at least 1 x 1 pixels"


_STRIPS = [between(side, 0, 0.45) for side in SIDES]

OPTION_RULES: Rules = {
    engine_pb2.EngineChoice: [at_most("name", 64)],
    image_pb2.Color: [between(channel, 0, 255) for channel in ("red", "green", "blue")],
    scene_pb2.Scene: [
        between("ground_line", 0, 1),
        between("horizon", -10, 10),
        between("gloss", 0, 1),
        between("camera_pitch", 0, 90),
        few("palette", MOST_COLORS),
    ],
    scene_pb2.Light: [
        between("azimuth", 0, 360),
        between("elevation", 0, 90),
        between("softness", 0, 1),
    ],
    segmentation_pb2.SegmentationOptions: [
        between("box_share", 0.1, 1),
        between("max_side", 64, 8192),
        Rule("box", _box_broken, allowed="at least 1 x 1 pixels"),
        few("points", MOST_POINTS),
    ],
    segmentation_pb2.Point: [present("x"), present("y")],
    background_pb2.BackgroundOptions: [between("camera_pitch", 0, 90), at_most("product", 200)],
    diffusion_pb2.DiffusionOptions: [
        between("steps", *STEPS),
        between("cfg_scale", *CFG_SCALE),
        at_most("sampler", 64),
        at_most("scheduler", 64),
        at_most("model", 256),
        between("drawn_side", *DRAWN_SIDES),
        Rule("override_settings", settings_broken, allowed=SETTINGS_ALLOWED),
    ],
    compositing_pb2.CompositingOptions: [
        between("width_share", 0.05, 1),
        between("height_share", 0.05, 1),
        between("tint", 0, 0.5),
        between("shadow_opacity", 0, 1),
        between("area_share", 0.005, 0.9),
    ],
    compositing_pb2.Arrangement: [
        between("offset_x", -1, 1),
        between("offset_y", -1, 1),
        between("rotation", -180, 180),
    ],
    compositing_pb2.Margins: _STRIPS,
    inpainting_pb2.InpaintingOptions: [
        between("denoising_strength", 0, 1),
        between("shadow_strength", 0, 1.5),
        between("reflection_strength", 0, 1.5),
    ],
    finishing_pb2.Lettering: [
        at_most("headline", 120),
        at_most("call_to_action", 40),
        picture("logo", needed=False),
        *_STRIPS,
    ],
    finishing_pb2.Delivery: [
        between("quality", 1, 100),
        between("max_kilobytes", 5, 50_000),
        between("dpi", 1, 2400),
        at_most("profile", 64),
    ],
}
