"""python -m services.compositing: serves the finishing stage too unless it is set otherwise."""

from services.compositing.engines import Settings
from services.compositing.servicer import STAGE
from services.runtime.stage import serve_stages

if Settings.from_environment().serve_finishing:
    from services.finishing.servicer import STAGE as FINISHING

    serve_stages(STAGE, FINISHING)
else:
    serve_stages(STAGE)
