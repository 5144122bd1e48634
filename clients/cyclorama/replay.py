"""Recreates an ad from its manifest and compares the two."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError

from cyclorama.manifests import ManifestLike, parse_manifest
from cyclorama.operations import Operation, prepare_ad_request
from cyclorama.pictures import PictureLike, image_from_picture
from cyclorama.results import Ad
from cyclorama.v1 import ads_pb2, image_pb2

# What compare_manifests returns when nothing differs.
IDENTICAL = "identical"
# Fields of the request by the names that manifests give to the files of an ad.
FILE_PATHS = {
    "photo": ("photo",),
    "mask": ("mask",),
    "backdrop": ("backdrop", "picture"),
    "logo": ("lettering", "logo"),
    "font_file": ("lettering", "font_file"),
}


def prepare_replay(
    manifest: ManifestLike | Ad,
    photo: PictureLike,
    mask: PictureLike | None = None,
    *,
    backdrop: PictureLike | None = None,
    logo: PictureLike | None = None,
    font_file: PictureLike | None = None,
) -> Operation[Ad]:
    """Prepares, without sending it, the CreateAd call that makes a manifest's ad again.

    manifest: the record of how the ad was made, or the ad. The others: the files of that ad.

    Raises ValueError when the manifest is invalid, or names another file or one that is missing.
    """
    manifest = parse_manifest(manifest)
    try:
        # The ad's hash is read as well, only to reject a manifest without it before the call.
        expected, _ = {"photo": manifest["photo"]["sha256"]}, manifest["ad"]["sha256"]
        expected |= {name: manifest[name]["sha256"] for name in FILE_PATHS if name in manifest}
        request = ParseDict(manifest["request"], ads_pb2.CreateAdRequest())
    except (KeyError, TypeError, ParseError) as error:
        raise ValueError(f"this is no manifest of an ad: {error}") from None
    files = {"photo": photo, "mask": mask, "backdrop": backdrop, "logo": logo}
    files["font_file"] = font_file
    for name, sha256 in expected.items():
        *messages, field = FILE_PATHS[name]
        message: Any = request
        for each in messages:
            message = getattr(message, each)
        getattr(message, field).CopyFrom(_read_expected_image(name, files[name], sha256))
    return prepare_ad_request(request)


def _read_expected_image(name: str, picture: PictureLike | None, sha256: str) -> image_pb2.Image:
    """Returns a picture as an Image message; raises ValueError when it is not the expected one.

    name: of the file in the manifest. sha256: of the bytes that the manifest names.
    """
    if picture is None:
        raise ValueError(f"the manifest names a {name.replace('_', ' ')}; send it as well")
    image = image_from_picture(picture, name)
    if (image.uri or hashlib.sha256(image.data).hexdigest()) != sha256:
        raise ValueError(f"this is not the {name.replace('_', ' ')} that the manifest names")
    return image


def compare_manifests(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Compares an ad with its replay, an ad made again from its manifest, by their manifests.

    before: the manifest of the ad, as in `Ad.manifest`. after: that of the replay.

    Returns "identical", or one sentence that names the first stage with another output, and why.
    """
    if _find_unsigned_hash(before) == _find_unsigned_hash(after):
        return IDENTICAL
    new_stages = {stage["stage"]: stage for stage in after["stages"]}
    for old in before["stages"]:
        # A stage that the replay lacks counts as equal.
        new = new_stages.get(old["stage"], old)
        if old["output"]["sha256"] != new["output"]["sha256"]:
            return f"{old['stage']} differs: {_explain_difference(old, new)}"
    return "the ad differs, though every stage returned the same"


def _find_unsigned_hash(manifest: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of an ad's file without its signature, which differs each time."""
    file: Mapping[str, str] = manifest["ad"]
    return file.get("unsigned_sha256") or file["sha256"]


def _explain_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Says why two runs of a stage differ: engine or version, parameters, or neither.

    old, new: the entries of the stage in two manifests.
    """
    old_engine, new_engine = (f"{stage['engine']} {stage['version']}" for stage in (old, new))
    if old_engine != new_engine:
        return f"{old_engine} made it then, {new_engine} now"
    if old["parameters"] != new["parameters"]:
        names = sorted(
            name
            # The union of both runs' parameters; as JSON, since 1 and True are equal in Python.
            for name in old["parameters"] | new["parameters"]
            if json.dumps(old["parameters"].get(name)) != json.dumps(new["parameters"].get(name))
        )
        return f"other parameters: {', '.join(names)}"
    return f"{old_engine} returned another picture for the same request"
