"""What the gateway asks of each stage to make one ad."""

import math
from collections.abc import Mapping

from google.protobuf.message import Message

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from gateway.engine_reports import Plan
from gateway.manifest import record_before_file
from gateway.pipeline import Results
from gateway.profiles import fitted
from gateway.text_margins import reserve_text_area
from services.runtime.limits import (
    BACKGROUND_ASPECT,
    BACKGROUND_SIDES,
    DEFAULT_SIDE,
    MIN_LYING_PITCH,
)
from services.runtime.objects import hash_content

RGB, RGBA = "rgb", "rgba"
REFERENCE = "reference"
RAW = {RGB: image_pb2.IMAGE_FORMAT_RAW_RGB, RGBA: image_pb2.IMAGE_FORMAT_RAW_RGBA}
TRANSPORT = {
    "raw": RAW,
    "png": {RGB: image_pb2.IMAGE_FORMAT_PNG, RGBA: image_pb2.IMAGE_FORMAT_PNG},
    REFERENCE: RAW,
}


def with_defaults(ad: ads_pb2.CreateAdRequest, seed: int) -> ads_pb2.CreateAdRequest:
    """A copy with what its profile asks for, size, seed and the cut-out's largest side."""
    full = fitted(ad)
    full.seed = seed
    if not full.HasField("size"):
        full.size.CopyFrom(image_pb2.Size(width=DEFAULT_SIDE, height=DEFAULT_SIDE))
    if full.HasField("lettering"):
        full = reserve_text_area(full)
    if not full.segmentation.HasField("max_side"):
        full.segmentation.max_side = max(full.size.width, full.size.height)
    return full


def request_for(
    stage: int, ad: ads_pb2.CreateAdRequest, results: Results, plan: Plan, transport: str
) -> Message:
    """Builds the request of one stage from the ad's request and what earlier stages returned.

    plan: what is known of the engines of later stages. transport: how pictures go; by reference,
    the ad's photo must be in the artifact store.
    """
    request = _by_value(stage, ad, results, plan, TRANSPORT[transport])
    # The file goes to the caller, who takes bytes.
    if transport == REFERENCE and stage != ads_pb2.STAGE_FINISHING:
        request.accept_uri = True
        if stage == ads_pb2.STAGE_SEGMENTATION:
            request.photo.uri = hash_content(ad.photo.data)
    return request


def _by_value(
    stage: int,
    ad: ads_pb2.CreateAdRequest,
    results: Results,
    plan: Plan,
    formats: Mapping[str, int],
) -> Message:
    match stage:
        case ads_pb2.STAGE_SEGMENTATION:
            return segmentation_pb2.SegmentProductRequest(
                photo=ad.photo, options=ad.segmentation, accept_format=formats[RGBA]
            )
        case ads_pb2.STAGE_BACKGROUND:
            return background_pb2.GenerateBackgroundRequest(
                prompt=ad.prompt,
                negative_prompt=ad.negative_prompt,
                size=background_size(ad.size),
                seed=ad.seed,
                options=ad.background,
                accept_format=formats[RGB],
            )
        case ads_pb2.STAGE_COMPOSITING:
            return _composite(ad, results, plan, formats[RGB])
        case ads_pb2.STAGE_INPAINTING:
            return _inpaint(ad, results, formats[RGB])
        case ads_pb2.STAGE_FINISHING:
            return _finish(ad, results)
    raise ValueError(f"no such stage: {stage}")


def background_size(size: image_pb2.Size) -> image_pb2.Size:
    """The size nearest to the ad's that the background stage makes."""
    low, high = BACKGROUND_SIDES
    longest = max(size.width, size.height)
    width, height = (max(side, longest / BACKGROUND_ASPECT) for side in (size.width, size.height))
    scale = min(max(1.0, low / min(width, height)), high / max(width, height))
    # Rounded first: an exact multiple must not become a pixel more by the last digit of a float.
    width, height = (math.ceil(round(scale * side, 6)) for side in (width, height))
    return image_pb2.Size(width=width, height=height)


def _composite(
    ad, results: Results, plan: Plan, accept: int
) -> compositing_pb2.CompositeProductRequest:
    found = results[ads_pb2.STAGE_SEGMENTATION]
    request = compositing_pb2.CompositeProductRequest(
        cutout=found.cutout,
        cut_sides=found.cut_sides,
        options=ad.compositing,
        accept_format=accept,
        size=ad.size,
        with_layers=ad.delivery.layers or ad.delivery.layered_file,
    )
    made = results.get(ads_pb2.STAGE_BACKGROUND)
    if made:
        request.background.CopyFrom(made.background)
    elif ad.backdrop.HasField("color"):
        request.color.CopyFrom(ad.backdrop.color)
    else:
        request.background.CopyFrom(ad.backdrop.picture)
    known = made or ad.backdrop
    if known.HasField("scene"):
        request.scene.CopyFrom(known.scene)
    if plan[ads_pb2.STAGE_INPAINTING].casts_shadows and not ad.compositing.shadow.kind:
        request.options.shadow.kind = compositing_pb2.SHADOW_KIND_NONE
    return request


def _inpaint(ad, results: Results, accept: int) -> inpainting_pb2.InpaintSceneRequest:
    composed = results[ads_pb2.STAGE_COMPOSITING]
    return inpainting_pb2.InpaintSceneRequest(
        composite=composed.composite,
        mask=composed.mask,
        scene=composed.scene if composed.HasField("scene") else None,
        prompt=ad.prompt,
        negative_prompt=ad.negative_prompt,
        seed=ad.seed,
        options=ad.inpainting,
        accept_format=accept,
    )


def _finish(ad, results: Results) -> finishing_pb2.FinishAdRequest:
    composed = results[ads_pb2.STAGE_COMPOSITING]
    return finishing_pb2.FinishAdRequest(
        ad=results[ads_pb2.STAGE_INPAINTING].ad,
        mask=composed.mask,
        composite=composed.composite,
        layers=composed.layers,
        delivery=ad.delivery,
        accept_format=ad.accept_format,
        generative=any(result.run.generative for result in results.values()),
        record=record_before_file(ad, results),
        circumstances=_circumstances(results),
        lettering=ad.lettering if ad.HasField("lettering") else None,
        options=ad.finishing,
    )


def _circumstances(results: Results) -> finishing_pb2.Circumstances:
    composed = results[ads_pb2.STAGE_COMPOSITING]
    told = finishing_pb2.Circumstances(
        confidence=results[ads_pb2.STAGE_SEGMENTATION].confidence,
        scale=composed.placement.scale,
        color_shift=composed.color_shift,
    )
    if composed.HasField("scene"):
        if composed.placement.stands:
            told.ground_line = composed.scene.ground_line
        if composed.scene.HasField("light") and composed.scene.camera_pitch < MIN_LYING_PITCH:
            told.light_azimuth = composed.scene.light.azimuth
    return told
