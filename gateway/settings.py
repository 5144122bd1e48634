"""What the gateway can be told."""

from typing import Literal

from pydantic import Field

from services.runtime.settings import ServerSettings, settings_config


class Settings(ServerSettings):
    """Where the stages are, and how much the gateway asks of them."""

    model_config = settings_config("gateway")

    listen: str = Field("127.0.0.1:50050", description="host:port, or unix:/path")
    at_work: int = Field(32, ge=1, le=1024, description="calls of one method at work at once")
    segmentation: str = Field("127.0.0.1:50051", description="address of stage 1")
    background: str = Field("127.0.0.1:50052", description="address of stage 2")
    compositing: str = Field("127.0.0.1:50053", description="address of stage 3")
    inpainting: str = Field("127.0.0.1:50054", description="address of stage 4")
    finishing: str = Field("", description="address of stage 5; default that of stage 3")
    stage_ca: str = Field("", description="whose certificates stages must show, PEM; turns on TLS")
    stage_cert: str = Field("", description="shown to stages, PEM; default tls_cert")
    stage_key: str = Field("", description="its private key; default tls_key")
    calls_per_stage: int = Field(4, ge=1, le=1024, description="calls sent to one stage at once")
    keepalive_seconds: float = Field(10, ge=1, le=300, description="until a silent stage is tried")
    ad_seconds: float = Field(300, gt=0, description="time for an ad whose caller set no deadline")
    transport: Literal["raw", "png", "reference"] = Field(
        "raw", description="pictures between stages; reference needs their CYCLORAMA_ARTIFACTS"
    )
    database: str = Field(
        "sqlite:///state/jobs.db", description="of jobs, or postgresql://...; empty: no jobs"
    )
    artifacts: str = Field("state/artifacts", description="folder, or s3://bucket/prefix")
    name: str = Field("gateway", min_length=1, max_length=64, description="own, among gateways")
    ads_at_work: int = Field(4, ge=1, le=256, description="ads of jobs at work at once")
    ads_waiting: int = Field(10_000, ge=1, description="ads of jobs that have not ended")
    patience_seconds: float = Field(600, ge=0, description="that an ad of a job waits for a stage")
    callers: str = Field("", description="file that says who may call; empty: who can connect")
    allow_anyone: bool = Field(False, description="to call without callers beyond loopback")
    keep_days: float = Field(30, gt=0, description="that ended jobs and their results are kept")
    keep_gib: float = Field(50, gt=0, description="of results at most; the oldest go first")

    def address_of(self, stage: str) -> str:
        """Where a stage is."""
        address: str = getattr(self, stage)
        return address or self.compositing
