"""The servicer of SegmentationService at the gateway: passes requests for cut-outs on."""

import grpc

from cyclorama.v1 import ads_pb2, segmentation_pb2, segmentation_pb2_grpc
from gateway.intake import CallIntake
from gateway.stage_client import StageClient
from gateway.stage_methods import SEGMENTATION
from services.runtime.errors import UnsupportedFeature


class SegmentationForwarder(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Cuts products out with the segmentation stage, for callers of the gateway."""

    def __init__(self, stages: StageClient, intake: CallIntake) -> None:
        """Keeps what the methods need.

        stages: calls single stages. intake: takes in the calls.
        """
        self._stages = stages
        self._intake = intake

    async def SegmentProduct(  # noqa: N802
        self,
        request: segmentation_pb2.SegmentProductRequest,
        context: grpc.aio.ServicerContext,
    ) -> segmentation_pb2.SegmentProductResponse:
        """Charges the bytes to the caller's quota, and returns the stage's cut-out as bytes."""
        if request.accept_uri:
            raise UnsupportedFeature("the gateway returns cut-outs as bytes; leave out accept_uri")
        deadline = self._intake.read_deadline(context)
        await self._intake.charge_quota(request, ads=0)
        images = await self._intake.detach_images(request)
        return await self._stages.call_stage(
            SEGMENTATION, request, deadline, lambda _: None, images
        )

    async def ListEngines(  # noqa: N802
        self,
        request: segmentation_pb2.SegmentationServiceListEnginesRequest,
        context: grpc.aio.ServicerContext,
    ) -> segmentation_pb2.SegmentationServiceListEnginesResponse:
        """Lists the engines of the segmentation stage; none while it does not respond."""
        listed = await self._stages.list_engines(ads_pb2.STAGE_SEGMENTATION)
        return segmentation_pb2.SegmentationServiceListEnginesResponse(engines=listed.engines)
