"""What stages 2, 3 and 4 tell each other about the world in a background."""

from dataclasses import dataclass

from cyclorama.v1 import image_pb2, scene_pb2
from services.runtime.limits import LYING_FROM_PITCH
from services.runtime.options import set_fields

RGB = tuple[int, int, int]
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Light:
    """The main light; angles in degrees as in the contract's Light, softness 0 to 1."""

    azimuth: float = 0.0
    elevation: float = 45.0
    softness: float = 0.5
    color: RGB = WHITE


@dataclass(frozen=True)
class Scene:
    """The facts of a background; shares of its height count from the top."""

    ground_line: float = 0.8
    horizon: float = 0.3
    gloss: float = 0.0
    camera_pitch: float = 15.0
    light: Light | None = None
    palette: tuple[RGB, ...] = ()

    @property
    def lying(self) -> bool:
        """Whether products lie on the surface, seen from above, instead of standing on it."""
        return self.camera_pitch >= LYING_FROM_PITCH


def scene_of(message: scene_pb2.Scene) -> Scene:
    """Reads a Scene message; what is unset takes its default."""
    light = light_of(message.light) if message.HasField("light") else None
    palette = tuple(map(rgb_of, message.palette))
    return Scene(**set_fields(message, exact=True), light=light, palette=palette)


def light_of(message: scene_pb2.Light) -> Light:
    """Reads a Light message; what is unset takes its default."""
    color = rgb_of(message.color) if message.HasField("color") else WHITE
    return Light(**set_fields(message, exact=True), color=color)


def scene_message(scene: Scene) -> scene_pb2.Scene:
    """Writes a Scene message."""
    return scene_pb2.Scene(
        light=_light_message(scene.light) if scene.light else None,
        ground_line=scene.ground_line,
        horizon=scene.horizon,
        gloss=scene.gloss,
        palette=map(_color_message, scene.palette),
        camera_pitch=scene.camera_pitch,
    )


def rgb_of(color: image_pb2.Color) -> RGB:
    """Reads a Color message."""
    return color.red, color.green, color.blue


def _light_message(light: Light) -> scene_pb2.Light:
    return scene_pb2.Light(
        azimuth=light.azimuth,
        elevation=light.elevation,
        softness=light.softness,
        color=_color_message(light.color),
    )


def _color_message(rgb: RGB) -> image_pb2.Color:
    return image_pb2.Color(red=rgb[0], green=rgb[1], blue=rgb[2])
