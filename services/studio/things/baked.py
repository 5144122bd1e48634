"""Bread and pastry."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_box_grid,
    mesh_from_rings,
    revolve_curve,
    roughen_grid,
    sum_waves,
    sweep_circle,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.skins import (
    add_skin_relief,
    create_skin_grid,
    create_skin_material,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

CRUST: RGB = (178, 108, 48)
CRUMB: RGB = (238, 214, 168)
# Slashes across a loaf.
SLASH_COUNT = 4


def build_bread(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a crusty loaf with slashes and a dusting of flour."""
    crust = color or CRUST
    points = create_ball_grid(rows=44, columns=40)[:, :, [0, 2, 1]][:, ::-1]
    x, y, z = np.moveaxis(points, -1, 0)
    slash = _find_slashes(x, z) * (y > 0)
    y = np.where(y > 0, 0.66 * np.abs(y) ** 0.85, 0.3 * y)
    y += 0.07 * np.clip(slash, 0, 1) - 0.05 * np.exp(-(((slash - 0.35) / 0.2) ** 2))
    loaf = np.stack([0.95 * x, y, 1.7 * z], axis=-1)
    loaf = roughen_grid(loaf, rng, depth=0.02, length=0.9)
    return (Piece(mesh_from_rings(loaf), _create_loaf_crust(rng, crust)),)


