"""Expands a campaign into the requests for its ads."""

import math
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from itertools import chain, product

from google.protobuf.message import Message

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    jobs_pb2,
    scene_pb2,
)
from services.runtime.limits import DEFAULT_SIDE, MAX_SEED
from services.runtime.objects import hash_content
from services.runtime.options import resolve_seed

# Fields that an ad copies from its campaign and its overrides.
SHARED_FIELDS = (
    *("negative_prompt", "accept_format", "segmentation", "background", "compositing"),
    *("inpainting", "finishing", "delivery", "lettering", "backdrop", "quality"),
)
# Messages that are replaced as a whole: the color of an override is not mixed with the campaign's.
ATOMIC_MESSAGES = (image_pb2.Box, image_pb2.Color, image_pb2.Image, image_pb2.Size)
# Difference of the seeds of one photo and the next: any number that is more than the variants.
PHOTO_SEED_STEP = 101
# What an override is for: photo (its name or key), prompt, width and height, variant; None for all.
Selection = tuple[str | None, str | None, tuple[int, int] | None, int | None]


class CampaignPlan:
    """The ads of a campaign by position: by photo, then prompt, then size, then variant.

    campaign: with its defaults filled in. display_name, labels: of the campaign.
    ad_timeout_seconds: longest time to make an ad; None for no limit.
    """

    def __init__(self, campaign: jobs_pb2.Campaign) -> None:
        """Counts the photos, prompts, sizes and variants of a campaign with its defaults."""
        self._campaign = campaign
        self._axis_lengths = measure_axes(campaign)
        self._overrides = _index_overrides(campaign.overrides)
        self.display_name, self.labels = campaign.display_name, campaign.labels
        has_timeout = campaign.HasField("ad_timeout")
        timeout = campaign.ad_timeout.ToTimedelta().total_seconds() if has_timeout else None
        self.ad_timeout_seconds: float | None = timeout

    def __len__(self) -> int:
        """Returns the number of ads."""
        return math.prod(self._axis_lengths)

    def describe_ad(self, position: int) -> jobs_pb2.JobAd:
        """Returns prompt, size, seed, photo and quality of an ad, as clients see it in the job.

        position: number of the ad in the campaign, from 0.
        """
        indexes = self._indexes_from_position(position)
        photo_index, prompt_index, size_index, _variant = indexes
        photo = self._campaign.photos[photo_index]
        return jobs_pb2.JobAd(
            prompt=self._campaign.prompts[prompt_index],
            size=self._campaign.sizes[size_index],
            seed=self._compute_seed(indexes),
            photo=photo.image.uri,
            photo_name=photo.name,
            quality=self._find_quality(indexes),
        )

    def build_ad_request(self, position: int) -> ads_pb2.CreateAdRequest:
        """Builds the request for an ad from the campaign and the overrides that apply to the ad.

        An override replaces options of the campaign for some of its ads.
        position: number of the ad in the campaign, from 0. Images in the request are keys of the
        artifact store.
        """
        indexes = self._indexes_from_position(position)
        photo_index, prompt_index, size_index, _variant = indexes
        ad = ads_pb2.CreateAdRequest(
            photo=self._campaign.photos[photo_index].image,
            prompt=self._campaign.prompts[prompt_index],
            size=self._campaign.sizes[size_index],
        )
        overlay_fields(ad, self._campaign, SHARED_FIELDS)
        for override in self._find_overrides(indexes):
            overlay_fields(ad, override, SHARED_FIELDS)
        ad.seed = self._compute_seed(indexes)
        return ad

    def _indexes_from_position(self, position: int) -> list[int]:
        """Returns the indexes of photo, prompt, size and variant of an ad, in this order.

        position: number of the ad in the campaign, from 0. From one position to the next, the
        variant, a repetition with another seed, changes first, and the photo last.
        """
        indexes: list[int] = []
        # As the digits of a number, from the last one on.
        for length in reversed(self._axis_lengths):
            position, index = divmod(position, length)
            indexes.insert(0, index)
        return indexes

    def _compute_seed(self, indexes: Sequence[int]) -> int:
        """Returns the seed of an ad, 0 to MAX_SEED.

        The last override that applies to the ad and has a seed decides; without one, it is the seed
        of the campaign plus the index of the variant, and a step for each photo before, so that
        products do not share one arrangement of things. indexes: of the ad.
        """
        step = indexes[-1] + PHOTO_SEED_STEP * indexes[0]
        variant_seed = (self._campaign.seed + step) % (MAX_SEED + 1)
        overrides = self._find_overrides(indexes)
        seeds = [override.seed for override in overrides if override.HasField("seed")]
        return seeds[-1] if seeds else variant_seed

    def _find_quality(self, indexes: Sequence[int]) -> engine_pb2.Quality:
        """Returns whether an ad is a draft or one to publish, by the last override that says so.

        indexes: of the ad.
        """
        named = [each.quality for each in self._find_overrides(indexes) if each.quality]
        return named[-1] if named else self._campaign.quality

    def _find_overrides(self, indexes: Sequence[int]) -> list[jobs_pb2.Override]:
        """Returns the overrides of the campaign that apply to an ad, in their order.

        An override applies when its photo, prompt, size and variant, where set, are those of the
        ad. indexes: of the ad.
        """
        if not self._overrides:
            return []
        photo_index, prompt_index, size_index, variant = indexes
        photo, size = self._campaign.photos[photo_index], self._campaign.sizes[size_index]
        selections = product(
            {None, photo.name, photo.image.uri},
            (None, self._campaign.prompts[prompt_index]),
            (None, (size.width, size.height)),
            (None, variant),
        )
        found = chain.from_iterable(self._overrides.get(each, ()) for each in selections)
        return [self._campaign.overrides[index] for index in sorted(found)]


