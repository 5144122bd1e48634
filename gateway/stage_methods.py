"""The method that the gateway calls on each stage, with the types of its request and result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from cyclorama.v1.background_pb2_grpc import BackgroundServiceStub
from cyclorama.v1.compositing_pb2_grpc import CompositingServiceStub
from cyclorama.v1.finishing_pb2_grpc import FinishingServiceStub
from cyclorama.v1.inpainting_pb2_grpc import InpaintingServiceStub
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub

StageRequest = (
    segmentation_pb2.SegmentProductRequest
    | background_pb2.GenerateBackgroundRequest
    | compositing_pb2.CompositeProductRequest
    | inpainting_pb2.InpaintSceneRequest
    | finishing_pb2.FinishAdRequest
)
StageResult = (
    segmentation_pb2.SegmentProductResponse
    | background_pb2.GenerateBackgroundResult
    | compositing_pb2.CompositeProductResponse
    | inpainting_pb2.InpaintSceneResult
    | finishing_pb2.FinishAdResult
)
ListEnginesRequest = (
    segmentation_pb2.SegmentationServiceListEnginesRequest
    | background_pb2.BackgroundServiceListEnginesRequest
    | compositing_pb2.CompositingServiceListEnginesRequest
    | inpainting_pb2.InpaintingServiceListEnginesRequest
    | finishing_pb2.FinishingServiceListEnginesRequest
)
StageResults = Mapping[ads_pb2.Stage, StageResult]
"""The results of the stages that have finished, by stage."""

RequestT = TypeVar("RequestT", bound=StageRequest)
ResultT = TypeVar("ResultT", bound=StageResult)
RequestT_co = TypeVar("RequestT_co", bound=StageRequest, covariant=True)
ResultT_co = TypeVar("ResultT_co", bound=StageResult, covariant=True)


@dataclass(frozen=True)
class StageMethod(Generic[RequestT_co, ResultT_co]):
    """The method of a stage that does its work.

    stub: client class of its service; generated, therefore without types. name: of the method.
    request, result: message types. list_request: lists the engines of the stage. streams: whether
    it sends progress messages before the result.
    """

    stage: ads_pb2.Stage
    stub: Callable[[grpc.aio.Channel], Any]
    name: str
    request: type[RequestT_co]
    result: type[ResultT_co]
    list_request: type[ListEnginesRequest]
    streams: bool = False

    def get_result(self, results: StageResults) -> ResultT_co:
        """Returns the result of this stage from those of all stages that have finished.

        Raises KeyError when this stage has not finished.
        """
        result = results[self.stage]
        # Narrows the type; every stage has a type of its own.
        assert isinstance(result, self.result)
        return result


SEGMENTATION = StageMethod(
    stage=ads_pb2.STAGE_SEGMENTATION,
    stub=SegmentationServiceStub,
    name="SegmentProduct",
    request=segmentation_pb2.SegmentProductRequest,
    result=segmentation_pb2.SegmentProductResponse,
    list_request=segmentation_pb2.SegmentationServiceListEnginesRequest,
)
BACKGROUND = StageMethod(
    stage=ads_pb2.STAGE_BACKGROUND,
    stub=BackgroundServiceStub,
    name="GenerateBackground",
    request=background_pb2.GenerateBackgroundRequest,
    result=background_pb2.GenerateBackgroundResult,
    list_request=background_pb2.BackgroundServiceListEnginesRequest,
    streams=True,
)
COMPOSITING = StageMethod(
    stage=ads_pb2.STAGE_COMPOSITING,
    stub=CompositingServiceStub,
    name="CompositeProduct",
    request=compositing_pb2.CompositeProductRequest,
    result=compositing_pb2.CompositeProductResponse,
    list_request=compositing_pb2.CompositingServiceListEnginesRequest,
)
INPAINTING = StageMethod(
    stage=ads_pb2.STAGE_INPAINTING,
    stub=InpaintingServiceStub,
    name="InpaintScene",
    request=inpainting_pb2.InpaintSceneRequest,
    result=inpainting_pb2.InpaintSceneResult,
    list_request=inpainting_pb2.InpaintingServiceListEnginesRequest,
    streams=True,
)
FINISHING = StageMethod(
    stage=ads_pb2.STAGE_FINISHING,
    stub=FinishingServiceStub,
    name="FinishAd",
    request=finishing_pb2.FinishAdRequest,
    result=finishing_pb2.FinishAdResult,
    list_request=finishing_pb2.FinishingServiceListEnginesRequest,
    streams=True,
)
METHODS: Mapping[ads_pb2.Stage, StageMethod[StageRequest, StageResult]] = {
    SEGMENTATION.stage: SEGMENTATION,
    BACKGROUND.stage: BACKGROUND,
    COMPOSITING.stage: COMPOSITING,
    INPAINTING.stage: INPAINTING,
    FINISHING.stage: FINISHING,
}


def name_from_stage(stage: ads_pb2.Stage) -> str:
    """Returns the name of a stage in settings, manifests and messages, such as "finishing"."""
    return ads_pb2.Stage.Name(stage).removeprefix("STAGE_").lower()
