"""python -m services.background"""

from cyclorama.v1.background_pb2_grpc import add_BackgroundServiceServicer_to_server
from services.background.engines import Settings, open_engine
from services.background.servicer import BackgroundServicer
from services.runtime.stage import serve

serve(
    "background",
    "cyclorama.v1.BackgroundService",
    add_BackgroundServiceServicer_to_server,
    BackgroundServicer,
    Settings,
    open_engine,
)
