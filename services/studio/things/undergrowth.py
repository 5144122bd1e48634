"""Cacti, succulents, mushrooms, moss, grass and feathers."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_blade,
    interpolate_curve,
    mesh_from_rings,
    mesh_from_sheet,
    revolve_curve,
    roughen_grid,
    sum_waves,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    GOLDEN_ANGLE,
    create_leaf_material,
    create_stem,
    place_mesh,
)
from services.studio.things.leaves import create_pot
from services.studio.things.skins import (
    create_downy_material,
    create_skin_grid,
    create_skin_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

# Half widths of a feather from quill to tip, as shares of its length.
FEATHER = (0.01, 0.06, 0.11, 0.135, 0.135, 0.125, 0.11, 0.08, 0.012)
SAND_POT: RGB = (214, 196, 176)
# Ribs of a cactus, with a row of spines on each.
RIB_COUNT = 14


def build_cactus(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ribbed cactus with spines, in a pot."""
    green = color or (78, 116, 70)
    curve = [
        (0, 1.25),
        (0.14, 1.22),
        (0.22, 1.08),
        (0.245, 0.8),
        (0.235, 0.55),
        (0.2, 0.4),
        (0, 0.38),
    ]
    points = revolve_curve(curve, rows=26, columns=84)
    angle = np.arctan2(points[..., 0], points[..., 2])
    points[..., [0, 2]] *= (1 + 0.11 * np.cos(RIB_COUNT * angle))[..., None]
    spine = mesh_from_sheet(create_blade(0.1, (0.03, 0.02, 0.005), rows=3, columns=2))
    spines = []
    for rib in range(RIB_COUNT):
        turn = 360 * rib / RIB_COUNT
        for row in range(4, 20, 2):
            ring = points[row]
            base_angle = np.radians(turn)
            away = np.hypot(ring[:, 0], ring[:, 2]).max()
            base = (away * math.sin(base_angle), ring[0, 1], away * math.cos(base_angle))
            for lean in (-40, 10, 55):
                spines.append(place_mesh(spine, turn + rng.uniform(-45, 45), lean, base))
    around, _down = create_skin_grid()
    ridge = 0.5 + 0.5 * np.cos(2 * math.pi * RIB_COUNT * around)
    skin = paint_skin(
        green,
        (
            (mix_colors(green, (150, 180, 110), 0.5), ridge**3),
            (mix_colors(green, (20, 40, 24), 0.6), 0.7 * (1 - ridge) ** 2),
        ),
    )
    return (
        *create_pot(rng, SAND_POT),
        Piece(mesh_from_rings(points), create_skin_material(skin, roughness=0.5)),
        Piece(join_meshes(spines), materials.create_matte_material((236, 222, 186))),
    )


