"""What each field of the contract must hold: one table, told in words in the proto comments."""

import re
from collections.abc import Sequence

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    diffusion_pb2,
    engine_pb2,
    image_pb2,
    inpainting_pb2,
    jobs_pb2,
    scene_pb2,
    segmentation_pb2,
)
from services.runtime.validation import Rule, Rules, at_most, between, one_of

PROMPT_CHARACTERS = 2000
MAX_SEED = 2**31 - 1
AD_SIDES = (256, 2048)
LONGEST_ASPECT = 3
MOST_POINTS = 64
MOST_PROMPTS, MOST_ADS = 1000, 10_000
UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
TOKEN = re.compile(r"[0-9]{1,18}")
RGB_FORMATS = (
    image_pb2.IMAGE_FORMAT_PNG,
    image_pb2.IMAGE_FORMAT_JPEG,
    image_pb2.IMAGE_FORMAT_WEBP,
    image_pb2.IMAGE_FORMAT_RAW_RGB,
)
RGBA_FORMATS = (
    image_pb2.IMAGE_FORMAT_PNG,
    image_pb2.IMAGE_FORMAT_WEBP,
    image_pb2.IMAGE_FORMAT_RAW_RGBA,
)


def _size_broken(size: image_pb2.Size) -> str | None:
    low, high = AD_SIDES
    sides = (size.width, size.height)
    if not all(low <= side <= high for side in sides):
        return f"is {size.width} x {size.height}; send sides of {low} to {high} pixels"
    if max(sides) > LONGEST_ASPECT * min(sides):
        return f"is {size.width} x {size.height}; send sides of at most {LONGEST_ASPECT} to 1"
    return None


def _image_broken(image: image_pb2.Image) -> str | None:
    match image.WhichOneof("source"):
        case "data":
            return None if image.data else "is empty; send the bytes of a picture"
        case "uri":
            return "is a uri, which this version does not resolve; send the bytes as data"
    return "holds no picture; send its bytes as data"


def _box_broken(box: image_pb2.Box) -> str | None:
    if box.width >= 1 and box.height >= 1:
        return None
    return f"is {box.width} x {box.height}; send a box of at least 1 x 1 pixels"


def _too_many_points(points: Sequence) -> str | None:
    few = len(points) <= MOST_POINTS
    return None if few else f"holds {len(points)}; send at most {MOST_POINTS}"


def _campaign_broken(campaign: jobs_pb2.Campaign) -> str | None:
    photos = 1 + len(campaign.more_photos)
    ads = photos * len(campaign.prompts) * max(1, len(campaign.sizes)) * max(1, campaign.variants)
    return None if ads <= MOST_ADS else f"asks for {ads} ads; send at most {MOST_ADS} at once"


def _prompts_broken(prompts: Sequence[str]) -> str | None:
    if len(prompts) > MOST_PROMPTS:
        return f"holds {len(prompts)}; send at most {MOST_PROMPTS}"
    if all(prompt.strip() and len(prompt) <= PROMPT_CHARACTERS for prompt in prompts):
        return None
    return f"holds one without words or of more than {PROMPT_CHARACTERS} characters"


def _sizes_broken(sizes: Sequence[image_pb2.Size]) -> str | None:
    return next(filter(None, map(_size_broken, sizes)), None)


def _photos_broken(photos: Sequence[image_pb2.Image]) -> str | None:
    return next(filter(None, map(_image_broken, photos)), None)


def _uuid_broken(text: str) -> str | None:
    return None if UUID.fullmatch(text) else "is no UUID; send one such as uuid4() makes"


def _token_broken(text: str) -> str | None:
    return None if TOKEN.fullmatch(text) else "is not one of ours; send the last next_page_token"


def _always_fine(_: str) -> None:
    return None


def _picture(field: str) -> Rule:
    return Rule(field, _image_broken, required=True)


def _prompted(*, prompt_needed: bool) -> tuple[Rule, ...]:
    return (
        at_most("prompt", PROMPT_CHARACTERS, needed=prompt_needed),
        at_most("negative_prompt", PROMPT_CHARACTERS),
        between("seed", 0, MAX_SEED),
    )


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
        Rule("mask", _image_broken),
    ],
    segmentation_pb2.SegmentationOptions: [
        between("box_share", 0.1, 1),
        between("max_side", 64, 8192),
        Rule("box", _box_broken),
        Rule("points", _too_many_points),
    ],
    # Background
    background_pb2.GenerateRequest: [
        *_prompted(prompt_needed=True),
        Rule("size", _size_broken),
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
    ],
    # Compositing
    compositing_pb2.CompositeRequest: [
        _picture("cutout"),
        _picture("background"),
        one_of("accept_format", *RGB_FORMATS),
    ],
    compositing_pb2.CompositingOptions: [
        between("width_share", 0.05, 1),
        between("height_share", 0.05, 1),
        between("tint", 0, 0.5),
        between("shadow_opacity", 0, 1),
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
        Rule("size", _size_broken),
        one_of("accept_format", *RGB_FORMATS),
    ],
    # Jobs
    ads_pb2.SubmitJobRequest: [
        Rule("campaign", _campaign_broken, required=True),
        Rule("request_id", _uuid_broken),
        between("priority", 0, 9),
    ],
    jobs_pb2.Campaign: [
        _picture("photo"),
        Rule("prompts", _prompts_broken, required=True),
        at_most("negative_prompt", PROMPT_CHARACTERS),
        Rule("sizes", _sizes_broken),
        between("variants", 0, 16),
        between("seed", 0, MAX_SEED),
        one_of("accept_format", *RGB_FORMATS),
        Rule("more_photos", _photos_broken),
    ],
    ads_pb2.GetJobRequest: [Rule("name", _always_fine, required=True)],
    ads_pb2.WatchJobRequest: [
        Rule("name", _always_fine, required=True),
        between("after_sequence", 0, 2**62),
    ],
    ads_pb2.CancelJobRequest: [Rule("name", _always_fine, required=True)],
    ads_pb2.GetArtifactRequest: [
        Rule("name", _always_fine, required=True),
        between("offset", 0, 2**62),
    ],
    ads_pb2.ListJobsRequest: [
        between("page_size", 0, 1000),
        Rule("page_token", _token_broken),
    ],
}
