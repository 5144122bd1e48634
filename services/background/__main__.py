"""Serves the background stage, and on request the inpainting stage in the same process.

A model that runs in the process then serves both stages with one copy of its weights.
"""

from services.background.engines import BackgroundSettings
from services.background.servicer import STAGE
from services.runtime.stage import serve_stages

if BackgroundSettings.from_environment().serve_inpainting:
    from services.inpainting.servicer import STAGE as INPAINTING

    serve_stages(STAGE, INPAINTING)
else:
    serve_stages(STAGE)
