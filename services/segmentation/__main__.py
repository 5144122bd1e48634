"""python -m services.segmentation"""

from cyclorama.v1.segmentation_pb2_grpc import add_SegmentationServiceServicer_to_server
from services.runtime.stage import serve
from services.segmentation.engines import Settings, open_engine
from services.segmentation.servicer import SegmentationServicer

serve(
    "segmentation",
    "cyclorama.v1.SegmentationService",
    add_SegmentationServiceServicer_to_server,
    SegmentationServicer,
    Settings,
    open_engine,
)