def build_croissant(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a croissant of rolled layers."""
    brown = color or (196, 118, 44)
    rolls = 9
    share = np.linspace(-1, 1, 12 * rolls + 1)
    bend = 1.25 * share
    path = np.column_stack([np.sin(bend), 0 * bend, np.cos(bend) * 0.95])
    # A saw-tooth of layers, highest in the middle.
    layer = (np.abs(share) * rolls / 2 + 0.2) % 1
    radius = (0.36 * (1 - share**2) ** 0.6 + 0.07) * (1 - 0.17 * layer)
    radius[[0, -1]] = 0
    points = sweep_circle(path, radius, columns=24)
    points = roughen_grid(points, rng, depth=0.012, length=0.35)
    _around, down = create_skin_grid()
    steps = (np.abs(2 * down - 1) * rolls / 2 + 0.2) % 1
    flakes = generate_skin_noise(rng, cells=30, octaves=3, stretch=0.25)
    skin = paint_skin(
        brown,
        (
            (mix_colors(brown, (244, 206, 130), 0.7), np.clip(steps - 0.35, 0, 0.8)),
            (mix_colors(brown, (92, 40, 12), 0.7), np.clip(0.45 - steps + 0.15 * flakes, 0, 0.7)),
            (mix_colors(brown, (250, 220, 160), 0.5), 0.14 * np.clip(flakes, 0, 2)),
        ),
    )
    crust = create_skin_material(skin, roughness=0.36, specular=0.45)
    return (Piece(mesh_from_rings(points).rotate(rng.uniform(-30, 30)), crust),)


def build_macarons(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three macarons, two in a stack and one leaning."""
    tint = color or ((232, 158, 172), (178, 204, 156), (214, 178, 128))[int(rng.integers(3))]
    half = [(0, 0.5), (0.5, 0.47), (0.86, 0.34), (1.0, 0.14), (0.98, 0.06)]
    foot = [(1.05, 0.04), (1.05, -0.1), (0.94, -0.12), (0.5, -0.12), (0, -0.12)]
    shell = revolve_curve([*half, *foot], rows=26, columns=36)
    angle = np.arctan2(shell[..., 0], shell[..., 2])
    frill = (np.abs(shell[..., 1] + 0.03) < 0.09) & (np.hypot(shell[..., 0], shell[..., 2]) > 0.9)
    shell[..., [0, 2]] *= (1 + 0.02 * frill * np.sin(23 * angle + 40 * shell[..., 1]))[..., None]
    top = mesh_from_rings(shell)
    cream = mesh_from_rings(
        revolve_curve([(0, 0.13), (0.8, 0.13), (0.93, 0.0), (0.8, -0.13), (0, -0.13)], rows=12)
    )
    whole = join_meshes([top.translate(y=0.25), top.rotate(180, axis="x").translate(y=-0.25)])
    places = ((0.0, 0.0, 0.0, 0.0), (0.06, 1.52, 0.0, 5.0), (1.5, 0.36, 0.5, 64.0))
    clouds = generate_skin_noise(rng, cells=16)
    skin = paint_skin(tint, ((mix_colors(tint, (255, 255, 255), 0.4), 0.15 + 0.12 * clouds),))
    return tuple(
        Piece(
            join_meshes([m.rotate(lean, axis="z").translate(x, y, z) for x, y, z, lean in places]),
            material,
        )
        for m, material in (
            (whole, create_skin_material(skin, roughness=0.5, specular=0.35)),
            (cream, materials.create_matte_material(mix_colors(tint, (255, 248, 236), 0.6))),
        )
    )


def build_cookie(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cookie with chips of chocolate."""
    dough = color or (192, 132, 74)
    points = revolve_curve(
        [(0, 0.24), (0.5, 0.24), (0.85, 0.2), (1.0, 0.1), (0.97, 0.02), (0.6, 0), (0, 0)], 34, 40
    )
    bumps = 0.028 * sum_waves(points, rng, 0.45) * (points[..., 1] > 0.03)
    points[..., 1] += bumps
    points = roughen_grid(points, rng, depth=0.02, length=1.0)
    cracks, clouds = (generate_skin_noise(rng, cells) for cells in (18, 4))
    skin = paint_skin(
        dough,
        (
            (mix_colors(dough, (232, 186, 120), 0.7), 0.35 + 0.25 * clouds),
            (mix_colors(dough, (110, 62, 26), 0.6), np.clip(0.2 + 0.25 * cracks, 0, 0.6)),
        ),
    )
    chips = []
    for _ in range(11):
        chip = create_box_grid((0.2, 0.16, 0.18), corner=0.06, steps=3)
        away, turn = 0.8 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        mesh = mesh_from_rings(roughen_grid(chip, rng, 0.1, 0.3)).rotate(rng.uniform(0, 90))
        chips.append(mesh.translate(away * math.sin(turn), 0.235, away * math.cos(turn)))
    crumb = add_skin_relief(
        create_skin_material(skin, roughness=0.8, specular=0.2),
        np.clip(0.5 + 0.2 * cracks, 0, 1),
        depth=0.004,
    )
    return (
        Piece(mesh_from_rings(points), crumb),
        Piece(join_meshes(chips), materials.create_glossy_material((52, 28, 18), roughness=0.4)),
    )


def build_cake(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round cake with icing that runs down its side."""
    icing = color or (244, 206, 206)
    side = mesh_from_rings(
        revolve_curve([(0, 0.8), (0.94, 0.8), (1.0, 0.76), (1.0, 0.4), (1, 0.02), (0, 0)], 30, 48)
    )
    grain, layers = generate_skin_noise(rng, cells=30), create_skin_grid()[1]
    band = np.abs(((layers * 9) % 1) - 0.5)
    sponge = paint_skin(
        (222, 174, 110),
        (((250, 240, 224), np.clip(1.4 - band / 0.1, 0, 1)), ((150, 96, 46), 0.16 + 0.16 * grain)),
    )
    drip = _create_drips(rng, radius=1.03, top=0.84, depth=0.34)
    berries = [
        mesh_from_rings(create_ball_grid(rows=12, columns=14) * 0.13).translate(
            0.74 * math.sin(turn), 0.94, 0.74 * math.cos(turn)
        )
        for turn in np.linspace(0, 2 * math.pi, 8, endpoint=False)
    ]
    return (
        Piece(side, create_skin_material(sponge, roughness=0.85, specular=0.1)),
        Piece(drip, create_wet_material(icing, roughness=0.3)),
        Piece(join_meshes(berries), create_wet_material((160, 12, 30))),
    )


def build_cupcake(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cupcake in a pleated paper cup, with a swirl of cream."""
    cream = color or (248, 224, 226)
    cup = revolve_curve([(0.74, 0.85), (0.66, 0.4), (0.55, 0.0), (0, 0.0)], rows=16, columns=96)
    angle = np.arctan2(cup[..., 0], cup[..., 2])
    cup[..., [0, 2]] *= (1 + 0.025 * np.sign(np.sin(24 * angle)))[..., None]
    crumb = revolve_curve([(0, 1.0), (0.5, 0.98), (0.78, 0.88), (0.74, 0.78), (0, 0.7)])
    turns = np.linspace(0, 1, 96)
    radius = 0.56 * (1 - turns) ** 0.8
    path = np.column_stack(
        [radius * np.sin(22 * turns), 1.0 + 0.75 * turns, radius * np.cos(22 * turns)]
    )
    thick = 0.24 * (1 - 0.75 * turns) * np.minimum(1, np.minimum(turns, 1 - turns) / 0.04)
    swirl = sweep_circle(path, thick, columns=14)
    paper = mix_colors(cream, (150, 100, 80), 0.45)
    return (
        Piece(mesh_from_rings(cup), materials.create_matte_material(paper)),
        Piece(mesh_from_rings(crumb), materials.create_matte_material((190, 134, 76))),
        Piece(mesh_from_rings(swirl), materials.create_glossy_material(cream, roughness=0.45)),
    )


def build_donut(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ring of dough with icing and sprinkles."""
    icing = color or (238, 138, 164)
    # One step more than a full turn, so that the ends lie in each other.
    around = np.linspace(0, 2 * math.pi * 45 / 44, 46)
    ring = np.column_stack([np.sin(around), 0 * around, np.cos(around)]) * 0.66
    dough = sweep_circle(ring, np.full(46, 0.36), columns=22)
    dough = roughen_grid(dough, rng, depth=0.01, length=0.9)
    angle = np.arctan2(dough[..., 0], dough[..., 2])
    edge = 0.04 + 0.05 * np.sin(3 * angle + 1) + 0.035 * np.sin(7 * angle)
    glaze = dough * 1.0
    off = np.hypot(dough[..., 0], dough[..., 2]) - 0.66
    up = np.arctan2(dough[..., 1], off)
    reach = np.where(dough[..., 1] > edge - 0.1, 0.385, 0.3)
    glaze[..., 1] = reach * np.sin(up)
    scale = (0.66 + reach * np.cos(up)) / np.hypot(dough[..., 0], dough[..., 2])
    glaze[..., [0, 2]] *= scale[..., None]
    fine = generate_skin_noise(rng, cells=10)
    skin = paint_skin((206, 144, 76), (((150, 88, 36), 0.3 + 0.25 * fine),))
    return (
        Piece(mesh_from_rings(dough), create_skin_material(skin, roughness=0.7, specular=0.2)),
        Piece(mesh_from_rings(glaze), create_wet_material(icing, roughness=0.3)),
        *_create_sprinkles(rng),
    )


def _find_slashes(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Returns how far inside a slash of a loaf each point is, 0 to 1: float of the points' shape.

    x, z: across and along the loaf, -1 to 1, float arrays of one shape.
    """
    place = (z + 0.45 * x) * SLASH_COUNT / 1.7
    inside = np.clip(1.3 - np.abs(place - np.round(place)) / 0.2, 0, 1)
    return inside * (np.abs(x) < 0.6) * (np.abs(z) < 0.82)


def _create_loaf_crust(rng: np.random.Generator, crust: RGB) -> materials.Material:
    """Creates the crust of a loaf, pale in the slashes and dusted with flour."""
    around, down = create_skin_grid()
    polar, angle = math.pi * down, 2 * math.pi * (1 - around)
    # The loaf is a sphere whose poles lie along z.
    x, y, z = np.sin(polar) * np.sin(angle), np.sin(polar) * np.cos(angle), np.cos(polar)
    slash = _find_slashes(x, z) * (y > 0)
    clouds, fine = generate_skin_noise(rng, cells=5), generate_skin_noise(rng, cells=36)
    flour = np.clip(0.25 + 0.35 * clouds + 0.22 * fine, 0, 0.75) * np.clip(1.6 * y, 0, 1)
    skin = paint_skin(
        crust,
        (
            (mix_colors(crust, (96, 46, 16), 0.8), 0.35 - 0.25 * clouds),
            (mix_colors(crust, CRUMB, 0.35), np.clip(0.4 - y, 0, 0.6)),
            ((246, 238, 224), flour * (1 - slash)),
            (mix_colors(crust, CRUMB, 0.8), slash * (0.85 + 0.15 * fine)),
        ),
    )
    baked = create_skin_material(skin, roughness=0.7, specular=0.25)
    return add_skin_relief(baked, np.clip(0.5 + 0.15 * fine, 0, 1), depth=0.004)


def _create_drips(rng: np.random.Generator, radius: float, top: float, depth: float) -> Mesh:
    """Creates icing on a cake that runs down in drips.

    radius, top: of the cake with icing; depth: of the longest drip.
    """
    points = revolve_curve(
        [(0, top), (0.9 * radius, top), (radius, top - 0.06), (radius, top - 0.12)], 14, 96
    )
    angle = np.arctan2(points[..., 0], points[..., 2])
    fall = 0.5 + 0.5 * np.sin(9 * angle + 1.5 * np.sin(4 * angle + rng.uniform(0, 6)))
    below = np.clip((top - 0.04 - points[..., 1]) / 0.08, 0, 1)
    points[..., 1] -= below * depth * fall**2
    return mesh_from_rings(points)


def _create_sprinkles(rng: np.random.Generator) -> tuple[Piece, ...]:
    """Creates sprinkles of three colors on top of a donut."""
    rod = create_ball_grid(rows=6, columns=8) * (0.02, 0.02, 0.07)
    pieces = []
    for color in ((250, 246, 236), (250, 206, 80), (110, 190, 214)):
        rods = []
        for _ in range(16):
            turn, lean = rng.uniform(0, 2 * math.pi), rng.uniform(-0.9, 0.9)
            away = 0.66 + 0.385 * math.sin(lean)
            rods.append(
                mesh_from_rings(rod)
                .rotate(rng.uniform(0, 180))
                .translate(away * math.sin(turn), 0.385 * math.cos(lean), away * math.cos(turn))
            )
        pieces.append(Piece(join_meshes(rods), materials.create_glossy_material(color, 0.3)))
    return tuple(pieces)
