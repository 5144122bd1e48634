"""The record of a product in the metadata of a finished file: what its pixels cannot say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cyclorama.v1 import finishing_pb2, image_pb2
from services.imaging.box import Box

# Values of the attribute `doubted`.
YES, NO = "yes", "no"


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
    """Returns the record that XMP properties contain; None if they contain no valid one.

    attributes: values by name, as ProductRecord.to_attributes returns them.
    """
    box = tuple(map(int, re.findall(r"\d+", attributes.get("productBox", ""))))
    size = tuple(map(int, re.findall(r"\d+", attributes.get("pictureSize", ""))))
    if len(box) != 4 or len(size) != 2:
        return None
    confidence = attributes.get("confidence", "")
    return ProductRecord(
        confidence=float(confidence) if re.fullmatch(r"[01]\.\d+", confidence) else None,
        is_doubted=attributes.get("doubted") != NO,
        cut_sides=tuple(attributes.get("cutSides", "").split()),
        box=(box[0], box[1], box[2], box[3]),
        size=(size[0], size[1]),
    )
