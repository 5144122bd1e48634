"""Runs the background stage: python -m services.background"""

from services.background.servicer import STAGE
from services.runtime.stage import serve_stages

serve_stages(STAGE)
