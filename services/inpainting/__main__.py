"""python -m services.inpainting"""

from cyclorama.v1.inpainting_pb2_grpc import add_InpaintingServiceServicer_to_server
from services.inpainting.engines import Settings, open_engine
from services.inpainting.servicer import InpaintingServicer
from services.runtime.stage import serve

serve(
    "inpainting",
    "cyclorama.v1.InpaintingService",
    add_InpaintingServiceServicer_to_server,
    InpaintingServicer,
    Settings,
    open_engine,
)
