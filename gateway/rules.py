"""Validation rules for the fields of requests to the gateway."""

import re
from collections.abc import Mapping, Sequence

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2, jobs_pb2, scene_pb2, webhooks_pb2
from gateway.jobs.plan import count_ads, list_axis_values
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import (
    LETTERING,
    check_image,
    find_lettering_fault,
    limit_formats,
    limit_prompts,
    limit_size,
)
from services.runtime.guards.option_rules import OPTION_RULES, SEGMENTATION_RULES
from services.runtime.guards.validation import (
    FieldRule,
    FieldRules,
    limit_count,
    limit_length,
    limit_minimum,
    limit_name,
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

# Characters of a resource name, of which the longest, jobs/{uuid}/artifacts/{sha256}, has 116, and
# of the name of a photo.
MAX_NAME_LENGTH = 200
# Jobs on a page; larger page sizes are lowered to it. Larger: slower pages, larger messages.
MAX_PAGE_SIZE = 1000
# States by which jobs are listed; there are fewer.
MAX_STATES = 10
# Prompts, overrides and ads of one campaign. Larger: a campaign fills the queue of a gateway, whose
# default limit is 10,000 ads, and its jobs take longer to read.
MAX_PROMPTS, MAX_OVERRIDES, MAX_CAMPAIGN_ADS = 1000, 1000, 10_000
# Labels of one job, and characters of each key and value. Larger: lists of jobs take longer.
MAX_LABELS, MAX_LABEL_LENGTH = 64, 63
LABEL_KEY = re.compile(rf"[a-z0-9_.-]{{1,{MAX_LABEL_LENGTH}}}")
# Longest time to make one ad of a job. Larger: a stage that stands still delays a job for longer.
MAX_AD_SECONDS = 86_400.0
# Longest wait for the end of a job. Larger: more calls wait for callers that have left.
MAX_WAIT_SECONDS = 3600.0
UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
PAGE_TOKEN = re.compile(r"[0-9]{1,18}")


def _find_backdrop_fault(backdrop: scene_pb2.Backdrop) -> str | None:
    """Returns what is wrong with the background that a caller supplies; None when valid."""
    return None if backdrop.WhichOneof("surface") else "shows nothing; send a picture or a color"


def _find_campaign_fault(campaign: jobs_pb2.Campaign) -> str | None:
    """Returns what is wrong with the number of ads or the overrides of a campaign; None when valid.

    The fault is a clause that follows the name of the field.
    """
    ads = count_ads(campaign)
    if ads > MAX_CAMPAIGN_ADS:
        return f"asks for {ads} ads; send at most {MAX_CAMPAIGN_ADS} at once"
    overrides = campaign.overrides[:MAX_OVERRIDES]
    choices = list_axis_values(campaign) if overrides else {}
    for index, override in enumerate(overrides):
        for axis, values in choices.items():
            if override.HasField(axis) and getattr(override, axis) not in values:
                return f"has no such {axis} as overrides[{index}] is for"
        if override.HasField("lettering") and (
            fault := _find_merged_lettering_fault(campaign, override)
        ):
            return f"has overrides[{index}] whose lettering {fault}"
    return None


def _find_merged_lettering_fault(
    campaign: jobs_pb2.Campaign, override: jobs_pb2.Override
) -> str | None:
    """Returns what is wrong with the text and logo of an ad that an override applies to.

    Its lettering is that of the campaign with the fields that the override sets. None when valid.
    """
    merged = finishing_pb2.Lettering()
    merged.CopyFrom(campaign.lettering)
    merged.MergeFrom(override.lettering)
    return find_lettering_fault(merged)


def _find_labels_fault(labels: Mapping[str, str]) -> str | None:
    """Returns what is wrong with the number, keys or values of labels; None when valid.

    The fault is a clause that follows the name of the field.
    """
    if len(labels) > MAX_LABELS:
        return f"contains {len(labels)}; send at most {MAX_LABELS}"
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key):
            return f"has the key {key[:80]!r}; send 1 to 63 of a to z, 0 to 9, _, - and ."
        if len(value) > MAX_LABEL_LENGTH or not value.isprintable():
            return f"has a value of {key} that is not of at most 63 printable characters"
    return None


