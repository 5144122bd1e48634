"""How a photo shows its product, which stages 1, 2 and 3 exchange: camera, stance, lean, light."""

from dataclasses import dataclass
from typing import Literal

from cyclorama.v1 import scene_pb2
from services.runtime.limits import FOLLOWED_CONFIDENCE
from services.runtime.options import read_set_fields, word_from_enum

Pose = Literal["standing", "lying", "hanging", "floating"]
"""A stance of the contract's Stance, as a word."""

# Degrees of a camera that looks straight down.
OVERHEAD_PITCH = 90.0


@dataclass(frozen=True)
class PhotoView:
    """How a photo shows its product, as in the contract's View; None where it is not clear.

    ground_pitch, camera_pitch: degrees; pitch_confidence: 0 to 1.
    stance: "standing", "lying", "hanging" or "floating"; empty where it is not clear.
    tilt: degrees clockwise. focal_length_mm: on 35-mm film. light_azimuth: degrees.
    aspect: width of the product divided by its height.
    """

    ground_pitch: float | None = None
    camera_pitch: float | None = None
    pitch_confidence: float = 0.0
    stance: Pose | Literal[""] = ""
    tilt: float | None = None
    focal_length_mm: float | None = None
    light_azimuth: float | None = None
    aspect: float | None = None

    @property
    def followed_pitch(self) -> float | None:
        """The ground's pitch in degrees where it is sure enough to be followed, else None.

        A lying product whose photo does not show it is seen from above.
        """
        if self.pitch_confidence >= FOLLOWED_CONFIDENCE:
            return self.ground_pitch
        return OVERHEAD_PITCH if self.stance == "lying" else None


def view_from_message(message: scene_pb2.View) -> PhotoView:
    """Returns a View message, how a photo shows its product, as a PhotoView."""
    fields = read_set_fields(message, exact=True)
    fields["stance"] = word_from_enum(scene_pb2.Stance.DESCRIPTOR, message.stance)
    return PhotoView(**fields)


def view_to_message(view: PhotoView) -> scene_pb2.View:
    """Returns how a photo shows its product as a View message; None stays unset."""
    stance = f"STANCE_{view.stance.upper()}" if view.stance else None
    return scene_pb2.View(**vars(view) | {"stance": stance})
