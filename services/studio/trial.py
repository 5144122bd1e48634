"""Trial of a Mitsuba variant: renders a tiny set with every kind of object that families use."""

import mitsuba as mi
import numpy as np

# Pixels per side. Larger: a longer start of the process.
TRIAL_SIDE = 8


def main(variant: str) -> None:
    """Renders the trial set with a variant.

    Raises SystemExit when pixels are not finite; an incompatible compiler aborts the process.
    """
    mi.set_variant(variant)
    from services.studio import film, props, world
    from services.studio.camera import create_camera
    from services.studio.lights import Lamp
    from services.studio.sets import StudioSet

    camera = create_camera(TRIAL_SIDE, TRIAL_SIDE, 20.0, 0.8, 25.0)
    gray, grain = np.full((4, 4, 3), 128, np.uint8), np.full((4, 4), 0.5, np.float16)
    lacquer = world.create_glossy_material(world.create_texture(gray))
    rough = world.add_relief(lacquer, world.create_texture(grain), 0.1)
    paper = world.create_matte_material((200, 90, 90))
    gold = world.create_metal_material((220, 180, 110))
    painting = np.ones((4, 4, 3), np.float32)
    shapes = {
        "block": world.load_mesh("block", props.create_round_plinth(0.4, 0.1), rough),
        "paper": world.load_mesh("paper", props.create_leaf(2.0, 2.0), paper),
        "ball": world.create_sphere((0.3, 0.2, 0.0), 0.1, gold),
        "matte": world.create_backdrop(painting, camera, 4.0, (2.0, 2.0), 0.0),
    }
    key = Lamp(40, 40, 3, 1, 1, 1)
    studio_set = StudioSet(shapes, key, np.ones((4, 8, 3), np.float32), gloss=0, aperture=0.01)
    size, rows = (TRIAL_SIDE, TRIAL_SIDE), (0, TRIAL_SIDE)
    sensor = world.load_sensor(camera, size, rows, 2, studio_set.aperture, camera.distance)
    if not np.isfinite(film.render_light(world.load_scene(studio_set), sensor, 0)).all():
        raise SystemExit("the trial picture has holes")
