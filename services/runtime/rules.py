"""What each field of the contract must hold: one table, told in words in the proto comments."""

import math

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.validation import Rule, Rules, at_most, between, one_of

PROMPT_CHARACTERS = 2000
MAX_SEED = 2**31 - 1
BACKGROUND_SIDES, BACKGROUND_ASPECT = (256, 2048), 3
AD_SIDES, AD_ASPECT, AD_MEGAPIXELS = (50, 4096), 20, 8
COMPOSITE_SIDES = (16, 4096)
LONGEST_MANIFEST = 4_000_000
RGB_FORMATS = (
    image_pb2.IMAGE_FORMAT_PNG,
    image_pb2.IMAGE_FORMAT_JPEG,
    image_pb2.IMAGE_FORMAT_WEBP,
    image_pb2.IMAGE_FORMAT_RAW_RGB,
)
FILE_FORMATS = (
    *RGB_FORMATS,
    image_pb2.IMAGE_FORMAT_AVIF,
    image_pb2.IMAGE_FORMAT_TIFF,
)
RGBA_FORMATS = (
    image_pb2.IMAGE_FORMAT_PNG,
    image_pb2.IMAGE_FORMAT_WEBP,
    image_pb2.IMAGE_FORMAT_RAW_RGBA,
)


def _sides(low: int, high: int, aspect: float = math.inf, megapixels: float = math.inf) -> Rule:
    def broken(size: image_pb2.Size) -> str | None:
        sides, found = (size.width, size.height), f"is {size.width} x {size.height}"
        if not all(low <= side <= high for side in sides):
            return f"{found}; send sides of {low} to {high} pixels"
        if max(sides) > aspect * min(sides):
            return f"{found}; send sides of at most {aspect:g} to 1"
        if size.width * size.height > megapixels * 1e6:
            return f"{found}; send at most {megapixels:g} megapixels"
        return None

    return Rule("size", broken)


def _image_broken(image: image_pb2.Image) -> str | None:
    match image.WhichOneof("source"):
        case "data":
            return None if image.data else "is empty; send the bytes of a picture"
        case "uri":
            return "is a uri, which this version does not resolve; send the bytes as data"
    return "holds no picture; send its bytes as data"


def _backdrop_broken(backdrop: ads_pb2.Backdrop) -> str | None:
    return None if backdrop.WhichOneof("surface") else "shows nothing; send a picture or a color"


def _lettering_broken(lettering: finishing_pb2.Lettering) -> str | None:
    says = lettering.headline.strip() or lettering.call_to_action.strip()
    return None if says or lettering.HasField("logo") else "says nothing; send words or a logo"


def _picture(field: str) -> Rule:
    return Rule(field, _image_broken, required=True)


def _prompted(*, prompt_needed: bool) -> tuple[Rule, ...]:
    return (
        at_most("prompt", PROMPT_CHARACTERS, needed=prompt_needed),
        at_most("negative_prompt", PROMPT_CHARACTERS),
        between("seed", 0, MAX_SEED),
    )


_STRIPS = [between(side, 0, 0.45) for side in ("top", "right", "bottom", "left")]
_CHECK = [_picture("image"), at_most("profile", 64, needed=True), at_most("file_name", 255)]

RULES: Rules = {
    engine_pb2.EngineChoice: [at_most("name", 64)],
    image_pb2.Color: [between(channel, 0, 255) for channel in ("red", "green", "blue")],
    scene_pb2.Scene: [
        between("ground_line", 0, 1),
        between("horizon", -10, 10),
        between("gloss", 0, 1),
        between("camera_pitch", 0, 90),
    ],
    scene_pb2.Light: [
        between("azimuth", 0, 360),
        between("elevation", 0, 90),
        between("softness", 0, 1),
    ],
    # Segmentation
    segmentation_pb2.SegmentRequest: [
        _picture("photo"),
        one_of("accept_format", *RGBA_FORMATS),
    ],
    segmentation_pb2.SegmentationOptions: [
        between("box_share", 0.1, 1),
        between("max_side", 64, 8192),
    ],
    # Background
    background_pb2.GenerateRequest: [
        *_prompted(prompt_needed=True),
        _sides(*BACKGROUND_SIDES, BACKGROUND_ASPECT),
        one_of("accept_format", *RGB_FORMATS),
    ],
    background_pb2.BackgroundOptions: [between("camera_pitch", 0, 90)],
    # Compositing
    compositing_pb2.CompositeRequest: [
        _picture("cutout"),
        Rule("background", _image_broken),
        _sides(*COMPOSITE_SIDES),
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
    finishing_pb2.FinishRequest: [
        _picture("ad"),
        _picture("mask"),
        _picture("composite"),
        one_of("accept_format", *FILE_FORMATS),
        at_most("record", 128),
    ],
    finishing_pb2.VerifyRequest: [
        _picture("image"),
        at_most("pixel_lock", LONGEST_MANIFEST, needed=True),
    ],
    finishing_pb2.CheckRequest: _CHECK,
    finishing_pb2.Circumstances: [
        between("confidence", 0, 1),
        between("scale", 0, 1e6),
        between("color_shift", 0, 1000),
        between("ground_line", 0, 10),
        between("light_azimuth", 0, 360),
    ],
    finishing_pb2.Layer: [_picture("image"), at_most("name", 64, needed=True)],
    finishing_pb2.Lettering: [
        at_most("headline", 120),
        at_most("call_to_action", 40),
        Rule("logo", _image_broken),
        *_STRIPS,
    ],
    finishing_pb2.Delivery: [
        between("quality", 1, 100),
        between("max_kilobytes", 5, 50_000),
        between("dpi", 1, 2400),
        at_most("profile", 64),
    ],
    # Inpainting
    inpainting_pb2.InpaintRequest: [
        _picture("composite"),
        _picture("mask"),
        *_prompted(prompt_needed=False),
        one_of("accept_format", *RGB_FORMATS),
    ],
    inpainting_pb2.InpaintingOptions: [
        between("denoising_strength", 0, 1),
        between("shadow_strength", 0, 1.5),
        between("reflection_strength", 0, 1.5),
    ],
    # Ads
    ads_pb2.CreateAdRequest: [
        _picture("photo"),
        *_prompted(prompt_needed=True),
        _sides(*AD_SIDES, AD_ASPECT, AD_MEGAPIXELS),
        Rule("backdrop", _backdrop_broken),
        Rule("lettering", _lettering_broken),
        one_of("accept_format", *FILE_FORMATS),
    ],
    ads_pb2.VerifyAdRequest: [
        _picture("image"),
        at_most("manifest", LONGEST_MANIFEST, needed=True),
    ],
    ads_pb2.CheckAdRequest: _CHECK,
    ads_pb2.Backdrop: [Rule("picture", _image_broken)],
}
