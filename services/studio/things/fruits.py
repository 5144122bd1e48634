"""Apples, pears, stone fruits and what is sold next to them."""

from collections.abc import Sequence

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
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    BROWN,
    GREEN,
    OVAL,
    create_leaf_material,
    create_stem,
    place_blade,
)
from services.studio.things.skins import (
    create_downy_material,
    create_skin_grid,
    create_skin_material,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
    scatter_spots,
)
from services.studio.things.thing import Piece

# (Radius, y) of fruits of radius 1 about, from the pit of the stem to the blossom end.
APPLE_CURVE = (
    *((0.0, 0.62), (0.12, 0.72), (0.34, 0.88), (0.68, 0.8), (0.95, 0.38), (0.97, -0.1)),
    *((0.78, -0.55), (0.5, -0.82), (0.24, -0.88), (0.08, -0.78), (0.0, -0.74)),
)
PEACH_CURVE = (
    *((0.0, 0.72), (0.2, 0.84), (0.55, 0.86), (0.88, 0.52), (1.0, 0.0), (0.88, -0.5)),
    *((0.56, -0.85), (0.2, -0.98), (0.0, -1.02)),
)
PEAR_CURVE = (
    *((0.0, 1.42), (0.16, 1.45), (0.34, 1.3), (0.42, 0.95), (0.55, 0.5), (0.86, 0.05)),
    *((0.98, -0.38), (0.82, -0.78), (0.45, -0.98), (0.1, -0.94), (0.0, -0.9)),
)
FIG_CURVE = (
    *((0.0, 1.32), (0.1, 1.3), (0.15, 1.1), (0.3, 0.75), (0.62, 0.4), (0.92, 0.0)),
    *((1.0, -0.35), (0.82, -0.75), (0.45, -0.95), (0.12, -0.98), (0.0, -0.95)),
)
AVOCADO_CURVE = (
    *((0.0, 1.3), (0.25, 1.24), (0.47, 1.0), (0.6, 0.6), (0.82, 0.1), (0.95, -0.35)),
    *((0.84, -0.75), (0.5, -1.03), (0.0, -1.1)),
)
TOMATO_CURVE = (
    *((0.0, 0.6), (0.2, 0.68), (0.55, 0.7), (0.9, 0.42), (1.0, 0.0), (0.88, -0.42)),
    *((0.52, -0.7), (0.0, -0.76)),
)
Curve = Sequence[tuple[float, float]]


def build_apple(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an apple with a stem, streaked and lighter around the stem."""
    red = color or (150, 16, 24)
    body = _shape_ribbed(rng, APPLE_CURVE, ribs=5, depth=0.025)
    _, down = create_skin_grid()
    streaks = generate_skin_noise(rng, cells=40, octaves=3, stretch=9.0)
    pale = mix_colors(red, (240, 206, 96), 0.75)
    skin = paint_skin(
        red,
        (
            (pale, np.clip(0.75 - 2.6 * np.abs(down - 0.08), 0, 1) + 0.12 * streaks),
            (mix_colors(red, (70, 6, 14), 0.5), 0.2 + 0.2 * streaks),
            ((250, 226, 170), 0.5 * scatter_spots(rng, count=160, radius=0.0035)),
            (BROWN, np.clip(1 - down / 0.05, 0, 1)),
        ),
    )
    return (
        Piece(body, create_skin_material(skin, roughness=0.24, specular=0.55)),
        *_create_stem_and_leaf(rng, top=0.66, length=0.55, has_leaf=rng.random() < 0.5),
    )


def build_peach(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a peach: velvet skin with a blush and a seam down one side."""
    base = color or (246, 176, 96)
    points = revolve_curve(PEACH_CURVE)
    # A seam, along x = 0 in front.
    seam = np.exp(-((points[..., 0] / 0.12) ** 2)) * (points[..., 2] > 0)
    points = roughen_grid(points * (1 - 0.06 * seam)[..., None], rng, depth=0.015, length=2.0)
    around, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=3)
    blush = np.clip(
        0.5 + 0.5 * np.cos(2 * np.pi * (around - rng.random())) + 0.25 * clouds - 0.15, 0, 1
    )
    skin = paint_skin(base, (((196, 40, 44), 0.9 * blush), ((120, 90, 30), 1 - down / 0.04)))
    body = mesh_from_rings(points).rotate(rng.uniform(-30, 30), axis="z")
    return (Piece(body, create_downy_material(skin)),)


