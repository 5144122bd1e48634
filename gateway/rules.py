"""What the fields of requests to the gateway must contain."""

import math
import re
from collections.abc import Sequence

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2, jobs_pb2, scene_pb2
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import (
    LETTERING,
    check_image,
    find_image_fault,
    find_lettering_fault,
    limit_formats,
    limit_prompts,
    limit_size,
)
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import (
    FieldRule,
    FieldRules,
    limit_count,
    limit_length,
    limit_minimum,
    limit_range,
)
from services.runtime.limits import (
    AD_ASPECT,
    AD_MEGAPIXELS,
    AD_SIDES,
    MAX_MANIFEST_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
)

LONGEST_NAME = 200
# In a page of jobs; more that are asked for are as many.
MOST_JOBS = 1000
MOST_PROMPTS, MOST_OVERRIDES, MOST_ADS = 1000, 1000, 10_000
UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
TOKEN = re.compile(r"[0-9]{1,18}")


def _backdrop_broken(backdrop: scene_pb2.Backdrop) -> str | None:
    """What is wrong with a caller's own scene."""
    return None if backdrop.WhichOneof("surface") else "shows nothing; send a picture or a color"


def _campaign_broken(campaign: jobs_pb2.Campaign) -> str | None:
    lengths = {
        "photo": 1 + len(campaign.more_photos),
        "prompt": len(campaign.prompts),
        "size": max(1, len(campaign.sizes)),
        "variant": max(1, campaign.variants),
    }
    ads = math.prod(lengths.values())
    if ads > MOST_ADS:
        return f"asks for {ads} ads; send at most {MOST_ADS} at once"
    for at, override in enumerate(campaign.overrides[:MOST_OVERRIDES]):
        for axis, length in lengths.items():
            if not 0 <= getattr(override, axis) < max(1, length):
                return f"has no {axis} {getattr(override, axis)}, which overrides[{at}] is for"
        if override.HasField("lettering") and (broken := _merged_broken(campaign, override)):
            return f"has overrides[{at}] whose lettering {broken}"
    return None


def _merged_broken(campaign: jobs_pb2.Campaign, override: jobs_pb2.Override) -> str | None:
    """What is wrong with the lettering of an ad that an override meets."""
    merged = finishing_pb2.Lettering()
    merged.CopyFrom(campaign.lettering)
    merged.MergeFrom(override.lettering)
    return find_lettering_fault(merged)


def _prompts_broken(prompts: Sequence[str]) -> str | None:
    if len(prompts) > MOST_PROMPTS:
        return f"holds {len(prompts)}; send at most {MOST_PROMPTS}"
    if all(prompt.strip() and len(prompt) <= MAX_PROMPT_CHARACTERS for prompt in prompts):
        return None
    return f"holds one without words or of more than {MAX_PROMPT_CHARACTERS} characters"


def _sizes_broken(sizes: Sequence[image_pb2.Size]) -> str | None:
    return next(filter(None, map(_AD_SIZE.find_fault, sizes)), None)


def _photos_broken(photos: Sequence[image_pb2.Image]) -> str | None:
    for at, photo in enumerate(photos):
        if broken := find_image_fault(photo):
            return f"holds one at {at} that {broken}"
    return None


def _uuid_broken(text: str) -> str | None:
    return None if UUID.fullmatch(text) else "is no UUID; send one such as uuid4() makes"


def _token_broken(text: str) -> str | None:
    return None if TOKEN.fullmatch(text) else "is not one of ours; send the last next_page_token"


_PROMPTS_ALLOWED = f"at most {MOST_PROMPTS:,} of at most {MAX_PROMPT_CHARACTERS:,} characters each"
_AD_SIZE = limit_size(*AD_SIDES, AD_ASPECT, AD_MEGAPIXELS)
_BACKDROP = FieldRule("backdrop", _backdrop_broken, allowed="a picture or a color")

RULES: FieldRules = {
    **OPTION_RULES,
    scene_pb2.Backdrop: [check_image("picture", required=False)],
    ads_pb2.CreateAdRequest: [
        check_image("photo"),
        *limit_prompts(prompt_required=True),
        _AD_SIZE,
        _BACKDROP,
        LETTERING,
        limit_formats(FILE_FORMATS),
    ],
    ads_pb2.VerifyAdRequest: [
        check_image("image"),
        limit_length("manifest", MAX_MANIFEST_CHARACTERS, required=True),
    ],
    ads_pb2.CheckAdRequest: [
        check_image("image"),
        limit_length("profile", 64, required=True),
        limit_length("file_name", 255),
    ],
    ads_pb2.SubmitJobRequest: [
        FieldRule("campaign", _campaign_broken, required=True, allowed=f"at most {MOST_ADS:,} ads"),
        FieldRule("request_id", _uuid_broken, allowed="a UUID"),
        limit_range("priority", 0, 9),
    ],
    jobs_pb2.Campaign: [
        check_image("photo"),
        FieldRule("prompts", _prompts_broken, required=True, allowed=_PROMPTS_ALLOWED),
        limit_length("negative_prompt", MAX_PROMPT_CHARACTERS),
        FieldRule("sizes", _sizes_broken, allowed=f"each with {_AD_SIZE.allowed}"),
        limit_count("overrides", MOST_OVERRIDES),
        limit_range("variants", 1, 16),
        limit_range("seed", 0, MAX_SEED),
        limit_formats(FILE_FORMATS),
        FieldRule("more_photos", _photos_broken, allowed="pictures, bounded as above"),
        _BACKDROP,
        LETTERING,
    ],
    jobs_pb2.Override: [
        limit_length("negative_prompt", MAX_PROMPT_CHARACTERS),
        limit_range("seed", 0, MAX_SEED),
        limit_formats(FILE_FORMATS),
        _BACKDROP,
    ],
    ads_pb2.GetJobRequest: [limit_length("name", LONGEST_NAME, required=True)],
    ads_pb2.WatchJobRequest: [
        limit_length("name", LONGEST_NAME, required=True),
        limit_range("after_sequence", 0, 2**62),
    ],
    ads_pb2.CancelJobRequest: [limit_length("name", LONGEST_NAME, required=True)],
    ads_pb2.GetArtifactRequest: [
        limit_length("name", LONGEST_NAME, required=True),
        limit_range("offset", 0, 2**62),
    ],
    ads_pb2.ListJobsRequest: [
        limit_minimum("page_size", 0, f"1 and more; lowered to {MOST_JOBS:,}"),
        FieldRule("page_token", _token_broken, allowed="the last next_page_token"),
    ],
}
