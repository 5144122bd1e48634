"""Renders products with Mitsuba: their outline, their photo, and themselves inside a set."""

import math
from collections.abc import Sequence
from dataclasses import replace

import mitsuba as mi
import numpy as np

from services.imaging.box import Box, find_bounding_box
from services.imaging.scene import RGB
from services.studio import film, materials, world
from services.studio.arranging import load_pieces
from services.studio.atmosphere import paint_veil
from services.studio.camera import Camera
from services.studio.lighting import create_dome_light
from services.studio.lights import Lamp
from services.studio.lofts import stretch_mesh
from services.studio.sets import StudioSet
from services.studio.shapes import create_sweep
from services.studio.things.thing import Piece

# Light paths per pixel: usually, and where there is glass. More: less noise.
SAMPLES, GLASS_SAMPLES = 6, 16
# Light paths per pixel of outlines. More: finer steps of alpha.
OUTLINE_SAMPLES = 6
# Surfaces that a light path is followed through where there is glass: two per wall.
GLASS_BOUNCES = 14
# Linear light at which stray paths that happen to hit a lamp through glass are cut off.
MAX_LIGHT = 12.0
# Passes that fit a product to a box, and alpha from which a pixel belongs to its outline.
FIT_PASSES, OUTLINE_ALPHA = 40, 128


def create_photo_set(pieces: Sequence[Piece], light_azimuth: float, sweep: RGB) -> StudioSet:
    """Creates the set of a product photo: a plain sweep, a softbox and a bright dome.

    pieces: of the product, in units and in their place.
    light_azimuth: of the softbox, in degrees. sweep: its sRGB.
    """
    ground = create_sweep(half_width=12, front=8, back=-3.0, bend=1.2, height=9)
    paper = world.load_mesh("sweep", ground, materials.create_matte_material(sweep))
    key = Lamp(light_azimuth, elevation=48, distance=4.5, width=2.0, height=2.0, strength=0.75)
    boxes = ((light_azimuth + 180, 35, 20, 1.6), (0, 70, 24, 1.0))
    return StudioSet(
        shapes={"sweep": paper, **load_pieces("product", pieces)},
        key=key,
        dome=create_dome_light(0.5, None, boxes),
        gloss=0.0,
        exposure=1.05,
    )


def render_set(
    studio_set: StudioSet, camera: Camera, seed: int, has_glass: bool = False
) -> np.ndarray:
    """Renders a set as stage 2 does: uint8 RGB (height, width, 3).

    seed: of the render noise.
    has_glass: whether light passes through a product, so that its shadow is not that of a solid.
    """
    scene, samples = world.load_scene(studio_set), GLASS_SAMPLES if has_glass else SAMPLES
    size = camera.height, camera.width
    light = np.empty((*size, 3), np.float32)
    for first, end in film.split_into_strips(size, samples):
        sensor = world.load_sensor(
            camera, size, (first, end), samples, studio_set.aperture, focus=camera.distance
        )
        if has_glass:
            light[first:end] = _render_through_glass(scene, sensor, seed + first)
        else:
            light[first:end] = film.render_light(scene, sensor, seed + first)
    light, veil = film.denoise_light(light), paint_veil(studio_set, camera, size, seed)
    light = veil.cover(light) if veil else light
    return film.develop_image(light, studio_set.exposure, seed)


def render_outline(pieces: Sequence[Piece], camera: Camera) -> np.ndarray:
    """Renders how much of each pixel a product covers: uint8 alpha (height, width)."""
    if not pieces:
        return np.zeros((camera.height, camera.width), np.uint8)
    glow = {"type": "constant", "radiance": materials.spectrum_from_linear(np.ones(3))}
    # Paths of length 1 see only what glows: the dome, where no product hides it.
    scene = world.load_shapes({"dome": glow, **load_pieces("product", pieces)}, bounces=1)
    size = camera.height, camera.width
    sensor = world.load_sensor(
        camera, size, (0, size[0]), OUTLINE_SAMPLES, aperture=0, focus=camera.distance
    )
    hidden = 1 - film.render_light(scene, sensor, seed=0)[..., 0]
    return np.rint(255 * np.clip(hidden, 0, 1)).astype(np.uint8)


def scale_pieces(pieces: Sequence[Piece], scale: float) -> list[Piece]:
    """Returns the pieces of a product scaled about the origin, with their textures."""
    return [replace(each, mesh=stretch_mesh(each.mesh, scale, scale, scale)) for each in pieces]


def find_projected_box(points: np.ndarray, camera: Camera) -> tuple[float, float, float, float]:
    """Returns x, y, width and height, in pixels, of points, float (n, 3), seen by a camera."""
    offset = points - camera.position
    depth = offset @ camera.forward
    pixels_per_slope = camera.height / 2 / math.tan(math.radians(camera.view_angle) / 2)
    x = camera.width * camera.product_x + pixels_per_slope * offset[:, 0] / depth
    y = camera.height / 2 - pixels_per_slope * (offset @ camera.up) / depth
    return float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y))


def fit_to_box(pieces: Sequence[Piece], camera: Camera, box: Box) -> list[Piece]:
    """Returns the pieces scaled and moved on the ground until they are seen in a box.

    Its middle column and its lowest row are met exactly, and its size as a whole: another lens
    than the box was seen by shows other proportions.

    pieces: of a product that stands on y = 0 around the origin.
    box: x, y, width and height in pixels.
    """
    points = np.concatenate([piece.mesh.vertices for piece in pieces])
    x, y, width, height = box
    scale, place = 0.5 / float(np.ptp(points[:, 1])), np.zeros(3)
    for _ in range(FIT_PASSES):
        left, top, across, down = find_projected_box(points * scale + place, camera)
        scale *= math.sqrt(width * height / (across * down))
        unit = down / (np.ptp(points[:, 1]) * scale)
        place[0] += (x + width / 2 - left - across / 2) / unit
        # A step on the ground is seen shortened by the sine of the pitch.
        place[2] += 0.5 * (y + height - top - down) / unit / _find_shortening(camera)
    fitted = scale_pieces(pieces, scale)
    return [replace(each, mesh=each.mesh.translate(*place)) for each in fitted]


def find_outline_box(alpha: np.ndarray) -> Box:
    """Returns the box, x, y, width and height, of an outline: uint8 alpha (height, width)."""
    return find_bounding_box(alpha >= OUTLINE_ALPHA)


def _find_shortening(camera: Camera) -> float:
    """Returns how much shorter a step toward the camera is seen than one upward, 0.05 to 1."""
    return max(0.05, math.sin(math.radians(camera.pitch + camera.ground_offset)))


def _render_through_glass(scene: "mi.Scene", sensor: "mi.Sensor", seed: int) -> np.ndarray:
    """Renders linear light, float32 RGB (height, width, 3); thin glass lets light through.

    Straight lines to lamps pass thin glass, weakened, as no refraction bends them.
    """
    integrator = mi.load_dict(
        {"type": "volpath", "max_depth": GLASS_BOUNCES, "rr_depth": GLASS_BOUNCES}
    )
    image = mi.render(scene, sensor=sensor, integrator=integrator, seed=mi.UInt32(seed % 2**32))
    return np.minimum(np.array(image, np.float32), MAX_LIGHT)
