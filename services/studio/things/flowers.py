"""Fresh flowers and their petals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_blade,
    mesh_from_rings,
    mesh_from_sheet,
    revolve_curve,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    BROWN,
    GOLDEN_ANGLE,
    GREEN,
    LANCE,
    OVAL,
    STEM_GREEN,
    create_arc,
    create_leaf_material,
    create_stem,
    place_blade,
    place_mesh,
)
from services.studio.things.skins import (
    create_skin_grid,
    create_skin_material,
    generate_skin_noise,
    paint_skin,
    scatter_spots,
)
from services.studio.things.thing import Builder, Piece

# Half widths of petals from base to tip, as shares of their length.
ROSE_PETAL = (0.1, 0.3, 0.46, 0.55, 0.53, 0.36, 0.1)
PEONY_PETAL = (0.08, 0.22, 0.36, 0.44, 0.46, 0.36, 0.16)
RAY_PETAL = (0.05, 0.09, 0.11, 0.12, 0.11, 0.07, 0.01)
TULIP_PETAL = (0.14, 0.34, 0.42, 0.42, 0.34, 0.18, 0.01)
BLOSSOM_PETAL = (0.06, 0.24, 0.38, 0.42, 0.38, 0.24, 0.05)


@dataclass(frozen=True)
class Whorl:
    """A ring or spiral of petals.

    count: of petals; length: of one.
    outline: half widths, as of create_blade.
    lift: degrees that the first and the last one rise above level.
    curl: degrees that the first and the last one bend upward from base to tip.
    cup: height of the edges over the middle, as a share of the length.
    radius, level: of the bases of the last petals from the axis, and above y = 0.
    spread: degrees from one petal to the next; 0: evenly around.
    wave: ripples along the edges, as a share of the length.
    """

    count: int
    length: float
    outline: Sequence[float]
    lift: tuple[float, float]
    curl: tuple[float, float]
    cup: float = 0.1
    radius: float = 0.05
    level: float = 0.0
    spread: float = 0.0
    wave: float = 0.01


def create_whorl(rng: np.random.Generator, whorl: Whorl) -> Mesh:
    """Creates the petals of a whorl around the y axis; rng: varies each a little."""
    petals = []
    start = rng.uniform(0, 360)
    for number in range(whorl.count):
        share = number / max(whorl.count - 1, 1)
        lift = whorl.lift[0] + share * (whorl.lift[1] - whorl.lift[0]) + rng.uniform(-5, 5)
        curl = whorl.curl[0] + share * (whorl.curl[1] - whorl.curl[0]) + rng.uniform(-10, 10)
        length = whorl.length * rng.uniform(0.9, 1.06) * (0.72 + 0.28 * share)
        turn = start + number * (whorl.spread or 360 / whorl.count) + rng.uniform(-5, 5)
        blade = create_blade(
            length, whorl.outline, curl=curl, cup=whorl.cup, wave=whorl.wave, rows=10, columns=7
        )
        out = whorl.radius * (0.15 + 0.85 * share if whorl.spread else 1)
        heading = math.radians(turn)
        base = (out * math.sin(heading), whorl.level, out * math.cos(heading))
        petals.append(place_blade(blade, turn, lift, base, roll=rng.uniform(-8, 8)))
    return join_meshes(petals)


def create_petal_material(
    rng: np.random.Generator, color: RGB, base: RGB | None = None
) -> materials.Material:
    """Creates the material of petals: finely lined, another color at the base; None: paler."""
    _, down = create_skin_grid()
    lines = generate_skin_noise(rng, cells=30, octaves=3, stretch=10.0)
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (255, 250, 240), 0.45), np.clip(0.12 + 0.1 * lines, 0, 1)),
            (mix_colors(color, (70, 10, 30), 0.4), np.clip(0.12 - 0.1 * lines, 0, 1)),
            (base or mix_colors(color, (255, 250, 226), 0.6), np.clip(1 - down / 0.32, 0, 0.85)),
        ),
    )
    return materials.create_thin_material(
        materials.create_texture(skin), roughness=0.7, translucency=0.35
    )


def build_rose(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a rose on a stem with leaves, lying."""
    red = color or (168, 20, 40)
    whorls = (
        Whorl(9, 0.62, ROSE_PETAL, (88, 74), (18, 26), 0.3, 0.1, 0.05, GOLDEN_ANGLE),
        Whorl(9, 0.78, ROSE_PETAL, (72, 52), (26, 0), 0.26, 0.14, 0.02, GOLDEN_ANGLE),
        Whorl(7, 0.86, ROSE_PETAL, (48, 22), (-10, -50), 0.2, 0.14, 0.0, GOLDEN_ANGLE),
    )
    head = join_meshes([create_whorl(rng, whorl) for whorl in whorls])
    sepals = create_whorl(rng, Whorl(5, 0.5, LANCE, (-30, -10), (-20, -30), level=0.0))
    return _put_on_stem(
        rng,
        Piece(head, create_petal_material(rng, red, base=mix_colors(red, (40, 0, 10), 0.3))),
        length=2.6,
        leaves=(3, OVAL, 0.75),
        green_parts=(sepals,),
    )


