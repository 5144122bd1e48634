"""Living ground: grass, moss, and fallen leaves."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures, world
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.lands import find_detail_end, load_land, shape_land
from services.studio.grounds.scatter import (
    Places,
    choose_places,
    copy_mesh,
    create_random_frames,
    stand_on,
)
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.shapes import Mesh
from services.studio.surfaces import create_relief_material, pick_texture_placement
from services.studio.terrain import (
    HeightField,
    create_noise_field,
    ramp_away_from_product,
)

# sRGB where the request names no color.
GRASS_GREEN: RGB = (146, 178, 82)
MOSS_GREEN: RGB = (112, 138, 48)
AUTUMN: tuple[RGB, ...] = (
    *((196, 88, 34), (222, 140, 44), (178, 54, 32), (226, 176, 70)),
    *((146, 78, 40), (204, 112, 40), (120, 66, 38), (214, 156, 58)),
)
GREENS: tuple[RGB, ...] = ((66, 104, 46), (88, 128, 58), (110, 146, 70), (54, 88, 44))
# Blades and moss tips per square unit around the product. More: denser, slower to load.
GRASS_DENSITY, MOSS_DENSITY, LEAF_DENSITY = 4600, 7000, 180
# Units: length of a blade of grass, of a moss tip, and of a leaf.
BLADE_LENGTH, TIP_LENGTH, LEAF_LENGTH = 0.12, 0.022, 0.2


def create_grass_ground(request: GroundRequest) -> NamedShapes:
    """Grows grass, short where the product stands; returns Mitsuba shapes by name."""
    rng, green = request.rng, request.color or GRASS_GREEN
    hills = create_noise_field(seed=int(rng.integers(1000)), size=0.7, octaves=2)
    heights = shape_land(request, lambda x, z: 0.02 * hills(x, z))
    soil = materials.create_matte_material(mix_colors(green, (24, 24, 10), share=0.5))
    places = choose_places(request.camera, find_detail_end(request), GRASS_DENSITY, rng)
    clumps = create_noise_field(seed=int(rng.integers(1000)), size=0.16, octaves=2)
    tall = np.clip(1 + 0.28 * clumps(places.x, places.z), 0.4, 1.6)
    tall *= 0.32 + 0.68 * ramp_away_from_product(places.x, places.z, half_axes=(0.36, 0.26))
    count = len(places.x)
    blades = copy_mesh(
        create_grass_blade(length=BLADE_LENGTH, width=0.011, bend=0.5),
        points=stand_on(heights, places),
        frames=create_random_frames(rng, count, lean=16),
        shade=np.clip(0.5 + 0.2 * rng.normal(size=count), 0.02, 0.98),
        scale=tall * places.growth * rng.uniform(0.7, 1.25, count),
    )
    straw = mix_colors(green, (206, 190, 110), share=0.45)
    colors = (mix_colors(green, (30, 60, 20), share=0.35), green, green, straw)
    return {
        "ground": load_land(request, heights, soil),
        "blades": world.load_mesh("blades", blades, create_palette_material(colors, root=0.5)),
    }


def create_moss_ground(request: GroundRequest) -> NamedShapes:
    """Grows cushions of moss, level where the product stands; returns Mitsuba shapes by name."""
    rng, green = request.rng, request.color or MOSS_GREEN
    cushions, lumps, tufts = (
        create_noise_field(seed=int(rng.integers(1000)), size=size, octaves=octaves)
        for size, octaves in ((0.34, 1), (0.13, 2), (0.04, 2))
    )

    def moss_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the moss in units at points (x, z): float, of the same shape."""
        # Folds between cushions: rounded ridges of a field, its zeros the creases.
        round_tops = np.sqrt(np.abs(cushions(x, z)) + 0.02)
        return 0.15 * (round_tops - 0.7) + 0.02 * lumps(x, z) + 0.006 * tufts(x, z)

    heights = shape_land(request, moss_heights)
    placement = pick_texture_placement(rng)
    gray, relief = draw_moss(placement.seed)
    dark, light = (
        mix_colors(green, (16, 24, 8), share=0.72),
        mix_colors(green, (214, 214, 110), share=0.35),
    )
    carpet = create_relief_material(
        (tint_drawing(gray, (dark, green, light)), relief),
        depth=0.02,
        finish=materials.create_matte_material,
    )
    places = choose_places(request.camera, find_detail_end(request), MOSS_DENSITY, rng)
    count = len(places.x)
    tips = copy_mesh(
        create_grass_blade(length=TIP_LENGTH, width=0.006, bend=0.3),
        points=stand_on(heights, places, sink=0.002),
        frames=create_random_frames(rng, count, lean=28),
        shade=np.clip(0.5 + 0.2 * rng.normal(size=count), 0.02, 0.98),
        scale=places.growth * rng.uniform(0.6, 1.3, count),
    )
    return {
        "ground": load_land(request, heights, placement.apply_to(carpet, scale=0.8)),
        "tips": world.load_mesh(
            "tips", tips, create_palette_material((dark, green, green, light), root=0.45)
        ),
    }


