"""The settings of the gateway."""

import os
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cyclorama.stages import STAGES
from services.runtime.addresses import is_local_address, normalize_address
from services.runtime.settings import ServerSettings, build_settings_config

StageAddress = Annotated[str, AfterValidator(normalize_address)]
"""Where a stage and its replicas are."""
OptionalStageAddress = Annotated[
    str, AfterValidator(lambda address: address and normalize_address(address))
]
"""The same, or empty."""


class GatewaySettings(ServerSettings):
    """Addresses of the stages, limits, stores and credentials of the gateway."""

    model_config = build_settings_config("gateway")

    listen: str = Field("127.0.0.1:50050", description="host:port, or unix:/path")
    max_concurrent_calls: int = Field(
        32, ge=1, le=1024, description="concurrent calls of one method"
    )
    max_streams: int = Field(
        512,
        ge=1,
        le=10_000,
        description="concurrent watches of jobs and downloads of artifacts, which do not count as "
        "calls in flight",
    )
    caller_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="share of max_concurrent_calls of a method, and of max_streams, that one "
        "caller may have in flight; without authentication, one connection",
    )
    segmentation_address: StageAddress = Field("127.0.0.1:50051", description="address of stage 1")
    background_address: StageAddress = Field("127.0.0.1:50052", description="address of stage 2")
    compositing_address: StageAddress = Field("127.0.0.1:50053", description="address of stage 3")
    inpainting_address: StageAddress = Field("127.0.0.1:50054", description="address of stage 4")
    finishing_address: OptionalStageAddress = Field(
        "", description="address of stage 5; default: that of stage 3"
    )
    stage_tls_ca: str = Field(
        "", description="CA that must have signed the certificates of the stages, PEM; enables TLS"
    )
    stage_tls_cert: str = Field(
        "", description="client certificate for the stages, PEM; default: `tls_cert`"
    )
    stage_tls_key: str = Field("", description="its private key, PEM; default: `tls_key`")
    max_calls_per_stage: int = Field(
        4, ge=1, le=1024, description="concurrent calls to one stage; further calls wait"
    )
    keepalive_seconds: float = Field(
        10, ge=1, le=300, description="idle time before a connection to a stage is probed"
    )
    ad_timeout_seconds: float = Field(
        600,
        gt=0,
        description="timeout of an ad whose caller sets no deadline, from the start of its first "
        "stage",
    )
    transport: Literal["raw", "png", "reference"] = Field(
        "raw",
        description="how images are sent to the stages; `reference` requires the same "
        "CYCLORAMA_ARTIFACT_STORE at every stage",
    )
    database: str = Field(
        "sqlite:///state/jobs.db",
        description="job database, sqlite:///path or postgresql://...; empty: no jobs",
    )
    artifact_store: str = Field(
        "state/artifacts", description="folder of the artifact store, or s3://bucket/prefix"
    )
    name: str = Field(
        "gateway",
        min_length=1,
        max_length=64,
        description="name of this gateway, unique among those that share a database",
    )
    max_concurrent_ads: int = Field(
        0,
        ge=0,
        le=256,
        description="concurrent ads, single ones and those of jobs; further ads wait in a queue; "
        "0: `max_calls_per_stage`, and no more than the cores where all stages are on this machine",
    )
    max_queued_ads: int = Field(
        10_000, ge=1, description="unfinished ads of all jobs; further jobs are rejected"
    )
    stage_wait_timeout_seconds: float = Field(
        600, ge=0, description="how long an ad of a job is retried while a stage is unavailable"
    )
    callers: str = Field("", description="path of the credentials file; empty: no authentication")
    webhooks: str = Field("", description="path of the file of webhook endpoints; empty: none")
    allow_unauthenticated: bool = Field(
        False, description="allow calls without authentication from other machines"
    )
    retention_days: float = Field(
        30, gt=0, description="days after which ended jobs and their results are deleted"
    )
    retention_gib: float = Field(
        50, gt=0, description="size above which the oldest results are deleted, GiB"
    )

    @property
    def ad_limit(self) -> int:
        """Number of concurrent ads: `max_concurrent_ads`, or what it stands for when it is 0."""
        if self.max_concurrent_ads:
            return self.max_concurrent_ads
        addresses = map(self.get_stage_address, STAGES)
        if all(map(is_local_address, addresses)):
            return min(self.max_calls_per_stage, len(os.sched_getaffinity(0)))
        return self.max_calls_per_stage

    def get_stage_address(self, stage: str) -> str:
        """Returns the address of a stage, host:port or unix:/path.

        stage: its name, such as "finishing", whose address defaults to that of compositing.
        """
        address: str = getattr(self, f"{stage}_address")
        return address or self.compositing_address
