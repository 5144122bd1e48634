"""Single leaves, fronds, herbs and potted plants."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_blade,
    interpolate_curve,
    mesh_from_rings,
    mesh_from_sheet,
    revolve_curve,
    sum_waves,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    BROWN,
    DEEP_GREEN,
    GOLDEN_ANGLE,
    GREEN,
    NEEDLE,
    OVAL,
    ROUND,
    STEM_GREEN,
    create_arc,
    create_leaf_material,
    create_leafy_stem,
    create_stem,
    place_blade,
)
from services.studio.things.skins import (
    create_skin_grid,
    create_skin_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

# Right half of a maple leaf's outline, x and z, from its stem at (0, 0) to its tip at (0, 1).
MAPLE_HALF = (
    *((0.0, 0.03), (0.1, -0.06), (0.24, -0.1), (0.3, -0.06), (0.4, -0.08), (0.36, 0.02)),
    *((0.4, 0.06), (0.24, 0.14), (0.38, 0.22), (0.42, 0.2), (0.5, 0.3), (0.66, 0.34)),
    *((0.56, 0.42), (0.58, 0.52), (0.46, 0.48), (0.42, 0.54), (0.2, 0.4), (0.26, 0.58)),
    *((0.2, 0.62), (0.22, 0.72), (0.12, 0.74), (0.0, 1.0)),
)
# Degrees from upright of cut sprigs of herbs. Smaller: they seem to grow out of a table.
LYING_HERBS = (72, 84)
# Half widths of a basil leaf, as shares of its length.
BASIL = (0.02, 0.22, 0.33, 0.34, 0.25, 0.12, 0.005)
AUTUMN: tuple[RGB, ...] = ((176, 62, 22), (206, 120, 26), (150, 34, 22), (196, 150, 50))
# Angles, in degrees from a monstera leaf's tip, of the slits on each side, and their half width.
SLIT_ANGLES, SLIT_WIDTH = (22, 46, 70, 94, 118), 4.5
TERRACOTTA: RGB = (176, 104, 74)


def build_leaf(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds one green leaf that lies curled."""
    blade = create_blade(1.0, OVAL, curl=rng.uniform(20, 45), cup=0.07, wave=0.02)
    leaf = place_blade(blade, turn=rng.uniform(0, 360), lift=0)
    return (Piece(leaf, create_leaf_material(rng, color or GREEN)),)


