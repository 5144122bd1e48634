"""The rules for options, which the gateway and the stages both receive."""

from dataclasses import replace

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
from services.runtime.formats import RGBA_FORMATS
from services.runtime.guards.fields import (
    SETTINGS_ALLOWED,
    check_image,
    find_font_file_fault,
    find_settings_fault,
    find_text_anchor_fault,
    limit_formats,
    limit_prompts,
    limit_size,
)
from services.runtime.guards.validation import (
    FieldRule,
    FieldRules,
    limit_count,
    limit_length,
    limit_name,
    limit_range,
    require_number,
)
from services.runtime.limits import (
    BACKGROUND_ASPECT,
    BACKGROUND_SIDES,
    CFG_SCALE,
    DIFFUSION_SIDES,
    MAX_FONT_BYTES,
    SAMPLING_STEPS,
    SIDES,
    TEXT_SIZES,
)

# Points of a prompt and colors of a palette: more than a person clicks or picks. Larger: more
# work per call.
MAX_POINTS, MAX_COLORS = 64, 8
# Share of a picture's side that a part of it has at least: less than the narrowest banner shows of
# a set. Smaller: larger pictures to render for the same part.
MIN_CROP = 0.01


def _find_box_fault(box: image_pb2.Box) -> str | None:
    """Returns what is wrong with a box in a request, in words; None if it is valid."""
    if box.width >= 1 and box.height >= 1:
        return None
    return f"is {box.width} x {box.height}; send a box of at least 1 x 1 pixels"


def _find_crop_fault(crop: scene_pb2.Crop) -> str | None:
    """Returns what is wrong with a part of a picture, in words; None if it lies inside."""
    right = crop.left + (crop.width if crop.HasField("width") else 1)
    bottom = crop.top + (crop.height if crop.HasField("height") else 1)
    # Shares are stored in 32 bits.
    if max(right, bottom) <= 1 + 1e-4:
        return None
    return "reaches past the picture; send shares that add up to at most 1"


# Shares of a side; two opposite margins of 0.45 leave a tenth for the product.
_MARGINS = [limit_range(side, 0, 0.45) for side in SIDES]

OPTION_RULES: FieldRules = {
    engine_pb2.EngineChoice: [limit_name("name", 64)],
    image_pb2.Color: [limit_range(channel, 0, 255) for channel in ("red", "green", "blue")],
    scene_pb2.Scene: [
        limit_range("ground_line", 0, 1),
        limit_range("product_x", 0, 1),
        limit_range("product_height", 0, 100),
        limit_range("horizon", -10, 10),
        limit_range("gloss", 0, 1),
        limit_range("camera_pitch", 0, 90),
        limit_count("palette", MAX_COLORS),
    ],
    scene_pb2.Light: [
        limit_range("azimuth", 0, 360),
        limit_range("elevation", 0, 90),
        limit_range("softness", 0, 1),
    ],
    scene_pb2.SetRecipe: [
        limit_name("renderer", 200),
        *limit_prompts(prompt_required=True),
        replace(limit_size(*BACKGROUND_SIDES, BACKGROUND_ASPECT), required=True),
        FieldRule("crop", _find_crop_fault, allowed="inside the picture"),
        limit_range("camera_pitch", 0, 90),
        limit_length("product", 200),
        limit_range("product_height_mm", 1, 10_000),
    ],
    scene_pb2.Crop: [
        *(limit_range(share, 0, 1) for share in ("left", "top")),
        *(limit_range(share, MIN_CROP, 1) for share in ("width", "height")),
    ],
    scene_pb2.View: [
        limit_range("ground_pitch", 0, 90),
        limit_range("camera_pitch", 0, 90),
        limit_range("pitch_confidence", 0, 1),
        limit_range("tilt", -45, 45),
        limit_range("focal_length_mm", 1, 10_000),
        limit_range("light_azimuth", 0, 360),
        limit_range("aspect", 0.001, 100),
    ],
    segmentation_pb2.SegmentationOptions: [
        limit_range("box_share", 0.1, 1),
        limit_range("max_side", 64, 8192),
        FieldRule("box", _find_box_fault, allowed="at least 1 x 1 pixels"),
        limit_count("points", MAX_POINTS),
        limit_length("product", 200),
    ],
    segmentation_pb2.Point: [require_number("x"), require_number("y")],
    background_pb2.BackgroundOptions: [
        limit_range("camera_pitch", 0, 90),
        limit_length("product", 200),
        limit_range("product_height_mm", 1, 10_000),
    ],
    diffusion_pb2.DiffusionOptions: [
        limit_range("steps", *SAMPLING_STEPS),
        limit_range("cfg_scale", *CFG_SCALE),
        limit_name("sampler", 64),
        limit_name("scheduler", 64),
        limit_name("model", 256),
        limit_range("drawn_side", *DIFFUSION_SIDES),
        FieldRule("override_settings", find_settings_fault, allowed=SETTINGS_ALLOWED),
    ],
    compositing_pb2.CompositingOptions: [
        limit_range("width_share", 0.05, 1),
        limit_range("height_share", 0.05, 1),
        limit_range("tint", 0, 0.5),
        limit_range("shadow_opacity", 0, 1),
        limit_range("area_share", 0.005, 0.9),
    ],
    compositing_pb2.Arrangement: [
        limit_range("offset_x", -1, 1),
        limit_range("offset_y", -1, 1),
        limit_range("rotation", -180, 180),
    ],
    compositing_pb2.Spot: [
        limit_range("center_x", 0, 1),
        limit_range("center_y", 0, 1),
        limit_range("width", 0.02, 2),
    ],
    compositing_pb2.Margins: _MARGINS,
    inpainting_pb2.InpaintingOptions: [
        limit_range("denoising_strength", 0, 1),
        limit_range("shadow_strength", 0, 1.5),
        limit_range("reflection_strength", 0, 1.5),
    ],
    finishing_pb2.Lettering: [
        limit_length("headline", 120),
        limit_length("call_to_action", 40),
        check_image("logo", required=False),
        *_MARGINS,
        FieldRule("anchor", find_text_anchor_fault, allowed="a side or a corner"),
        limit_range("size", *TEXT_SIZES),
        limit_name("font", 64),
        FieldRule(
            "font_file",
            find_font_file_fault,
            allowed=f"a font file of at most {MAX_FONT_BYTES >> 20} MiB",
        ),
    ],
    finishing_pb2.Delivery: [
        limit_range("quality", 1, 100),
        limit_range("max_kilobytes", 5, 50_000),
        limit_range("dpi", 1, 2400),
        limit_name("profile", 64),
    ],
}

# The gateway passes requests for cut-outs on.
SEGMENTATION_RULES: FieldRules = {
    segmentation_pb2.SegmentProductRequest: [
        check_image("photo"),
        limit_formats(RGBA_FORMATS),
        check_image("mask", required=False),
    ],
}
