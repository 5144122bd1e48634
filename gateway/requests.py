"""Builds the request to each stage from the request for an ad and the results so far."""

import math
from collections.abc import Mapping

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from gateway.circumstances import circumstances_from_manifest
from gateway.drafts import choose_delivery, choose_inpainting_engine, compute_picture_size
from gateway.engine_reports import EnginePlan
from gateway.manifest import StageDescription, describe_content, record_from_manifest
from gateway.pipeline import PIPELINE
from gateway.profiles import apply_profile
from gateway.stage_methods import (
    BACKGROUND,
    COMPOSITING,
    INPAINTING,
    SEGMENTATION,
    StageRequest,
    StageResults,
    name_from_stage,
)
from gateway.text_look import choose_text_look
from gateway.text_margins import reserve_text_area
from gateway.views import select_followed_view
from services.runtime.limits import (
    BACKGROUND_ASPECT,
    BACKGROUND_SIDES,
    DEFAULT_SIDE,
)

# Smallest longest side of a cut-out in pixels (SegmentationOptions.max_side).
MIN_CUTOUT_SIDE = 64
# Most characters of the names in a StageRun.
MAX_ENGINE_CHARACTERS, MAX_MODEL_CHARACTERS = 64, 256
RGB, RGBA = "rgb", "rgba"
REFERENCE = "reference"
RAW: Mapping[str, image_pb2.ImageFormat] = {
    RGB: image_pb2.IMAGE_FORMAT_RAW_RGB,
    RGBA: image_pb2.IMAGE_FORMAT_RAW_RGBA,
}
# Image formats between the stages, by the setting `transport` and the channels.
TRANSPORT_FORMATS: Mapping[str, Mapping[str, image_pb2.ImageFormat]] = {
    "raw": RAW,
    "png": {RGB: image_pb2.IMAGE_FORMAT_PNG, RGBA: image_pb2.IMAGE_FORMAT_PNG},
    REFERENCE: RAW,
}


def find_source(stage: ads_pb2.Stage, ad: ads_pb2.CreateAdRequest) -> str:
    """Returns what the result of a stage is made from: the key of the photo, or the prompt.

    ad: the request, with keys in place of its images.
    """
    return ad.prompt if stage == BACKGROUND.stage else ad.photo.uri


def fill_ad_defaults(ad: ads_pb2.CreateAdRequest, seed: int) -> ads_pb2.CreateAdRequest:
    """Returns a copy of a request whose unset fields are filled in, as the stages expect.

    They are filled with the values of the platform profile, the default size, margins that keep the
    product off the lettering, the look of the text, and a cut-out as large as the ad. seed: of the
    random numbers, set in any case.
    """
    full = apply_profile(ad)
    full.seed = seed
    full.quality = ad.quality or engine_pb2.QUALITY_FINAL
    if not full.HasField("size"):
        full.size.CopyFrom(image_pb2.Size(width=DEFAULT_SIDE, height=DEFAULT_SIDE))
    if full.HasField("lettering"):
        full = reserve_text_area(full)
        full.lettering.look = choose_text_look(full)
    if not full.segmentation.HasField("max_side"):
        longest = max(full.size.width, full.size.height)
        full.segmentation.max_side = max(longest, MIN_CUTOUT_SIDE)
    return full


def build_stage_request(
    stage: ads_pb2.Stage,
    ad: ads_pb2.CreateAdRequest,
    image_sizes: Mapping[str, int],
    results: StageResults,
    descriptions: Mapping[ads_pb2.Stage, StageDescription],
    plan: EnginePlan,
    transport: str,
) -> StageRequest:
    """Builds the request to one stage from the request for an ad and the results so far.

    ad: the request, with its defaults filled in; the images of the caller are keys in it and in the
    request to the stage. image_sizes: of these in bytes, by key. results: of the stages that this
    one needs. descriptions: of these in the manifest; only finishing takes them. plan: the engines
    expected at later stages. transport: how stages exchange images, a key of TRANSPORT_FORMATS.
    """
    formats, by_uri = TRANSPORT_FORMATS[transport], transport == REFERENCE
    match stage:
        case ads_pb2.STAGE_SEGMENTATION:
            return _build_segmentation_request(ad, formats[RGBA], by_uri)
        case ads_pb2.STAGE_BACKGROUND:
            return _build_background_request(ad, results, formats[RGB], by_uri)
        case ads_pb2.STAGE_COMPOSITING:
            return _build_compositing_request(ad, results, plan, formats[RGB], by_uri)
        case ads_pb2.STAGE_INPAINTING:
            return _build_inpainting_request(ad, results, plan, formats[RGB], by_uri)
        case ads_pb2.STAGE_FINISHING:
            return _build_finishing_request(ad, image_sizes, results, descriptions)
    raise ValueError(f"no such stage: {stage}")


