"""python -m services.inpainting"""

from services.inpainting.servicer import STAGE
from services.runtime.stage import serve

serve(STAGE)
