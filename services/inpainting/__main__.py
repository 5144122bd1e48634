"""Serves the inpainting stage."""

from services.inpainting.servicer import STAGE
from services.runtime.stage import serve_stages

serve_stages(STAGE)
