"""Triangle meshes of a set: plinths, sweeps, bodies of revolution and flat cut-outs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# Rings of vertices around a rounded edge. More: smoother highlights on it, larger meshes.
FILLET_STEPS = 5
# Points along the curve of a sweep. More: smoother reflections and shading.
SWEEP_CURVE_POINTS = 33
# Units below which two neighboring points of an outline are one.
SAME_POINT_DISTANCE = 1e-6


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh in units.

    vertices, normals: float (n, 3).
    uv: surface coordinates in units, float (n, 2).
    faces: indices of the vertices of each triangle, int (m, 3), counter-clockwise from outside.
    """

    vertices: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    faces: np.ndarray

    def rotate(self, degrees: float, axis: str = "y") -> "Mesh":
        """Returns the mesh rotated about an axis (x, y or z) through the origin.

        degrees: counter-clockwise, seen from the axis's positive end.
        """
        turn = create_rotation_matrix(degrees, axis)
        return replace(self, vertices=self.vertices @ turn.T, normals=self.normals @ turn.T)

    def translate(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Mesh":
        """Returns the mesh moved by these units."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scale_flat(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> "Mesh":
        """Returns the mesh scaled along the axes; for flat meshes, as the normals stay."""
        return replace(self, vertices=self.vertices * np.array([x, y, z]))


def create_rotation_matrix(degrees: float, axis: str) -> np.ndarray:
    """Creates the matrix, float (3, 3), that rotates about x, y or z.

    degrees: counter-clockwise, seen from the axis's positive end.
    axis: "x", "y" or "z".
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    match axis:
        case "x":
            return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
        case "y":
            return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def outline_rounded_rectangle(
    width: float, depth: float, corner: float, steps: int = 24
) -> np.ndarray:
    """Returns the outline of a rectangle with round corners around (0, 0), float (n, 2) in x, z.

    width, depth: along x and z, in units.
    corner: radius of its corners, limited to half of the shorter side.
    steps: segments per corner.

    The points go around from +x toward +z.
    """
    corner = min(corner, width / 2, depth / 2)
    quarter = np.linspace(0, math.pi / 2, steps + 1)
    points = []
    for turn, (side, end) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = quarter + turn * math.pi / 2
        center = np.array([side * (width / 2 - corner), end * (depth / 2 - corner)])
        points.append(center + corner * np.column_stack([np.cos(angle), np.sin(angle)]))
    return _drop_repeated_points(np.concatenate(points))


def outline_arch(width: float, height: float, steps: int = 48) -> np.ndarray:
    """Returns the outline of a doorway with a round head, float (n, 2) in x and y.

    width, height: in units; the base is centered on (0, 0).
    steps: points along the head.
    """
    angle = np.linspace(0, math.pi, steps + 1)
    head = np.column_stack([np.cos(angle), np.sin(angle)]) * width / 2
    feet = np.array([[-width / 2, 0.0], [width / 2, 0.0]])
    return _drop_repeated_points(np.concatenate([head + np.array([0, height - width / 2]), feet]))


def extrude_outline(outline: np.ndarray, height: float, fillet: float) -> Mesh:
    """Extrudes a flat outline upward into a block from y = 0 to a height, its bottom open.

    outline: convex, float (n, 2) in x and z.
    height: of the block in units.
    fillet: radius of the rounded top edge.
    """
    out = _find_outward_normals(outline)
    # Rings of vertices from the top inner edge of the rounding down to y = 0.
    bend = np.linspace(math.pi / 2, 0, FILLET_STEPS + 1)
    rings = [(math.cos(b) * fillet - fillet, height - fillet + math.sin(b) * fillet) for b in bend]
    slopes = [(math.cos(b), math.sin(b)) for b in bend]
    rings.append((0.0, 0.0))
    slopes.append((1.0, 0.0))
    vertices: list[np.ndarray] = []
    normals: list[np.ndarray] = []
    uv: list[np.ndarray] = []
    for (inset, level), (outward, upward) in zip(rings, slopes, strict=True):
        ring = outline + inset * out
        vertices.append(np.column_stack([ring[:, 0], np.full(len(ring), level), ring[:, 1]]))
        normals.append(
            np.column_stack([outward * out[:, 0], np.full(len(ring), upward), outward * out[:, 1]])
        )
        uv.append(ring + (height - level) * out)
    middle = outline.mean(axis=0)
    vertices.append(np.array([[middle[0], height, middle[1]]]))
    normals.append(np.array([[0.0, 1.0, 0.0]]))
    uv.append(np.array([middle]))
    count = len(outline)
    cap = [(len(rings) * count, (i + 1) % count, i) for i in range(count)]
    return Mesh(
        vertices=np.concatenate(vertices),
        normals=np.concatenate(normals),
        uv=np.concatenate(uv),
        faces=np.concatenate([_connect_rings(len(rings), count), np.array(cap)]),
    )


def revolve_profile(profile: Sequence[tuple[float, float]] | np.ndarray, steps: int = 72) -> Mesh:
    """Revolves a profile about the y axis into a round body, such as a vase.

    profile: (radius, y) pairs in units, float (n, 2), from the axis outward and around, top first.
    steps: vertices around. More: a rounder body.
    """
    points = np.asarray(profile, float)
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    angle = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    # One row per point of the profile, one column per step around.
    radius, level = points[:, :1], np.broadcast_to(points[:, 1:], (len(points), steps))
    along, rise = tangent[:, :1], tangent[:, 1:]
    outward = np.broadcast_to(along, level.shape)
    around = np.broadcast_to(angle / math.pi, level.shape)
    return Mesh(
        vertices=np.stack([radius * cos, level, radius * sin], axis=-1).reshape(-1, 3),
        normals=np.stack([-rise * cos, outward, -rise * sin], axis=-1).reshape(-1, 3),
        uv=np.stack([around, level], axis=-1).reshape(-1, 2),
        faces=_connect_rings(len(points), steps),
    )


def create_sweep(half_width: float, front: float, back: float, bend: float, height: float) -> Mesh:
    """Creates a sweep: a floor at y = 0 that curves up into a wall without a seam.

    half_width: units to each side.
    front, back: z of the floor's front edge and of the wall.
    bend: radius of the curve between floor and wall.
    height: y of the wall's upper end.
    """
    angle = np.linspace(0, math.pi / 2, SWEEP_CURVE_POINTS)
    # Cross-section from front to top: z and y of each point, and y and z of its normal.
    line = [(front, 0.0, 1.0, 0.0)]
    line += [
        (back + bend - bend * math.sin(a), bend - bend * math.cos(a), math.cos(a), math.sin(a))
        for a in angle
    ]
    line.append((back, height, 0.0, 1.0))
    z, y, up, forward = np.array(line).T
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(z), np.diff(y)))])
    sides = (-half_width, half_width)
    return Mesh(
        vertices=np.concatenate([np.column_stack([np.full(len(z), x), y, z]) for x in sides]),
        normals=np.concatenate([np.column_stack([0 * z, up, forward]) for _ in sides]),
        uv=np.concatenate([np.column_stack([np.full(len(z), x), along]) for x in sides]),
        faces=np.array(
            [(i, i + len(z), i + 1) for i in range(len(z) - 1)]
            + [(i + 1, i + len(z), i + len(z) + 1) for i in range(len(z) - 1)]
        ),
    )


