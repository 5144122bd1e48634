"""python -m services.segmentation"""

from services.runtime.stage import serve
from services.segmentation.servicer import STAGE

serve(STAGE)
