"""Where the measurements of an ad are worst: on the ad and on its photo, in shares of the sides."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cyclorama.results import Measurement
from cyclorama.web.warning_texts import DOUBT

# x, y, width and height.
Shares = tuple[float, float, float, float]
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class ProductPlace:
    """How a product of a photo lies on an ad; coordinates are shares of the sides of either.

    bounds: of the product in the photo. center: on the ad. size: of the cut-out on the ad before it
    was rotated, in pixels. ad: width and height of the ad in pixels. rotation: clockwise in
    degrees, after it was flipped.
    """

    bounds: Shares
    center: tuple[float, float]
    size: tuple[float, float]
    ad: tuple[int, int]
    rotation: float
    flipped: bool

    def to_photo(self, x: float, y: float) -> tuple[float, float]:
        """Returns the point of the photo that is at a point of the ad."""
        across, down = (x - self.center[0]) * self.ad[0], (y - self.center[1]) * self.ad[1]
        cosine, sine = self._turn()
        right = (across * cosine + down * sine) / self.size[0] * (-1 if self.flipped else 1)
        below = (down * cosine - across * sine) / self.size[1]
        left, top, width, height = self.bounds
        return left + (right + 0.5) * width, top + (below + 0.5) * height

    def to_ad(self, x: float, y: float) -> tuple[float, float]:
        """Returns the point of the ad that a point of the photo is at."""
        left, top, width, height = self.bounds
        right = ((x - left) / width - 0.5) * self.size[0] * (-1 if self.flipped else 1)
        below = ((y - top) / height - 0.5) * self.size[1]
        cosine, sine = self._turn()
        across, down = right * cosine - below * sine, right * sine + below * cosine
        return self.center[0] + across / self.ad[0], self.center[1] + down / self.ad[1]

    def _turn(self) -> tuple[float, float]:
        angle = math.radians(self.rotation)
        return math.cos(angle), math.sin(angle)


def locate_measurements(
    measurements: Iterable[Measurement], manifest: Mapping[str, Any]
) -> dict[str, JsonObject]:
    """Returns where measurements are worst as JSON for the page, by their names.

    Those without a place are left out. place: on the ad; photo_place: on its photo; both have left,
    top, width and height, as shares of the sides.

    manifest: of the ad, the record of how it was made.
    """
    product, ad = read_product_place(manifest), manifest["ad"]
    places = {}
    for each in measurements:
        if each.box is not None:
            place = _share_box(each.box, ad)
            places[each.name] = _describe(place, _move(place, product.to_photo))
    doubtful = _find_doubtful_box(manifest)
    if doubtful:
        photo = _read_stages(manifest)["segmentation"]["photo_size"]
        shares = _share_box(doubtful, photo)
        places["cutout_confidence"] = _describe(_move(shares, product.to_ad), shares)
    return places


def read_product_place(manifest: Mapping[str, Any]) -> ProductPlace:
    """Reads from a manifest how the product of its photo lies on the ad."""
    stages = _read_stages(manifest)
    cutout, placement = stages["segmentation"], stages["compositing"]["placement"]
    x, y, width, height = _share_box(_read_box(placement["box"]), manifest["ad"])
    scale, output = placement["scale"], cutout["output"]
    return ProductPlace(
        bounds=_share_box(_read_box(cutout["bounds"]), cutout["photo_size"]),
        center=(x + width / 2, y + height / 2),
        size=(output["width"] * scale, output["height"] * scale),
        ad=(manifest["ad"]["width"], manifest["ad"]["height"]),
        rotation=placement.get("rotation", 0.0),
        flipped=placement.get("flipped", False),
    )


def _read_stages(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {stage["stage"]: stage for stage in manifest["stages"]}


def _find_doubtful_box(manifest: Mapping[str, Any]) -> tuple[int, int, int, int] | None:
    """Returns where in the photo a cut-out is doubted, in pixels; None where it is not."""
    warnings = _read_stages(manifest)["segmentation"].get("warnings", ())
    boxes = [each["box"] for each in warnings if each["reason"] == DOUBT and each.get("box")]
    return _read_box(boxes[0]) if boxes else None


def _read_box(box: Mapping[str, int]) -> tuple[int, int, int, int]:
    """Reads a box; a coordinate of 0 is not in a manifest."""
    return box.get("x", 0), box.get("y", 0), box["width"], box["height"]


def _share_box(box: tuple[int, int, int, int], size: Mapping[str, int]) -> Shares:
    x, y, width, height = box
    across, down = size["width"], size["height"]
    return x / across, y / down, width / across, height / down


def _move(box: Shares, move: Any) -> Shares:
    """Returns the box around the corners of a box, each moved by a function of x and y."""
    x, y, width, height = box
    corners = [move(x + right * width, y + down * height) for right in (0, 1) for down in (0, 1)]
    left, top = (min(each) for each in zip(*corners, strict=True))
    last_x, last_y = (max(each) for each in zip(*corners, strict=True))
    return left, top, last_x - left, last_y - top


def _describe(place: Shares, photo_place: Shares) -> JsonObject:
    return {"place": _to_json(place), "photo_place": _to_json(photo_place)}


def _to_json(box: Shares) -> dict[str, float]:
    names = ("left", "top", "width", "height")
    return {name: round(value, 4) for name, value in zip(names, box, strict=True)}
