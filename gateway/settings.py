"""What the gateway can be told."""

from typing import Literal

from pydantic import Field

from services.runtime.settings import ServerSettings, build_settings_config


class Settings(ServerSettings):
    """Where the stages are, and how much the gateway asks of them."""

    model_config = build_settings_config("gateway")

    listen: str = Field("127.0.0.1:50050", description="host:port, or unix:/path")
    max_concurrent_calls: int = Field(
        32, ge=1, le=1024, description="calls of one method at work at once"
    )
    segmentation_address: str = Field("127.0.0.1:50051", description="address of stage 1")
    background_address: str = Field("127.0.0.1:50052", description="address of stage 2")
    compositing_address: str = Field("127.0.0.1:50053", description="address of stage 3")
    inpainting_address: str = Field("127.0.0.1:50054", description="address of stage 4")
    finishing_address: str = Field("", description="address of stage 5; default that of stage 3")
    stage_tls_ca: str = Field(
        "", description="whose certificates stages must show, PEM; turns on TLS"
    )
    stage_tls_cert: str = Field("", description="shown to stages, PEM; default tls_cert")
    stage_tls_key: str = Field("", description="its private key; default tls_key")
    max_calls_per_stage: int = Field(
        4, ge=1, le=1024, description="calls sent to one stage at once"
    )
    keepalive_seconds: float = Field(10, ge=1, le=300, description="until a silent stage is tried")
    ad_timeout_seconds: float = Field(
        300, gt=0, description="time for an ad whose caller set no deadline"
    )
    transport: Literal["raw", "png", "reference"] = Field(
        "raw", description="pictures between stages; reference needs their CYCLORAMA_ARTIFACT_STORE"
    )
    database: str = Field(
        "sqlite:///state/jobs.db", description="of jobs, or postgresql://...; empty: no jobs"
    )
    artifact_store: str = Field("state/artifacts", description="folder, or s3://bucket/prefix")
    name: str = Field("gateway", min_length=1, max_length=64, description="own, among gateways")
    max_concurrent_ads: int = Field(4, ge=1, le=256, description="ads of jobs at work at once")
    max_queued_ads: int = Field(10_000, ge=1, description="ads of jobs that have not ended")
    stage_wait_timeout_seconds: float = Field(
        600, ge=0, description="that an ad of a job waits for a stage"
    )
    callers: str = Field("", description="file that says who may call; empty: who can connect")
    allow_unauthenticated: bool = Field(
        False, description="to call without callers beyond loopback"
    )
    retention_days: float = Field(
        30, gt=0, description="that ended jobs and their results are kept"
    )
    retention_gib: float = Field(50, gt=0, description="of results at most; the oldest go first")

    def address_of(self, stage: str) -> str:
        """Where a stage is."""
        address: str = getattr(self, f"{stage}_address")
        return address or self.compositing_address
