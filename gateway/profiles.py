"""Makes a request fit the rules of a platform, and refuses what contradicts them."""

from collections.abc import Iterator

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.profiles import PlatformProfile, load_profile


def fitted(ad: ads_pb2.CreateAdRequest) -> ads_pb2.CreateAdRequest:
    """A copy with what its profile asks for wherever the caller has no wish of their own."""
    full = ads_pb2.CreateAdRequest()
    if ad.delivery.profile:
        profile = load_profile(ad.delivery.profile, "delivery.profile")
        ParseDict(profile.request, full)
        violations = list(_contradictions(ad, full, profile))
        if violations:
            raise InvalidRequest(*violations)
    full.MergeFrom(ad)
    return full


def _contradictions(
    ad: ads_pb2.CreateAdRequest, preset: ads_pb2.CreateAdRequest, profile: PlatformProfile
) -> Iterator[Violation]:
    for path, why in profile.fixed.items():
        wish = _value(ad, path)
        if wish is not None and wish != (_value(preset, path) or type(wish)()):
            yield Violation(path, f"contradicts the profile {profile.name}: {why}; leave it out")


def _value(message: Message, path: str) -> object | None:
    """The value at a dotted path; None when it is not set."""
    for name in path.split("."):
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.has_presence and not message.HasField(name):
            return None
        message = getattr(message, name)
    return message if message or field.has_presence else None
