"""The settings that processes share, read once from environment variables."""

import os
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, AliasGenerator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.runtime.memory_limit import find_memory_limit


def build_settings_config(process: str) -> SettingsConfigDict:
    """Returns the pydantic configuration of a settings class that reads environment variables.

    The field `max_side` is read from CYCLORAMA_<PROCESS>_MAX_SIDE, else from CYCLORAMA_MAX_SIDE.

    process: name of the process, such as "gateway".
    """

    def variable_names(field: str) -> AliasChoices:
        name = field.upper()
        return AliasChoices(f"CYCLORAMA_{process.upper()}_{name}", f"CYCLORAMA_{name}")

    return SettingsConfigDict(
        frozen=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=variable_names),
    )


def name_variable(settings: BaseSettings, field: str) -> str:
    """Returns the environment variable that sets a field: of one process if that is set, or of all.

    field: its name, such as max_side.
    """
    alias = type(settings).model_fields[field].validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else []
    names = [name for name in choices if isinstance(name, str)]
    return next((name for name in names if name in os.environ), f"CYCLORAMA_{field.upper()}")


def _split_at_commas(value: object) -> object:
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


NameList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas)]
"""Names separated by commas, without empty ones."""


class ProcessSettings(BaseSettings):
    """Settings that a process reads once, at its start."""

    @classmethod
    def from_environment(cls) -> Self:
        """Returns the settings in the environment variables; exits if some are invalid.

        Exits with one sentence per invalid value.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SystemExit("\n".join(map(_describe_error, error.errors()))) from None


class ServerSettings(ProcessSettings):
    """How a process listens, how many calls it accepts and how it stops."""

    model_config = build_settings_config("server")

    listen: str = Field(
        "127.0.0.1:0",
        description="address to listen on: host:port, or unix:/path; port 0 picks a free port",
    )
    max_concurrent_calls: int = Field(
        8,
        ge=1,
        le=1024,
        description="maximum calls in flight per method; more are rejected with OVERLOADED",
    )
    max_message_mib: int = Field(
        64, ge=1, le=1024, description="maximum size of a request or response in MiB"
    )
    memory_mib: int = Field(
        0,
        ge=0,
        description="memory in MiB that this process may use, by which the images and requests in "
        "flight are limited; 0: that of its container, at most a quarter of the machine's",
    )
    body_timeout_seconds: float = Field(
        60, gt=0, le=3600, description="time that a request gets to arrive, once it is read"
    )
    stall_timeout_seconds: float = Field(
        60,
        gt=0,
        le=3600,
        description="time after which a call ends whose caller reads nothing of the response",
    )
    drain_seconds: float = Field(
        0.5,
        ge=0,
        le=60,
        description="time between reporting NOT_SERVING and refusing new calls, at shutdown",
    )
    grace_seconds: float = Field(
        30, ge=0, le=600, description="time that calls in flight get to finish, at shutdown"
    )
    tls_cert: str = Field("", description="PEM file of the server's certificate chain; enables TLS")
    tls_key: str = Field("", description="PEM file of the certificate's private key")
    tls_client_ca: str = Field(
        "",
        description="PEM file of certificate authorities; clients must present a certificate "
        "issued by one of them (mutual TLS)",
    )
    allow_plaintext: bool = Field(
        False, description="allow connections without TLS beyond loopback and Unix sockets"
    )
    max_connection_age_seconds: float = Field(
        300,
        ge=1,
        le=86400,
        description="age at which a connection is closed, so that clients reconnect and find new "
        "replicas",
    )
    metrics_address: str = Field(
        "", description="host:port that serves /metrics for Prometheus; empty disables it"
    )
    otlp_endpoint: str = Field(
        "",
        description="OTLP endpoint that receives trace spans, such as http://host:4317; empty "
        "disables tracing",
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="format of log lines: json for programs, text for people"
    )
    log_level: Literal["debug", "info", "warning"] = Field(
        "info", description="lowest level that is logged"
    )

    @property
    def memory_bytes(self) -> int:
        """The memory that this process may use, in bytes."""
        return self.memory_mib * 2**20 or find_memory_limit()


class ImageSettings(BaseSettings):
    """Limits on images in requests, checked before decoding."""

    max_image_mib: int = Field(
        48, ge=1, le=1024, description="maximum size of an encoded image in MiB"
    )
    max_megapixels: float = Field(
        64, gt=0, le=1024, description="maximum width times height of an image in megapixels"
    )
    # Sensors that are sold as 200 megapixels have up to 16384 x 12288 = 201.3.
    max_jpeg_megapixels: float = Field(
        202,
        gt=0,
        le=4295,
        description="the same of a product photo in a JPEG file, which is decoded at 1/2, 1/4 or "
        "1/8 of its size to meet the other limits",
    )
    max_image_side: int = Field(
        16384, ge=16, le=65535, description="maximum width or height of an image in pixels"
    )


class StageSettings(ServerSettings, ImageSettings):
    """Settings of every stage."""

    artifact_store: str = Field(
        "",
        description="folder, or bucket such as s3://bucket/prefix, shared with the gateway to pass "
        "images by reference; empty disables references",
    )
    engines: NameList = Field(
        (), min_length=1, description="engines to open, in order of preference"
    )
    noop_delay_seconds: float = Field(
        0, ge=0, le=600, description="time that the engine noop waits in each call"
    )


def _describe_error(problem: ErrorDetails) -> str:
    """Returns one sentence on an invalid setting: the variable, its value and what is allowed.

    problem: what pydantic reports about one setting.
    """
    # Such as CYCLORAMA_GATEWAY_MAX_SIDE, and CYCLORAMA_MAX_SIDE, which applies to all processes.
    own_name = str(problem["loc"][0])
    shared_name = f"CYCLORAMA_{own_name.split('_', 2)[2]}"
    set_names = (variable for variable in (own_name, shared_name) if variable in os.environ)
    name = next(set_names, own_name)
    # A ValueError of our own validators, whose text is the reason.
    error = problem.get("ctx", {}).get("error")
    reason = str(error) if error else problem["msg"].lower()
    return f"{name}={os.environ.get(name, problem['input'])!r}: {reason}"
