"""Painted panoramas and the dome of the same set: the renderer and the painting agree."""

from dataclasses import replace

import mitsuba as mi
import numpy as np

from services.studio import film, world
from services.studio.camera import create_camera
from services.studio.lights import Lamp
from services.studio.panoramas.light import PanoramaLight
from services.studio.panoramas.outlook import look_out
from services.studio.panoramas.painting import paint_panorama
from services.studio.panoramas.sphere import list_pixel_directions
from services.studio.sets import StudioSet
from services.studio.tracing import load_set_sensor

SIDE = 64
CAMERA = create_camera(SIDE, SIDE, pitch=6, ground_line=0.8, view_angle=30)
KEY = Lamp(azimuth=0, elevation=60, distance=20, width=1, height=1, strength=1e-4)


def test_the_painting_is_what_the_camera_would_see_of_the_dome():
    mi.set_variant("scalar_rgb")
    directions = list_pixel_directions(256, 512)
    to_spot = np.array([0.12, 0.02, -1.0])
    near = directions @ (to_spot / np.linalg.norm(to_spot)) > np.cos(np.radians(3))
    dome = np.full((256, 512, 3), 0.2, np.float32) + near[..., None].astype(np.float32)
    light = PanoramaLight(dome, dome, KEY, background_turn=180, dome_weight=1)
    scene = world.load_scene(StudioSet({}, KEY, dome, gloss=0))
    sensor = load_set_sensor(
        StudioSet({}, KEY, dome, gloss=0), CAMERA, (SIDE, SIDE), (0, SIDE), samples=4
    )
    rendered = film.render_light(scene, sensor, seed=1)
    outlook = replace(look_out(CAMERA, edge_z=-7.0), widening=1.0)
    painted = paint_panorama(light, outlook, size=(1.0, 1.0), defocus=0.01)
    assert np.allclose(find_spot(rendered), find_spot(painted), atol=0.015)
    column, row = find_spot(painted)
    assert column > 0.6 and row < 0.5


def find_spot(light: np.ndarray) -> tuple[float, float]:
    """Returns column and row of the middle of a bright spot in linear RGB, as shares."""
    bright = light[..., 1] > 0.5 * (light[..., 1].max() + light[..., 1].min())
    rows, columns = np.nonzero(bright)
    return (columns.mean() + 0.5) / bright.shape[1], (rows.mean() + 0.5) / bright.shape[0]
