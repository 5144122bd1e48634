"""Serves the compositing stage, and by default the finishing stage in the same process."""

from services.compositing.engines import CompositingSettings
from services.compositing.servicer import STAGE
from services.runtime.stage import serve_stages

if CompositingSettings.from_environment().serve_finishing:
    from services.finishing.servicer import STAGE as FINISHING

    serve_stages(STAGE, FINISHING)
else:
    serve_stages(STAGE)
