"""Writes the manifest of an ad: the request, the stages that ran, hashes of inputs and outputs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2
from cyclorama.version import __version__
from gateway.drafts import is_draft
from gateway.pipeline import PIPELINE
from gateway.stage_methods import COMPOSITING, FINISHING, StageResult, name_from_stage
from services.runtime.engines import FELL_BACK
from services.runtime.formats import name_from_format
from services.runtime.objects import hash_content

# Version of the document, in its field `manifest`. Raise it when readers would misread old ones.
FORMAT_VERSION = 2
# By stage: the field with its output image, and the fields that are copied to the manifest.
OUTPUTS = {
    ads_pb2.STAGE_SEGMENTATION: (
        "cutout",
        ("bounds", "photo_size", "cut_sides", "confidence", "view", "transparent_share"),
    ),
    ads_pb2.STAGE_BACKGROUND: ("background", ("scene", "seed", "origin", "shown_prompt")),
    ads_pb2.STAGE_COMPOSITING: ("composite", ("placement", "scene", "color_shift")),
    ads_pb2.STAGE_INPAINTING: ("ad", ("seed",)),
    ads_pb2.STAGE_FINISHING: ("file", ("quality",)),
}
# Fields that the record hashes; not the file, which contains the record.
RECORDED = ("photo", "backdrop", "logo", "request", "stages")
# Hashed where the manifest has them: records of ads without are as before there were such files.
RECORDED_IF_SENT = ("mask", "font_file")
# Fields of a stage that differ from run to run.
NOT_RECORDED = ("elapsed_ms", "measured")
# So do its warnings of this reason: why engines were replaced, with times and numbers of calls.
NOT_RECORDED_REASON = FELL_BACK

StageDescription = dict[str, Any]
"""What a manifest says of a stage, as JSON values."""


def write_manifest(
    ad: ads_pb2.CreateAdRequest,
    image_sizes: Mapping[str, int],
    descriptions: Mapping[ads_pb2.Stage, StageDescription],
    finished: finishing_pb2.FinishAdResult,
    call_id: str,
) -> str:
    """Returns the manifest of a finished ad, the document that says how it was made, as JSON.

    ad: the request, with its defaults filled in, and with keys in place of its images. image_sizes:
    of these in bytes, by key. descriptions: of all stages. finished: the result of the last one.
    call_id: id of the caller's call; empty for a job.
    """
    content = describe_content(ad, image_sizes, descriptions)
    file = descriptions[FINISHING.stage]["output"] | {"bytes": len(finished.file.data)}
    if finished.quality:
        file["quality"] = finished.quality
    # Unlike that of a signed file, the same for equal requests.
    if finished.unsigned_sha256:
        file["unsigned_sha256"] = finished.unsigned_sha256
    manifest = {
        "manifest": FORMAT_VERSION,
        "cyclorama": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "call_id": call_id,
        "draft": is_draft(ad),
        "record": record_from_manifest(content),
        **content,
        "ad": file,
        # Certifies the product's pixels; extended by where they are.
        "pixel_lock": json.loads(finished.pixel_lock) | {"transform": _find_placement(content)},
        "quality": _message_to_dict(finished.quality_report),
    }
    if finished.HasField("profile_report"):
        manifest["profile"] = _message_to_dict(finished.profile_report)
    return json.dumps(manifest, indent=2)


def record_from_manifest(manifest: dict[str, Any]) -> str:
    """Returns the record of an ad: the SHA-256, in hexadecimal, of all that it is made from.

    That is the request, its images, and the stages before finishing; of them, all that does not
    differ from run to run. Finishing writes the record into the file. manifest: as decoded from
    JSON, or at least its fields RECORDED. Raises KeyError or TypeError when fields are missing.
    """
    recorded = {name: manifest.get(name) for name in RECORDED}
    recorded |= {name: manifest[name] for name in RECORDED_IF_SENT if name in manifest}
    recorded["stages"] = [
        _select_recorded(stage)
        for stage in manifest["stages"]
        if stage["stage"] != name_from_stage(FINISHING.stage)
    ]
    return hash_content(json.dumps(recorded, sort_keys=True).encode())


def _select_recorded(stage: dict[str, Any]) -> dict[str, Any]:
    """Returns what does not differ from run to run of a stage's entry in the manifest.

    Raises KeyError or TypeError when fields are missing.
    """
    recorded = {name: value for name, value in stage.items() if name not in NOT_RECORDED}
    warnings = [each for each in stage["warnings"] if each["reason"] != NOT_RECORDED_REASON]
    return recorded | {"warnings": warnings}


def describe_content(
    ad: ads_pb2.CreateAdRequest,
    image_sizes: Mapping[str, int],
    descriptions: Mapping[ads_pb2.Stage, StageDescription],
) -> dict[str, Any]:
    """Returns the fields RECORDED of a manifest: images sent, request, stages that have finished.

    ad, image_sizes: as of write_manifest. descriptions: of the stages so far.
    """
    stages = [descriptions[step.stage] for step in PIPELINE if step.stage in descriptions]
    content = {
        "photo": _describe_input(ad.photo, image_sizes),
        "request": _describe_request(ad),
        "stages": stages,
    }
    if ad.HasField("mask"):
        content["mask"] = _describe_input(ad.mask, image_sizes)
    if ad.backdrop.HasField("picture"):
        content["backdrop"] = _describe_input(ad.backdrop.picture, image_sizes)
    if ad.lettering.HasField("logo"):
        content["logo"] = _describe_input(ad.lettering.logo, image_sizes)
    if ad.lettering.HasField("font_file"):
        content["font_file"] = _describe_input(ad.lettering.font_file, image_sizes)
    return content


def list_warnings(manifest: str) -> tuple[dict[str, Any], ...]:
    """Returns the warnings of all stages in a manifest's text, each as fields of its message."""
    stages = json.loads(manifest)["stages"]
    return tuple(warning for stage in stages for warning in stage["warnings"])


