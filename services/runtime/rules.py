"""What each field of the contract must hold: one table, told in words in the proto comments."""

from cyclorama.v1 import (
    ads_pb2,
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
from services.runtime.guards.fields import (
    AD_ASPECT,
    AD_MEGAPIXELS,
    AD_SIDES,
    BACKDROP,
    FILE_FORMATS,
    LETTERING,
    RGB_FORMATS,
    SETTINGS_ALLOWED,
    picture,
    prompted,
    settings_broken,
    sides,
)
from services.runtime.guards.validation import Rule, Rules, at_most, between, few, one_of
from services.runtime.job_rules import JOB_RULES

MOST_POINTS, MOST_COLORS, MOST_LAYERS = 64, 8, 32
BACKGROUND_SIDES, BACKGROUND_ASPECT = (256, 2048), 3
COMPOSITE_SIDES = (16, 4096)
LONGEST_MANIFEST = 4_000_000
RGBA_FORMATS = (
    image_pb2.IMAGE_FORMAT_PNG,
    image_pb2.IMAGE_FORMAT_WEBP,
    image_pb2.IMAGE_FORMAT_RAW_RGBA,
)


def _box_broken(box: image_pb2.Box) -> str | None:
    if box.width >= 1 and box.height >= 1:
        return None
    return f"is {box.width} x {box.height}; send a box of at least 1 x 1 pixels"


def _record_broken(text: str) -> str | None:
    # It is written into the file's XMP, which is XML.
    fits = len(text) <= 128 and text.isprintable()
    return None if fits else "is not of at most 128 printable characters"


_STRIPS = [between(side, 0, 0.45) for side in ("top", "right", "bottom", "left")]
_CHECK = [picture("image"), at_most("profile", 64, needed=True), at_most("file_name", 255)]

RULES: Rules = {
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
    # Segmentation
    segmentation_pb2.SegmentProductRequest: [
        picture("photo"),
        one_of("accept_format", *RGBA_FORMATS),
        picture("mask", needed=False),
    ],
    segmentation_pb2.SegmentationOptions: [
        between("box_share", 0.1, 1),
        between("max_side", 64, 8192),
        Rule("box", _box_broken, allowed="at least 1 x 1 pixels"),
        few("points", MOST_POINTS),
    ],
    # Background
    background_pb2.GenerateBackgroundRequest: [
        *prompted(prompt_needed=True),
        sides(*BACKGROUND_SIDES, BACKGROUND_ASPECT),
        one_of("accept_format", *RGB_FORMATS),
    ],
    background_pb2.BackgroundOptions: [between("camera_pitch", 0, 90), at_most("product", 200)],
    diffusion_pb2.DiffusionOptions: [
        between("steps", 1, 150),
        between("cfg_scale", 1, 30),
        at_most("sampler", 64),
        at_most("scheduler", 64),
        at_most("model", 256),
        between("drawn_side", 64, 2048),
        Rule("override_settings", settings_broken, allowed=SETTINGS_ALLOWED),
    ],
    # Compositing
    compositing_pb2.CompositeProductRequest: [
        picture("cutout"),
        picture("background", needed=False),
        few("cut_sides", 4),
        sides(*COMPOSITE_SIDES),
        one_of("accept_format", *RGB_FORMATS),
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
    # Finishing
    finishing_pb2.FinishAdRequest: [
        picture("ad"),
        picture("mask"),
        picture("composite"),
        one_of("accept_format", *FILE_FORMATS),
        Rule("record", _record_broken, allowed="at most 128 printable characters"),
        few("layers", MOST_LAYERS),
    ],
    finishing_pb2.VerifyFileRequest: [
        picture("image"),
        at_most("pixel_lock", LONGEST_MANIFEST, needed=True),
    ],
    finishing_pb2.CheckFileRequest: _CHECK,
    finishing_pb2.Circumstances: [
        between("confidence", 0, 1),
        between("scale", 0, 1e6),
        between("color_shift", 0, 1000),
        between("ground_line", 0, 10),
        between("light_azimuth", 0, 360),
    ],
    finishing_pb2.Layer: [picture("image"), at_most("name", 64, needed=True)],
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
    # Inpainting
    inpainting_pb2.InpaintSceneRequest: [
        picture("composite"),
        picture("mask"),
        *prompted(prompt_needed=False),
        one_of("accept_format", *RGB_FORMATS),
    ],
    inpainting_pb2.InpaintingOptions: [
        between("denoising_strength", 0, 1),
        between("shadow_strength", 0, 1.5),
        between("reflection_strength", 0, 1.5),
    ],
    # Ads
    ads_pb2.CreateAdRequest: [
        picture("photo"),
        *prompted(prompt_needed=True),
        sides(*AD_SIDES, AD_ASPECT, AD_MEGAPIXELS),
        BACKDROP,
        LETTERING,
        one_of("accept_format", *FILE_FORMATS),
    ],
    ads_pb2.VerifyAdRequest: [
        picture("image"),
        at_most("manifest", LONGEST_MANIFEST, needed=True),
    ],
    ads_pb2.CheckAdRequest: _CHECK,
    scene_pb2.Backdrop: [picture("picture", needed=False)],
    **JOB_RULES,
}
