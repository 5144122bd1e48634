"""What stages 2, 3 and 4 tell each other about the world in a background."""

from dataclasses import dataclass

from cyclorama.v1 import image_pb2, scene_pb2

RGB = tuple[int, int, int]
LYING_FROM_PITCH = 60.0


@dataclass(frozen=True)
class Light:
    """The main light; angles in degrees as in the contract's Light, softness 0 to 1."""

    azimuth: float
    elevation: float
    softness: float
    color: RGB = (255, 255, 255)


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
    """Reads a Scene message."""
    return Scene(
        ground_line=message.ground_line,
        horizon=message.horizon,
        gloss=message.gloss,
        camera_pitch=message.camera_pitch,
        light=light_of(message.light) if message.HasField("light") else None,
        palette=tuple(rgb_of(color) for color in message.palette),
    )


def light_of(message: scene_pb2.Light) -> Light:
    """Reads a Light message."""
    return Light(message.azimuth, message.elevation, message.softness, rgb_of(message.color))


def scene_message(scene: Scene) -> scene_pb2.Scene:
    """Writes a Scene message."""
    message = scene_pb2.Scene(
        ground_line=scene.ground_line,
        horizon=scene.horizon,
        gloss=scene.gloss,
        camera_pitch=scene.camera_pitch,
        palette=[_color(rgb) for rgb in scene.palette],
    )
    if scene.light:
        message.light.CopyFrom(
            scene_pb2.Light(
                azimuth=scene.light.azimuth,
                elevation=scene.light.elevation,
                softness=scene.light.softness,
                color=_color(scene.light.color),
            )
        )
    return message


def rgb_of(color: image_pb2.Color) -> RGB:
    """Reads a Color message."""
    return color.red, color.green, color.blue


def _color(rgb: RGB) -> image_pb2.Color:
    return image_pb2.Color(red=rgb[0], green=rgb[1], blue=rgb[2])
