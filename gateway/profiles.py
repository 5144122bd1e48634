"""Applies the rules of an advertising platform to a request."""

from collections.abc import Iterator

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.profiles import PlatformProfile, load_profile


def apply_profile(ad: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """Returns a copy of a request with the presets of its profile in the fields left unset.

    Raises InvalidRequest when a field contradicts a fixed rule of the profile.
    """
    full = ads_pb2.CreateAdRequest()
    if ad.delivery.profile:
        profile = load_profile(ad.delivery.profile, "delivery.profile")
        ParseDict(dict(profile.request), full)
        violations = list(_find_contradictions(ad, full, profile))
        if violations:
            raise InvalidRequest(*violations)
    full.MergeFrom(ad)
    return full


def _find_contradictions(
    ad: ads_pb2.CreateAdRequest, preset: ads_pb2.CreateAdRequest, profile: PlatformProfile
) -> Iterator[Violation]:
    """Yields a violation for each field that contradicts a fixed rule of the profile."""
    for path, why in profile.fixed.items():
        value = _read_path(ad, path)
        if value is not None and value != (_read_path(preset, path) or type(value)()):
            yield Violation(path, f"contradicts the profile {profile.name}: {why}; leave it out")


def _read_path(message: Message, path: str) -> object | None:
    """Returns the value at a dotted path; None when it is not set."""
    for name in path.split("."):
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.has_presence and not message.HasField(name):
            return None
        message = getattr(message, name)
    return message if message or field.has_presence else None
