"""What the fields of requests to the gateway must contain."""

import math
import re
from collections.abc import Sequence

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2, jobs_pb2, scene_pb2
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import (
    LETTERING,
    accepted,
    image_broken,
    lettering_broken,
    picture,
    prompted,
    sides,
)
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rule, Rules, at_least, at_most, between, few
from services.runtime.limits import (
    AD_ASPECT,
    AD_MEGAPIXELS,
    AD_SIDES,
    LONGEST_MANIFEST,
    MAX_SEED,
    PROMPT_CHARACTERS,
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
    return lettering_broken(merged)


def _prompts_broken(prompts: Sequence[str]) -> str | None:
    if len(prompts) > MOST_PROMPTS:
        return f"holds {len(prompts)}; send at most {MOST_PROMPTS}"
    if all(prompt.strip() and len(prompt) <= PROMPT_CHARACTERS for prompt in prompts):
        return None
    return f"holds one without words or of more than {PROMPT_CHARACTERS} characters"


def _sizes_broken(sizes: Sequence[image_pb2.Size]) -> str | None:
    return next(filter(None, map(_AD_SIZE.broken, sizes)), None)


def _photos_broken(photos: Sequence[image_pb2.Image]) -> str | None:
    for at, photo in enumerate(photos):
        if broken := image_broken(photo):
            return f"holds one at {at} that {broken}"
    return None


def _uuid_broken(text: str) -> str | None:
    return None if UUID.fullmatch(text) else "is no UUID; send one such as uuid4() makes"


def _token_broken(text: str) -> str | None:
    return None if TOKEN.fullmatch(text) else "is not one of ours; send the last next_page_token"


_PROMPTS_ALLOWED = f"at most {MOST_PROMPTS:,} of at most {PROMPT_CHARACTERS:,} characters each"
_AD_SIZE = sides(*AD_SIDES, AD_ASPECT, AD_MEGAPIXELS)
_BACKDROP = Rule("backdrop", _backdrop_broken, allowed="a picture or a color")

RULES: Rules = {
    **OPTION_RULES,
    scene_pb2.Backdrop: [picture("picture", needed=False)],
    ads_pb2.CreateAdRequest: [
        picture("photo"),
        *prompted(prompt_needed=True),
        _AD_SIZE,
        _BACKDROP,
        LETTERING,
        accepted(FILE_FORMATS),
    ],
    ads_pb2.VerifyAdRequest: [
        picture("image"),
        at_most("manifest", LONGEST_MANIFEST, needed=True),
    ],
    ads_pb2.CheckAdRequest: [
        picture("image"),
        at_most("profile", 64, needed=True),
        at_most("file_name", 255),
    ],
    ads_pb2.SubmitJobRequest: [
        Rule("campaign", _campaign_broken, required=True, allowed=f"at most {MOST_ADS:,} ads"),
        Rule("request_id", _uuid_broken, allowed="a UUID"),
        between("priority", 0, 9),
    ],
    jobs_pb2.Campaign: [
        picture("photo"),
        Rule("prompts", _prompts_broken, required=True, allowed=_PROMPTS_ALLOWED),
        at_most("negative_prompt", PROMPT_CHARACTERS),
        Rule("sizes", _sizes_broken, allowed=f"each with {_AD_SIZE.allowed}"),
        few("overrides", MOST_OVERRIDES),
        between("variants", 1, 16),
        between("seed", 0, MAX_SEED),
        accepted(FILE_FORMATS),
        Rule("more_photos", _photos_broken, allowed="pictures, bounded as above"),
        _BACKDROP,
        LETTERING,
    ],
    jobs_pb2.Override: [
        at_most("negative_prompt", PROMPT_CHARACTERS),
        between("seed", 0, MAX_SEED),
        accepted(FILE_FORMATS),
        _BACKDROP,
    ],
    ads_pb2.GetJobRequest: [at_most("name", LONGEST_NAME, needed=True)],
    ads_pb2.WatchJobRequest: [
        at_most("name", LONGEST_NAME, needed=True),
        between("after_sequence", 0, 2**62),
    ],
    ads_pb2.CancelJobRequest: [at_most("name", LONGEST_NAME, needed=True)],
    ads_pb2.GetArtifactRequest: [
        at_most("name", LONGEST_NAME, needed=True),
        between("offset", 0, 2**62),
    ],
    ads_pb2.ListJobsRequest: [
        at_least("page_size", 0, f"1 and more; lowered to {MOST_JOBS:,}"),
        Rule("page_token", _token_broken, allowed="the last next_page_token"),
    ],
}