def _find_timestamp_fault(time: Timestamp) -> str | None:
    """Returns what is wrong with a time; None when valid."""
    try:
        time.ToDatetime()
    except (ValueError, OverflowError):
        return "is no time between the years 1 and 9999"
    return None


def _limit_duration(field: str, low: float, high: float) -> FieldRule:
    """Returns a rule that a duration must lie between two numbers of seconds, both included.

    field: its name in the message.
    """
    seconds = limit_range(field, low, high)

    def find_fault(duration: Duration) -> str | None:
        return seconds.find_fault(duration.seconds + duration.nanos / 1e9)

    return FieldRule(field, find_fault, allowed=f"{seconds.allowed} seconds")


def _find_prompts_fault(prompts: Sequence[str]) -> str | None:
    """Returns what is wrong with the number, text or length of prompts; None when valid.

    The fault is a clause that follows the name of the field.
    """
    if len(prompts) > MAX_PROMPTS:
        return f"holds {len(prompts)}; send at most {MAX_PROMPTS}"
    if all(prompt.strip() and len(prompt) <= MAX_PROMPT_CHARACTERS for prompt in prompts):
        return None
    return f"holds one without words or of more than {MAX_PROMPT_CHARACTERS} characters"


def _find_sizes_fault(sizes: Sequence[image_pb2.Size]) -> str | None:
    """Returns what is wrong with the sizes of a campaign; None when valid."""
    return next(filter(None, map(_AD_SIZE.find_fault, sizes)), None)


def _find_uuid_fault(text: str) -> str | None:
    """Returns what is wrong with a UUID; None when valid."""
    return None if UUID.fullmatch(text) else "is no UUID; send one such as uuid4() makes"


def _find_page_token_fault(text: str) -> str | None:
    """Returns what is wrong with the token of a page of jobs, which is a number; None when valid.

    The fault is a clause that follows the name of the field.
    """
    return (
        None if PAGE_TOKEN.fullmatch(text) else "is not one of ours; send the last next_page_token"
    )


_PROMPTS_ALLOWED = f"at most {MAX_PROMPTS:,} of at most {MAX_PROMPT_CHARACTERS:,} characters each"
_AD_SIZE = limit_size(*AD_SIDES, AD_ASPECT, AD_MEGAPIXELS)
_LABELS_ALLOWED = f"at most {MAX_LABELS}; keys of 1 to 63 of a to z, 0 to 9, `_`, `-` and `.`"
_LABELS = FieldRule("labels", _find_labels_fault, allowed=_LABELS_ALLOWED)
_BACKDROP = FieldRule("backdrop", _find_backdrop_fault, allowed="a picture or a color")
_PAGE = [
    limit_minimum("page_size", 0, f"1 and more; lowered to {MAX_PAGE_SIZE:,}"),
    FieldRule("page_token", _find_page_token_fault, allowed="the last next_page_token"),
    limit_count("states", MAX_STATES),
]
_CREATED_FROM = FieldRule("created_from", _find_timestamp_fault, allowed="the years 1 to 9999")

