"""Where a caller wants the product: anchor, stance, offsets, margins, rotation, mirroring."""

from dataclasses import dataclass

from google.protobuf.message import Message

from cyclorama.v1 import compositing_pb2, scene_pb2
from services.imaging.scene import Scene
from services.imaging.view import PhotoView
from services.runtime.options import read_set_fields, word_from_enum


@dataclass(frozen=True)
class Margins:
    """Strips without product: top and bottom as shares of the height, the others of the width.

    top: None keeps headroom above a standing product, and no margin above a floating one.
    """

    top: float | None = None
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@dataclass(frozen=True)
class ProductSpot:
    """The exact place of a product: the middle of its box, and the width, as shares of the canvas.

    center_x, width: of the canvas's width. center_y: of its height.
    """

    center_x: float = 0.5
    center_y: float = 0.5
    width: float = 0.5


@dataclass(frozen=True)
class Arrangement:
    """The fields of the contract's Arrangement.

    anchor: a position such as "top_left"; empty for the default of the stance.
    stance: "standing", "lying", "hanging" or "floating"; empty to derive it from the anchor and the
    scene.
    offset_x, offset_y: shares of the canvas's width and height.
    rotation: degrees clockwise.
    flip: whether to mirror the product left to right.
    photo_stance: the stance that suits the product as its photo shows it; empty if not known.
    spot: the exact place, which anchor, offsets and margins do not change; None without one.
    """

    anchor: str = ""
    stance: str = ""
    offset_x: float = 0.0
    offset_y: float = 0.0
    margins: Margins | None = None
    rotation: float = 0.0
    flip: bool = False
    photo_stance: str = ""
    spot: ProductSpot | None = None

    @property
    def anchor_x(self) -> float:
        """The horizontal position of the anchor: 0 left, 0.5 center, 1 right."""
        return {"left": 0.0, "right": 1.0}.get(self.anchor.rpartition("_")[2], 0.5)

    @property
    def anchor_y(self) -> float:
        """The vertical position of the anchor: 0 top, 0.5 center, 1 bottom."""
        return {"top": 0.0, "bottom": 1.0}.get(self.anchor.partition("_")[0], 0.5)

    def choose_stance(self, scene: Scene) -> str:
        """Returns the stance of the product in a scene."""
        return self.explain_stance(scene)[0]

    def explain_stance(self, scene: Scene) -> tuple[str, str]:
        """Returns the stance of the product in a scene, and what decided it.

        That is "caller", "scene", "photo" or "default", whichever comes first and has a say.
        """
        if self.stance:
            return self.stance, "caller"
        if scene.lying:
            return "lying", "scene"
        if self.anchor and self.anchor_y < 1.0:
            return "floating", "caller"
        if scene.stance:
            return scene.stance, "scene"
        return (self.photo_stance, "photo") if self.photo_stance else ("standing", "default")

    def is_standing(self, scene: Scene) -> bool:
        """Whether the product is on the scene's ground line instead of at its anchor.

        A lying product is as well, unless the scene is seen from above.
        """
        stance = self.choose_stance(scene)
        return stance == "standing" or (stance == "lying" and not scene.lying)

    def is_raised(self, scene: Scene) -> bool:
        """Whether the product floats or hangs above the ground; none does if seen from above."""
        return not scene.lying and self.choose_stance(scene) in ("floating", "hanging")

    def lowest_ground_line(self, scene: Scene) -> float:
        """The lowest ground line above the bottom margin, as a share of the height from the top."""
        if self.spot or not self.margins or not self.is_standing(scene):
            return 1.0
        return 1 - self.margins.bottom


DEFAULT_ARRANGEMENT = Arrangement()
UNKNOWN_VIEW = PhotoView()


def arrangement_from_message(
    message: compositing_pb2.Arrangement, view: PhotoView = UNKNOWN_VIEW
) -> Arrangement:
    """Reads where the caller wants the product; unset fields take their defaults.

    Without a rotation of the caller's, a product that leans in its photo is set upright. Enum
    values become words: ANCHOR_TOP_LEFT becomes "top_left".

    view: how the product's photo shows it.
    """
    margins = Margins(**read_set_floats(message.margins)) if message.HasField("margins") else None
    spot = ProductSpot(**read_set_floats(message.spot)) if message.HasField("spot") else None
    # Presence counts: a rotation of 0 keeps the lean.
    floats = {"rotation": compute_uprighting(view.tilt, message.flip)} | read_set_floats(message)
    return Arrangement(
        anchor=word_from_enum(compositing_pb2.Anchor.DESCRIPTOR, message.anchor),
        stance=word_from_enum(scene_pb2.Stance.DESCRIPTOR, message.stance),
        photo_stance=view.stance,
        flip=message.flip,
        margins=margins,
        spot=spot,
        **floats,
    )


def compute_uprighting(tilt: float | None, flip: bool) -> float:
    """Returns the clockwise rotation in degrees that sets a leaning product upright.

    tilt: degrees clockwise that it leans in its photo; None: it does not.
    flip: whether it is mirrored first, so that it leans to the other side.
    """
    if not tilt:
        return 0.0
    return tilt if flip else -tilt


def read_set_floats(message: Message) -> dict[str, float]:
    """Returns the floating-point fields of a message that the caller set, by name."""
    return {
        name: value for name, value in read_set_fields(message).items() if isinstance(value, float)
    }
