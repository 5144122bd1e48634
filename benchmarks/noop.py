"""All stages in one process with noop engines, to measure everything else.

python -m benchmarks.noop

It has the settings of a stage, such as CYCLORAMA_LISTEN and CYCLORAMA_NOOP_DELAY_SECONDS. The
finished file contains the ad's unchanged pixels.
"""

from pydantic import Field

from services.background.servicer import STAGE as BACKGROUND
from services.compositing.servicer import STAGE as COMPOSITING
from services.finishing.engines import FinishingSettings
from services.finishing.servicer import STAGE as FINISHING
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.logs import configure_logging
from services.runtime.objects import ContentStore
from services.runtime.server import Service, run_server
from services.runtime.settings import NameList, build_settings_config
from services.segmentation.servicer import STAGE as SEGMENTATION

STAGES = (SEGMENTATION, BACKGROUND, COMPOSITING, INPAINTING, FINISHING)


class NoopSettings(FinishingSettings):
    """Settings of the process with all noop stages; the finishing stage has ones of its own."""

    model_config = build_settings_config("noop")

    max_concurrent_calls: int = Field(64, ge=1, le=1024)
    engines: NameList = Field(("noop",), min_length=1)


def open_noop_services(settings: NoopSettings) -> list[Service]:
    """Opens all stages in this process; returns their gRPC services in the order of STAGES."""
    return [stage.open_service(settings) for stage in STAGES]


if __name__ == "__main__":
    settings = NoopSettings.from_environment()
    configure_logging("noop", settings)
    objects = ContentStore(settings.artifact_store) if settings.artifact_store else None
    run_server(open_noop_services(settings), settings, objects)
