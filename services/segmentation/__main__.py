"""Runs the segmentation stage: python -m services.segmentation"""

from services.runtime.stage import serve_stages
from services.segmentation.servicer import STAGE

serve_stages(STAGE)
