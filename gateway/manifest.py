"""The manifest of an ad: what was asked, what ran, and what came out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, image_pb2
from gateway.pipeline import PIPELINE, Results
from gateway.stages import stage_name
from services.runtime.formats import name_from_format
from services.runtime.objects import hash_content

FORMAT_VERSION = 2
# The picture that each stage is there to make, and the facts about it worth keeping.
OUTPUTS = {
    ads_pb2.STAGE_SEGMENTATION: ("cutout", ("bounds", "photo_size", "cut_sides", "confidence")),
    ads_pb2.STAGE_BACKGROUND: ("background", ("scene", "seed", "origin")),
    ads_pb2.STAGE_COMPOSITING: ("composite", ("placement", "scene")),
    ads_pb2.STAGE_INPAINTING: ("ad", ("seed",)),
    ads_pb2.STAGE_FINISHING: ("file", ("quality",)),
}
# What the record covers; the file, which carries the record, comes after it.
RECORDED = ("photo", "backdrop", "logo", "request", "stages")


def write_manifest(ad: ads_pb2.CreateAdRequest, results: Results, call_id: str) -> str:
    """The manifest of a finished ad as indented JSON; `ad` has its defaults filled in."""
    facts, finished = _facts(ad, results), results[ads_pb2.STAGE_FINISHING]
    file = _picture(finished.file) | {"bytes": len(finished.file.data)}
    if finished.quality:
        file["quality"] = finished.quality
    manifest = {
        "manifest": FORMAT_VERSION,
        "cyclorama": _own_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "call_id": call_id,
        "record": record_of(facts),
        **facts,
        "ad": file,
        "pixel_lock": json.loads(finished.pixel_lock) | {"transform": _transform(facts)},
        "quality": _plain(finished.quality_report),
    }
    if finished.HasField("profile_report"):
        manifest["profile"] = _plain(finished.profile_report)
    return json.dumps(manifest, indent=2)


def record_before_file(ad: ads_pb2.CreateAdRequest, results: Results) -> str:
    """The record of an ad that is not finished yet, for its file to carry."""
    return record_of(_facts(ad, results))


def record_of(manifest: dict[str, Any]) -> str:
    """SHA-256, in hex, of what was asked and what came out before the file; equal for equal ads."""
    facts = {name: manifest.get(name) for name in RECORDED}
    # Without what differs from run to run.
    facts["stages"] = [
        {name: value for name, value in stage.items() if name not in ("elapsed_ms", "measured")}
        for stage in facts["stages"]
        if stage["stage"] != stage_name(ads_pb2.STAGE_FINISHING)
    ]
    return hash_content(json.dumps(facts, sort_keys=True).encode())


def _facts(ad: ads_pb2.CreateAdRequest, results: Results) -> dict[str, Any]:
    """What was asked and what the stages did, as far as there are results."""
    stages = [_stage(step.stage, results[step.stage]) for step in PIPELINE if step.stage in results]
    facts = {"photo": _source(ad.photo), "request": _request(ad), "stages": stages}
    if ad.backdrop.HasField("picture"):
        facts["backdrop"] = _source(ad.backdrop.picture)
    if ad.lettering.HasField("logo"):
        facts["logo"] = _source(ad.lettering.logo)
    return facts


def _transform(manifest: dict[str, Any]) -> dict[str, Any]:
    """How the product got from its cut-out to where it is."""
    compositing = stage_name(ads_pb2.STAGE_COMPOSITING)
    (placed,) = (each["placement"] for each in manifest["stages"] if each["stage"] == compositing)
    return placed


def _source(image: image_pb2.Image) -> dict[str, Any]:
    return {"sha256": hash_content(image.data), "bytes": len(image.data)}


def _request(ad: ads_pb2.CreateAdRequest) -> dict[str, Any]:
    asked = ads_pb2.CreateAdRequest()
    asked.CopyFrom(ad)
    asked.ClearField("photo")
    # How it was made, not what.
    asked.ClearField("reuse")
    for holder, name in ((asked.backdrop, "picture"), (asked.lettering, "logo")):
        if holder.HasField(name):
            holder.ClearField(name)
    return _plain(asked)


def _stage(stage: int, result: Message) -> dict[str, Any]:
    output, facts = OUTPUTS[stage]
    run = result.run
    return {
        "stage": stage_name(stage),
        "engine": run.engine,
        "version": run.version,
        "generative": run.generative,
        "model": run.model,
        "parameters": _plain(run.parameters),
        "measured": _plain(run.measured),
        "elapsed_ms": run.elapsed.ToMilliseconds(),
        "warnings": [_plain(warning) for warning in run.warnings],
        "output": _picture(getattr(result, output)),
        **_plain(_only(result, facts)),
    }


def _only(message: Message, fields: Sequence[str]) -> Message:
    """A copy with some fields, so that none of the pictures is turned into text."""
    some = type(message)()
    FieldMask(paths=fields).MergeMessage(message, some)
    return some


def _picture(image: image_pb2.Image) -> dict[str, Any]:
    return {
        "sha256": image.uri or hash_content(image.data),
        "format": name_from_format(image.format),
        "width": image.width,
        "height": image.height,
    }


@cache
def _own_version() -> str:
    return version("cyclorama-services")


def _plain(message: Message) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True)
