"""How pictures are drawn: the settings of stages 2 and 4, and what a request says over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from services.runtime.limits import CFG_SCALE, SAMPLING_STEPS
from services.runtime.options import read_set_fields
from services.runtime.settings import NameList

FROM_SETTINGS = ("steps", "cfg_scale", "sampler", "scheduler", "model")


def _check_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"write {url} as http://host:port")
        if "@" in url:
            raise ValueError("passwords do not belong in addresses; use the auth file")
    return tuple(url.rstrip("/") for url in urls)


# The type of a dialect's setting `<name>_url`.
Urls = Annotated[NameList, AfterValidator(_check_urls)]


@dataclass(frozen=True)
class Sampling:
    """How to draw, as in DiffusionOptions. drawn_side: longest side on the server, in pixels."""

    steps: int = 28
    cfg_scale: float = 7
    sampler: str = ""
    scheduler: str = ""
    model: str = ""
    override_settings: Mapping[str, object] = field(default_factory=dict)
    drawn_side: int | None = None


class DiffusionSettings(BaseSettings):
    """Settings that all dialects share."""

    diffusion_timeout_seconds: float = Field(300, gt=0, le=3600, description="time for one picture")
    diffusion_queue_size: int = Field(8, ge=0, le=1024, description="calls that wait per server")
    diffusion_selftest: bool = Field(True, description="test a server's masks before trusting them")
    diffusion_steps: int = Field(
        Sampling.steps, ge=SAMPLING_STEPS[0], le=SAMPLING_STEPS[1], description="sampling steps"
    )
    diffusion_cfg_scale: float = Field(
        Sampling.cfg_scale,
        ge=CFG_SCALE[0],
        le=CFG_SCALE[1],
        description="how closely to follow the prompt",
    )
    diffusion_sampler: str = Field("", description="such as dpmpp_2m; empty: the server's own")
    diffusion_scheduler: str = Field("", description="such as karras; empty: the server's own")
    diffusion_model: str = Field("", description="the model to require; empty: whatever is loaded")


def read_options(message: Message) -> dict[str, object]:
    """Returns the fields of DiffusionOptions that the caller set, by name, as plain values."""
    options = read_set_fields(message)
    if message.HasField("override_settings"):
        options["override_settings"] = _restore_integers(MessageToDict(message.override_settings))
    return options


def resolve_sampling(options: Mapping[str, object], settings: DiffusionSettings) -> Sampling:
    """Fills in from the settings what the options leave open."""
    defaults = {name: getattr(settings, f"diffusion_{name}") for name in FROM_SETTINGS}
    return Sampling(**{**defaults, **options})


def _restore_integers(value: object) -> object:
    """Turns whole numbers into integers: a Struct has only floats, and servers check types."""
    match value:
        case dict():
            return {name: _restore_integers(each) for name, each in value.items()}
        case list():
            return [_restore_integers(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
