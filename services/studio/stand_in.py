"""A plain ground that stands in for the place of a picture that the studio did not render."""

import math

import numpy as np

from services.imaging.scene import Light, Scene
from services.studio import materials, world
from services.studio.camera import Camera, create_camera
from services.studio.lighting import create_dome_light
from services.studio.lights import SOFTEST_LAMP_ANGLE, Lamp
from services.studio.sets import StudioSet
from services.studio.shapes import create_flat_cutout

# Units from the origin to the ends of the ground, and from it to the lamp.
GROUND_REACH, LAMP_DISTANCE = 40.0, 20.0
# sRGB of the ground: its middle gray throws back as much light as most tables do.
GROUND_COLOR = (150, 150, 150)
# Roughness of a ground without gloss and of a mirror. Larger: more blurred reflections.
DULL_ROUGHNESS, MIRROR_ROUGHNESS = 0.6, 0.05
# Gloss below which the ground is matte.
MIN_GLOSS = 0.03
# Brightness that lamp and surroundings give to a white card. More of the second: fainter shadows.
LAMP_STRENGTH, DOME_LEVEL = 0.75, 0.4
# Light of a picture whose light is not known: large, soft and from above, as in a light tent.
UNKNOWN_LIGHT = Light(azimuth=0.0, elevation=75.0, softness=1.0)
# Smallest softness and elevation of a lamp. Smaller: noise, and shadows without an end.
MIN_SOFTNESS, MIN_ELEVATION = 0.02, 15.0
# Degrees along the shorter side where the horizon does not tell them, and between which it may.
USUAL_VIEW_ANGLE, MIN_VIEW_ANGLE, MAX_VIEW_ANGLE = 26.0, 14.0, 40.0
# Degrees of pitch below which the horizon says nothing about the view angle.
MIN_TELLING_PITCH = 4.0


def create_stand_in(scene: Scene, size: tuple[int, int]) -> tuple[StudioSet, Camera]:
    """Creates a bare ground under a scene's light, and the camera that sees it as the scene does.

    scene: its pitch, ground line, horizon, gloss and light count.
    size: (height, width) of the picture in pixels.
    """
    camera = create_camera(
        width=size[1],
        height=size[0],
        pitch=scene.camera_pitch,
        ground_line=scene.ground_line,
        view_angle=estimate_view_angle(scene, size),
    )
    angle = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    outline = GROUND_REACH * np.stack([np.cos(angle), -np.sin(angle)], axis=-1)
    ground = world.load_mesh("ground", create_flat_cutout(outline), _create_ground(scene.gloss))
    studio_set = StudioSet(
        shapes={"ground": ground},
        key=lamp_from_light(scene.light or UNKNOWN_LIGHT),
        dome=create_dome_light(DOME_LEVEL, None),
        gloss=scene.gloss,
    )
    return studio_set, camera


def estimate_view_angle(scene: Scene, size: tuple[int, int]) -> float:
    """Returns the degrees that a picture spans along its shorter side, from horizon and pitch.

    size: (height, width) of the picture in pixels.
    """
    above_center = 1 - 2 * scene.horizon
    if scene.camera_pitch < MIN_TELLING_PITCH or above_center <= 0 or scene.lying:
        return USUAL_VIEW_ANGLE
    slope = math.tan(math.radians(scene.camera_pitch)) / above_center * min(size) / size[0]
    return float(np.clip(2 * math.degrees(math.atan(slope)), MIN_VIEW_ANGLE, MAX_VIEW_ANGLE))


def lamp_from_light(light: Light) -> Lamp:
    """Returns the lamp that a scene's light describes; the reverse of light_from_lamp."""
    angle = SOFTEST_LAMP_ANGLE * max(MIN_SOFTNESS, light.softness)
    side = 2 * LAMP_DISTANCE * math.tan(math.radians(angle) / 2)
    return Lamp(
        azimuth=light.azimuth,
        elevation=max(MIN_ELEVATION, light.elevation),
        distance=LAMP_DISTANCE,
        width=side,
        height=side,
        strength=LAMP_STRENGTH,
        color=light.color,
    )


def _create_ground(gloss: float) -> materials.Material:
    """Creates the material of a ground that is so mirror-like, 0 to 1."""
    if gloss < MIN_GLOSS:
        return materials.create_matte_material(GROUND_COLOR)
    roughness = DULL_ROUGHNESS + (MIRROR_ROUGHNESS - DULL_ROUGHNESS) * gloss
    return materials.create_glossy_material(GROUND_COLOR, roughness, specular=gloss, metallic=gloss)
