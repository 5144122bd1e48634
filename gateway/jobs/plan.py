"""Campaigns as lists of ads."""

import math
from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, image_pb2, jobs_pb2
from services.runtime.limits import DEFAULT_SIDE
from services.runtime.options import resolve_seed

# What says which ads an override meets, in the order of an ad's place.
AXES = ("photo", "prompt", "size", "variant")
# What an ad takes over from its campaign as it is.
SHARED = (
    *("negative_prompt", "accept_format", "segmentation", "background", "compositing"),
    *("inpainting", "finishing", "delivery", "lettering", "backdrop"),
)


class Plan:
    """A settled campaign's ads by position: by photo, then prompt, then size, then variant."""

    def __init__(self, campaign: jobs_pb2.Campaign) -> None:
        self._campaign = campaign
        self._photos = photos_of(campaign)
        self._lengths = lengths_of(campaign)

    def __len__(self) -> int:
        return math.prod(self._lengths)

    def told(self, position: int) -> jobs_pb2.JobAd:
        """What an ad is to be, for those who look at the job."""
        photo, prompt, size, _ = place = self._place(position)
        return jobs_pb2.JobAd(
            prompt=self._campaign.prompts[prompt],
            size=self._campaign.sizes[size],
            seed=self._seed(place),
            photo=self._photos[photo].uri,
        )

    def ad(self, position: int) -> ads_pb2.CreateAdRequest:
        """What an ad is made from; its pictures are keys."""
        photo, prompt, size, _ = place = self._place(position)
        ad = ads_pb2.CreateAdRequest(
            photo=self._photos[photo],
            prompt=self._campaign.prompts[prompt],
            size=self._campaign.sizes[size],
        )
        overlay(ad, self._campaign, SHARED)
        for override in self._overrides(place):
            overlay(ad, override, SHARED)
        ad.seed = self._seed(place)
        return ad

    def _place(self, position: int) -> list[int]:
        place = []
        for length in reversed(self._lengths):
            position, index = divmod(position, length)
            place.insert(0, index)
        return place

    def _seed(self, place: Sequence[int]) -> int:
        seed = (self._campaign.seed + place[-1]) % 2**31
        given = [each.seed for each in self._overrides(place) if each.HasField("seed")]
        return given[-1] if given else seed

    def _overrides(self, place: Sequence[int]) -> Iterator[jobs_pb2.Override]:
        for override in self._campaign.overrides:
            wanted = zip(AXES, place, strict=True)
            if all(getattr(override, axis) == at for axis, at in wanted if override.HasField(axis)):
                yield override


def settle(campaign: jobs_pb2.Campaign) -> jobs_pb2.Campaign:
    """A copy with every default filled in, so that it means the same tomorrow."""
    full = jobs_pb2.Campaign()
    full.CopyFrom(campaign)
    full.seed = resolve_seed(campaign)
    full.variants = campaign.variants or 1
    for each in (full, *full.overrides):
        if each.HasField("delivery"):
            each.delivery.layers = each.delivery.layered_file = False
    if not full.sizes:
        full.sizes.add(width=DEFAULT_SIDE, height=DEFAULT_SIDE)
    if not full.segmentation.HasField("max_side"):
        # One cut-out serves all sizes.
        full.segmentation.max_side = max(max(size.width, size.height) for size in full.sizes)
    return full


# Whose parts mean nothing apart: an override's color is not mixed with the campaign's.
WHOLE = (image_pb2.Box, image_pb2.Color, image_pb2.Image, image_pb2.Size)


def overlay(target: Message, source: Message, names: Sequence[str] | None = None) -> None:
    """Sets in one message what is set in another, message by message.

    Lists are replaced, and so are the messages of WHOLE.

    names: the only fields looked at, which both have.
    """
    for field, value in source.ListFields():
        if names is not None and field.name not in names:
            continue
        if field.is_repeated:
            target.ClearField(field.name)
            getattr(target, field.name).MergeFrom(value)
        elif isinstance(value, WHOLE):
            getattr(target, field.name).CopyFrom(value)
        elif field.message_type:
            getattr(target, field.name).SetInParent()
            overlay(getattr(target, field.name), value)
        else:
            setattr(target, field.name, value)


def lengths_of(campaign: jobs_pb2.Campaign) -> tuple[int, int, int, int]:
    """How many photos, prompts, sizes and variants a campaign has."""
    sizes, variants = max(1, len(campaign.sizes)), max(1, campaign.variants)
    return len(photos_of(campaign)), len(campaign.prompts), sizes, variants


def count_ads(campaign: jobs_pb2.Campaign) -> int:
    """How many ads a campaign asks for."""
    return math.prod(lengths_of(campaign))


def photos_of(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """All photos of a campaign."""
    first = [campaign.photo] if campaign.HasField("photo") else []
    return [*first, *campaign.more_photos]


def pictures_of(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """All pictures in a campaign, photos first."""
    extras = [extra for each in (campaign, *campaign.overrides) for extra in extras_of(each)]
    return [*photos_of(campaign), *extras]


def extras_of(
    asked: jobs_pb2.Campaign | jobs_pb2.Override | ads_pb2.CreateAdRequest,
) -> list[image_pb2.Image]:
    """The pictures beside photos: backdrop and logo."""
    extras = []
    if asked.backdrop.HasField("picture"):
        extras.append(asked.backdrop.picture)
    if asked.lettering.HasField("logo"):
        extras.append(asked.lettering.logo)
    return extras
