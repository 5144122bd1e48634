"""The finishing engines, how to open one, and the settings of the stage."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from PIL import ImageFont
from pydantic import AfterValidator, Field, FilePath

from services.finishing.engine import FinishingEngine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = ("pillow",)
# What happens to ads that cannot be signed.
REFUSE: Literal["refuse"] = "refuse"
DELIVER: Literal["deliver"] = "deliver"


def _check_font(path: Path) -> Path:
    """Returns the path of a font; raises ValueError if the file there cannot be read as one."""
    try:
        ImageFont.truetype(path)
    except OSError:
        raise ValueError("is no font file that can be read") from None
    return path


def _check_url(url: str) -> str:
    """Returns a URL of a server; raises ValueError unless it is http or https with a host."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("is no URL that starts with http:// or https://")
    return url


SignerUrl = Annotated[str, AfterValidator(_check_url)]


class FinishingSettings(StageSettings):
    """The settings of the finishing stage."""

    model_config = build_settings_config("finishing")

    listen: str = Field("127.0.0.1:50055", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    font: Annotated[FilePath, AfterValidator(_check_font)] | None = Field(
        None, description="font file for lettering that names no font; default that of the look"
    )
    credentials_cert: FilePath | None = Field(
        None,
        description="PEM file of the certificate that signs ads with Content Credentials, followed "
        "by those that lead to its authority; unset: ads are not signed",
    )
    credentials_key: FilePath | None = Field(
        None, description="PEM file of the certificate's private key, without a password"
    )
    credentials_signer_url: SignerUrl = Field(
        "", description="URL of a server that signs in place of `credentials_key`"
    )
    credentials_signer_token: FilePath | None = Field(
        None, description="file with the bearer token for that server"
    )
    credentials_timestamp_url: SignerUrl = Field(
        "",
        description="URL of a timestamp authority (RFC 3161), such as "
        "http://timestamp.digicert.com; empty: signatures have no timestamp",
    )
    credentials_failure: Literal["refuse", "deliver"] = Field(
        REFUSE,
        description="what happens to an ad that cannot be signed: refuse fails it, deliver returns "
        "it unsigned with the warning NOT_SIGNED",
    )
    credentials_trust: FilePath | None = Field(
        None,
        description="PEM file of the certificate authorities whose signatures are trusted in "
        "verification; unset: every signer is unknown",
    )


def hash_settings(settings: FinishingSettings) -> str:
    """Returns the hash of what the files of equal requests depend on; empty for all defaults.

    The certificate is read each time, as it can be renewed while the process runs.
    """
    shaping = [path.read_bytes() for path in (settings.font, settings.credentials_cert) if path] + [
        settings.credentials_timestamp_url.encode()
    ]
    return hashlib.sha256(b"\0".join(shaping)).hexdigest() if any(shaping) else ""


def open_engine(name: str, settings: FinishingSettings) -> FinishingEngine:
    """Opens one engine; each branch imports its own package, so a process loads only what it uses.

    Raises EngineNotReady for an unknown name.

    name: one of ENGINES, or "noop" for one that only waits, to measure what a call costs.
    settings: of the process.
    """
    match name:
        case "noop":
            from services.finishing.engines.noop import NoopFinishing

            return NoopFinishing(settings.noop_delay_seconds)
        case "pillow":
            from services.finishing.engines.pillow import PillowFinishing

            return PillowFinishing(str(settings.font or ""), partial(hash_settings, settings))
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
