"""Trial of a Mitsuba variant: renders a tiny set with every kind of object of sets."""

import mitsuba as mi
import numpy as np

# Pixels per side. Larger: a longer start of the process.
TRIAL_SIDE = 8


def main(variant: str) -> None:
    """Renders a tiny set with every kind of object, to try whether a Mitsuba variant works.

    variant: name of Mitsuba's way to compute, such as "llvm_ad_rgb".

    Raises SystemExit when pixels are not finite; an incompatible compiler aborts the process.
    """
    # Imported after the variant is set, which Mitsuba's classes depend on.
    mi.set_variant(variant)
    from services.studio import film, materials, props, world
    from services.studio.camera import create_camera
    from services.studio.lights import Lamp
    from services.studio.sets import StudioSet

    camera = create_camera(
        width=TRIAL_SIDE, height=TRIAL_SIDE, pitch=20.0, ground_line=0.8, view_angle=25.0
    )
    # Colors and sizes are arbitrary: only the kinds of objects decide what is compiled.
    gray, grain = np.full((4, 4, 3), 128, np.uint8), np.full((4, 4), 0.5, np.float16)
    lacquer = materials.create_glossy_material(materials.create_texture(gray))
    rough = materials.add_relief(lacquer, heights=materials.create_texture(grain), depth=0.1)
    paper = materials.create_matte_material(color=(200, 90, 90))
    gold = materials.create_metal_material(color=(220, 180, 110))
    painting = np.ones((4, 4, 3), np.float32)
    leaf = props.create_leaf(length=0.5, width=0.5)
    colored = materials.create_matte_material(materials.VERTEX_COLORS)
    colors = np.full(leaf.vertices.shape, 0.5)
    shapes = {
        "block": world.load_mesh("block", props.create_round_plinth(radius=0.4, height=0.1), rough),
        "paper": world.load_mesh("paper", props.create_leaf(length=2.0, width=2.0), paper),
        "colored": world.load_mesh("colored", leaf, colored, colors=colors),
        "glowing": world.load_mesh(
            "glowing", leaf, paper, materials.create_light_texture(painting)
        ),
        "ball": world.create_sphere(center=(0.3, 0.2, 0.0), radius=0.1, material=gold),
        "matte": world.create_backdrop(painting, camera, distance=4.0, size=(2.0, 2.0)),
    }
    key = Lamp(azimuth=40, elevation=40, distance=3, width=1, height=1, strength=1)
    studio_set = StudioSet(
        shapes=shapes, key=key, dome=np.ones((4, 8, 3), np.float32), gloss=0, aperture=0.01
    )
    size, rows = (TRIAL_SIDE, TRIAL_SIDE), (0, TRIAL_SIDE)
    sensor = world.load_sensor(
        camera, size, rows, samples=2, aperture=studio_set.aperture, focus=camera.distance
    )
    noise_seed = 0
    light = film.render_light(world.load_scene(studio_set), sensor, noise_seed)
    if not np.isfinite(light).all():
        raise SystemExit("the trial picture has holes")
