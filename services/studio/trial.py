"""Tries a variant of Mitsuba out: renders a speck of everything that the families are made of."""

import mitsuba as mi
import numpy as np

SIDE = 8


def main(variant: str) -> None:
    """Renders, with a variant, one small set that has in it every kind of thing that families use.

    Ends the process with an error, or is ended by the compiler, when that does not work.
    """
    mi.set_variant(variant)
    from services.studio import film, props, world
    from services.studio.camera import frame
    from services.studio.lights import Lamp
    from services.studio.scenery import Scenery

    camera = frame(SIDE, SIDE, 20.0, 0.8, 25.0)
    grey, grain = np.full((4, 4, 3), 128, np.uint8), np.full((4, 4), 0.5, np.float16)
    lacquer = world.glossy(world.bitmap(grey))
    shapes = {
        "block": world.solid(
            "block", props.round_plinth(0.4, 0.1), world.bumpy(lacquer, world.bitmap(grain), 0.1)
        ),
        "paper": world.solid("paper", props.leaf(2.0, 2.0), world.matt(world.tint((200, 90, 90)))),
        "ball": world.ball((0.3, 0.2, 0.0), 0.1, world.metal(world.tint((220, 180, 110)))),
        "matte": world.matte(np.ones((4, 4, 3), np.float32), camera, 4.0, (2.0, 2.0), 0.0),
    }
    key = Lamp(40, 40, 3, 1, 1, 1)
    scenery = Scenery(shapes, key, np.ones((4, 8, 3), np.float32), gloss=0, aperture=0.01)
    sensor = world.sensor(camera, (SIDE, SIDE), (0, SIDE), 2, scenery.aperture, camera.distance)
    if not np.isfinite(film.expose(world.scene(scenery), sensor, 0)).all():
        raise SystemExit("the trial picture has holes")
