"""Beans, nuts, spices, garlic and chili."""

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
    sweep_circle,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import create_stem, place_blade
from services.studio.things.heaps import heap_meshes
from services.studio.things.skins import (
    add_skin_relief,
    create_skin_grid,
    create_skin_material,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

# Beans in a handful. More: fuller scatters, more triangles.
BEAN_COUNT = 9


def build_coffee_beans(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a handful of roasted coffee beans, each with its groove."""
    brown = color or (62, 34, 20)
    beans = [_create_coffee_bean(rng) for _ in range(3)]
    heap = heap_meshes(
        rng,
        [beans[i % 3].rotate(180 * (i % 2), axis="z") for i in range(BEAN_COUNT)],
        1.0,
        (-30, 30),
    )
    clouds = generate_skin_noise(rng, cells=5)
    skin = paint_skin(
        brown,
        (
            (mix_colors(brown, (150, 92, 54), 0.5), 0.25 + 0.2 * clouds),
            (mix_colors(brown, (14, 6, 2), 0.5), 0.2 - 0.2 * clouds),
        ),
    )
    return (Piece(heap, create_skin_material(skin, roughness=0.32, specular=0.5)),)


def build_cocoa(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ribbed cocoa pod and a few beans next to it."""
    pod_color = color or (150, 74, 34)
    curve = [(0, 2.1), (0.2, 1.95), (0.6, 1.5), (0.95, 0.7), (1.0, -0.2), (0.8, -1.1)]
    points = revolve_curve([*curve, (0.45, -1.7), (0.2, -1.9), (0, -1.95)], rows=28, columns=50)
    angle = np.arctan2(points[..., 0], points[..., 2])
    rib = 1 + 0.07 * np.abs(np.cos(5 * angle))
    points[..., [0, 2]] *= rib[..., None]
    points = roughen_grid(points, rng, depth=0.03, length=0.9)
    clouds = generate_skin_noise(rng, cells=8)
    skin = paint_skin(
        pod_color,
        (
            (mix_colors(pod_color, (216, 146, 50), 0.6), 0.3 + 0.25 * clouds),
            (mix_colors(pod_color, (40, 20, 10), 0.6), 0.25 - 0.25 * clouds),
        ),
    )
    pod = mesh_from_rings(points).rotate(88, axis="x").rotate(rng.uniform(30, 120))
    pod = pod.translate(y=1.0)
    beans = heap_meshes(rng, [_create_nut(rng, (0.34, 0.22, 0.55)) for _ in range(6)], 0.5)
    return (
        Piece(pod, create_skin_material(skin, roughness=0.45)),
        Piece(beans.translate(x=0.6, z=2.0), materials.create_glossy_material((88, 48, 30), 0.6)),
    )


def build_almonds(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few almonds in their brown, streaked skins."""
    nuts = [_create_almond(rng) for _ in range(6)]
    heap = heap_meshes(rng, nuts, radius=0.85, lean=(-12, 12))
    return (Piece(heap, _create_streaked_material(rng, color or (152, 92, 50))),)


def build_nuts(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds hazelnuts, almonds and walnuts."""
    hazels = [_create_hazelnut(rng) for _ in range(3)]
    almonds = [_create_almond(rng) for _ in range(3)]
    walnut = revolve_curve(
        [(0, 1.3), (0.5, 1.1), (1, 0.3), (1, -0.4), (0.6, -1), (0, -1.1)], 30, 44
    )
    walnut = roughen_grid(roughen_grid(walnut, rng, 0.045, 0.5), rng, depth=0.02, length=0.3)
    brown = color or (164, 104, 56)
    near = heap_meshes(rng, hazels, radius=0.95, lean=(-180, 180))
    far = heap_meshes(rng, almonds, radius=0.8, lean=(-12, 12)).translate(x=1.9, z=0.5)
    shell = (
        mesh_from_rings(walnut).rotate(rng.uniform(60, 110), axis="x").rotate(rng.uniform(0, 360))
    )
    shell = shell.translate(x=-1.4, y=1.0, z=-1.4)
    return (
        Piece(near, _create_streaked_material(rng, mix_colors(brown, (146, 76, 30), 0.6))),
        Piece(far, _create_streaked_material(rng, brown)),
        Piece(shell, _create_streaked_material(rng, mix_colors(brown, (206, 166, 116), 0.7))),
    )


def build_cinnamon(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three sticks of cinnamon, each rolled from both sides."""
    brown = color or (150, 86, 46)
    rolled = _create_cinnamon_stick()
    sticks = []
    for x, y, turn in ((-0.55, 0.0, 3.0), (0.6, 0.0, -4.0), (0.05, 0.82, rng.uniform(-22, 22))):
        stick = rolled.rotate(rng.uniform(-40, 40), axis="z").rotate(turn + rng.uniform(-4, 4))
        sticks.append(stick.translate(x=x, y=y, z=rng.uniform(-0.4, 0.4)))
    streaks = generate_skin_noise(rng, cells=60, octaves=3, stretch=0.1)
    grain = generate_skin_noise(rng, cells=20)
    skin = paint_skin(
        brown,
        (
            (mix_colors(brown, (206, 140, 84), 0.7), 0.3 + 0.25 * streaks),
            (mix_colors(brown, (64, 30, 14), 0.6), 0.2 + 0.2 * grain),
        ),
    )
    bark = create_skin_material(skin, roughness=0.7, specular=0.2)
    both_sides = materials.Material({"type": "twosided", "bsdf": bark.bsdf})
    turn = rng.uniform(0, 180)
    return (Piece(join_meshes(sticks).rotate(turn), both_sides),)


def build_star_anise(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds one star of anise: eight boats, most with a shiny seed."""
    brown = color or (104, 56, 30)
    boats, seeds = [], []
    seed = mesh_from_rings(create_ball_grid(rows=8, columns=10) * (0.1, 0.08, 0.16))
    for number in range(8):
        length = rng.uniform(0.8, 1.1)
        turn = 45 * number + rng.uniform(-6, 6)
        boat = create_blade(length, (0.1, 0.17, 0.2, 0.15, 0.01), curl=16, cup=0.24)
        boats.append(place_blade(boat, turn, lift=4))
        if rng.random() < 0.8:
            seeds.append(seed.translate(y=0.19, z=0.55).rotate(turn))
    clouds = generate_skin_noise(rng, cells=9)
    skin = paint_skin(brown, ((mix_colors(brown, (176, 112, 66), 0.6), 0.3 + 0.3 * clouds),))
    husk = create_skin_material(skin, roughness=0.65, specular=0.3)
    return (
        Piece(join_meshes(boats), materials.Material({"type": "twosided", "bsdf": husk.bsdf})),
        Piece(join_meshes(seeds), create_wet_material((96, 44, 18))),
    )


def build_garlic(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bulb of garlic and a loose clove."""
    white = color or (236, 228, 218)
    curve = [(0, 1.4), (0.12, 1.38), (0.14, 1.15), (0.3, 0.8), (0.75, 0.45), (1.0, 0.0)]
    points = revolve_curve([*curve, (0.85, -0.45), (0.4, -0.62), (0, -0.6)], rows=30, columns=48)
    angle = np.arctan2(points[..., 0], points[..., 2])
    points[..., [0, 2]] *= (1 + 0.07 * np.abs(np.cos(4.5 * angle)) - 0.05)[..., None]
    points = roughen_grid(points, rng, depth=0.015, length=1.2)
    clove = create_ball_grid() * (0.36, 0.36, 0.62)
    clove[..., 1] += 0.3 * clove[..., 2] ** 2
    lines = generate_skin_noise(rng, cells=24, octaves=3, stretch=9.0)
    skin = paint_skin(
        white,
        (
            ((196, 150, 176), np.clip(0.1 + 0.2 * lines, 0, 0.5)),
            ((206, 186, 150), np.clip(0.1 - 0.15 * lines, 0, 0.6)),
        ),
    )
    loose = mesh_from_rings(clove).rotate(rng.uniform(0, 360))
    loose = loose.translate(x=1.35, y=-0.33, z=0.55)
    return (
        Piece(mesh_from_rings(points), create_skin_material(skin, roughness=0.4)),
        Piece(loose, create_skin_material(skin, roughness=0.35)),
    )


def build_chili(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two chilies, curved and glossy."""
    red = color or (150, 8, 10)
    pods, stems = [], []
    for number in range(2):
        path = np.array([(0, 0, 0), (0.06, 0, 0.5), (rng.uniform(0.05, 0.2), 0.02, 1.1)])
        tip = path[-1] + (rng.uniform(0.05, 0.3), 0.05, 0.5)
        smooth = interpolate_curve(np.array([*path, tip]), 20)
        radii = interpolate_curve(np.array([[0.0, 0.13, 0.15, 0.14, 0.11, 0.06, 0.0]]).T, 20)[:, 0]
        pod = mesh_from_rings(sweep_circle(smooth, np.maximum(radii, 0), columns=16))
        stem = create_stem([(0, 0, 0.03), (0, 0.03, -0.14), (0.08, 0.1, -0.36)], 0.07, 0.035)
        turn = 50 * number + rng.uniform(-20, 20)
        pods.append(pod.rotate(turn).translate(x=0.3 * number, y=0.1 * number))
        stems.append(stem.rotate(turn).translate(x=0.3 * number, y=0.1 * number))
    clouds = generate_skin_noise(rng, cells=3)
    skin = paint_skin(red, ((mix_colors(red, (236, 70, 20), 0.6), 0.2 + 0.2 * clouds),))
    return (
        Piece(join_meshes(pods), create_wet_material(skin)),
        Piece(join_meshes(stems), materials.create_matte_material((92, 124, 50))),
    )


def _create_coffee_bean(rng: np.random.Generator) -> Mesh:
    """Creates a bean, its grooved side up."""
    ball = create_ball_grid(rows=13, columns=22)
    angle = np.arctan2(ball[..., 0], ball[..., 2])
    # Vertices are closest where the groove is.
    angle = angle - 0.75 * np.sin(angle)
    ring = np.hypot(ball[..., 0], ball[..., 2])
    x, y, z = 0.78 * ring * np.sin(angle), 0.62 * ring * np.cos(angle), -1.08 * ball[..., 1]
    # One side is flat and has a groove along z that sways.
    flat = np.where(y > 0, 0.5 * y, y)
    groove = np.exp(-(((x - 0.07 * np.sin(2.4 * z)) / 0.1) ** 2)) * (y > 0) * (np.abs(z) < 1.0)
    bean = np.stack([x, flat - 0.26 * groove, z], axis=-1)
    return mesh_from_rings(roughen_grid(bean, rng, depth=0.025, length=1.2))


def _create_nut(rng: np.random.Generator, half_axes: tuple[float, float, float]) -> Mesh:
    """Creates an egg-like kernel; half_axes: along x, y and z."""
    points = create_ball_grid(rows=14, columns=18) * half_axes
    return mesh_from_rings(roughen_grid(points, rng, depth=0.05, length=0.9))


def _create_hazelnut(rng: np.random.Generator) -> Mesh:
    """Creates a hazelnut, its tip up."""
    curve = [
        (0, 1.12),
        (0.1, 1.02),
        (0.5, 0.82),
        (0.9, 0.2),
        (0.85, -0.4),
        (0.5, -0.75),
        (0, -0.78),
    ]
    return mesh_from_rings(roughen_grid(revolve_curve(curve, 18, 22), rng, 0.02, 1.2))


def _create_almond(rng: np.random.Generator) -> Mesh:
    """Creates an almond along z: a flat drop."""
    curve = [(0, 1.35), (0.12, 1.2), (0.46, 0.7), (0.68, 0.0), (0.6, -0.55), (0.3, -0.92), (0, -1)]
    points = roughen_grid(revolve_curve(curve, 20, 20), rng, depth=0.02, length=1.0)
    return mesh_from_rings(points * (1, 1, 0.55)).rotate(90, axis="x")


def _create_streaked_material(rng: np.random.Generator, color: RGB) -> materials.Material:
    """Creates a nut's skin: dull, with streaks from its tip to its base."""
    streaks = generate_skin_noise(rng, cells=34, octaves=3, stretch=8.0)
    _, down = create_skin_grid()
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (60, 30, 12), 0.6), 0.3 + 0.3 * streaks),
            (mix_colors(color, (236, 206, 160), 0.6), np.clip((down - 0.86) / 0.08, 0, 0.7)),
        ),
    )
    nut = create_skin_material(skin, roughness=0.5, specular=0.35)
    return add_skin_relief(nut, np.clip(0.5 + 0.2 * streaks, 0, 1), depth=0.002)


def _create_cinnamon_stick() -> Mesh:
    """Creates a stick along z of bark that is rolled in from both sides."""
    turn = np.linspace(-2.35 * math.pi, 2.35 * math.pi, 61)
    # Each half winds inward around its own middle.
    wound = np.abs(turn)
    radius = 0.42 * (1 - 0.085 * wound)
    side = np.sign(turn)
    section_x = side * (0.38 - radius * np.cos(wound))
    section_y = 0.45 - radius * np.sin(wound) - 0.1
    z = np.linspace(-3.2, 3.2, 5)
    points = np.stack(
        [
            np.tile(section_x, (5, 1)),
            np.tile(section_y, (5, 1)),
            np.repeat(z[:, None], len(turn), axis=1),
        ],
        axis=-1,
    )
    return mesh_from_sheet(points)
