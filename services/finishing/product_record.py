"""The record of a product in the metadata of a finished file: what its pixels cannot say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cyclorama.v1 import finishing_pb2, image_pb2
from services.imaging.box import Box
from services.runtime.limits import SIDES

# Values of the attribute `doubted`.
YES, NO = "yes", "no"
# What valid attributes match. Files come from anywhere, so that pixels have at most six digits.
ONE_SIDE = f"({'|'.join(SIDES)})"
VALID_VALUES = {
    "confidence": re.compile(r"(0\.[0-9]{3}|1\.000)?"),
    "doubted": re.compile(f"{YES}|{NO}"),
    "cutSides": re.compile(f"({ONE_SIDE}( {ONE_SIDE})*)?"),
    "productBox": re.compile(r"[0-9]{1,6}( [0-9]{1,6}){3}"),
    "pictureSize": re.compile(r"[0-9]{1,6} [0-9]{1,6}"),
}


@dataclass(frozen=True)
class ProductRecord:
    """What stages before the file knew about its product, which pixels cannot say.

    confidence: in the cut-out, 0 to 1; None if it is not known.
    is_doubted: whether segmentation warned of the cut-out.
    cut_sides: edges of the photo that cut off the product, such as "bottom".
    box: x, y, width, height of the product in the picture. size: the picture's width and height.
    """

    confidence: float | None
    is_doubted: bool
    cut_sides: tuple[str, ...]
    box: Box
    size: tuple[int, int]

    def to_attributes(self) -> dict[str, str]:
        """Returns the record as names and values of XMP properties."""
        confidence = "" if self.confidence is None else f"{self.confidence:.3f}"
        return {
            "confidence": confidence,
            "doubted": YES if self.is_doubted else NO,
            "cutSides": " ".join(self.cut_sides),
            "productBox": " ".join(map(str, self.box)),
            "pictureSize": " ".join(map(str, self.size)),
        }


def create_product_record(
    circumstances: finishing_pb2.Circumstances, box: Box, size: tuple[int, int]
) -> ProductRecord:
    """Returns the record of a product.

    circumstances: what is known about the ad. box: of the product in it. size: its width and
    height.
    """
    is_known = circumstances.HasField("confidence")
    return ProductRecord(
        confidence=circumstances.confidence if is_known else None,
        is_doubted=bool(circumstances.doubt),
        cut_sides=tuple(
            image_pb2.Side.Name(side).removeprefix("SIDE_").lower()
            for side in circumstances.cut_sides
        ),
        box=box,
        size=size,
    )


def parse_product_record(attributes: Mapping[str, str]) -> ProductRecord | None:
    """Returns the record that XMP properties contain; None if any of its values is not valid.

    attributes: values by name, as ProductRecord.to_attributes returns them.
    """
    for name, form in VALID_VALUES.items():
        if not form.fullmatch(attributes.get(name, "")):
            return None
    confidence = attributes["confidence"]
    x, y, box_width, box_height = map(int, attributes["productBox"].split())
    width, height = map(int, attributes["pictureSize"].split())
    if not (0 < box_width <= width - x and 0 < box_height <= height - y):
        return None
    return ProductRecord(
        confidence=float(confidence) if confidence else None,
        is_doubted=attributes["doubted"] == YES,
        cut_sides=tuple(attributes["cutSides"].split()),
        box=(x, y, box_width, box_height),
        size=(width, height),
    )