def build_tulip(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a tulip with long leaves, lying."""
    pink = color or (226, 84, 96)
    whorls = (
        Whorl(3, 1.0, TULIP_PETAL, (70, 70), (22, 30), 0.26, 0.1, 0.0),
        Whorl(3, 1.02, TULIP_PETAL, (62, 62), (30, 38), 0.26, 0.13, 0.0),
    )
    head = join_meshes([create_whorl(rng, whorl) for whorl in whorls])
    petals = create_petal_material(rng, pink, base=mix_colors(pink, (240, 220, 120), 0.6))
    return _put_on_stem(rng, Piece(head, petals), length=2.8, leaves=(2, LANCE, 2.0))


def build_peony(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds the full head of a peony."""
    pink = color or (232, 152, 172)
    whorls = (
        Whorl(16, 0.52, PEONY_PETAL, (86, 62), (26, 20), 0.26, 0.16, 0.1, GOLDEN_ANGLE, 0.05),
        Whorl(16, 0.68, PEONY_PETAL, (66, 40), (36, 26), 0.3, 0.18, 0.05, GOLDEN_ANGLE, 0.05),
        Whorl(12, 0.86, PEONY_PETAL, (36, 12), (44, 24), 0.24, 0.16, 0.0, GOLDEN_ANGLE, 0.03),
    )
    head = join_meshes([create_whorl(rng, whorl) for whorl in whorls])
    piece = Piece(head, create_petal_material(rng, pink, base=mix_colors(pink, (190, 40, 90), 0.4)))
    return _tip_over(rng, (piece,), lean=(10, 45))


def build_marigold(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds the head of a marigold."""
    orange = color or (236, 130, 12)
    whorls = (
        Whorl(26, 0.4, PEONY_PETAL, (88, 56), (-20, -30), 0.2, 0.24, 0.24, GOLDEN_ANGLE, 0.09),
        Whorl(28, 0.56, PEONY_PETAL, (54, 8), (-25, -40), 0.16, 0.26, 0.12, GOLDEN_ANGLE, 0.08),
    )
    head = join_meshes([create_whorl(rng, whorl) for whorl in whorls])
    piece = Piece(
        head, create_petal_material(rng, orange, base=mix_colors(orange, (150, 40, 0), 0.5))
    )
    return _tip_over(rng, (piece,), lean=(5, 40))


def create_ray_flower_builder(
    color: RGB, petals: int, disc: float, disc_color: RGB, is_double: bool = False
) -> Builder:
    """Creates a builder of flowers with rays around a disc, such as daisies and sunflowers.

    color: sRGB of the rays; petals: count of rays in a ring.
    disc: radius of the disc as a share of the flower's.
    disc_color: sRGB.
    is_double: whether there are two rings of rays.
    """

    def build_ray_flower(rng: np.random.Generator, tint: RGB | None) -> tuple[Piece, ...]:
        """Builds one flower on a short stem."""
        rings = [
            Whorl(petals, 1 - 0.8 * disc, RAY_PETAL, (14, 14), (-4, -16), 0.04, 0.8 * disc, 0.0)
        ]
        if is_double:
            rings.append(
                Whorl(
                    petals, 0.9 - 0.8 * disc, RAY_PETAL, (26, 26), (-6, -10), 0.04, 0.8 * disc, 0.03
                )
            )
        rays = join_meshes([create_whorl(rng, ring) for ring in rings])
        pieces = (
            Piece(rays, create_petal_material(rng, tint or color, base=tint or color)),
            _create_disc(rng, disc, disc_color),
        )
        return _tip_over(rng, pieces, lean=(0, 26))

    return build_ray_flower


def build_flower(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an anemone: broad petals around a dark eye."""
    white = color or (246, 240, 232)
    rings = (
        Whorl(6, 0.9, BLOSSOM_PETAL, (10, 16), (26, 34), 0.1, 0.1, 0.0),
        Whorl(6, 0.84, BLOSSOM_PETAL, (24, 30), (28, 34), 0.12, 0.1, 0.02),
    )
    petals = join_meshes([create_whorl(rng, ring) for ring in rings])
    pieces = (
        Piece(petals, create_petal_material(rng, white)),
        _create_disc(rng, 0.2, (40, 30, 44)),
        _create_stamens(rng, count=36, length=0.36, color=(54, 44, 60)),
    )
    return _tip_over(rng, pieces, lean=(0, 30))


def build_cherry_blossom(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a twig with blossoms and buds."""
    pink = color or (246, 204, 214)
    path = create_arc(5.5, lean=72, bend=26, turn=90, steps=24)
    path = path + 0.1 * np.sin(np.arange(24) * 1.7)[:, None] * (0.3, 1, 1)
    twigs = [create_stem(path, 0.13, 0.05)]
    petals, centers = [], []
    for place in (4, 8, 9, 13, 16, 17, 21, 22):
        side = np.array([rng.normal(0, 0.3), rng.uniform(0.2, 0.7), rng.uniform(-0.5, 0.8)])
        head = path[place] + side
        twigs.append(create_stem([path[place], path[place] + 0.5 * side, head], 0.035, 0.03))
        ring = Whorl(5, 0.62, BLOSSOM_PETAL, (14, 14), (22, 30), 0.12, 0.05)
        lean, turn = rng.uniform(20, 75), rng.uniform(-50, 50)
        flower = create_whorl(rng, ring).rotate(lean, axis="x").rotate(turn).translate(*head)
        petals.append(flower)
        stamens = _create_stamens(rng, count=12, length=0.26, color=(214, 120, 130))
        centers.append(stamens.mesh.rotate(lean, axis="x").rotate(turn).translate(*head))
    return (
        Piece(
            join_meshes(twigs),
            materials.create_matte_material(mix_colors(BROWN, (60, 40, 36), 0.5)),
        ),
        Piece(
            join_meshes(petals),
            create_petal_material(rng, pink, base=mix_colors(pink, (214, 90, 130), 0.6)),
        ),
        Piece(join_meshes(centers), materials.create_matte_material((206, 120, 120))),
    )


def build_rose_petals(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few red petals that lie curled."""
    return build_petals(rng, color or (176, 22, 44))


def build_petals(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few petals that lie curled, some on their backs."""
    petals = []
    for number in range(6):
        blade = create_blade(
            rng.uniform(0.8, 1.1),
            ROSE_PETAL,
            curl=rng.uniform(30, 80),
            cup=rng.uniform(0.12, 0.3),
            wave=0.03,
        )
        flip = 180 if rng.random() < 0.4 else 0
        petal = place_blade(blade, rng.uniform(0, 360), rng.uniform(-12, 12), roll=flip)
        low = petal.vertices[:, 1].min()
        heading, away = 2.4 * number + rng.uniform(-0.4, 0.4), 0.62 * math.sqrt(number + 0.3)
        petals.append(petal.translate(away * math.sin(heading), -low, away * math.cos(heading)))
    material = create_petal_material(rng, color or (240, 170, 184))
    return (Piece(join_meshes(petals), material),)


def _put_on_stem(
    rng: np.random.Generator,
    head: Piece,
    length: float,
    leaves: tuple[int, Sequence[float], float],
    green_parts: Sequence[Mesh] = (),
) -> tuple[Piece, ...]:
    """Puts a flower on a stem, and lays both down.

    head: with its base at the origin; length: of the stem.
    leaves: count, half widths and length of the leaves on the stem.
    green_parts: meshes that have the leaves' color.
    """
    count, outline, leaf_length = leaves
    path = create_arc(length, lean=0, bend=rng.uniform(-14, 14), turn=90) * (1, -1, 1)
    blades = []
    for number in range(count):
        base = path[min(4 + 3 * number, len(path) - 2)] if leaf_length < 1 else path[-2]
        blade = create_blade(leaf_length * rng.uniform(0.85, 1.1), outline, curl=-45, cup=0.07)
        blades.append(place_blade(blade, 90 + 180 * number + rng.uniform(-25, 25), 55, base))
    stem = create_stem(path, 0.05, 0.06)
    greens = join_meshes([*green_parts, *blades])
    pieces = (
        head,
        Piece(greens, create_leaf_material(rng, GREEN, veins=5 if leaf_length < 1 else 0)),
        Piece(stem, materials.create_matte_material(STEM_GREEN)),
    )
    return _tip_over(rng, pieces, lean=(68, 84))


def _tip_over(
    rng: np.random.Generator, pieces: Sequence[Piece], lean: tuple[float, float]
) -> tuple[Piece, ...]:
    """Returns the pieces tipped toward the camera; lean: fewest and most degrees."""
    over, aside = rng.uniform(*lean), rng.uniform(-50, 50)
    return tuple(
        Piece(piece.mesh.rotate(over, axis="x").rotate(aside), piece.material) for piece in pieces
    )


def _create_disc(rng: np.random.Generator, radius: float, color: RGB) -> Piece:
    """Creates the seeds in the middle of a flower, around the y axis."""
    dots = scatter_spots(rng, count=260, radius=0.012)
    _, down = create_skin_grid()
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (20, 10, 0), 0.6), 0.6 * (1 - dots)),
            (mix_colors(color, (255, 220, 80), 0.4), dots * np.clip(1.2 - 2 * down, 0, 1)),
        ),
    )
    dome = [(0, 0.3 * radius), (0.5 * radius, 0.26 * radius), (0.9 * radius, 0.1 * radius)]
    points = revolve_curve([*dome, (radius, -0.1 * radius), (0, -0.12 * radius)])
    return Piece(mesh_from_rings(points), create_skin_material(skin, roughness=0.8, specular=0.2))


def _create_stamens(rng: np.random.Generator, count: int, length: float, color: RGB) -> Piece:
    """Creates stamens that rise from the origin."""
    tip = mesh_from_rings(create_ball_grid(rows=5, columns=6) * 0.07 * length)
    parts = []
    for number in range(count):
        lift, turn = rng.uniform(25, 80), GOLDEN_ANGLE * number
        thread = mesh_from_sheet(create_blade(length, (0.02, 0.015, 0.015), rows=3, columns=2))
        parts.append(place_mesh(thread, turn, lift))
        parts.append(place_mesh(tip.translate(z=length), turn, lift))
    return Piece(join_meshes(parts), materials.create_matte_material(color))