def create_flat_cutout(outline: np.ndarray) -> Mesh:
    """Creates a flat shape at y = 0 that faces up.

    outline: convex or star-shaped, float (n, 2) in x and z.
    """
    count = len(outline)
    middle = outline.mean(axis=0)
    flat = np.concatenate([outline, [middle]])
    vertices = np.column_stack([flat[:, 0], np.zeros(count + 1), flat[:, 1]])
    # One triangle from the middle to each edge.
    faces = np.array([(count, (i + 1) % count, i) for i in range(count)])
    return Mesh(vertices, normals=np.tile([0.0, 1.0, 0.0], (count + 1, 1)), uv=flat, faces=faces)


def join_meshes(meshes: Sequence[Mesh]) -> Mesh:
    """Joins meshes into a single one, which can have only one material."""
    starts = np.cumsum(np.array([0] + [len(mesh.vertices) for mesh in meshes[:-1]]))
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        normals=np.concatenate([mesh.normals for mesh in meshes]),
        uv=np.concatenate([mesh.uv for mesh in meshes]),
        faces=np.concatenate(faces),
    )


def connect_grid(rows: int, columns: int) -> np.ndarray:
    """Returns the triangles, int64 (m, 3), of a grid of vertices that are numbered row after row.

    They face the side from which columns run right and rows run down.
    """
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    here = (row * columns + column).ravel()
    first = np.stack([here, here + columns, here + 1], axis=-1)
    second = np.stack([here + 1, here + columns, here + columns + 1], axis=-1)
    return np.concatenate([first, second])


def _connect_rings(rings: int, count: int) -> np.ndarray:
    """Returns the triangles, int (m, 3), that connect each ring of vertices to the next.

    rings: how many there are; count: vertices in each. Vertices are numbered ring after ring.
    """
    ring, i = np.meshgrid(np.arange(rings - 1), np.arange(count), indexing="ij")
    here, after = ring * count + i, ring * count + (i + 1) % count
    first = np.stack([here, after, after + count], axis=-1).reshape(-1, 3)
    second = np.stack([here, after + count, here + count], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second])


def _find_outward_normals(outline: np.ndarray) -> np.ndarray:
    """Returns unit normals (n, 2) that point out of a counter-clockwise outline (n, 2)."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    return normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)


def _drop_repeated_points(outline: np.ndarray) -> np.ndarray:
    """Returns an outline (n, 2) without the points that equal the point before."""
    distance = np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1)
    return outline[distance > SAME_POINT_DISTANCE]
