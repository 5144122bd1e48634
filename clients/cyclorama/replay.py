"""Makes an ad again from its manifest, and says whether it is the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError

from cyclorama.operations import Operation, PictureLike, read_ad, to_image
from cyclorama.results import Ad
from cyclorama.v1 import ads_pb2
from cyclorama.v1.ads_pb2_grpc import AdServiceStub

IDENTICAL = "identical"


def replay(manifest: Mapping[str, Any], photo: PictureLike) -> Operation[Ad]:
    """The call that a manifest tells of; ValueError when the photo is another one."""
    image = to_image(photo)
    try:
        expected, _ = manifest["photo"]["sha256"], manifest["ad"]["sha256"]
        request = ParseDict(manifest["request"], ads_pb2.CreateAdRequest())
    except (KeyError, TypeError, ParseError) as error:
        raise ValueError(f"this is no manifest of an ad: {error}") from None
    if hashlib.sha256(image.data).hexdigest() != expected:
        raise ValueError("this is not the photo that the manifest tells of")
    request.photo.CopyFrom(image)
    return Operation(AdServiceStub, "CreateAd", request, read_ad, streams=True)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Says whether two ads are the same, by their manifests.

    before, after: as in `Ad.manifest`.

    Returns "identical", or one sentence that names the first stage with another output, and why.
    """
    if before["ad"]["sha256"] == after["ad"]["sha256"]:
        return IDENTICAL
    again = {stage["stage"]: stage for stage in after["stages"]}
    for old in before["stages"]:
        new = again.get(old["stage"], old)
        if old["output"]["sha256"] != new["output"]["sha256"]:
            return f"{old['stage']} differs: {_why(old, new)}"
    return "the ad differs, though every stage gave the same"


def _why(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    ran = [f"{stage['engine']} {stage['version']}" for stage in (old, new)]
    if ran[0] != ran[1]:
        return f"{ran[0]} made it then, {ran[1]} now"
    if old["parameters"] != new["parameters"]:
        names = sorted(
            name
            for name in old["parameters"] | new["parameters"]
            if json.dumps(old["parameters"].get(name)) != json.dumps(new["parameters"].get(name))
        )
        return f"other parameters: {', '.join(names)}"
    return f"{ran[0]} gave another picture for the same request"