@cache_drawing
def draw_moss(seed: int) -> textures.ReliefTexture:
    """Draws the tufts of moss: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 3 + 1)
    cells = create_cells(side, across=42, seed=seed * 3 + 2)
    dome = np.clip(1 - (1.5 * cells.center) ** 2, 0, 1)
    hue = rng.normal(0, 0.06, 42 * 42).astype(np.float32)[cells.labels]
    fluff = generate_fractal_noise(size=side, cells=120, octaves=3, seed=seed * 3 + 3, fade=0.8)
    drift = generate_fractal_noise(size=side, cells=3, octaves=4, seed=seed * 3 + 4)
    tone = 0.16 + 0.36 * dome + hue + 0.05 * fluff + 0.07 * drift
    size = textures.TEXTURE_SIDE
    return (
        pack_gray(upscale_field(tone.astype(np.float32), size)),
        textures.pack_heights(
            upscale_field((0.2 + 0.6 * dome + 0.05 * fluff).astype(np.float32), size)
        ),
    )


def create_leaves_ground(request: GroundRequest) -> NamedShapes:
    """Strews fallen leaves over dark soil; returns Mitsuba shapes by name.

    The kind "green" strews fresh leaves, "maple" lobed ones.
    """
    rng = request.rng
    colors = GREENS if request.kind == "green" else AUTUMN
    if request.color:
        ends: tuple[RGB, ...] = ((40, 20, 10), (255, 230, 170), (90, 40, 20), (255, 255, 240))
        colors = tuple(mix_colors(request.color, end, share=0.22) for end in ends)
    hills = create_noise_field(seed=int(rng.integers(1000)), size=0.5, octaves=2)
    heights = shape_land(request, lambda x, z: 0.03 * hills(x, z))
    # Where leaves are too far away to be laid one by one, the soil has their color.
    soil = materials.create_matte_material(mix_colors(colors[0], (26, 18, 12), share=0.5))
    outline = create_maple_outline() if request.kind in ("maple", "") else create_oval_outline()
    shapes: dict[str, object] = {"ground": load_land(request, heights, soil)}
    # Two layers of leaves: flat ones below, and fewer curled ones on top of them.
    for name, density, lift, lean, curl in (
        ("leaves-below", 1.0, 0.004, 7, 0.12),
        ("leaves-above", 0.45, 0.016, 17, 0.4),
    ):
        places = choose_places(
            request.camera, find_detail_end(request), density * LEAF_DENSITY, rng
        )
        shapes[name] = world.load_mesh(
            name,
            _strew_leaves(create_curled_leaf(outline, curl), places, heights, (lift, lean), rng),
            create_palette_material(colors, root=0.8, is_mixed=False),
        )
    return shapes


def _strew_leaves(
    leaf: Mesh,
    places: Places,
    heights: HeightField,
    layer: tuple[float, float],
    rng: np.random.Generator,
) -> Mesh:
    """Lays leaves on the ground, flatter and lower where the product stands.

    leaf: of length 1, along z. heights: of the ground.
    layer: units that leaves lie above the ground, and degrees that they lean.
    """
    count = len(places.x)
    away = ramp_away_from_product(places.x, places.z, half_axes=(0.3, 0.24))
    points = stand_on(heights, places)
    points[:, 1] += layer[0] * (0.4 + 0.6 * away) * (1 + 0.5 * rng.random(count))
    return copy_mesh(
        leaf,
        points=points,
        frames=create_random_frames(rng, count, lean=layer[1] * (0.3 + 0.7 * away), is_lying=True),
        shade=rng.random(count),
        scale=LEAF_LENGTH * places.growth * rng.uniform(0.6, 1.15, count),
    )


def create_grass_blade(length: float, width: float, bend: float) -> Mesh:
    """Creates a blade of grass from the origin up, in units, whose tip bends toward z.

    bend: of the tip along z as a share of the length.

    Its normals point mostly up, so that dense grass is shaded as a soft surface.
    """
    share = np.array([0.0, 0.35, 0.7, 1.0])
    half = width / 2 * np.array([0.8, 1.0, 0.7, 0.0])
    y, z = length * (share - 0.25 * bend * share**2), length * bend * share**2
    left = np.column_stack([-half, y, z])[:3]
    right = np.column_stack([half, y, z])[:3]
    vertices = np.concatenate([left, right, [[0.0, y[3], z[3]]]])
    normals = np.concatenate(
        [np.tile([-0.35, 0.9, -0.2], (3, 1)), np.tile([0.35, 0.9, -0.2], (3, 1)), [[0, 0.95, -0.2]]]
    )
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    along = np.concatenate([share[:3], share[:3], [1.0]])
    faces = np.array([(0, 3, 1), (1, 3, 4), (1, 4, 2), (2, 4, 5), (2, 5, 6)])
    return Mesh(vertices, normals, uv=np.column_stack([0 * along, along]), faces=faces)


def create_oval_outline() -> np.ndarray:
    """Returns the outline of a pointed oval leaf of length 1 along z, float (n, 2) in x and z."""
    along = np.linspace(0, 1, 12)
    half = 0.24 * np.sin(math.pi * along**0.8) ** 0.9
    right = np.column_stack([half, along])
    return np.concatenate([right, (right * [-1, 1])[-2:0:-1]])


def create_maple_outline() -> np.ndarray:
    """Returns the outline of a five-lobed leaf of length 1 along z, float (n, 2) in x and z.

    Star-shaped around (0, 0.38).
    """
    # Degrees from the tip and radius of the lobes' points and of the notches between them.
    corners = (
        *((0, 0.62), (9, 0.46), (15, 0.48), (27, 0.24), (44, 0.48), (52, 0.58), (58, 0.5)),
        *((70, 0.42), (80, 0.22), (101, 0.4), (112, 0.46), (122, 0.34), (150, 0.24), (174, 0.3)),
    )
    angle, radius = np.radians([a for a, _ in corners]), np.array([r for _, r in corners])
    right = np.column_stack([radius * np.sin(angle), 0.38 + radius * np.cos(angle)])
    return np.concatenate([right, (right * [-1, 1])[:0:-1]])


def create_curled_leaf(outline: np.ndarray, curl: float) -> Mesh:
    """Creates a leaf around the origin whose sides and tip rise, with a keel along its rib.

    outline: of a leaf of length 1, float (n, 2) in x and z, star-shaped around (0, 0.38).
    curl: rise of its ends as a share of its length.
    """
    middle = np.array([[0.0, 0.38]])
    rings = [middle + (outline - middle) * share for share in (0.45, 0.75, 1.0)]
    flat = np.concatenate([middle, *rings])
    distance = np.linalg.norm(flat - middle, axis=1)
    y = curl * (0.9 * distance**2 + 0.25 * np.sin(5 * flat[:, 0] + 7 * flat[:, 1]) * distance)
    y += 0.12 * np.abs(flat[:, 0])
    vertices = np.column_stack([flat[:, 0], y, flat[:, 1] - 0.38])
    count = len(outline)
    faces = [(0, 1 + (i + 1) % count, 1 + i) for i in range(count)]
    for ring in range(2):
        start = 1 + ring * count
        for i in range(count):
            here, after = start + i, start + (i + 1) % count
            faces += [(here, after, after + count), (here, after + count, here + count)]
    mesh = Mesh(
        vertices,
        normals=vertices * 0,
        uv=np.column_stack([flat[:, 0], flat[:, 1]]),
        faces=np.array(faces),
    )
    return Mesh(vertices, average_normals(mesh), mesh.uv, mesh.faces)


def average_normals(mesh: Mesh) -> np.ndarray:
    """Returns unit normals (n, 3), float, as the mean of the triangles around each vertex."""
    one, two, three = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    across = np.cross(two - one, three - one)
    normals = np.zeros_like(mesh.vertices)
    for corner in range(3):
        np.add.at(normals, mesh.faces[:, corner], across)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def create_palette_material(
    colors: tuple[RGB, ...], root: float, is_mixed: bool = True
) -> materials.Material:
    """Creates a matte material that colors each copy of scatter.copy_mesh by its shade.

    colors: sRGB from shade 0 to 1. root: brightness of a copy's lower end, 1 as its tip.
    is_mixed: whether colors between the given ones occur.
    """
    steps = np.linspace(0, 1, 64)
    if is_mixed:
        spread = np.linspace(0, 1, len(colors))
        row = np.stack(
            [np.interp(steps, spread, channel) for channel in zip(*colors, strict=True)], axis=-1
        )
    else:
        row = np.array(colors)[np.minimum((steps * len(colors)).astype(int), len(colors) - 1)]
    # A Mitsuba texture has v = 0 in its last row.
    fade = root + (1 - root) * np.linspace(1, 0, 32)[:, None, None] ** 0.7
    picture = np.rint(row[None] * fade).astype(np.uint8)
    return materials.create_matte_material(
        {**materials.create_texture(picture), "wrap_mode": "clamp"}
    )


GRASS = Ground(create_grass_ground, gloss=0.0, shape=GroundShape.LAND)
MOSS = Ground(create_moss_ground, gloss=0.0, shape=GroundShape.LAND)
LEAVES = Ground(create_leaves_ground, gloss=0.0, shape=GroundShape.LAND)
