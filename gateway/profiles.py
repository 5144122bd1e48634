"""Applies the rules of an advertising platform to a request."""

from collections.abc import Iterator

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.profiles import PlatformProfile, load_profile


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
        violations = list(_find_contradictions(request, full, profile))
        if violations:
            raise InvalidRequest(*violations)
    full.MergeFrom(request)
    return full


def _find_contradictions(
    ad: ads_pb2.CreateAdRequest, preset: ads_pb2.CreateAdRequest, profile: PlatformProfile
) -> Iterator[Violation]:
    """Yields a violation for each field that contradicts a fixed rule of the profile.

    ad: the request of the caller. preset: the fields that the profile sets.
    """
    for path, why in profile.fixed.items():
        value = _read_path(ad, path)
        # A fixed field that the profile leaves unset must have its type's default, as 0 or "".
        if value is not None and value != (_read_path(preset, path) or type(value)()):
            yield Violation(path, f"contradicts the profile {profile.name}: {why}; leave it out")


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