def build_pear(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a pear with a stem, freckled, with a faint blush."""
    base = color or (176, 170, 58)
    points = roughen_grid(revolve_curve(PEAR_CURVE, rows=26), rng, depth=0.02, length=2.5)
    around, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=4)
    skin = paint_skin(
        base,
        (
            ((214, 120, 60), 0.5 * np.clip(np.cos(6.28 * around) * 0.7 + 0.3 * clouds, 0, 1)),
            ((130, 96, 40), 0.6 * scatter_spots(rng, count=420, radius=0.0035)),
            ((122, 92, 44), np.clip((down - 0.9) / 0.06, 0, 1) + np.clip(1 - down / 0.04, 0, 1)),
        ),
    )
    return (
        Piece(mesh_from_rings(points), create_skin_material(skin, roughness=0.38)),
        *_create_stem_and_leaf(rng, top=1.38, length=0.55, has_leaf=False),
    )


def build_fig(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ripe fig, ribbed and dusty."""
    base = color or (58, 32, 56)
    _, down = create_skin_grid()
    lines = generate_skin_noise(rng, cells=26, octaves=3, stretch=12.0)
    skin = paint_skin(
        base,
        (
            ((140, 140, 80), np.clip(1.2 - 4.5 * down, 0, 0.8)),
            (mix_colors(base, (196, 180, 200), 0.5), 0.25 + 0.16 * lines),
            ((150, 100, 90), np.clip((down - 0.94) / 0.05, 0, 0.8)),
        ),
    )
    body = _shape_ribbed(rng, FIG_CURVE, ribs=11, depth=0.012)
    return (Piece(body.rotate(rng.uniform(-25, 25), axis="x"), create_downy_material(skin)),)


def build_pomegranate(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a pomegranate with its crown upward."""
    base = color or (138, 18, 30)
    clouds, fine = generate_skin_noise(rng, cells=3), generate_skin_noise(rng, cells=24)
    skin = paint_skin(
        base,
        (
            (mix_colors(base, (240, 180, 110), 0.6), 0.2 + 0.25 * clouds),
            ((110, 60, 40), 0.16 * np.clip(fine, 0, 2)),
        ),
    )
    points = roughen_grid(revolve_curve(TOMATO_CURVE), rng, depth=0.03, length=1.6)
    points[..., 1] *= 1.25
    leather = create_skin_material(skin, roughness=0.32)
    crown = [
        place_blade(
            create_blade(0.36, (0.5, 0.4, 0.2, 0.01), curl=-45, rows=7, columns=5),
            turn=60 * number,
            lift=82,
            base=(0.16 * np.sin(number * np.pi / 3), 0.78, 0.16 * np.cos(number * np.pi / 3)),
        )
        for number in range(6)
    ]
    rind = materials.create_thin_material(mix_colors(base, (200, 120, 70), 0.4), translucency=0.1)
    return (Piece(mesh_from_rings(points), leather), Piece(join_meshes(crown), rind))


def build_avocado(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds half an avocado, its cut side up, with the pit in it."""
    peel = color or (44, 56, 34)
    points = roughen_grid(revolve_curve(AVOCADO_CURVE, rows=26), rng, depth=0.01, length=1.5)
    # Cut in half at z = 0; what would stick out lies in the cut.
    points[..., 2] = np.minimum(points[..., 2], 0)
    knobs = generate_skin_noise(rng, cells=30)
    shell = create_skin_material(
        paint_skin(peel, ((mix_colors(peel, (10, 14, 8), 0.6), 0.4 + 0.3 * knobs),)), roughness=0.45
    )
    flesh, pit = _create_avocado_cut(rng)
    return tuple(
        Piece(mesh.rotate(-90, axis="x"), material)
        for mesh, material in (
            (mesh_from_rings(points), shell),
            (flesh, _create_avocado_flesh(rng)),
            (pit, materials.create_glossy_material((112, 68, 38), roughness=0.3)),
        )
    )


def build_tomato(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a tomato with its green star."""
    base = color or (184, 22, 12)
    _, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=4)
    skin = paint_skin(
        base,
        (
            (mix_colors(base, (240, 130, 30), 0.6), np.clip(0.8 - 5 * down, 0, 1)),
            (mix_colors(base, (255, 120, 60), 0.4), 0.15 + 0.1 * clouds),
        ),
    )
    star = [
        place_blade(
            create_blade(0.5, (0.07, 0.1, 0.07, 0.01), curl=60, rows=8, columns=5),
            turn=72 * number + rng.uniform(-9, 9),
            lift=8,
            base=(0, 0.62, 0),
        )
        for number in range(5)
    ]
    stem = create_stem([(0, 0.6, 0), (0.02, 0.75, 0.03), (0.08, 0.86, 0.05)], 0.05, 0.045)
    green = materials.create_thin_material((70, 110, 44), translucency=0.2)
    body = _shape_ribbed(rng, TOMATO_CURVE, ribs=6, depth=0.018)
    return (Piece(body, create_wet_material(skin)), Piece(join_meshes([*star, stem]), green))


def _shape_ribbed(rng: np.random.Generator, curve: Curve, ribs: int, depth: float) -> Mesh:
    """Creates a body with ribs and random bumps.

    curve: (radius, y) from its top; ribs: count around; depth: of the ribs as a share of a radius.
    """
    points = revolve_curve(curve, rows=26, columns=36)
    angle = np.arctan2(points[..., 0], points[..., 2])
    rib = 1 + depth * np.cos(ribs * angle + rng.uniform(0, 6))
    points = points * np.stack([rib, np.ones_like(rib), rib], axis=-1)
    return mesh_from_rings(roughen_grid(points, rng, depth=0.016, length=2.2))


def _create_stem_and_leaf(
    rng: np.random.Generator, top: float, length: float, has_leaf: bool
) -> tuple[Piece, ...]:
    """Creates the stem of a fruit, and perhaps a leaf on it; top: y where the stem begins."""
    lean = rng.uniform(-0.2, 0.2)
    path = [(0, top - 0.05, 0), (0.3 * lean, top + length / 2, 0), (lean, top + length, 0.04)]
    stem = Piece(create_stem(path, 0.035, 0.05), materials.create_matte_material(BROWN))
    if not has_leaf:
        return (stem,)
    leaf = place_blade(
        create_blade(0.95, OVAL, curl=-50, cup=0.08),
        turn=rng.uniform(-80, 80),
        lift=32,
        base=(0.3 * lean, top + length / 2, 0),
    )
    return (stem, Piece(leaf, create_leaf_material(rng, GREEN)))


def _create_avocado_cut(rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """Creates the cut side of half an avocado, slightly above z = 0, and its pit."""
    curve = np.array(AVOCADO_CURVE)
    share = np.linspace(0.02, 1, 9)[:, None]
    smooth = interpolate_curve(curve, 24)
    outline = np.concatenate([smooth, smooth[::-1] * (-1, 1)])
    # From the middle of the pit outward, so that the skin's rows are rings.
    middle = np.array([0.0, -0.3])
    rings = middle + share[..., None] * (outline - middle)
    points = np.concatenate([rings, np.full((*rings.shape[:2], 1), 0.012)], axis=-1)
    pit = create_ball_grid(rows=14, columns=20) * 0.42
    return (
        mesh_from_sheet(points[:, ::-1]),
        mesh_from_rings(roughen_grid(pit, rng, 0.02, 0.6)).translate(y=-0.3, z=0.08),
    )


def _create_avocado_flesh(rng: np.random.Generator) -> materials.Material:
    """Creates avocado flesh: yellow next to the pit, green below the peel."""
    _, down = create_skin_grid()
    fine = generate_skin_noise(rng, cells=20)
    green = np.clip((down - 0.55) / 0.42, 0, 1) ** 1.6
    skin = paint_skin(
        (236, 222, 138),
        (
            ((150, 178, 70), green),
            ((70, 96, 40), np.clip((down - 0.96) / 0.02, 0, 1)),
            ((250, 240, 180), 0.1 * fine),
        ),
    )
    flesh = materials.create_glossy_material(materials.create_texture(skin), roughness=0.3)
    return materials.Material({"type": "twosided", "bsdf": flesh.bsdf})
