"""Assesses a picture with its manifest or, without one, with the product that is found in it."""

import json

from google.protobuf.json_format import ParseError

from cyclorama.v1 import finishing_pb2, image_pb2, segmentation_pb2
from gateway.ad_images import AdImages
from gateway.circumstances import circumstances_from_manifest
from gateway.stage_client import StageClient
from gateway.stage_errors import StageError
from gateway.stage_methods import SEGMENTATION
from gateway.verification import read_manifest
from services.runtime.errors import InvalidRequest, ProductNotFound, Violation

# Longest side in pixels of the mask that is found in a picture. Larger: finer edges in the masks of
# large pictures, and more time and bytes.
MAX_MASK_SIDE = 2048


def build_manifest_assessment(image: image_pb2.Image, text: str) -> finishing_pb2.AssessFileRequest:
    """Builds the request to assess an ad of which all is known that its manifest says.

    image: the file of the ad. text: the manifest, as JSON. Raises InvalidRequest when it is none.
    """
    manifest = read_manifest(text)
    try:
        circumstances = circumstances_from_manifest(manifest)
    except (ParseError, KeyError, TypeError, AttributeError):
        reason = "does not say how the ad was made; send the JSON file that came with the ad"
        raise InvalidRequest(Violation("manifest", reason)) from None
    return finishing_pb2.AssessFileRequest(
        image=image, circumstances=circumstances, pixel_lock=json.dumps(manifest["pixel_lock"])
    )


async def build_picture_assessment(
    image: image_pb2.Image, images: AdImages, stages: StageClient, deadline: float
) -> finishing_pb2.AssessFileRequest:
    """Builds the request to assess a picture of which nothing is known.

    It has a mask if the segmentation stage finds a product in the picture. image: its key stands in
    place of its bytes, which `images` has. deadline: a time.monotonic() value. Raises StageError
    when that stage fails for another reason.
    """
    search = segmentation_pb2.SegmentProductRequest(
        photo=image, options={"max_side": MAX_MASK_SIDE}
    )
    request = finishing_pb2.AssessFileRequest(image=image)
    try:
        found = await stages.call_stage(SEGMENTATION, search, deadline, lambda _: None, images)
    except StageError as error:
        if error.reason != ProductNotFound.reason:
            raise
    else:
        request.mask.CopyFrom(found.cutout)
        request.mask_box.CopyFrom(found.bounds)
    return request
