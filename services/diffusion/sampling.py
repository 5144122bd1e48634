"""How a server is to draw: the request's wishes over the service's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.json_format import MessageToDict

from cyclorama.v1.diffusion_pb2 import DiffusionOptions
from services.diffusion.settings import ServerSettings
from services.runtime.options import given

FROM_SETTINGS = ("steps", "cfg_scale", "sampler", "scheduler", "model")


@dataclass(frozen=True)
class Sampling:
    """How to draw, as in DiffusionOptions. drawn_side: longest side on the server, in pixels."""

    steps: int = 28
    cfg_scale: float = 7.0
    sampler: str = ""
    scheduler: str = ""
    model: str = ""
    override_settings: Mapping[str, object] = field(default_factory=dict)
    drawn_side: int | None = None


def wishes_of(options: DiffusionOptions) -> dict[str, object]:
    """The fields that the caller set, by name, as plain values."""
    wishes = given(options)
    if options.HasField("override_settings"):
        wishes["override_settings"] = _whole(MessageToDict(options.override_settings))
    return wishes


def sampling_for(wishes: Mapping[str, object], settings: ServerSettings) -> Sampling:
    """Fills in what the wishes leave open."""
    defaults = {name: getattr(settings, f"sdapi_{name}") for name in FROM_SETTINGS}
    return Sampling(**{**defaults, **wishes})


def _whole(value: object) -> object:
    """Makes integers of whole numbers again: a Struct has only floats, and servers check types."""
    match value:
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