def compute_background_size(size: image_pb2.Size) -> image_pb2.Size:
    """Returns the size in pixels nearest to that of an ad that the background stage can make.

    That stage limits the sides and the ratio of the longer to the shorter; compositing scales and
    crops the background to the ad.
    """
    min_side, max_side = BACKGROUND_SIDES
    longest = max(size.width, size.height)
    # In a very long ad, the short side grows until the ratio is allowed.
    sides = [max(side, longest / BACKGROUND_ASPECT) for side in (size.width, size.height)]
    scale = min(max(1.0, min_side / min(sides)), max_side / max(sides))
    # Rounded first: an exact multiple must not become a pixel more by the last digit of a float.
    width, height = (math.ceil(round(scale * side, 6)) for side in sides)
    return image_pb2.Size(width=width, height=height)


def _build_segmentation_request(
    ad: ads_pb2.CreateAdRequest, accept_format: image_pb2.ImageFormat, by_uri: bool
) -> segmentation_pb2.SegmentProductRequest:
    """Builds the request to cut out the product, the first stage.

    accept_format: of the cut-out. by_uri: whether it is returned as a key of the artifact store
    instead of bytes.
    """
    request = segmentation_pb2.SegmentProductRequest(
        photo=ad.photo, options=ad.segmentation, accept_format=accept_format, accept_uri=by_uri
    )
    if ad.HasField("mask"):
        request.mask.CopyFrom(ad.mask)
    if not request.options.HasField("product") and ad.background.product:
        request.options.product = ad.background.product
    return request


def _build_background_request(
    ad: ads_pb2.CreateAdRequest,
    results: StageResults,
    accept_format: image_pb2.ImageFormat,
    by_uri: bool,
) -> background_pb2.GenerateBackgroundRequest:
    """Builds the request to generate a background from the prompt.

    results: of segmentation, if the background is to follow the photo. accept_format: of the
    background. by_uri: whether it is returned as a key of the artifact store instead of bytes.
    """
    follows = SEGMENTATION.stage in results and SEGMENTATION.get_result(results).HasField("view")
    return background_pb2.GenerateBackgroundRequest(
        prompt=ad.prompt,
        negative_prompt=ad.negative_prompt,
        size=compute_background_size(ad.size),
        seed=ad.seed,
        options=ad.background,
        accept_format=accept_format,
        accept_uri=by_uri,
        view=select_followed_view(ad, SEGMENTATION.get_result(results).view) if follows else None,
        quality=ad.quality,
    )


def _build_compositing_request(
    ad: ads_pb2.CreateAdRequest,
    results: StageResults,
    plan: EnginePlan,
    accept_format: image_pb2.ImageFormat,
    by_uri: bool,
) -> compositing_pb2.CompositeProductRequest:
    """Builds the request to place the cut-out on the background.

    ad: the request, with its defaults filled in. results: of segmentation, and of the background
    unless the caller supplied it. plan: the engine expected at inpainting. accept_format: of the
    composite. by_uri: whether images are returned as keys of the artifact store instead of bytes.
    """
    segmented = SEGMENTATION.get_result(results)
    request = compositing_pb2.CompositeProductRequest(
        cut_sides=segmented.cut_sides,
        options=ad.compositing,
        accept_format=accept_format,
        accept_uri=by_uri,
        size=compute_picture_size(ad),
        with_layers=ad.delivery.layers or ad.delivery.layered_file,
        view=segmented.view if segmented.HasField("view") else None,
    )
    # As arguments, images would be serialized and parsed.
    request.cutout.CopyFrom(segmented.cutout)
    if BACKGROUND.stage in results:
        generated = BACKGROUND.get_result(results)
        request.background.CopyFrom(generated.background)
        if generated.HasField("scene"):
            request.scene.CopyFrom(generated.scene)
    else:
        _set_backdrop(request, ad)
    # That engine draws the shadows itself, and a second one comes only from callers who ask for it.
    if plan[INPAINTING.stage].casts_shadows and not ad.compositing.shadow.kind:
        request.options.shadow.kind = compositing_pb2.SHADOW_KIND_NONE
    return request