def build_leaves(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few green leaves that lie about."""
    leaves = [
        place_blade(
            create_blade(
                rng.uniform(0.7, 1.0), OVAL, curl=rng.uniform(-30, 50), cup=0.08, wave=0.02
            ),
            turn=rng.uniform(0, 360),
            lift=rng.uniform(0, 14),
            base=(*rng.uniform(-0.5, 0.5, 1), 0.05 * number, *rng.uniform(-0.5, 0.5, 1)),
        )
        for number in range(4)
    ]
    return (Piece(join_meshes(leaves), create_leaf_material(rng, color or GREEN)),)


def build_maple_leaves(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three fallen maple leaves in the colors of autumn."""
    half = np.array(MAPLE_HALF)
    outline = np.concatenate([half[::-1] * (-1, 1), half[1:]])[:-1][::-1]
    pieces = []
    for number in range(3):
        tint = color or AUTUMN[int(rng.integers(len(AUTUMN)))]
        leaf = _create_lobed_leaf(rng, outline, middle=(0.0, 0.26), bulge=0.07)
        stem = create_stem([(0, 0, 0.05), (0.02, 0.0, -0.2), (0.08, 0.03, -0.5)], 0.012, 0.016)
        place = rng.uniform(-0.55, 0.55, 2)
        mesh = join_meshes([leaf, stem]).rotate(rng.uniform(-8, 8), axis="x")
        mesh = mesh.rotate(120 * number + rng.uniform(-40, 40))
        pieces.append(
            Piece(mesh.translate(place[0], 0.05 * number, place[1]), _create_maple_skin(rng, tint))
        )
    return tuple(pieces)


def build_monstera(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a monstera leaf with slits, glossy and dark, on a short stalk."""
    angle = np.radians(np.arange(-180, 180, 2.0) + 1)
    off = np.degrees(np.abs(angle))
    reach = 0.62 + 0.38 * np.cos(angle / 2) ** 4 - 0.22 * np.exp(-(((off - 180) / 22) ** 2))
    for slit in SLIT_ANGLES:
        shifted = slit + rng.uniform(-4, 4)
        reach *= 1 - 0.5 * np.exp(-(((off - shifted) / SLIT_WIDTH) ** 4))
    outline = np.column_stack([reach * np.sin(angle), reach * np.cos(angle)])
    leaf = _create_lobed_leaf(rng, outline, middle=(0.0, 0.0), bulge=0.06)
    stem = create_stem([(0, 0.0, -0.4), (0, -0.02, -0.7), (0.1, 0.0, -1.2)], 0.02, 0.026)
    around, down = create_skin_grid()
    spokes = np.abs((around * 12) % 1 - 0.5) * down
    green = color or DEEP_GREEN
    skin = paint_skin(
        green,
        (
            (mix_colors(green, (150, 180, 90), 0.45), 0.25 + 0.15 * generate_skin_noise(rng, 5)),
            (mix_colors(green, (190, 210, 130), 0.5), np.clip(1.4 - spokes / 0.02, 0, 0.8)),
        ),
    )
    gloss = materials.create_thin_material(materials.create_texture(skin), 0.3, translucency=0.15)
    stalk = materials.create_matte_material(STEM_GREEN)
    turn = rng.uniform(0, 360)
    return Piece(leaf.rotate(turn), gloss), Piece(stem.rotate(turn), stalk)


def build_palm_leaf(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a palm frond that arches over."""
    return _build_frond(rng, color or (62, 104, 48), pairs=24, leaflet=0.5, narrow=0.035)


def build_fern(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a fern frond of many small leaflets."""
    return _build_frond(rng, color or (82, 126, 44), pairs=30, leaflet=0.3, narrow=0.1)


def build_eucalyptus(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a branch of silvery, round eucalyptus leaves."""
    path = create_arc(1.0, lean=4, bend=40, turn=rng.uniform(0, 360), steps=16)
    leaves = create_leafy_stem(rng, path, 10, ROUND, length=0.22, lift=18, curl=-20)
    green = color or (126, 148, 130)
    return _lay_stem(rng, path, leaves, create_leaf_material(rng, green, veins=0, shine=0.1))


def build_basil(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cut sprig of basil with bulging, glossy leaves, which lies."""
    path = create_arc(0.75, lean=2, bend=8, turn=0)
    leaves = create_leafy_stem(rng, path, 5, BASIL, length=0.66, lift=20, curl=-75)
    material = create_leaf_material(rng, color or (66, 122, 34), shine=0.7)
    return _lay_stem(rng, path, leaves, material, lean=LYING_HERBS)


def build_mint(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a sprig of mint with toothed, deeply veined leaves."""
    outline = np.array(OVAL) * 0.95
    toothed = interpolate_curve(outline[:, None], 21)[:, 0] * (1 - 0.13 * (np.arange(21) % 2))
    path = create_arc(0.9, lean=4, bend=15, turn=0)
    leaves = create_leafy_stem(rng, path, 8, tuple(toothed), length=0.6, lift=25, curl=-45)
    material = create_leaf_material(rng, color or (60, 124, 52), veins=9, shine=0.3)
    return _lay_stem(rng, path, leaves, material, lean=LYING_HERBS)


def build_rosemary(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two sprigs of rosemary."""
    needles: list[Mesh] = []
    stems: list[Mesh] = []
    for number in range(2):
        path = create_arc(1.0, lean=3, bend=rng.uniform(8, 25), turn=90 * number, steps=30)
        sprig = create_leafy_stem(rng, path, 34, NEEDLE, length=0.26, lift=42, spiral=67, curl=-15)
        turn = rng.uniform(0, 40) - 40 * number
        for parts, mesh in ((needles, sprig), (stems, create_stem(path, 0.016, 0.01))):
            parts.append(mesh.rotate(86, axis="x").rotate(turn).translate(0.16 * number))
    material = create_leaf_material(rng, color or (84, 110, 80), veins=0, shine=0.4)
    return (
        Piece(join_meshes(needles), material),
        Piece(join_meshes(stems), materials.create_matte_material(BROWN)),
    )


def build_herbs(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds basil or mint or rosemary, as chance has it."""
    kinds = (build_basil, build_mint, build_rosemary)
    return kinds[int(rng.integers(len(kinds)))](rng, color)


def build_plant(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a leafy plant in a pot."""
    leaves, stems = [], []
    for number in range(15):
        lean = 8 + 46 * number / 15 + rng.uniform(-6, 6)
        turn = GOLDEN_ANGLE * number
        path = create_arc(rng.uniform(0.7, 1.0), lean, bend=18, turn=turn) + np.array([0, 0.4, 0])
        blade = create_blade(rng.uniform(0.5, 0.7), OVAL, curl=-70, cup=0.06, wave=0.015)
        leaves.append(place_blade(blade, turn, lift=62 - lean, base=path[-1]))
        stems.append(create_stem(path, 0.018, 0.01))
    green = create_leaf_material(rng, color or (52, 98, 46), shine=0.6)
    return (
        *create_pot(rng, TERRACOTTA),
        Piece(join_meshes(leaves), green),
        Piece(join_meshes(stems), materials.create_matte_material(STEM_GREEN)),
    )


def create_pot(rng: np.random.Generator, color: RGB) -> tuple[Piece, ...]:
    """Creates a clay pot, filled with soil, on y = 0 and about .5 high and wide."""
    curve = [(0, 0.42), (0.22, 0.42), (0.235, 0.48), (0.275, 0.485), (0.28, 0.4), (0.25, 0.38)]
    curve += [(0.23, 0.2), (0.2, 0.01), (0.18, 0.0), (0.0, 0.0)]
    clouds = generate_skin_noise(rng, cells=6)
    clay = paint_skin(color, ((mix_colors(color, (236, 226, 214), 0.5), 0.2 + 0.15 * clouds),))
    soil = revolve_curve([(0, 0.44), (0.15, 0.43), (0.235, 0.42)], rows=8)
    soil[..., 1] += 0.008 * sum_waves(soil, rng, length=0.08)
    pot = mesh_from_rings(revolve_curve(curve, rows=40, columns=36))
    return (
        Piece(pot, create_skin_material(clay, roughness=0.8, specular=0.2)),
        Piece(mesh_from_rings(soil), materials.create_matte_material((52, 38, 28))),
    )


def _lay_stem(
    rng: np.random.Generator,
    path: np.ndarray,
    leaves: Mesh,
    material: materials.Material,
    lean: tuple[float, float] = (80, 92),
) -> tuple[Piece, ...]:
    """Creates the stem of these leaves, and tips both over; lean: fewest and most degrees."""
    stem = create_stem(path, 0.02, 0.01)
    over, turn = rng.uniform(*lean), rng.uniform(-60, 60)
    return tuple(
        Piece(mesh.rotate(over, axis="x").rotate(turn), cover)
        for mesh, cover in ((leaves, material), (stem, materials.create_matte_material(STEM_GREEN)))
    )


def _build_frond(
    rng: np.random.Generator, color: RGB, pairs: int, leaflet: float, narrow: float
) -> tuple[Piece, ...]:
    """Builds a frond that lies and arches.

    color: sRGB; pairs: of leaflets; leaflet: length of the longest, as a share of the frond's.
    narrow: half width of a leaflet as a share of its length.
    """
    path = create_arc(1.0, lean=60, bend=45, turn=0, steps=40)
    leaflets = []
    for number in range(pairs):
        share = (number + 0.5) / pairs
        base = path[int((0.1 + 0.88 * share) * 39)]
        length = leaflet * math.sin(math.pi * (0.14 + 0.8 * share)) ** 0.8
        outline = tuple(narrow * np.array((0.5, 1.0, 0.9, 0.55, 0.05)))
        for side in (-1, 1):
            blade = create_blade(
                length * rng.uniform(0.92, 1.06), outline, curl=-35, cup=0.02, rows=7, columns=3
            )
            turn = side * (74 - 44 * share + rng.uniform(-3, 3))
            leaflets.append(place_blade(blade, turn, 24 - 42 * share, base, roll=-12 * side))
    material = create_leaf_material(rng, color, veins=0, shine=0.4)
    stalk = materials.create_matte_material(mix_colors(color, (150, 150, 80), 0.5))
    turn = rng.uniform(-70, 70)
    return (
        Piece(join_meshes(leaflets).rotate(turn), material),
        Piece(create_stem(path, 0.014, 0.004).rotate(turn), stalk),
    )


def _create_lobed_leaf(
    rng: np.random.Generator, outline: np.ndarray, middle: tuple[float, float], bulge: float
) -> Mesh:
    """Creates a leaf with lobes that faces up.

    outline: float (n, 2) in x and z, in the order from +z toward +x; visible from its middle.
    bulge: how far it waves up and down.
    """
    closed = np.concatenate([outline, outline[:1]])
    share = np.linspace(0.02, 1, 8)[:, None, None]
    flat = np.array(middle) + share * (closed - np.array(middle))
    x, z = flat[..., 0], flat[..., 1]
    level = np.stack([x, 0 * x, z], axis=-1)
    y = bulge * (0.6 * sum_waves(level, rng, length=1.3) + 2.2 * x**2 - 1.2 * (z - 0.3) ** 2)
    # A keel along the midrib.
    y += 0.08 * np.abs(x)
    return mesh_from_sheet(np.stack([x, y, z], axis=-1))


def _create_maple_skin(rng: np.random.Generator, color: RGB) -> materials.Material:
    """Creates the material of a maple leaf in autumn, with veins from its middle outward."""
    around, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=4)
    spokes = np.abs((around * 5 + 0.5) % 1 - 0.5) * down
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (226, 180, 60), 0.6), 0.35 + 0.3 * clouds),
            ((96, 52, 26), 0.5 * np.clip((down - 0.86) / 0.14, 0, 1) * (clouds > -0.3)),
            ((110, 60, 30), np.clip(1.3 - spokes / 0.012, 0, 0.7)),
        ),
    )
    return materials.create_thin_material(materials.create_texture(skin), 0.6, translucency=0.3)
