"""Renders products of glass, and white and gray ones of china, before several backdrops.

The same product under the same lamps stands in each backdrop, and each backdrop is rendered without
it too: so a cut-out from one can be compared with the truth in another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from services.imaging.scene import RGB
from services.studio import film, materials, world
from services.studio.camera import create_camera
from services.studio.color import srgb_from_linear
from services.studio.lights import Lamp
from services.studio.lofts import create_rounded_box, turn_vessel
from services.studio.materials import MitsubaDict
from services.studio.sets import StudioSet
from services.studio.shapes import Mesh, create_sweep
from services.studio.variant import choose_variant

# Index of refraction of soda-lime glass.
GLASS_INDEX = 1.52
# Surfaces that a light path may cross: two walls of glass are eight. Fewer: dark glass.
BOUNCES = 14
# Light paths per pixel before denoising. More: finer highlights, proportionally more time.
SAMPLES = 24
# Thickness of walls in units; the product is about half a unit tall.
WALL = 0.008

# The lamps: a tall window on the left and a weak one on the right, as in a small studio; and the
# radiance of everything else.
WINDOW = Lamp(azimuth=-60, elevation=42, distance=3.2, width=1.1, height=1.7, strength=0.62)
FILL = Lamp(azimuth=75, elevation=30, distance=4, width=0.7, height=2.2, strength=0.2)
AMBIENT = 0.36
# Radiance and light paths per pixel of the product as a lamp, by which its mask is found.
GLOW, MASK_SAMPLES = 1000.0, 4

Profile = list[tuple[float, float]]
"""(radius, y) points of an outline from the foot to the rim, in units."""

VESSELS: dict[str, Profile] = {
    "tumbler": [(0.13, 0.0), (0.135, 0.01), (0.15, 0.2), (0.17, 0.42)],
    "carafe": [
        (0.17, 0.0),
        (0.2, 0.03),
        (0.21, 0.1),
        (0.17, 0.22),
        (0.09, 0.33),
        (0.075, 0.42),
        (0.11, 0.52),
    ],
    "bottle": [
        (0.11, 0.0),
        (0.125, 0.02),
        (0.125, 0.3),
        (0.11, 0.36),
        (0.05, 0.44),
        (0.042, 0.58),
        (0.05, 0.6),
    ],
    "jar": [(0.16, 0.0), (0.18, 0.02), (0.18, 0.3), (0.16, 0.34), (0.16, 0.38)],
    "bowl": [(0.1, 0.0), (0.16, 0.03), (0.23, 0.11), (0.26, 0.22)],
}


@dataclass(frozen=True)
class Backdrop:
    """Ground and wall: sRGB of a plain sweep, or a pattern of two colors in squares of `square`."""

    color: RGB
    other: RGB | None = None
    square: float = 0.12


PLAIN_BACKDROPS: Mapping[str, Backdrop] = {
    "white": Backdrop((248, 248, 248)),
    "gray": Backdrop((196, 198, 200)),
}
NEW_BACKDROPS: Mapping[str, Backdrop] = {
    "teal": Backdrop((60, 130, 135)),
    "wood": Backdrop((176, 120, 74), (140, 88, 50)),
    "dusk": Backdrop((70, 66, 92), (52, 48, 74), square=0.25),
    "tiles": Backdrop((214, 190, 170), (150, 170, 190), square=0.16),
}


def _describe_china(color: RGB) -> MitsubaDict:
    """Describes glazed china of an sRGB color for Mitsuba."""
    return {"type": "plastic", "diffuse_reflectance": materials.spectrum_from_srgb(color)}


SHAPES: Mapping[str, Mesh] = {
    # Just above the ground, as surfaces that coincide are rendered black.
    name: mesh.translate(y=0.003)
    for name, mesh in {
        **{name: turn_vessel(outline, WALL, 2.5 * WALL, 96) for name, outline in VESSELS.items()},
        "box": create_rounded_box(0.42, 0.34, 0.2, fillet=0.015),
        "slab": create_rounded_box(0.3, 0.05, 0.5, fillet=0.02),
    }.items()
}
# Color of the light behind one wall of glass.
GLASS_TINTS: Mapping[str, RGB] = {
    "carafe": (255, 255, 255),
    "tumbler": (255, 255, 255),
    "jar": (252, 254, 255),
    "bottle": (225, 245, 232),
}
# Degrees that the camera looks down on each product.
PITCHES = {"tumbler": 8.0, "carafe": 16.0, "bottle": 11.0, "jar": 25.0, "slab": 50.0}
USUAL_PITCH = 20.0
OPAQUE_MATERIALS: Mapping[str, MitsubaDict] = {
    "white china": _describe_china((245, 245, 243)),
    "gray china": _describe_china((150, 150, 152)),
    "white paper": materials.create_matte_material((250, 250, 250)).bsdf,
}


@dataclass(frozen=True)
class RenderedProduct:
    """A product to render: the name of its shape, and the picture's side in pixels.

    material: Mitsuba's; None for the backdrop without the product.
    """

    shape: str
    material: MitsubaDict | None
    side: int

    @property
    def bare(self) -> "RenderedProduct":
        """The same view without the product."""
        return replace(self, material=None)


def describe_glass(tint: RGB) -> MitsubaDict:
    """Describes glass for Mitsuba, whose wall lets light of this sRGB color pass."""
    return {
        "type": "dielectric",
        "int_ior": GLASS_INDEX,
        "specular_transmittance": materials.spectrum_from_srgb(tint),
    }


def render_product(backdrop: Backdrop, product: RenderedProduct) -> np.ndarray:
    """Renders a product in front of a backdrop: uint8 sRGB (H, W, 3)."""
    light = film.denoise_light(_render_light(backdrop, product, BOUNCES, SAMPLES))
    return np.rint(srgb_from_linear(light) * 255).astype(np.uint8)


def find_product_mask(product: RenderedProduct) -> np.ndarray:
    """Returns which pixels show a product, whatever it is made of: bool (H, W).

    It is rendered as a lamp that outshines what it lights.
    """
    glowing = _render_light(PLAIN_BACKDROPS["gray"], product, 2, MASK_SAMPLES, glow=GLOW)
    return glowing.min(axis=2) > GLOW / 2


def _render_light(
    backdrop: Backdrop, product: RenderedProduct, bounces: int, samples: int, glow: float = 0.0
) -> np.ndarray:
    """Renders linear light, float32 RGB (H, W, 3). glow: radiance that the product emits."""
    _choose_variant()
    sweep = create_sweep(half_width=6, front=4, back=-1.4, bend=0.6, height=4)
    shapes: dict[str, object] = {"sweep": world.load_mesh("sweep", sweep, _create_paint(backdrop))}
    if product.material is not None:
        radiance = materials.spectrum_from_linear(np.full(3, glow)) if glow else None
        material = materials.Material(product.material)
        mesh = SHAPES[product.shape]
        shapes["product"] = world.load_mesh("product", mesh, material, radiance)
    studio_set = StudioSet(
        shapes, key=WINDOW, lamps=(FILL,), dome=np.full((4, 8, 3), AMBIENT, np.float32), gloss=0
    )
    pitch = PITCHES.get(product.shape, USUAL_PITCH)
    camera = create_camera(product.side, product.side, pitch, ground_line=0.82, view_angle=24.0)
    size = product.side, product.side
    sensor = world.load_sensor(
        camera, size, (0, product.side), samples, aperture=0.0, focus=camera.distance
    )
    seed = 0
    return film.render_light(world.load_scene(studio_set, bounces), sensor, seed)


@cache
def _choose_variant() -> str:
    return choose_variant("auto")


def _create_paint(backdrop: Backdrop) -> materials.Material:
    if backdrop.other is None:
        return materials.create_matte_material(backdrop.color)
    checker: MitsubaDict = {
        "type": "checkerboard",
        "color0": materials.spectrum_from_srgb(backdrop.color),
        "color1": materials.spectrum_from_srgb(backdrop.other),
    }
    return materials.Material(
        materials.create_matte_material(checker).bsdf, scale=2 * backdrop.square
    )
