"""What the gateway asks of each stage to make one ad."""

from google.protobuf.message import Message

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    image_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from gateway.pipeline import Results

DEFAULT_SIDE = 1024
RGB, RGBA = "rgb", "rgba"
TRANSPORT = {
    "raw": {RGB: image_pb2.IMAGE_FORMAT_RAW_RGB, RGBA: image_pb2.IMAGE_FORMAT_RAW_RGBA},
    "png": {RGB: image_pb2.IMAGE_FORMAT_PNG, RGBA: image_pb2.IMAGE_FORMAT_PNG},
}


def with_defaults(ad: ads_pb2.CreateAdRequest, seed: int) -> ads_pb2.CreateAdRequest:
    """A copy with size, seed and the cut-out's largest side filled in."""
    full = ads_pb2.CreateAdRequest()
    full.CopyFrom(ad)
    full.seed = seed
    if not full.HasField("size"):
        full.size.CopyFrom(image_pb2.Size(width=DEFAULT_SIDE, height=DEFAULT_SIDE))
    if not full.segmentation.HasField("max_side"):
        full.segmentation.max_side = max(full.size.width, full.size.height)
    return full


def request_for(
    stage: int, ad: ads_pb2.CreateAdRequest, results: Results, transport: str
) -> Message:
    """Builds the request of one stage from the ad's request and what earlier stages returned."""
    formats = TRANSPORT[transport]
    match stage:
        case ads_pb2.STAGE_SEGMENTATION:
            return segmentation_pb2.SegmentRequest(
                photo=ad.photo, options=ad.segmentation, accept_format=formats[RGBA]
            )
        case ads_pb2.STAGE_BACKGROUND:
            return background_pb2.GenerateRequest(
                prompt=ad.prompt,
                negative_prompt=ad.negative_prompt,
                size=ad.size,
                seed=ad.seed,
                options=ad.background,
                accept_format=formats[RGB],
            )
        case ads_pb2.STAGE_COMPOSITING:
            return _composite(ad, results, formats[RGB])
        case ads_pb2.STAGE_INPAINTING:
            return _inpaint(ad, results)
    raise ValueError(f"no such stage: {stage}")


def _composite(ad, results: Results, accept: int) -> compositing_pb2.CompositeRequest:
    found = results[ads_pb2.STAGE_SEGMENTATION]
    made = results[ads_pb2.STAGE_BACKGROUND]
    return compositing_pb2.CompositeRequest(
        cutout=found.cutout,
        background=made.background,
        scene=made.scene if made.HasField("scene") else None,
        cut_sides=found.cut_sides,
        options=ad.compositing,
        accept_format=accept,
    )


def _inpaint(ad, results: Results) -> inpainting_pb2.InpaintRequest:
    made = results[ads_pb2.STAGE_BACKGROUND]
    composed = results[ads_pb2.STAGE_COMPOSITING]
    return inpainting_pb2.InpaintRequest(
        composite=composed.composite,
        mask=composed.mask,
        scene=made.scene if made.HasField("scene") else None,
        prompt=ad.prompt,
        negative_prompt=ad.negative_prompt,
        seed=ad.seed,
        options=ad.inpainting,
        accept_format=ad.accept_format,
    )
