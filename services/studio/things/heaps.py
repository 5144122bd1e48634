"""Heaps small things: on the ground, close together and without overlap."""

import math

import numpy as np

from services.studio.shapes import Mesh, join_meshes


def heap_meshes(
    rng: np.random.Generator,
    meshes: list[Mesh],
    radius: float,
    lean: tuple[float, float] = (-60, 60),
) -> Mesh:
    """Heaps meshes around the origin, on y = 0, side by side.

    meshes: around the origin each; radius: of one.
    lean: fewest and most degrees that each is tipped over.
    """
    placed: list[Mesh] = []
    spots: list[np.ndarray] = []
    reach = radius * 1.2 * math.sqrt(len(meshes))
    for mesh in meshes:
        for _ in range(40):
            spot = rng.normal(0, 0.5 * reach, 2)
            if all(np.hypot(*(spot - other)) > 1.95 * radius for other in spots):
                break
        spots.append(spot)
        turned = mesh.rotate(rng.uniform(*lean), axis="x").rotate(rng.uniform(0, 360))
        base = turned.vertices[:, 1].min()
        placed.append(turned.translate(spot[0], -base, spot[1]))
    return join_meshes(placed)
