"""Expands a campaign into the requests for its ads."""

import math
from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2, jobs_pb2, scene_pb2
from services.runtime.limits import DEFAULT_SIDE
from services.runtime.options import resolve_seed

# The fields of an override that select ads, in the order of the indexes of an ad.
AXES = ("photo", "prompt", "size", "variant")
# Fields that an ad copies from its campaign and its overrides.
SHARED_FIELDS = (
    *("negative_prompt", "accept_format", "segmentation", "background", "compositing"),
    *("inpainting", "finishing", "delivery", "lettering", "backdrop"),
)
# Messages that are replaced as a whole: the color of an override is not mixed with the campaign's.
ATOMIC_MESSAGES = (image_pb2.Box, image_pb2.Color, image_pb2.Image, image_pb2.Size)


class CampaignPlan:
    """The ads of a campaign by position: by photo, then prompt, then size, then variant.

    campaign: with its defaults filled in.
    """

    def __init__(self, campaign: jobs_pb2.Campaign) -> None:
        self._campaign = campaign
        self._photos = list_photos(campaign)
        self._axis_lengths = measure_axes(campaign)

    def __len__(self) -> int:
        return math.prod(self._axis_lengths)

    def describe_ad(self, position: int) -> jobs_pb2.JobAd:
        """Returns prompt, size, seed and photo key of an ad, as clients see it in the job."""
        photo, prompt, size, _ = indexes = self._indexes_from_position(position)
        return jobs_pb2.JobAd(
            prompt=self._campaign.prompts[prompt],
            size=self._campaign.sizes[size],
            seed=self._compute_seed(indexes),
            photo=self._photos[photo].uri,
        )

    def build_ad_request(self, position: int) -> ads_pb2.CreateAdRequest:
        """Builds the request for an ad; its images are keys of the artifact store."""
        photo, prompt, size, _ = indexes = self._indexes_from_position(position)
        ad = ads_pb2.CreateAdRequest(
            photo=self._photos[photo],
            prompt=self._campaign.prompts[prompt],
            size=self._campaign.sizes[size],
        )
        overlay_fields(ad, self._campaign, SHARED_FIELDS)
        for override in self._find_overrides(indexes):
            overlay_fields(ad, override, SHARED_FIELDS)
        ad.seed = self._compute_seed(indexes)
        return ad

    def _indexes_from_position(self, position: int) -> list[int]:
        """Returns the index of an ad on each of AXES."""
        indexes: list[int] = []
        for length in reversed(self._axis_lengths):
            position, index = divmod(position, length)
            indexes.insert(0, index)
        return indexes

    def _compute_seed(self, indexes: Sequence[int]) -> int:
        """Returns the seed of the last override that sets one, else that of the variant."""
        seed = (self._campaign.seed + indexes[-1]) % 2**31
        seeds = [each.seed for each in self._find_overrides(indexes) if each.HasField("seed")]
        return seeds[-1] if seeds else seed

    def _find_overrides(self, indexes: Sequence[int]) -> Iterator[jobs_pb2.Override]:
        """Yields the overrides that apply to an ad."""
        for override in self._campaign.overrides:
            axes = zip(AXES, indexes, strict=True)
            if all(getattr(override, axis) == at for axis, at in axes if override.HasField(axis)):
                yield override


def fill_campaign_defaults(campaign: jobs_pb2.Campaign) -> jobs_pb2.Campaign:
    """Returns a copy with all defaults filled in, so that a new version makes the same ads."""
    full = jobs_pb2.Campaign()
    full.CopyFrom(campaign)
    full.seed = resolve_seed(campaign)
    full.variants = campaign.variants or 1
    parts: list[jobs_pb2.Campaign | jobs_pb2.Override] = [full, *full.overrides]
    for part in parts:
        if part.HasField("delivery"):
            part.delivery.layers = part.delivery.layered_file = False
    if not full.sizes:
        full.sizes.add(width=DEFAULT_SIDE, height=DEFAULT_SIDE)
    if not full.segmentation.HasField("max_side"):
        # The same cut-out is used for all sizes.
        full.segmentation.max_side = max(max(size.width, size.height) for size in full.sizes)
    return full


def overlay_fields(target: Message, source: Message, names: Sequence[str] | None = None) -> None:
    """Sets in one message the fields that are set in another, including nested fields.

    Lists and ATOMIC_MESSAGES are replaced.

    names: fields to consider, which both messages have; None for all.
    """
    for field, value in source.ListFields():
        if names is not None and field.name not in names:
            continue
        if field.is_repeated:
            target.ClearField(field.name)
            getattr(target, field.name).MergeFrom(value)
        elif isinstance(value, ATOMIC_MESSAGES):
            getattr(target, field.name).CopyFrom(value)
        elif field.message_type:
            getattr(target, field.name).SetInParent()
            overlay_fields(getattr(target, field.name), value)
        else:
            setattr(target, field.name, value)


def measure_axes(campaign: jobs_pb2.Campaign) -> tuple[int, int, int, int]:
    """Returns the numbers of photos, prompts, sizes and variants of a campaign."""
    sizes, variants = max(1, len(campaign.sizes)), max(1, campaign.variants)
    return len(list_photos(campaign)), len(campaign.prompts), sizes, variants


def count_ads(campaign: jobs_pb2.Campaign) -> int:
    """Returns the number of ads of a campaign."""
    return math.prod(measure_axes(campaign))


def list_photos(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """Returns all photos of a campaign."""
    first = [campaign.photo] if campaign.HasField("photo") else []
    return [*first, *campaign.more_photos]


def list_images(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """Returns all images in a campaign and its overrides, photos first."""
    images = [*list_photos(campaign), *list_extra_images(campaign.backdrop, campaign.lettering)]
    for override in campaign.overrides:
        images += list_extra_images(override.backdrop, override.lettering)
    return images


def list_extra_images(
    backdrop: scene_pb2.Backdrop, lettering: finishing_pb2.Lettering
) -> list[image_pb2.Image]:
    """Returns the image of a backdrop and the logo of a lettering, where they are set."""
    extras = []
    if backdrop.HasField("picture"):
        extras.append(backdrop.picture)
    if lettering.HasField("logo"):
        extras.append(lettering.logo)
    return extras
