"""Collects from a manifest what the stages know of an ad and its quality report judges."""

from typing import Any

from google.protobuf.json_format import ParseDict

from cyclorama.v1 import ads_pb2, finishing_pb2
from gateway.stage_methods import name_from_stage

# Fields of Circumstances, by the stage whose entry in the manifest has them.
SOURCES = {
    ads_pb2.STAGE_SEGMENTATION: ("confidence", "cut_sides", "transparent_share", "view"),
    ads_pb2.STAGE_BACKGROUND: ("shown_prompt",),
    ads_pb2.STAGE_COMPOSITING: ("scene", "placement", "color_shift"),
}
# Those that stages always measure, and that JSON omits where they are 0.
MEASURED = ("confidence", "transparent_share", "color_shift")
# Reason of the warning with which segmentation doubts a cut-out.
DOUBT = "LOW_CONFIDENCE"


def circumstances_from_manifest(manifest: dict[str, Any]) -> finishing_pb2.Circumstances:
    """Returns what the stages of an ad know of it, besides its pixels.

    manifest: as decoded from JSON, or at least its fields `request` and `stages`, of which
    finishing may be missing. Raises KeyError, TypeError, AttributeError or google.protobuf's
    ParseError when fields are missing or have another type.
    """
    stages = {entry["stage"]: entry for entry in manifest["stages"]}
    fields: dict[str, Any] = dict.fromkeys(MEASURED, 0.0)
    for stage, names in SOURCES.items():
        # Without an entry where the caller supplied the background.
        entry = stages.get(name_from_stage(stage), {})
        fields |= {name: entry[name] for name in names if name in entry}
    segmented = stages[name_from_stage(ads_pb2.STAGE_SEGMENTATION)]
    fields["doubt"] = _find_doubt(segmented)
    fields["product"] = manifest["request"].get("segmentation", {}).get("product", "")
    fields["has_lettering"] = "lettering" in manifest["request"]
    # Manifests of later releases may have fields that are not known here.
    return ParseDict(fields, finishing_pb2.Circumstances(), ignore_unknown_fields=True)


def _find_doubt(segmented: dict[str, Any]) -> str:
    """Returns what segmentation doubts about its cut-out, in words; empty if it doubts nothing.

    segmented: its entry in the manifest.
    """
    warnings = segmented["warnings"]
    return next((each["message"] for each in warnings if each["reason"] == DOUBT), "")
