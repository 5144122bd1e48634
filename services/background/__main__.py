"""python -m services.background"""

from services.background.servicer import STAGE
from services.runtime.stage import serve

serve(STAGE)
