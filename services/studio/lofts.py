"""Closed bodies with creased normals: lathes, tubes, slabs, rounded boxes, balls and cushions.

Lengths are in any unit; callers use one throughout.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.studio.shapes import Mesh, join_meshes, outline_rounded_rectangle

# Degrees between faces from which their edge is sharp. Larger: rounder-looking edges.
CREASE_ANGLE = 38.0
# Share of a mesh's extent below which two vertices are one.
SAME_VERTEX_SHARE = 1e-6
# Rings of vertices around a rounded edge, and around the end of a tube.
EDGE_RINGS, END_RINGS = 4, 4

Points = Sequence[Sequence[float]] | np.ndarray
"""Points of a line: float (n, 2) or (n, 3)."""


def crease_mesh(mesh: Mesh, angle: float = CREASE_ANGLE) -> Mesh:
    """Returns the mesh facing outward, with smooth normals except at sharp edges.

    mesh: closed, or nearly; its normals are ignored, and vertices at one point count as one.
    angle: degrees between faces from which their edge is sharp.
    """
    point = _number_points(mesh.vertices)
    corners = point[mesh.faces]
    is_flat = (corners == np.roll(corners, 1, axis=1)).any(axis=1)
    faces, corners = mesh.faces[~is_flat], corners[~is_flat]
    a, b, c = (mesh.vertices[faces[:, i]] for i in range(3))
    centered = (v - mesh.vertices.mean(axis=0) for v in (a, b, c))
    if np.linalg.det(np.stack(list(centered), axis=1)).sum() < 0:
        faces, corners, b, c = faces[:, ::-1], corners[:, ::-1], c, b
    across = np.cross(b - a, c - a)
    normals = _average_corner_normals(across, corners, math.cos(math.radians(angle)))
    order = faces.ravel()
    return Mesh(
        vertices=mesh.vertices[order],
        normals=normals,
        uv=mesh.uv[order],
        faces=np.arange(len(order)).reshape(-1, 3),
    )


def stretch_mesh(mesh: Mesh, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
    """Returns the mesh scaled along the axes, with normals to match."""
    scale = np.array([x, y, z])
    normals = mesh.normals / scale
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return replace(mesh, vertices=mesh.vertices * scale, normals=normals)


def loft_rings(rings: np.ndarray, caps: bool = True, angle: float = CREASE_ANGLE) -> Mesh:
    """Creates the body through closed rings of points.

    rings: float (n, m, 3); each ring's end is joined to its start.
    caps: whether the first and last ring are filled.
    angle: degrees between faces from which their edge is sharp.
    """
    grid = np.concatenate([rings, rings[:, :1]], axis=1)
    around = np.linalg.norm(np.diff(grid, axis=1), axis=2).sum(axis=1).max()
    rise = np.linalg.norm(np.diff(grid, axis=0), axis=2).max(axis=1)
    u, v = np.meshgrid(
        np.linspace(0, around, grid.shape[1]), np.concatenate([[0], np.cumsum(rise)])
    )
    parts = [_connect_grid(grid, np.stack([u, v], axis=-1))]
    if caps:
        parts += [_fill_ring(rings[0][::-1]), _fill_ring(rings[-1])]
    return crease_mesh(join_meshes(parts), angle)


def turn_profile(profile: Points, steps: int = 48, angle: float = CREASE_ANGLE) -> Mesh:
    """Turns a profile about the y axis, as on a lathe; sharp corners stay sharp.

    profile: (radius, y) points, float (n, 2); of a closed body from the axis outward and back, or
    of an open sheet, such as the wall of a thin glass.
    steps: vertices around.
    angle: degrees between faces from which their edge is sharp.
    """
    radius, level = np.asarray(profile, float).T
    turn = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    rings = np.stack(
        [
            radius[:, None] * np.cos(turn),
            np.broadcast_to(level[:, None], (len(level), steps)),
            radius[:, None] * np.sin(turn),
        ],
        axis=-1,
    )
    return loft_rings(rings, caps=False, angle=angle)


def turn_vessel(outside: Points, wall: float, floor: float = 0.0, steps: int = 48) -> Mesh:
    """Turns an open vessel with a rounded rim.

    outside: (radius, y) points from the foot's edge to the rim, float (n, 2).
    wall: thickness of the wall; floor: of the bottom, 0: as thick as the wall.
    steps: vertices around.
    """
    outer = np.asarray(outside, float)
    bottom = outer[0, 1] + (floor or wall)
    # The inside starts at the bottom's edge and follows the outside.
    edge = [np.interp(bottom, outer[:, 1], outer[:, 0]) - wall, bottom]
    inner = np.vstack([edge, outer[outer[:, 1] > bottom] - [wall, 0]])
    inner[:, 0] = np.maximum(inner[:, 0], 0.5 * wall)
    rim = outer[-1] + np.array([[-0.2 * wall, 0.35 * wall], [-0.8 * wall, 0.35 * wall]])
    profile = np.vstack([[(0, outer[0, 1])], outer, rim, inner[::-1], [(0, bottom)]])
    return turn_profile(profile, steps, angle=50)


def create_tube(
    path: Points,
    radius: float | np.ndarray,
    sides: int = 10,
    closed: bool = False,
    round_ends: bool = True,
) -> Mesh:
    """Creates a round tube along a path.

    path: float (n, 3).
    radius: one, or one per point, float (n,).
    sides: vertices around.
    closed: whether its end is joined to its start.
    round_ends: whether the ends of an open tube are domes.
    """
    line = np.asarray(path, float)
    radii = np.broadcast_to(np.asarray(radius, float), (len(line),))
    if closed:
        line, radii = np.vstack([line, line[:1]]), np.append(radii, radii[0])
    elif round_ends:
        line, radii = _add_domes(line, radii)
    along = _find_tangents(line, closed)
    first, second = _transport_frames(along)
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    circle = (
        np.cos(turn)[None, :, None] * first[:, None]
        + np.sin(turn)[None, :, None] * (second[:, None])
    )
    rings = line[:, None] + radii[:, None, None] * circle
    if closed:
        rings[-1] = rings[0]
    return loft_rings(rings, caps=not closed, angle=60)


def create_slab(outline: np.ndarray, height: float, fillet: float = 0.0) -> Mesh:
    """Creates a slab on y = 0 with rounded edges above and below.

    outline: star-shaped, float (n, 2) in x and z.
    height: of the slab; fillet: radius of its edges, at most half the height.
    """
    fillet = min(fillet, height / 2)
    out = _find_outline_normals(outline)
    bend = np.linspace(0, math.pi / 2, EDGE_RINGS + 1)
    lower = [((1 - math.sin(b)) * fillet, (1 - math.cos(b)) * fillet) for b in bend]
    levels = [*lower, *((inset, height - level) for inset, level in reversed(lower))]
    rings = np.stack([_lift_outline(outline - inset * out, level) for inset, level in levels])
    return loft_rings(rings)


def create_rounded_box(
    width: float, height: float, depth: float, fillet: float, corner: float = 0.0
) -> Mesh:
    """Creates a box on y = 0, centered on the y axis, all its edges rounded.

    width, height, depth: along x, y and z.
    fillet: radius of its level edges; corner: of its upright ones, 0: as of the level ones.
    """
    outline = outline_rounded_rectangle(width, depth, corner or fillet, steps=6)
    return create_slab(outline, height, fillet)


def create_cylinder(radius: float, height: float, fillet: float = 0.0, steps: int = 48) -> Mesh:
    """Creates a round column on y = 0 with rounded edges.

    radius, height: of the column; fillet: radius of its edges.
    steps: vertices around.
    """
    return create_slab(outline_circle(radius, steps), height, fillet)


def create_ellipsoid(width: float, height: float, depth: float, steps: int = 32) -> Mesh:
    """Creates a ball around the origin, stretched to a width, height and depth.

    steps: vertices around.
    """
    turn = np.linspace(-math.pi / 2, math.pi / 2, steps // 2 + 1)
    ball = turn_profile(np.column_stack([np.cos(turn), np.sin(turn)]), steps, angle=80)
    return stretch_mesh(ball, x=width / 2, y=height / 2, z=depth / 2)


def create_pillow(
    width: float, depth: float, thickness: float, rng: np.random.Generator, steps: int = 33
) -> Mesh:
    """Creates a stuffed pillow that lies around the origin, with pinched corners and creases.

    width, depth: along x and z; thickness: along y, in its middle.
    rng: random generator, which places the creases.
    steps: vertices along each side.
    """
    # Closer together toward the edges, which are round.
    spaced = np.sin(np.linspace(-math.pi / 2, math.pi / 2, steps))
    u, v = np.meshgrid(spaced, spaced)
    # The sides are drawn in between the corners by a sixteenth.
    x = u * (1 - 0.06 * (1 - v * v)) * width / 2
    z = v * (1 - 0.06 * (1 - u * u)) * depth / 2
    phase = rng.uniform(0, 6, 3)
    creases = 0.05 * np.sin(5 * u * v + phase[0]) + 0.03 * np.sin(7 * u - 4 * v + phase[1])
    bulge = ((1 - u**4) * (1 - v**4)) ** 0.55 * (1 + creases * (1 - 0.6 * (1 - u * u)))
    y = thickness / 2 * bulge
    uv = np.stack([x, z], axis=-1)
    sides = [_connect_grid(np.stack([x, side * y, z], axis=-1), uv) for side in (1, -1)]
    lower = replace(sides[1], faces=sides[1].faces[:, ::-1])
    return crease_mesh(join_meshes([sides[0], lower]), angle=80)


def thicken_grid(points: np.ndarray, thickness: float) -> Mesh:
    """Creates a sheet, such as cloth or card, of a thickness around a grid of points.

    points: float (rows, columns, 3). Texture coordinates follow the grid's middle lines.
    """
    across = np.gradient(points, axis=1)
    normal = np.cross(np.gradient(points, axis=0), across)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-12
    upper, lower = points + thickness / 2 * normal, points - thickness / 2 * normal
    # Each row becomes a ring: along its upper side and back along its lower one.
    rings = np.concatenate([upper, lower[:, ::-1]], axis=1)
    return loft_rings(rings, caps=True, angle=60)


def outline_circle(radius: float, steps: int = 48) -> np.ndarray:
    """Returns a circle around (0, 0), float (steps, 2)."""
    turn = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    return radius * np.column_stack([np.cos(turn), np.sin(turn)])


def outline_star(points: int, radius: float, inner_radius: float) -> np.ndarray:
    """Returns a star with a point at the top, float (2 * points, 2), around (0, 0)."""
    turn = math.pi / 2 + math.pi / points * np.arange(2 * points)
    reach = np.where(np.arange(2 * points) % 2, inner_radius, radius)
    return reach[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])


def outline_heart(width: float, steps: int = 72) -> np.ndarray:
    """Returns a heart with its tip down, float (steps, 2), around (0, 0)."""
    t = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.column_stack([x, y + 2])[::-1] * width / 32


def smooth_path(points: Points, rounds: int = 3, closed: bool = False) -> np.ndarray:
    """Rounds the corners of a line by cutting them (Chaikin, 1974).

    points: float (n, 2) or (n, 3); the result has more of them.
    rounds: of cutting. closed: whether the last point is joined to the first.
    """
    line = np.asarray(points, float)
    for _ in range(rounds):
        after = np.roll(line, -1, axis=0) if closed else line[1:]
        before = line if closed else line[:-1]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        cut = cut.reshape(-1, line.shape[1])
        line = cut if closed else np.vstack([line[:1], cut, line[-1:]])
    return line


def stand_upright(mesh: Mesh) -> Mesh:
    """Returns a mesh drawn flat in x and z stood up, so that its z becomes its height."""
    return mesh.rotate(-90, axis="x")


def _number_points(vertices: np.ndarray) -> np.ndarray:
    """Returns one number per vertex (n, 3), int (n,), equal for vertices at the same point."""
    extent = np.ptp(vertices, axis=0).max() + 1e-12
    keys = np.rint(vertices / (extent * SAME_VERTEX_SHARE)).astype(np.int64)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def _average_corner_normals(across: np.ndarray, corners: np.ndarray, least: float) -> np.ndarray:
    """Returns the normal of each corner of each face, float (3 m, 3).

    across: normals of the faces, as long as twice their area, float (m, 3).
    corners: number of the point at each corner, int (m, 3).
    least: cosine between faces above which they are averaged.
    """
    unit = across / (np.linalg.norm(across, axis=1, keepdims=True) + 1e-30)
    point, face = corners.ravel(), np.repeat(np.arange(len(corners)), 3)
    order = np.argsort(point, kind="stable")
    starts, counts = np.unique(point[order], return_index=True, return_counts=True)[1:]
    # Every pair of corners at the same point.
    count = np.repeat(counts, counts)
    mine = np.repeat(np.arange(len(order)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    other = np.repeat(np.repeat(starts, counts), count) + offset
    mine, other = order[mine], order[other]
    is_smooth = np.einsum("ij,ij->i", unit[face[mine]], unit[face[other]]) >= least
    mine, other = mine[is_smooth], other[is_smooth]
    total = np.stack(
        [np.bincount(mine, across[face[other], k], minlength=len(point)) for k in range(3)], axis=1
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    # A face without area takes any direction.
    return np.where(length > 0, total / np.maximum(length, 1e-30), [0.0, 1.0, 0.0])


def _connect_grid(points: np.ndarray, uv: np.ndarray) -> Mesh:
    """Returns the faces between a grid of points, float (n, m, 3), without normals.

    uv: float (n, m, 2).
    """
    rows, columns = points.shape[:2]
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    here = (row * columns + column).ravel()
    first = np.stack([here, here + columns, here + 1], axis=-1)
    second = np.stack([here + 1, here + columns, here + columns + 1], axis=-1)
    flat = points.reshape(-1, 3)
    return Mesh(flat, np.zeros_like(flat), uv.reshape(-1, 2), np.concatenate([first, second]))


def _fill_ring(ring: np.ndarray) -> Mesh:
    """Returns the triangles from a ring's middle to its edges, without normals; ring (m, 3)."""
    count = len(ring)
    points = np.vstack([ring, ring.mean(axis=0)])
    spread = np.ptp(points, axis=0)
    # Drawn along the two axes that it extends along most.
    axes = np.sort(np.argsort(spread)[1:])
    faces = np.array([(count, i, (i + 1) % count) for i in range(count)])
    # A grid's own faces run from ring to ring; the caps' must agree with them.
    return Mesh(points, np.zeros_like(points), points[:, axes], faces[:, ::-1])