def _set_backdrop(
    request: compositing_pb2.CompositeProductRequest, ad: ads_pb2.CreateAdRequest
) -> None:
    """Sets in `request` the background that the caller supplied in place of a generated one.

    It is a color or a picture, with or without a scene: the light, ground and camera in it.
    """
    if ad.backdrop.HasField("color"):
        request.color.CopyFrom(ad.backdrop.color)
    else:
        request.background.CopyFrom(ad.backdrop.picture)
    if ad.backdrop.HasField("scene"):
        request.scene.CopyFrom(ad.backdrop.scene)


def _build_inpainting_request(
    ad: ads_pb2.CreateAdRequest,
    results: StageResults,
    plan: EnginePlan,
    accept_format: image_pb2.ImageFormat,
    by_uri: bool,
) -> inpainting_pb2.InpaintSceneRequest:
    """Builds the request to add shadows and reflections to the composite.

    plan: the engine expected here, which a draft is made with. accept_format: of the result.
    by_uri: whether it is returned as a key of the artifact store instead of bytes.
    """
    composited = COMPOSITING.get_result(results)
    request = inpainting_pb2.InpaintSceneRequest(
        scene=composited.scene if composited.HasField("scene") else None,
        prompt=ad.prompt,
        negative_prompt=ad.negative_prompt,
        seed=ad.seed,
        options=ad.inpainting,
        accept_format=accept_format,
        accept_uri=by_uri,
    )
    # As arguments, images would be serialized and parsed.
    request.composite.CopyFrom(composited.composite)
    request.mask.CopyFrom(composited.mask)
    request.options.engine.CopyFrom(choose_inpainting_engine(ad, plan[INPAINTING.stage]))
    return request


def _build_finishing_request(
    ad: ads_pb2.CreateAdRequest,
    image_sizes: Mapping[str, int],
    results: StageResults,
    descriptions: Mapping[ads_pb2.Stage, StageDescription],
) -> finishing_pb2.FinishAdRequest:
    """Builds the request to write the file of the ad, which always comes as bytes for the caller.

    image_sizes: as of build_stage_request. results, descriptions: of all other stages.
    """
    composited = COMPOSITING.get_result(results)
    content = describe_content(ad, image_sizes, descriptions)
    request = finishing_pb2.FinishAdRequest(
        layers=composited.layers,
        delivery=choose_delivery(ad),
        accept_format=ad.accept_format,
        generative=any(result.run.generative for result in results.values()),
        record=record_from_manifest(content),
        circumstances=circumstances_from_manifest(content),
        lettering=ad.lettering if ad.HasField("lettering") else None,
        options=ad.finishing,
        quality=ad.quality,
        stages=[
            _describe_run(name_from_stage(step.stage), results[step.stage].run)
            for step in PIPELINE
            if step.stage in results
        ],
        photo=finishing_pb2.PhotoRecord(
            sha256=ad.photo.uri, credentials=SEGMENTATION.get_result(results).photo_credentials
        ),
    )
    # As arguments, images would be serialized and parsed.
    request.ad.CopyFrom(INPAINTING.get_result(results).ad)
    request.composite.CopyFrom(composited.composite)
    request.mask.CopyFrom(composited.mask)
    return request


def _describe_run(stage: str, run: engine_pb2.EngineRun) -> finishing_pb2.StageRun:
    """Returns what the file of an ad says of a stage: the engine and model that ran.

    stage: its name. Image servers name their models as they like; what is too long or cannot be
    printed is left out.
    """
    return finishing_pb2.StageRun(
        stage=stage,
        engine=_limit_name(run.engine, MAX_ENGINE_CHARACTERS),
        version=_limit_name(run.version, MAX_MODEL_CHARACTERS),
        model=_limit_name(run.model, MAX_MODEL_CHARACTERS),
        generative=run.generative,
    )


def _limit_name(name: str, characters: int) -> str:
    """Returns the printable characters of a name, at most so many."""
    return "".join(filter(str.isprintable, name))[:characters]
