"""Describes for the page the words of an ad, and where they, product and cut-out are."""

from collections.abc import Iterable, Mapping
from typing import Any

JsonObject = dict[str, Any]
# Degrees up to which a rotated product counts as cut by its photo, by contract
# (Arrangement.rotation).
MAX_CUT_ROTATION = 5.0
MIRRORED = {"left": "right", "right": "left"}


def describe_placement(manifest: Mapping[str, Any]) -> JsonObject:
    """Returns the place of an ad's product, as shares of the ad's width and height.

    center_x, center_y, width, height: of its box. image_width: of the cut-out before it was
    rotated. rotation: clockwise in degrees. horizon: row of the scene, below which there is ground;
    None where it is not known. cut_sides: "top", "right", "bottom" and "left" of the product as it
    is on the ad, where the photo cut it off.

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
        "cut_sides": _list_cut_sides(stages["segmentation"].get("cut_sides", ()), placement),
    }


def describe_cutout(manifest: Mapping[str, Any]) -> JsonObject:
    """Returns where the cut-out of an ad is in its photo, and how the photo shows the product.

    left, top, width, height: of its box, as shares of the photo's sides. view: a View of the
    contract as JSON.

    manifest: the record of how the ad was made. A coordinate of 0 is not in it.
    """
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    segmentation = stages["segmentation"]
    bounds, photo = segmentation["bounds"], segmentation["photo_size"]
    return {
        "left": bounds.get("x", 0) / photo["width"],
        "top": bounds.get("y", 0) / photo["height"],
        "width": bounds["width"] / photo["width"],
        "height": bounds["height"] / photo["height"],
        "view": segmentation.get("view", {}),
    }


def describe_lettering(manifest: Mapping[str, Any]) -> JsonObject | None:
    """Returns the place of an ad's words and logo; None for an ad without.

    left, top, width, height: of the box around all of them, as shares of the ad's width and height.
    veiled: whether the picture behind them is covered by a veil.

    manifest: the record of how the ad was made.
    """
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    parameters, ad = stages["finishing"]["parameters"], manifest["ad"]
    if "box" not in parameters:
        return None
    box = parameters["box"]
    return {
        "left": box["x"] / ad["width"],
        "top": box["y"] / ad["height"],
        "width": box["width"] / ad["width"],
        "height": box["height"] / ad["height"],
        "veiled": parameters["veil"] > 0,
    }


def describe_words(request: Mapping[str, Any]) -> dict[str, str]:
    """Returns the words of an ad by the fields of the page's form; empty where it has none.

    request: of the ad's manifest.
    """
    lettering = request.get("lettering", {})
    return {
        "headline": lettering.get("headline", ""),
        "call": lettering.get("call_to_action", ""),
        "negative": request.get("negative_prompt", ""),
    }


def _list_cut_sides(sides: Iterable[str], placement: Mapping[str, Any]) -> list[str]:
    """Returns the names of the sides at which the photo cut a product off, as it is placed.

    sides: names of the contract's Side, before the product was mirrored and rotated.
    """
    if abs(placement.get("rotation", 0)) > MAX_CUT_ROTATION:
        return []
    names = [side.removeprefix("SIDE_").lower() for side in sides]
    return [MIRRORED.get(name, name) for name in names] if placement.get("flipped") else names