def _lift_outline(outline: np.ndarray, level: float) -> np.ndarray:
    """Returns an outline (n, 2) in x and z at a height, float (n, 3)."""
    return np.column_stack([outline[:, 0], np.full(len(outline), level), outline[:, 1]])


def _find_outline_normals(outline: np.ndarray) -> np.ndarray:
    """Returns unit vectors (n, 2) that point out of an outline (n, 2) of either direction."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    x, y = outline.T
    area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    return normal if area > 0 else -normal


def _find_tangents(line: np.ndarray, closed: bool) -> np.ndarray:
    """Returns unit vectors (n, 3) along a line (n, 3), whose ends agree if it is closed."""
    along = np.gradient(line, axis=0)
    if closed:
        along[0] = along[-1] = line[1] - line[-2]
    return along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-12)


def _transport_frames(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns two unit vectors (n, 3) across a line of tangents (n, 3) that twist least."""
    helper = np.eye(3)[np.argmin(np.abs(along[0]))]
    first = []
    for tangent in along:
        helper = helper - tangent * (helper @ tangent)
        helper = helper / np.linalg.norm(helper)
        first.append(helper)
    across = np.array(first)
    return across, np.cross(along, across)


def _add_domes(line: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns a line (n, 3) and its radii (n,) continued by a dome at each end."""
    bend = np.linspace(math.pi / 2, 0, END_RINGS + 1)[:-1]
    start, end = (
        (line[0] - line[1]) / np.linalg.norm(line[0] - line[1]),
        (line[-1] - line[-2]) / np.linalg.norm(line[-1] - line[-2]),
    )
    before = line[0] + radii[0] * np.sin(bend)[:, None] * start
    behind = line[-1] + radii[-1] * np.sin(bend[::-1])[:, None] * end
    # Not quite to a point, so that the cap has an area.
    narrow = np.maximum(np.cos(bend), 0.05)
    return (
        np.vstack([before, line, behind]),
        np.concatenate([radii[0] * narrow, radii, radii[-1] * narrow[::-1]]),
    )
