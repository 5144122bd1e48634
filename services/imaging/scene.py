"""The scene of a background, which stages 2, 3 and 4 exchange: light, ground, camera, palette."""

import math
from dataclasses import dataclass

from cyclorama.v1 import image_pb2, scene_pb2
from services.imaging.recipe import SetRecipe, recipe_from_message, recipe_to_message
from services.runtime.limits import MIN_LYING_PITCH
from services.runtime.options import read_set_fields, word_from_enum

RGB = tuple[int, int, int]
"""sRGB red, green and blue, 0 to 255."""

# Tangents of half the field of view along the height: of 8 and 60 degrees, beyond which pitch and
# horizon do not belong together, and of the 22 degrees of a product photo, assumed then.
MIN_FIELD_SLOPE, MAX_FIELD_SLOPE, ASSUMED_FIELD_SLOPE = 0.07, 0.577, 0.194
# Row, as a share of the height, at and above which the horizon is only known to be far above.
FAR_HORIZON = -1.0

# The brightest sRGB color: light without a tint.
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Light:
    """The main light: angles in degrees as in the contract's Light, softness 0 to 1."""

    azimuth: float = 0.0
    elevation: float = 45.0
    softness: float = 0.5
    color: RGB = WHITE


@dataclass(frozen=True)
class Scene:
    """What a background shows, as in the contract's Scene.

    ground_line, horizon: shares of the height, from the top. product_x: share of the width, from
    the left. gloss: 0 to 1. camera_pitch: degrees
    that the camera looks down. stance: of the product that it was made for, "standing", "lying",
    "hanging" or "floating"; empty to derive it from the pitch. recipe: of the rendered set; None
    for other backgrounds. product_height: of a product of true size, a share of the height; None
    where its size is not known.
    """

    ground_line: float = 0.8
    horizon: float = 0.3
    gloss: float = 0.0
    camera_pitch: float = 15.0
    light: Light | None = None
    palette: tuple[RGB, ...] = ()
    stance: str = ""
    recipe: SetRecipe | None = None
    product_x: float = 0.5
    product_height: float | None = None

    @property
    def lying(self) -> bool:
        """Whether products lie on the surface, seen from above, instead of standing on it."""
        return self.camera_pitch >= MIN_LYING_PITCH

    @property
    def ground_pitch(self) -> float:
        """Degrees at which the camera looks down on the ground line, as in View.ground_pitch.

        Rows off the picture's middle are seen along other rays: a row lower by a share s of the
        height is seen more steeply by atan(2 s h), with h the tangent of half the field of view.
        The horizon, which is seen along a level ray, has h = tan(pitch) / (1 - 2 horizon).
        """
        above_middle = 1 - 2 * self.horizon
        slope = math.tan(math.radians(min(self.camera_pitch, MIN_LYING_PITCH)))
        is_field = MIN_FIELD_SLOPE * above_middle <= slope <= MAX_FIELD_SLOPE * above_middle
        is_usual = slope > 0 and self.horizon > FAR_HORIZON and is_field
        half_field = slope / above_middle if is_usual else ASSUMED_FIELD_SLOPE
        offset = math.atan((2 * self.ground_line - 1) * half_field)
        return min(max(0.0, self.camera_pitch + math.degrees(offset)), 90.0)


def scene_from_message(message: scene_pb2.Scene) -> Scene:
    """Returns a Scene message (what a background shows) as a Scene; unset fields get defaults."""
    light = light_from_message(message.light) if message.HasField("light") else None
    palette = tuple(map(rgb_from_message, message.palette))
    fields = read_set_fields(message, exact=True)
    fields["stance"] = word_from_enum(scene_pb2.Stance.DESCRIPTOR, message.stance)
    recipe = recipe_from_message(message.recipe) if message.HasField("recipe") else None
    return Scene(**fields, light=light, palette=palette, recipe=recipe)


def light_from_message(message: scene_pb2.Light) -> Light:
    """Returns a Light message (the main light of a scene) as a Light; unset fields get defaults."""
    color = rgb_from_message(message.color) if message.HasField("color") else WHITE
    return Light(**read_set_fields(message, exact=True), color=color)


def scene_to_message(scene: Scene) -> scene_pb2.Scene:
    """Returns a Scene, what a background shows, as a Scene message."""
    return scene_pb2.Scene(
        light=_light_to_message(scene.light) if scene.light else None,
        ground_line=scene.ground_line,
        horizon=scene.horizon,
        gloss=scene.gloss,
        palette=map(_rgb_to_message, scene.palette),
        camera_pitch=scene.camera_pitch,
        stance=f"STANCE_{scene.stance.upper()}" if scene.stance else None,
        recipe=recipe_to_message(scene.recipe) if scene.recipe else None,
        product_x=scene.product_x,
        product_height=scene.product_height,
    )


def rgb_from_message(color: image_pb2.Color) -> RGB:
    """Reads a Color message."""
    return color.red, color.green, color.blue


def _light_to_message(light: Light) -> scene_pb2.Light:
    """Returns the main light of a scene as a Light message."""
    return scene_pb2.Light(
        azimuth=light.azimuth,
        elevation=light.elevation,
        softness=light.softness,
        color=_rgb_to_message(light.color),
    )


def _rgb_to_message(rgb: RGB) -> image_pb2.Color:
    return image_pb2.Color(red=rgb[0], green=rgb[1], blue=rgb[2])
