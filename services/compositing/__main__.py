"""python -m services.compositing"""

from functools import partial

from cyclorama.v1.compositing_pb2_grpc import add_CompositingServiceServicer_to_server
from services.compositing.engines import Settings, open_engine
from services.compositing.servicer import CompositingServicer
from services.runtime.stage import serve

font = Settings.from_environment().font
serve(
    "compositing",
    "cyclorama.v1.CompositingService",
    add_CompositingServiceServicer_to_server,
    partial(CompositingServicer, font=str(font or "")),
    Settings,
    open_engine,
)
