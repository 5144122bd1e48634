"""Applies the rules of an advertising platform to a request, and lists what contradicts them."""

import datetime
from collections.abc import Iterator

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, image_pb2
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.formats import FILE_FORMATS, PNG, RAW_CHANNELS, join_names, name_from_format
from services.runtime.profiles import (
    PlatformProfile,
    list_profile_names,
    load_profile,
)
from services.runtime.shape_checks import SHAPE_CHECKS, PictureShape

# The check of a picture's format; the others of SHAPE_CHECKS are about its size.
FORMAT_CHECK = "format"


def apply_profile(request: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """Returns a copy of a request with unset fields filled from its platform profile.

    The profile is that of an advertising platform, named in `delivery.profile`; without a name, the
    copy is unchanged. Raises InvalidRequest when the name is unknown, or when a field contradicts a
    rule of the profile that callers must not override.
    """
    full = ads_pb2.CreateAdRequest()
    if request.delivery.profile:
        profile = load_profile(request.delivery.profile, "delivery.profile")
        ParseDict(dict(profile.request), full)
        if broken := list(_find_contradictions(request, full, profile)):
            raise InvalidRequest(
                *(
                    Violation(path, f"contradicts the profile {profile.name}: {why}; leave it out")
                    for path, why in broken
                )
            )
    full.MergeFrom(request)
    return full


def list_profiles() -> Iterator[ads_pb2.Profile]:
    """Yields the profiles of all platforms, in the order of their names."""
    for name in list_profile_names():
        profile = load_profile(name, "delivery.profile")
        yield ads_pb2.Profile(
            name=name,
            title=profile.title,
            family=profile.family,
            source=profile.source,
            checked=profile.checked.isoformat(),
            sizes=[image_pb2.Size(width=width, height=height) for width, height in profile.sizes],
            formats=[
                image_pb2.ImageFormat.Name(each)
                for each in FILE_FORMATS
                if _takes_format(profile, each)
            ],
        )


def find_option_contradictions(
    options: ads_pb2.ValidateOptionsRequest,
) -> Iterator[ads_pb2.Contradiction]:
    """Yields what in the options of an ad contradicts their profile; raises InvalidRequest if none.

    First fields that the profile fixes, with which an ad is rejected, then rules about its format
    and size, which the ad's report would have as not met.
    """
    if not options.delivery.profile:
        return
    profile = load_profile(options.delivery.profile, "delivery.profile")
    ad, preset = ads_pb2.CreateAdRequest(), ads_pb2.CreateAdRequest()
    # Its fields have the names that they have in CreateAdRequest.
    for field, value in options.ListFields():
        if field.message_type:
            getattr(ad, field.name).CopyFrom(value)
        else:
            setattr(ad, field.name, value)
    ParseDict(dict(profile.request), preset)
    for path, why in _find_contradictions(ad, preset, profile):
        description = f"{profile.title}: {why}"
        yield ads_pb2.Contradiction(field=path, description=description, rejected=True)
    preset.MergeFrom(ad)
    shape = PictureShape(
        name_from_format(preset.accept_format or PNG), preset.size.width, preset.size.height
    )
    yield from _find_broken_rules(profile, shape)


def _find_broken_rules(
    profile: PlatformProfile, shape: PictureShape
) -> Iterator[ads_pb2.Contradiction]:
    """Yields which of format and size an ad of a shape cannot have on the platform today."""
    today = datetime.datetime.now(datetime.UTC).date()
    broken = {
        rule.check: limit
        for rule in profile.rules
        if rule.check in SHAPE_CHECKS and rule.is_required(today)
        for _, met, limit in [SHAPE_CHECKS[rule.check](rule.bounds, shape)]
        if not met
    }
    if FORMAT_CHECK in broken:
        text = f"{profile.title} does not take {shape.format}; choose {broken.pop(FORMAT_CHECK)}"
        yield ads_pb2.Contradiction(field="accept_format", description=text)
    if broken:
        usual = join_names([f"{width} x {height}" for width, height in profile.sizes])
        text = f"{profile.title} does not take {shape.width} x {shape.height}; choose {usual}"
        yield ads_pb2.Contradiction(field="size", description=text)


def _takes_format(profile: PlatformProfile, image_format: int) -> bool:
    """Whether a platform takes files of a format of finished ads."""
    rules = [rule for rule in profile.rules if rule.check == FORMAT_CHECK]
    name = name_from_format(image_format)
    return image_format not in RAW_CHANNELS and all(
        name in rule.bounds["allowed"] for rule in rules
    )


def _find_contradictions(
    ad: ads_pb2.CreateAdRequest, preset: ads_pb2.CreateAdRequest, profile: PlatformProfile
) -> Iterator[tuple[str, str]]:
    """Yields the path of each field that contradicts a fixed rule of the profile, and the reason.

    ad: the request of the caller. preset: the fields that the profile sets.
    """
    for path, why in profile.fixed.items():
        value = _read_path(ad, path)
        # A fixed field that the profile leaves unset must have its type's default, as 0 or "".
        if value is not None and value != (_read_path(preset, path) or type(value)()):
            yield path, why


def _read_path(message: Message, path: str) -> object | None:
    """Returns the value of a field, nested or not; None when it is not set.

    path: names of fields, separated by dots, such as "compositing.shadow.kind". Where the proto
    cannot distinguish unset from zero, zero counts as unset.
    """
    for name in path.split("."):
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.has_presence and not message.HasField(name):
            return None
        message = getattr(message, name)
    return message if message or field.has_presence else None