def list_engines(manifest: str) -> tuple[dict[str, str], ...]:
    """Returns the engines in a manifest's text, each as fields of the message StageEngine."""
    names = ("stage", "engine", "model")
    stages = json.loads(manifest)["stages"]
    return tuple({name: stage[name] for name in names} for stage in stages)


def _find_placement(content: dict[str, Any]) -> dict[str, Any]:
    """Returns how the cut-out was scaled and placed in the composite, as compositing reported it.

    content: a manifest, or its fields RECORDED, with exactly one entry for compositing.
    """
    name = name_from_stage(COMPOSITING.stage)
    (placement,) = (stage["placement"] for stage in content["stages"] if stage["stage"] == name)
    return placement


def _describe_input(image: image_pb2.Image, image_sizes: Mapping[str, int]) -> dict[str, Any]:
    """Returns hash and size of an image that the caller sent, whose key is the hash."""
    return {"sha256": image.uri, "bytes": image_sizes[image.uri]}


def _describe_request(ad: ads_pb2.CreateAdRequest) -> dict[str, Any]:
    """Returns the request as JSON values, without its images and what does not change the ad."""
    request = ads_pb2.CreateAdRequest()
    request.CopyFrom(ad)
    request.ClearField("photo")
    request.ClearField("mask")
    # Whether cached results may be used does not change the ad.
    request.ClearField("reuse")
    if request.backdrop.HasField("picture"):
        request.backdrop.ClearField("picture")
    for name in ("logo", "font_file"):
        # Clearing a field of an unset message would set it.
        if request.lettering.HasField(name):
            request.lettering.ClearField(name)
    return _message_to_dict(request)


def describe_stage(stage: ads_pb2.Stage, result: StageResult) -> StageDescription:
    """Returns the entry of a stage in the manifest: its engine, parameters, warnings and output.

    It ends with the fields of the result that OUTPUTS names for the stage.
    """
    output_field, copied_fields = OUTPUTS[stage]
    run = result.run
    return {
        "stage": name_from_stage(stage),
        "engine": run.engine,
        "version": run.version,
        "generative": run.generative,
        "model": run.model,
        "parameters": _message_to_dict(run.parameters),
        "measured": _message_to_dict(run.measured),
        "elapsed_ms": run.elapsed.ToMilliseconds(),
        "warnings": _message_to_dict(_select_fields(run, ["warnings"])).get("warnings", []),
        "output": _describe_image(getattr(result, output_field)),
        **_message_to_dict(_select_fields(result, copied_fields)),
    }


def _select_fields(message: Message, fields: Sequence[str]) -> Message:
    """Returns a copy of a message with the named fields only.

    Copied before it is converted to JSON, so that no image is converted to text.
    """
    selected = type(message)()
    FieldMask(paths=fields).MergeMessage(message, selected)
    return selected


def _describe_image(image: image_pb2.Image) -> dict[str, Any]:
    """Returns hash, format and size in pixels of an image that a stage made.

    image: with its bytes, or with their hash as its URI.
    """
    return {
        "sha256": image.uri or hash_content(image.data),
        "format": name_from_format(image.format),
        "width": image.width,
        "height": image.height,
    }


def _message_to_dict(message: Message) -> dict[str, Any]:
    """Converts a message to JSON values, with field names as in the proto."""
    return MessageToDict(message, preserving_proto_field_name=True)
