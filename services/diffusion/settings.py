"""Options for generating images: defaults from the settings, overridden by each request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from services.runtime.limits import CFG_SCALE, SAMPLING_STEPS
from services.runtime.options import read_set_fields
from services.runtime.settings import NameList


def _check_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    """Checks the addresses of image servers in a setting; returns them without trailing slashes.

    Raises ValueError if one does not start with http:// or https://, or contains a password.
    """
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"write {url} as http://host:port")
        if "@" in url:
            raise ValueError("passwords do not belong in addresses; use the auth file")
        if "?" in url or "#" in url:
            raise ValueError("leave ? and # with all after them out of addresses: http://host:port")
        if not _has_valid_host(url):
            raise ValueError("write addresses as http://host:port, with a port from 1 to 65535")
    return tuple(url.rstrip("/") for url in urls)


def _has_valid_host(url: str) -> bool:
    """Whether an address has a host and, if any, a port from 1 to 65535."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    # An unbalanced bracket, or a port that is no such number.
    except ValueError:
        return False


# The type of a dialect's setting `<name>_url`.
ServerUrls = Annotated[NameList, AfterValidator(_check_urls)]


@dataclass(frozen=True)
class SamplingOptions:
    """How an image is generated; the fields are those of DiffusionOptions.

    drawn_side: longest side as generated, in pixels; None for the image's own size.
    """

    steps: int = 28
    cfg_scale: float = 7
    sampler: str = ""
    scheduler: str = ""
    model: str = ""
    override_settings: Mapping[str, object] = field(default_factory=dict)
    drawn_side: int | None = None


class DiffusionSettings(BaseSettings):
    """Settings for image servers of every dialect, and for models of this process."""

    diffusion_timeout_seconds: float = Field(
        300, gt=0, le=3600, description="timeout for one image, time in the queue included"
    )
    diffusion_queue_size: int = Field(
        8, ge=0, le=1024, description="queued calls per server or model"
    )
    diffusion_selftest: bool = Field(True, description="test a server's masks before using them")
    diffusion_steps: int = Field(
        SamplingOptions.steps,
        ge=SAMPLING_STEPS[0],
        le=SAMPLING_STEPS[1],
        description="sampling steps",
    )
    diffusion_cfg_scale: float = Field(
        SamplingOptions.cfg_scale,
        ge=CFG_SCALE[0],
        le=CFG_SCALE[1],
        description="guidance scale: how closely to follow the prompt",
    )
    diffusion_sampler: str = Field(
        "", description="sampler, such as dpmpp_2m; empty: the default of the server or model"
    )
    diffusion_scheduler: str = Field(
        "", description="noise scheduler, such as karras; empty: the default of the server or model"
    )
    diffusion_model: str = Field(
        "", description="model (checkpoint) to require; empty: the one that is loaded"
    )


def read_diffusion_options(message: Message) -> dict[str, object]:
    """Returns the fields that the caller set in a DiffusionOptions message, by name.

    Nested settings (a Struct) become dictionaries.
    """
    options = read_set_fields(message)
    structs = ((field.name, value) for field, value in message.ListFields())
    return options | {
        name: _restore_integers(MessageToDict(value))
        for name, value in structs
        if isinstance(value, Struct)
    }


def resolve_sampling(
    options: Mapping[str, Any],
    settings: DiffusionSettings,
    recommended: Mapping[str, Any] = MappingProxyType({}),
) -> SamplingOptions:
    """Returns how to generate an image: a request's options, with defaults for those it lacks.

    options: any fields of SamplingOptions, by name, of valid types.
    settings: of the process, which contain the defaults.
    recommended: what suits the model better than those defaults that were not set explicitly.
    """
    defaults = SamplingOptions(
        steps=settings.diffusion_steps,
        cfg_scale=settings.diffusion_cfg_scale,
        sampler=settings.diffusion_sampler,
        scheduler=settings.diffusion_scheduler,
        model=settings.diffusion_model,
    )
    unset = {
        name: value
        for name, value in recommended.items()
        if f"diffusion_{name}" not in settings.model_fields_set
    }
    return replace(defaults, **{**unset, **options})


def _restore_integers(value: object) -> object:
    """Turns whole floats, at any depth of a JSON value, into integers.

    A protobuf Struct has only floats, and image servers check types.
    """
    match value:
        case dict():
            return {name: _restore_integers(element) for name, element in value.items()}
        case list():
            return [_restore_integers(element) for element in value]
        case float() if value.is_integer():
            return int(value)
    return value