RULES: FieldRules = {
    **OPTION_RULES,
    **SEGMENTATION_RULES,
    scene_pb2.Backdrop: [check_image("picture", required=False)],
    ads_pb2.CreateAdRequest: [
        check_image("photo"),
        check_image("mask", required=False),
        *limit_prompts(prompt_required=True),
        _AD_SIZE,
        _BACKDROP,
        LETTERING,
        limit_formats(FILE_FORMATS),
    ],
    ads_pb2.ValidateOptionsRequest: [_AD_SIZE, _BACKDROP, LETTERING, limit_formats(FILE_FORMATS)],
    ads_pb2.UploadImageRequest: [check_image("image")],
    ads_pb2.VerifyAdRequest: [
        check_image("image"),
        limit_length("manifest", MAX_MANIFEST_CHARACTERS, required=True),
    ],
    ads_pb2.AssessAdRequest: [
        check_image("image"),
        limit_length("manifest", MAX_MANIFEST_CHARACTERS),
    ],
    ads_pb2.CheckAdRequest: [
        check_image("image"),
        limit_name("profile", 64, required=True),
        limit_length("file_name", 255),
    ],
    ads_pb2.SubmitJobRequest: [
        FieldRule(
            "campaign",
            _find_campaign_fault,
            required=True,
            allowed=f"at most {MAX_CAMPAIGN_ADS:,} ads",
        ),
        FieldRule("request_id", _find_uuid_fault, allowed="a UUID"),
        limit_range("priority", 0, 9),
    ],
    jobs_pb2.Campaign: [
        FieldRule("photos", lambda _: None, required=True, allowed="pictures, bounded as below"),
        FieldRule("prompts", _find_prompts_fault, required=True, allowed=_PROMPTS_ALLOWED),
        limit_length("negative_prompt", MAX_PROMPT_CHARACTERS),
        FieldRule("sizes", _find_sizes_fault, allowed=f"each with {_AD_SIZE.allowed}"),
        limit_count("overrides", MAX_OVERRIDES),
        limit_range("variants", 1, 16),
        limit_range("seed", 0, MAX_SEED),
        limit_formats(FILE_FORMATS),
        _BACKDROP,
        LETTERING,
        _limit_duration("ad_timeout", 0.1, MAX_AD_SECONDS),
        limit_name("display_name", MAX_NAME_LENGTH),
        _LABELS,
    ],
    jobs_pb2.Photo: [check_image("image"), limit_name("name", MAX_NAME_LENGTH)],
    jobs_pb2.Override: [
        limit_name("photo", MAX_NAME_LENGTH),
        limit_length("prompt", MAX_PROMPT_CHARACTERS),
        limit_length("negative_prompt", MAX_PROMPT_CHARACTERS),
        limit_range("seed", 0, MAX_SEED),
        limit_formats(FILE_FORMATS),
        _BACKDROP,
    ],
    ads_pb2.GetJobRequest: [limit_name("name", MAX_NAME_LENGTH, required=True)],
    ads_pb2.WatchJobRequest: [
        limit_name("name", MAX_NAME_LENGTH, required=True),
        limit_range("after_sequence", 0, 2**62),
    ],
    ads_pb2.CancelJobRequest: [limit_name("name", MAX_NAME_LENGTH, required=True)],
    ads_pb2.WaitJobRequest: [
        limit_name("name", MAX_NAME_LENGTH, required=True),
        _limit_duration("timeout", 0, MAX_WAIT_SECONDS),
    ],
    ads_pb2.DeleteJobRequest: [limit_name("name", MAX_NAME_LENGTH, required=True)],
    ads_pb2.RetryJobRequest: [
        limit_name("name", MAX_NAME_LENGTH, required=True),
        limit_count("positions", MAX_CAMPAIGN_ADS),
    ],
    ads_pb2.GetArtifactRequest: [
        limit_name("name", MAX_NAME_LENGTH, required=True),
        limit_range("offset", 0, 2**62),
    ],
    ads_pb2.ListJobsRequest: [
        *_PAGE,
        _CREATED_FROM,
        FieldRule("created_before", _find_timestamp_fault, allowed="the years 1 to 9999"),
        _LABELS,
        limit_name("owner", 64),
    ],
    webhooks_pb2.ListWebhookEndpointsRequest: [],
    webhooks_pb2.EnableWebhookEndpointRequest: [limit_name("name", 64, required=True)],
    webhooks_pb2.ListWebhookDeliveriesRequest: [*_PAGE, limit_name("endpoint", 64)],
    webhooks_pb2.ReplayWebhookDeliveriesRequest: [
        limit_name("id", 64),
        limit_name("endpoint", 64),
        limit_count("states", MAX_STATES),
        _CREATED_FROM,
    ],
}
