"""What every process can be told, read once from the environment."""

import os
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, AliasGenerator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def settings_config(process: str) -> SettingsConfigDict:
    """Reads `max_side` from CYCLORAMA_<PROCESS>_MAX_SIDE, else from CYCLORAMA_MAX_SIDE."""

    def names(field: str) -> AliasChoices:
        name = field.upper()
        return AliasChoices(f"CYCLORAMA_{process.upper()}_{name}", f"CYCLORAMA_{name}")

    return SettingsConfigDict(
        frozen=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=names),
    )


def _split(value: object) -> object:
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class ProcessSettings(BaseSettings):
    """Settings that a process reads once, when it starts."""

    @classmethod
    def from_environment(cls) -> Self:
        """Reads the environment; a wrong value ends the process with one sentence about it."""
        try:
            return cls()
        except ValidationError as error:
            raise SystemExit("\n".join(_sentence(each) for each in error.errors())) from None


class ServerSettings(ProcessSettings):
    """How a process listens, how much it takes on and how it stops."""

    model_config = settings_config("server")

    listen: str = Field("127.0.0.1:0", description="host:port, or unix:/path; port 0 picks one")
    max_concurrent_calls: int = Field(
        8, ge=1, le=1024, description="calls of one method at work at once"
    )
    max_message_mib: int = Field(64, ge=1, le=1024, description="largest message, MiB")
    drain_seconds: float = Field(0.5, ge=0, le=60, description="NOT_SERVING before calls end")
    grace_seconds: float = Field(30, ge=0, le=600, description="time for running calls to end")
    tls_cert: str = Field("", description="own certificate with its chain, PEM; turns on TLS")
    tls_key: str = Field("", description="its private key, PEM")
    tls_client_ca: str = Field("", description="whose certificates callers must show, PEM")
    allow_plaintext: bool = Field(False, description="beyond loopback and unix sockets")
    max_connection_age_seconds: float = Field(
        300, ge=1, le=86400, description="then callers connect anew"
    )
    metrics_address: str = Field(
        "", description="host:port of /metrics for Prometheus; empty: nowhere"
    )
    otlp_endpoint: str = Field(
        "", description="OTLP address for spans, http://host:4317; empty: none"
    )
    log_format: Literal["json", "text"] = Field("json", description="for programs or for people")
    log_level: Literal["debug", "info", "warning"] = Field("info", description="least level logged")


class ImageSettings(BaseSettings):
    """Bounds on the pictures a process reads; checked before decoding."""

    max_image_mib: int = Field(48, ge=1, le=1024, description="largest encoded picture, MiB")
    max_megapixels: float = Field(64, gt=0, le=1024, description="largest decoded picture")
    max_image_side: int = Field(16384, ge=16, le=65535, description="longest side, pixels")


class StageSettings(ServerSettings, ImageSettings):
    """What every stage can be told."""

    artifact_store: str = Field(
        "", description="folder, or s3://bucket/prefix, shared with the gateway; empty: none"
    )
    engines: Names = Field((), min_length=1, description="engines to open, best first")
    noop_delay_seconds: float = Field(
        0, ge=0, le=600, description="that engine noop waits in each call"
    )


def _sentence(problem) -> str:
    first = str(problem["loc"][0])
    for_all = f"CYCLORAMA_{first.split('_', 2)[2]}"
    name = next((each for each in (first, for_all) if each in os.environ), first)
    return f"{name}={os.environ.get(name, problem['input'])!r}: {problem['msg'].lower()}"