def _index_overrides(overrides: Sequence[jobs_pb2.Override]) -> dict[Selection, list[int]]:
    """Returns the indexes of overrides by what they are for, so that each ad finds its own."""
    indexes = defaultdict[Selection, list[int]](list)
    for index, override in enumerate(overrides):
        selection = (
            override.photo if override.HasField("photo") else None,
            override.prompt if override.HasField("prompt") else None,
            (override.size.width, override.size.height) if override.HasField("size") else None,
            override.variant if override.HasField("variant") else None,
        )
        indexes[selection].append(index)
    return indexes


def fill_campaign_defaults(campaign: jobs_pb2.Campaign) -> jobs_pb2.Campaign:
    """Returns a copy of a campaign with all defaults filled in.

    A later version of the gateway, with other defaults, then makes the same ads. Layered files and
    single layers, which jobs do not deliver, are switched off.
    """
    full = jobs_pb2.Campaign()
    full.CopyFrom(campaign)
    full.seed = resolve_seed(campaign)
    full.quality = campaign.quality or engine_pb2.QUALITY_FINAL
    full.variants = campaign.variants or 1
    if not full.background.follow_photo:
        # Photos share backgrounds.
        full.background.follow_photo = background_pb2.FOLLOW_PHOTO_IN_STEPS
    with_delivery: list[jobs_pb2.Campaign | jobs_pb2.Override] = [full, *full.overrides]
    for message in with_delivery:
        if message.HasField("delivery"):
            message.delivery.layers = message.delivery.layered_file = False
    if not full.sizes:
        full.sizes.add(width=DEFAULT_SIDE, height=DEFAULT_SIDE)
    if not full.segmentation.HasField("max_side"):
        # The same cut-out is used for all sizes.
        full.segmentation.max_side = max(max(size.width, size.height) for size in full.sizes)
    return full


def overlay_fields(target: Message, source: Message, names: Sequence[str] | None = None) -> None:
    """Copies the fields that are set in `source` to `target`, which is changed in place.

    Messages are merged field by field; lists and ATOMIC_MESSAGES are replaced as a whole. names:
    the fields to copy, which both messages have; None for all.
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
            # An empty message counts as set too.
            getattr(target, field.name).SetInParent()
            overlay_fields(getattr(target, field.name), value)
        else:
            setattr(target, field.name, value)


def measure_axes(campaign: jobs_pb2.Campaign) -> tuple[int, int, int, int]:
    """Returns the numbers of photos, prompts, sizes and variants of a campaign, in this order.

    Variants are repetitions with other seeds. Sizes and variants count as one where the campaign
    leaves them to the gateway.
    """
    sizes, variants = max(1, len(campaign.sizes)), max(1, campaign.variants)
    return len(campaign.photos), len(campaign.prompts), sizes, variants


def list_axis_values(campaign: jobs_pb2.Campaign) -> Mapping[str, Container[object]]:
    """Returns what the fields of an override that select ads may be, by name of the field.

    campaign: with the bytes of its photos, which are hashed, or with their keys.
    """
    images = [(photo.name, photo.image) for photo in campaign.photos]
    photos = [(name, image.uri or hash_content(image.data)) for name, image in images]
    default_size = image_pb2.Size(width=DEFAULT_SIDE, height=DEFAULT_SIDE)
    return {
        "photo": set(chain.from_iterable(photos)),
        "prompt": set(campaign.prompts),
        "size": list(campaign.sizes) or [default_size],
        "variant": range(max(1, campaign.variants)),
    }


def count_ads(campaign: jobs_pb2.Campaign) -> int:
    """Returns the number of ads of a campaign."""
    return math.prod(measure_axes(campaign))


def list_images(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """Returns all images in a campaign and its overrides: photos, backdrop pictures and logos."""
    photos = [photo.image for photo in campaign.photos]
    images = [*photos, *list_extra_images(campaign.backdrop, campaign.lettering)]
    for override in campaign.overrides:
        images += list_extra_images(override.backdrop, override.lettering)
    return images


def list_extra_images(
    backdrop: scene_pb2.Backdrop, lettering: finishing_pb2.Lettering
) -> list[image_pb2.Image]:
    """Returns the images of an ad besides its photo, those that are set.

    These are the picture of the backdrop, which replaces a generated background, and of the
    lettering the logo and the font file, which is kept like a picture.
    """
    extras = []
    if backdrop.HasField("picture"):
        extras.append(backdrop.picture)
    if lettering.HasField("logo"):
        extras.append(lettering.logo)
    if lettering.HasField("font_file"):
        extras.append(lettering.font_file)
    return extras
