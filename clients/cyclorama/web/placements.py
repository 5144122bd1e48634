"""Describes for the page where the product of an ad is, and how sure its cut-out is."""

from collections.abc import Mapping
from typing import Any

from cyclorama.measurement_texts import end_sentence

JsonObject = dict[str, Any]
# Reason of the warning with which the cut-out is doubted.
DOUBT = "LOW_CONFIDENCE"


def describe_placement(manifest: Mapping[str, Any]) -> JsonObject:
    """Returns the place of an ad's product, as shares of the ad's width and height.

    center_x, center_y, width, height: of its box. image_width: of the cut-out before it was
    rotated. rotation: clockwise in degrees. horizon: row of the scene, below which there is ground;
    None where it is not known.

    manifest: the record of how the ad was made. A value of 0 is not in it.
    """
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    composite, cutout = stages["compositing"], stages["segmentation"]["output"]
    placement, ad = composite["placement"], manifest["ad"]
    box = placement["box"]
    return {
        "center_x": (box.get("x", 0) + box["width"] / 2) / ad["width"],
        "center_y": (box.get("y", 0) + box["height"] / 2) / ad["height"],
        "width": box["width"] / ad["width"],
        "height": box["height"] / ad["height"],
        "image_width": cutout["width"] * placement["scale"] / ad["width"],
        "rotation": placement.get("rotation", 0),
        "flipped": placement.get("flipped", False),
        "stands": placement.get("stands", False),
        "horizon": composite.get("scene", {}).get("horizon"),
    }


def describe_doubt(manifest: Mapping[str, Any]) -> str:
    """Returns a sentence that says why an ad's cut-out may be wrong; empty where it is sure."""
    warnings = (warning for stage in manifest["stages"] for warning in stage["warnings"])
    doubts = [each["message"] for each in warnings if each["reason"] == DOUBT]
    return word_doubt(doubts[0]) if doubts else ""


def word_doubt(message: str) -> str:
    """Returns what a warning finds as a sentence, without what callers of the contract could do.

    message: a clause that says what may be wrong, a semicolon, and the advice.
    """
    return end_sentence(message.partition(";")[0])
