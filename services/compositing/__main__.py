"""python -m services.compositing"""

from cyclorama.v1.compositing_pb2_grpc import add_CompositingServiceServicer_to_server
from services.compositing.engine import Settings, open_engine
from services.compositing.servicer import CompositingServicer
from services.runtime.stage import serve

serve(
    "compositing",
    "cyclorama.v1.CompositingService",
    add_CompositingServiceServicer_to_server,
    CompositingServicer,
    Settings,
    open_engine,
)
