"""Places with depth: a table or the ground before a picture that is out of focus."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import light_place
from services.studio.places.place import Place, Scenery
from services.studio.sets import SetPlan
from services.studio.tables import find_table_edge, hang_backdrop
from services.studio.walls import raise_key_above_wall

# How much the row of the ground's far edge varies between seeds, as a share of the height.
EDGE_ROW_VARIATION = 0.025

Painter = Callable[[SetPlan, tuple[float, float], float], np.ndarray]
"""Paints what is behind: plan, (height, width) in units, height of the ground's far edge above the
painting's center in units; returns linear light, float32 RGB (h, w, 3)."""


def build_before(
    paint: Painter,
    edge_row: float = 0.58,
    room: str = "",
    shown: tuple[str, ...] = (),
    exposure: float = 1.2,
) -> Callable[[SetPlan, Place], Scenery]:
    """Returns the builder of a place that is a painted picture.

    paint: paints it.
    edge_row: row of the ground's far edge in a level view, as a share of the height.
    shown: parts that the picture shows.
    exposure: factor on the light when the image is developed.
    """

    def build_scenery(plan: SetPlan, place: Place) -> Scenery:
        """Hangs the picture behind the ground's far edge, and lights the place."""
        lighting = light_place(plan, place.light)
        edge_z = choose_edge(plan, edge_row)
        return Scenery(
            shapes={
                **hang_backdrop(plan.camera, edge_z, lambda size, level: paint(plan, size, level)),
                **create_shadow_pattern(plan, lighting.key),
            },
            edge_z=edge_z,
            lighting=lighting,
            exposure=exposure,
            shown=frozenset(shown),
        )

    return build_scenery


def choose_edge(plan: SetPlan, edge_row: float) -> float:
    """Returns the z of the ground's far edge in units, a little different for each seed.

    edge_row: its row in a level view, as a share of the height.
    """
    row = edge_row + plan.rng.uniform(-EDGE_ROW_VARIATION, EDGE_ROW_VARIATION)
    return find_table_edge(plan.camera, row)


def keep_key_above(scenery: Scenery, wall_z: float, wall_top: float) -> Scenery:
    """Returns the scenery with its key light above a wall; both in units."""
    key = raise_key_above_wall(scenery.lighting.key, wall_z=wall_z, wall_top=wall_top)
    return replace(scenery, lighting=replace(scenery.lighting, key=key))
