"""Liquid in the air and on the ground: a splash around the product, and droplets."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import create_ball_grid, mesh_from_rings, revolve_curve, sum_waves
from services.studio.camera import Camera
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import place_mesh
from services.studio.things.thing import Piece

# Units: radius of a splash's foot and of its rim, which surround the product, and its height.
FOOT_RADIUS, RIM_RADIUS, CROWN_HEIGHT = 0.33, 0.43, 0.28
# Jets of a crown, drops that fly off, and droplets that lie on the ground.
JET_COUNT, DROP_COUNT, DROPLET_COUNT = 14, 80, 150
# Units around the product that droplets keep free.
DROPLET_GAP = 0.2


def build_splash(camera: Camera, color: RGB | None, rng: np.random.Generator) -> tuple[Piece, ...]:
    """Builds a crown of liquid around the product, with drops that fly off it, in units.

    camera: of the set; unused, as the crown is around the product.
    color: sRGB of juice or paint; None: clear water.
    """
    curve = [
        *((FOOT_RADIUS - 0.03, 0.0), (FOOT_RADIUS + 0.01, 0.35), (RIM_RADIUS - 0.03, 0.85)),
        *((RIM_RADIUS, 1.0), (RIM_RADIUS + 0.005, 0.9), (FOOT_RADIUS + 0.045, 0.35)),
        *((FOOT_RADIUS + 0.05, 0.08), (FOOT_RADIUS + 0.2, 0.012), (FOOT_RADIUS + 0.26, 0.0)),
    ]
    points = revolve_curve(curve, rows=40, columns=168)
    angle = np.arctan2(points[..., 0], points[..., 2])
    jets = _draw_crown_jets(rng, angle)
    level = points[..., 1].copy()
    flare = 1 + 0.22 * jets * level**2
    ripple = 1 + 0.02 * sum_waves(points, rng, length=0.3)
    points[..., [0, 2]] *= (flare * ripple)[..., None]
    points[..., 1] = CROWN_HEIGHT * level * (0.4 + 0.85 * jets * level)
    crown = mesh_from_rings(points)
    liquid = create_liquid_material(color)
    return Piece(crown, liquid), Piece(_throw_drops(rng), liquid)


def build_droplets(
    camera: Camera, color: RGB | None, rng: np.random.Generator
) -> tuple[Piece, ...]:
    """Builds droplets that lie on the ground around the product, in units.

    camera: of the set, which droplets stay in view of; color: sRGB; None: clear water.
    """
    drop = mesh_from_rings(create_ball_grid(rows=8, columns=12) * (1.0, 0.5, 1.0))
    drops: list[Mesh] = []
    while len(drops) < DROPLET_COUNT:
        z = rng.uniform(-0.7, 0.36)
        x = rng.uniform(-1, 1) * camera.half_width_at_depth(z)
        if math.hypot(x, 1.4 * z) > DROPLET_GAP:
            radius = 0.004 + 0.02 * rng.random() ** 3
            stretched = drop.rotate(rng.uniform(0, 90))
            drops.append(place_mesh(stretched, 0, 0, (x, 0.3 * radius, z), size=radius))
    return (Piece(join_meshes(drops), create_liquid_material(color)),)


def create_liquid_material(color: RGB | None) -> materials.Material:
    """Creates clear water, or juice of an sRGB color, which lets less light through."""
    return materials.Material(
        {
            "type": "principled",
            "base_color": materials.spectrum_from_srgb(color or (244, 249, 252)),
            "roughness": 0.06,
            "spec_trans": 0.35 if color else 0.75,
            "eta": 1.33,
        }
    )


def _draw_crown_jets(rng: np.random.Generator, angle: np.ndarray) -> np.ndarray:
    """Returns the height of a crown's rim by angle (radians, float (h, w)), 0 to 1, same shape."""
    phase = JET_COUNT * angle + 1.3 * np.sin(2 * angle + rng.uniform(0, 6)) + rng.uniform(0, 6)
    heights = 0.65 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.1 * np.sin(5 * angle)
    return heights * (0.25 + 0.75 * (0.5 + 0.5 * np.cos(phase)) ** 3.5)


def _throw_drops(rng: np.random.Generator) -> Mesh:
    """Throws drops outward and up from the rim of a crown."""
    drop = mesh_from_rings(create_ball_grid(rows=10, columns=12))
    drops = []
    for _ in range(DROP_COUNT):
        heading, flight = rng.uniform(0, 2 * math.pi), rng.random() ** 1.3
        away = RIM_RADIUS + 0.02 + 0.4 * flight * rng.uniform(0.3, 1)
        level = max(0.03, CROWN_HEIGHT * (0.5 + 1.5 * flight * rng.random()))
        radius = (0.004 + 0.018 * rng.random() ** 3) * (1.2 - 0.5 * flight)
        base = (away * math.sin(heading), level, away * math.cos(heading))
        drops.append(place_mesh(drop, 0, 0, base, size=radius))
    return join_meshes(drops)