def build_succulent(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an echeveria: a rosette of thick, dusty leaves."""
    green = color or (132, 160, 146)
    ball = create_ball_grid(rows=14, columns=14)
    x, y, z = np.moveaxis(ball, -1, 0)
    # Thick leaves along z, wide before the pointed tip.
    width = np.where(y < 0, 1, np.sqrt(np.clip(1 - y, 0, 1)))
    leaf = np.stack(
        [0.3 * x * (0.75 + 0.45 * y) * width**0.4, 0.1 * z + 0.1 * y**2, 0.55 * (y + 1)], -1
    )
    # Points of the leaf run from its tip to its base; rows must run down seen from outside.
    petal = mesh_from_rings(leaf[:, ::-1])
    leaves = []
    for number in range(34):
        share = (number + 1) / 34
        size = 0.25 + 0.75 * share**0.8
        lift = 84 - 76 * share**0.9
        leaves.append(
            place_mesh(petal, GOLDEN_ANGLE * number, lift, (0, 0.3 - 0.26 * share, 0), size)
        )
    _, down = create_skin_grid()
    skin = paint_skin(
        green,
        (
            (mix_colors(green, (226, 236, 226), 0.5), 0.3 + 0.1 * generate_skin_noise(rng, 4)),
            ((196, 110, 120), np.clip(0.8 - 9 * down, 0, 0.8)),
        ),
    )
    return (Piece(join_meshes(leaves), create_downy_material(skin)),)


def build_mushroom(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two mushrooms with brown caps and gills."""
    brown = color or (162, 112, 72)
    caps: list[Mesh] = []
    stems: list[Mesh] = []
    for size, x, z in ((1.0, 0.0, 0.0), (0.62, 0.85, 0.35)):
        top = [(0, 1.5), (0.35, 1.46), (0.68, 1.26), (0.82, 1.0), (0.78, 0.94)]
        cap = revolve_curve([*top, (0.5, 1.0), (0.15, 1.05), (0, 1.05)], rows=30, columns=44)
        cap = roughen_grid(cap, rng, depth=0.02, length=1.3)
        stem = revolve_curve(
            [(0, 1.1), (0.16, 1.06), (0.17, 0.7), (0.2, 0.25), (0.26, 0.06), (0.2, 0), (0, 0)]
        )
        lean = rng.uniform(-9, 9)
        for parts, points in ((caps, cap), (stems, stem)):
            parts.append(mesh_from_rings(points * size).rotate(lean, axis="z").translate(x=x, z=z))
    around, down = create_skin_grid()
    gills = (0.5 + 0.5 * np.sin(2 * math.pi * 60 * around)) * (down > 0.62)
    clouds = generate_skin_noise(rng, cells=6)
    skin = paint_skin(
        brown,
        (
            (mix_colors(brown, (90, 50, 26), 0.7), np.clip(0.7 - 2.2 * down, 0, 1)),
            (mix_colors(brown, (240, 220, 190), 0.6), np.clip(0.2 + 0.16 * clouds, 0, 0.6)),
            ((232, 214, 186), np.clip((down - 0.56) / 0.04, 0, 1)),
            ((150, 116, 86), 0.7 * gills),
        ),
    )
    return (
        Piece(join_meshes(caps), create_skin_material(skin, roughness=0.5, specular=0.35)),
        Piece(join_meshes(stems), materials.create_matte_material((236, 224, 204))),
    )


def build_feather(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a curved feather with splits in its vane."""
    white = color or (240, 234, 226)
    outline = interpolate_curve(np.array([FEATHER]).T, 60)[:, 0]
    # Splits, where barbs of the vane have parted.
    for split in rng.choice(np.arange(16, 54), 4, replace=False):
        outline[split : split + 2] *= rng.uniform(0.55, 0.8)
    vane = create_blade(
        1.0, outline.tolist(), curl=rng.uniform(20, 40), cup=0.05, rows=60, columns=9
    )
    vane[..., 2] -= 0.12 * np.abs(vane[..., 0])
    around, down = create_skin_grid()
    barbs = np.sin(2 * math.pi * (90 * down + 26 * np.abs(around - 0.5)))
    fine = generate_skin_noise(rng, cells=24)
    skin = paint_skin(
        white,
        (
            (mix_colors(white, (150, 136, 120), 0.5), 0.25 + 0.2 * barbs),
            (mix_colors(white, (110, 94, 80), 0.5), np.clip(0.16 * fine, 0, 0.4)),
        ),
    )
    middle = vane[:, 4] * (1, 1, 1) + (0, 0.004, 0)
    shaft = np.concatenate([middle[:1] - (0, 0.0, 0.18), middle[::6]])
    plume = materials.create_thin_material(materials.create_texture(skin), 0.7, translucency=0.35)
    turn = rng.uniform(0, 360)
    return (
        Piece(mesh_from_sheet(vane).rotate(turn), plume),
        Piece(
            create_stem(shaft, 0.011, 0.002).rotate(turn),
            materials.create_matte_material(mix_colors(white, (190, 160, 120), 0.4)),
        ),
    )


def build_moss_patch(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cushion of moss with fine sprigs."""
    green = color or (92, 122, 40)
    points = revolve_curve([(0, 0.34), (0.5, 0.3), (0.9, 0.16), (1.05, 0.02), (1, 0)], 30, 64)
    angle = np.arctan2(points[..., 0], points[..., 2])
    points[..., [0, 2]] *= (
        1 + 0.1 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.05 * np.sin(7 * angle)
    )[..., None]
    points[..., 1] *= 1 + 0.22 * sum_waves(points, rng, length=0.7)
    points[..., 1] += 0.012 * sum_waves(points, rng, length=0.12)
    cushion = mesh_from_rings(points)
    sprig = mesh_from_sheet(create_blade(0.11, (0.1, 0.16, 0.1, 0.01), curl=-30, rows=4, columns=2))
    sprigs = []
    tops = cushion.vertices[cushion.vertices[:, 1] > 0.02]
    for base in tops[rng.integers(len(tops), size=1500)]:
        spread = base + rng.normal(0, 0.02, 3) * (1, 0, 1) - (0, 0.02, 0)
        sprigs.append(
            place_mesh(
                sprig, rng.uniform(0, 360), rng.uniform(25, 85), spread, rng.uniform(0.6, 1.1)
            )
        )
    fine = generate_skin_noise(rng, cells=30)
    skin = paint_skin(green, ((mix_colors(green, (30, 44, 14), 0.8), 0.5 + 0.25 * fine),))
    return (
        Piece(cushion, create_skin_material(skin, roughness=0.95, specular=0.05)),
        Piece(join_meshes(sprigs), create_leaf_material(rng, green, veins=0, shine=0.1)),
    )


def build_grass_tuft(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a tuft of long grass."""
    blades = []
    for _ in range(90):
        length = rng.uniform(0.55, 1.0)
        outline = tuple(np.array((0.012, 0.014, 0.011, 0.006, 0.001)) / length)
        points = create_blade(
            length, outline, curl=-rng.uniform(10, 75), cup=0.006, rows=10, columns=3
        )
        away, heading = 0.1 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        base = (away * math.sin(heading), 0.0, away * math.cos(heading))
        turn = math.degrees(heading) + rng.normal(0, 40)
        blades.append(place_mesh(mesh_from_sheet(points), turn, rng.uniform(62, 88), base))
    return (Piece(join_meshes(blades), create_leaf_material(rng, color or (98, 134, 56), veins=0)),)
