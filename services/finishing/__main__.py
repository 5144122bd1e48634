"""Serves the finishing stage."""

from services.finishing.servicer import STAGE
from services.runtime.stage import serve_stages

serve_stages(STAGE)
