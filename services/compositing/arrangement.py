"""What a caller may say about where the product goes."""

from dataclasses import dataclass

from cyclorama.v1 import compositing_pb2
from services.runtime.options import read_set_fields


@dataclass(frozen=True)
class Margins:
    """Strips that stay free, as shares of the picture's height (top, bottom) and width.

    top: None for headroom above a product that stands, and nothing above another one.
    """

    top: float | None = None
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@dataclass(frozen=True)
class Arrangement:
    """As in the contract's Arrangement; words for its enums, empty where it depends."""

    anchor: str = ""
    stance: str = ""
    offset_x: float = 0.0
    offset_y: float = 0.0
    margins: Margins | None = None
    rotation: float = 0.0
    flip: bool = False

    @property
    def across(self) -> float:
        """How far right the anchor is: 0 left, 1 right."""
        return {"left": 0.0, "right": 1.0}.get(self.anchor.rpartition("_")[2], 0.5)

    @property
    def down(self) -> float:
        """How far down the anchor is: 0 top, 1 bottom."""
        return {"top": 0.0, "bottom": 1.0}.get(self.anchor.partition("_")[0], 0.5)

    def stands(self, lying: bool) -> bool:
        """Whether the product stands on the ground line; `lying`: of a scene seen from above."""
        if self.stance:
            return self.stance == "stand"
        return not lying and (not self.anchor or self.down == 1.0)

    def lowest_ground(self, lying: bool) -> float:
        """How far down the ground line may be, as a share of the height."""
        return 1 - self.margins.bottom if self.margins and self.stands(lying) else 1.0


AS_THE_SCENE_SUGGESTS = Arrangement()


def arrangement_of(message: compositing_pb2.Arrangement) -> Arrangement:
    """Reads an Arrangement message."""
    margins = Margins(**read_set_fields(message.margins)) if message.HasField("margins") else None
    fields = read_set_fields(message) | {
        "anchor": word(compositing_pb2.Anchor, message.anchor),
        "stance": word(compositing_pb2.Stance, message.stance),
    }
    return Arrangement(**fields, margins=margins)


def word(enum, value: int) -> str:
    """An enum's value as a word, such as "top_left"; empty when unspecified."""
    if not value:
        return ""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    return enum.Name(value).removeprefix(prefix).lower()
