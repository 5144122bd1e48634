"""Arranges things on a set: around the product's place, scaled, clear of it and of each other."""

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.studio import materials, world
from services.studio.briefs.brief import WantedThing
from services.studio.footing import Footing
from services.studio.free_places import (
    CUT_SHARE,
    HIDDEN_FOOT,
    MOST_CUT,
    TOP_ROW,
    FreeGround,
    Place,
    Spot,
)
from services.studio.seeing import measure_seen_share
from services.studio.sets import NamedShapes, SetPlan
from services.studio.shapes import Mesh
from services.studio.things import THINGS
from services.studio.things.copies import build_copy
from services.studio.things.thing import Layout, Piece, Thing

# Units at a thing's largest extent: smaller ones are enlarged, larger ones made smaller, so that
# neither crumbs nor walls appear next to a product of unusual size.
SMALLEST, LARGEST = 0.035, 0.5
LARGEST_BEHIND = 1.15
LARGEST_ON_WALL = 0.36
# Millimeters up to which things float along with a product that floats.
LARGEST_TOSSED = 130.0
# Units of things that share a stand with the product, up to which larger ones are made smaller for
# that. All others are behind it.
LARGEST_ON_STAND, LARGEST_SHRUNK = 0.22, 0.36
# Things that stand upright behind a stand, which would hide them as they lie, and degrees by which
# they are raised for that.
FRONDS = frozenset(
    ("branch", "cherry_blossom", "cotton", "dried_flowers", "eucalyptus", "fern", "fir_branch")
) | {"lavender", "leaf", "monstera", "palm_leaf", "rose", "tulip", "wheat"}
RAISED = -78.0
# Share of a thing's extent behind a stand that the product hides at most. Larger: more is lost.
HIDDEN_SHARE = 0.2
# Millimeters from which a thing is furniture, which stands on the floor behind a table.
FURNITURE_SIZE = 600.0
# Units that things behind a stand are before a wall, which bends into its floor.
WALL_CLEARANCE = 0.9
# Share of the light sampled from things that glow, relative to a lamp. Larger: less noise around
# them and more elsewhere.
GLOW_WEIGHT = 0.05
# Shares of a thing that are seen at least: for it to count as shown, and for it to be there where
# the brief does not name it or where another copy is seen better. Larger: more is left out.
LEAST_SEEN, MOSTLY_SEEN = 0.45, 0.8
# Shares of a thing's box in the picture that the product hides and that the picture's edge cuts off
# at most, and the same of a named thing that finds no other place. Larger: things stand half behind
# the product.
MOST_LOST, NAMED_LOST = (0.12, MOST_CUT), (0.5, 0.4)
# Copies of a thing that is named in the plural, at least, and millimeters up to which there are.
LEAST_OF_SEVERAL, LARGEST_OF_SEVERAL = 2, 320.0
# Factor on the copies of what is scattered where a brief names it: not all find a place.
MORE_SCATTERED = 3
# Factors on the size of a thing that finds no place next to the product, tried in this order.
SHRINKING = (1.0, 0.82, 0.66, 0.5, 0.4)


@dataclass(frozen=True)
class ArrangedThings:
    """Things on a set.

    shapes: Mitsuba shapes by name.
    shown: the wanted things that found a place where they are seen.
    """

    shapes: NamedShapes
    shown: tuple[WantedThing, ...]


def arrange_things(
    plan: SetPlan, wanted: Sequence[WantedThing], footing: Footing
) -> Generator[None, None, ArrangedThings]:
    """Builds the wanted things and lays them out around the product; yields after each.

    plan: camera, side of the key light, scale, random generator.
    wanted: in the brief's order.
    footing: what they stand on.

    Things whose builder is missing, those that find no place, and those that the product hides or
    the picture cuts off are left out.
    """
    known = [(want, THINGS[want.name]) for want in wanted if want.name in THINGS]
    # Large things choose first; the order of the brief decides among equals.
    known.sort(key=lambda pair: -_choose_extent(pair[1], plan))
    taken: list[Spot] = []
    shapes: dict[str, object] = {}
    shown = []
    for number, (want, thing) in enumerate(known):
        laid = list(_lay_out(plan, want, thing, footing, taken))
        copies = _select_copies(plan, want, [copy for copy in laid if _is_before(copy, footing)])
        if any(_measure_seen(plan, copy) >= LEAST_SEEN for copy in copies):
            shown.append(want)
        shapes |= _load_copies(f"thing-{number}-{want.name}", copies)
        yield
    return ArrangedThings(shapes, tuple(w for w in wanted if w in shown))


def _select_copies(
    plan: SetPlan, want: WantedThing, copies: list[tuple[Piece, ...]]
) -> list[tuple[Piece, ...]]:
    """Returns the copies of a thing that are mostly seen; all of them where a named one has none.

    copies: in units and in their place.
    """
    seen = [copy for copy in copies if _measure_seen(plan, copy) >= MOSTLY_SEEN]
    return seen if seen or want not in plan.brief.things else copies


def _is_before(copy: tuple[Piece, ...], footing: Footing) -> bool:
    """Returns whether no wall hides a copy, in units and in its place."""
    return all(float(np.median(piece.mesh.vertices[:, 2])) > footing.wall for piece in copy)


def _measure_seen(plan: SetPlan, copy: tuple[Piece, ...]) -> float:
    """Returns the share of a copy, in units and in its place, that is seen, 0 to 1."""
    return measure_seen_share(plan.camera, [piece.mesh for piece in copy], plan.product_box)


def _choose_extent(thing: Thing, plan: SetPlan) -> float:
    """Returns the units of a thing's largest extent on this set."""
    largest = LARGEST_BEHIND if thing.size >= FURNITURE_SIZE else LARGEST
    largest = LARGEST_ON_WALL if thing.layout is Layout.WALL else largest
    extent = thing.size / plan.millimeters_per_unit
    if plan.surface.is_stand and thing.layout is Layout.GROUP and extent <= LARGEST_SHRUNK:
        largest = LARGEST_ON_STAND
    return float(np.clip(extent, SMALLEST, largest))


def _lay_out(
    plan: SetPlan,
    want: WantedThing,
    thing: Thing,
    footing: Footing,
    taken: list[Spot],
) -> Iterator[tuple[Piece, ...]]:
    """Yields the pieces of each copy of a thing, in units and in their place.

    taken: circles of ground that are taken; those of the copies are added.
    """
    layout = _choose_layout(plan, want, thing)
    count = _choose_count(plan, want, thing)
    least = min(count, LEAST_OF_SEVERAL) if want.is_plural or want.count else 1
    extent = _choose_extent(thing, plan)
    if layout is Layout.BEHIND and plan.surface.is_stand and not plan.camera.is_overhead:
        yield from _lay_out_behind_stand(plan, want, thing, extent, footing, count)
        return
    limits = (MOST_LOST, NAMED_LOST)[: 1 + (want in plan.brief.things)]
    places: list[Place] = []
    chosen, spots = 1.0, [*taken]
    for lost, factor in itertools.product(limits, SHRINKING):
        half_width = footing.half_width if plan.surface.is_stand else math.inf
        back = -math.inf if plan.camera.is_overhead else footing.back
        ground = FreeGround(plan, back, half_width, *lost, [*taken], footing.wall)
        tried = list(_find_places(ground, want, layout, factor * extent, count))
        if len(tried) > len(places):
            places, chosen, spots = tried, factor, ground.taken
        if len(places) >= least:
            break
    taken[:] = spots
    extent *= chosen
    for x, y, z in places:
        level = footing.measure_height(x, z, extent) if y == 0 else footing.floor
        turn = _choose_turn(plan, thing, layout)
        pieces = build_copy(want.name, want.color, plan.rng)
        yield _place_pieces(pieces, extent / thing.size, turn, (x, y + level, z))


def _choose_count(plan: SetPlan, want: WantedThing, thing: Thing) -> int:
    """Returns how many copies of a thing there are: as the brief says, else as is usual for it."""
    count = want.count or int(plan.rng.integers(thing.count[0], thing.count[1] + 1))
    if want.is_plural and thing.layout is Layout.SCATTER:
        return MORE_SCATTERED * count
    return max(count, LEAST_OF_SEVERAL) if want.is_plural and _is_countable(thing) else count


def _is_countable(thing: Thing) -> bool:
    """Returns whether several copies of a thing fit on a set next to each other."""
    return thing.layout is Layout.GROUP and thing.size <= LARGEST_OF_SEVERAL


def _find_places(
    ground: FreeGround, want: WantedThing, layout: Layout, extent: float, count: int
) -> Iterator[Place]:
    """Yields places of the copies of a thing; extent: of one copy, in units."""
    if layout is Layout.SCATTER:
        return ground.find_scatter_places(extent, count)
    if layout is Layout.AIR:
        return ground.find_air_places(extent, count)
    if ground.plan.camera.is_overhead:
        return ground.find_overhead_places(extent, count)
    if layout is Layout.BEHIND:
        return ground.find_place_behind(extent)
    if layout is Layout.WALL:
        return ground.find_wall_places(extent, count)
    return ground.find_group_places(want, extent, count)


def _choose_layout(plan: SetPlan, want: WantedThing, thing: Thing) -> Layout:
    """Returns how a thing is laid out: as the brief says, else as is usual for it."""
    is_tossed = plan.brief.pose == "floating" and thing.size < LARGEST_TOSSED
    if want.position == "air" or is_tossed:
        return Layout.AIR
    is_large = _choose_extent(thing, plan) > LARGEST_ON_STAND
    if plan.surface.is_stand and is_large and thing.layout in (Layout.GROUP, Layout.STAND):
        return Layout.BEHIND
    if want.position == "behind" and thing.layout is Layout.GROUP:
        return Layout.BEHIND
    return Layout.GROUP if thing.layout is Layout.STAND else thing.layout


def _lay_out_behind_stand(
    plan: SetPlan, want: WantedThing, thing: Thing, extent: float, footing: Footing, count: int
) -> Iterator[tuple[Piece, ...]]:
    """Yields the pieces of things behind a stand, where neither it nor the product hides them.

    The first is on the side where the picture has more room, the next on the other.
    """
    camera = plan.camera
    z = max(max(footing.back, -2.2) - 0.55 * extent - 0.6, footing.wall + WALL_CLEARANCE)
    roomier = 1 if camera.product_x < 0.5 else -1
    for number in range(min(count, 2)):
        side = roomier * (1 - 2 * number)
        pieces = build_copy(want.name, want.color, plan.rng)
        if want.name in FRONDS:
            pieces = _raise_pieces(pieces)
        top = max(float(piece.mesh.vertices[:, 1].max()) for piece in pieces) * extent / thing.size
        furthest = camera.half_width_at_depth(z, side=side) - (0.5 - CUT_SHARE) * extent
        nearest = _find_product_side(plan, side, z)
        x = min(furthest, nearest + (0.5 - HIDDEN_SHARE) * extent)
        column = camera.project_point((side * x, 0.0, z))[0]
        foot = camera.height_at_row(footing.find_upper_row(camera, column) + HIDDEN_FOOT, z)
        y = min(foot, camera.height_at_row(TOP_ROW, z) - top)
        y = y if math.isinf(footing.wall) else footing.lowest
        turn = _choose_turn(plan, thing, Layout.BEHIND)
        yield _place_pieces(pieces, extent / thing.size, turn, (side * x, y, z))


def _find_product_side(plan: SetPlan, side: int, z: float) -> float:
    """Returns how far the product hides what is behind it on one side, in units at a z."""
    box, middle = plan.product_box, plan.camera.product_x
    share = (box.right - middle) / (1 - middle) if side > 0 else (middle - box.left) / middle
    return share * plan.camera.half_width_at_depth(z, side=side)


def _raise_pieces(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Returns pieces that lie as they stand, on y = 0."""
    raised = [replace(piece, mesh=piece.mesh.rotate(RAISED, axis="x")) for piece in pieces]
    lowest = min(float(piece.mesh.vertices[:, 1].min()) for piece in raised)
    return tuple(replace(piece, mesh=piece.mesh.translate(y=-lowest)) for piece in raised)


def _choose_turn(plan: SetPlan, thing: Thing, layout: Layout) -> tuple[float, float]:
    """Returns the degrees by which a copy of a thing is tilted, and then turned, at random."""
    rng = plan.rng
    # Upright things face the camera, a little turned; all others may lie in any direction.
    turn = rng.uniform(-28, 28) if layout in (Layout.BEHIND, Layout.WALL) else rng.uniform(0, 360)
    if layout is Layout.GROUP and thing.count[1] == 1:
        turn = rng.uniform(-32, 32)
    return (rng.uniform(0, 360) if layout is Layout.AIR else 0.0), turn


def _place_pieces(
    pieces: tuple[Piece, ...],
    scale: float,
    turn: tuple[float, float],
    place: tuple[float, float, float],
) -> tuple[Piece, ...]:
    """Returns the pieces of a copy in their place.

    scale: units of a millimeter. turn: tilt and turn in degrees. place: x, y and z in units.
    """
    x, y, z = place
    return tuple(
        replace(
            piece,
            mesh=_scale_mesh(piece.mesh, scale)
            .rotate(turn[0], axis="x")
            .rotate(turn[1], axis="y")
            .translate(x=x, y=y, z=z),
        )
        for piece in pieces
    )


def _scale_mesh(mesh: Mesh, scale: float) -> Mesh:
    """Returns a mesh in millimeters as one in units; its texture coordinates scale with it."""
    return replace(mesh, vertices=mesh.vertices * scale)


def _load_copies(name: str, copies: Sequence[tuple[Piece, ...]]) -> NamedShapes:
    """Loads the pieces of copies into Mitsuba, by names that start with this one."""
    loaded: dict[str, object] = {}
    for number, copy in enumerate(copies):
        loaded |= load_pieces(f"{name}-{number}", copy)
    return loaded


def load_pieces(name: str, pieces: Sequence[Piece]) -> NamedShapes:
    """Loads pieces, in units and in their place, into Mitsuba, by names that start with this."""
    loaded: dict[str, object] = {}
    for number, piece in enumerate(pieces):
        key = f"{name}-{number}"
        glow = None if piece.glow is None else materials.spectrum_from_linear(piece.glow)
        loaded[key] = world.load_mesh(
            key, piece.mesh, piece.material, radiance=glow, sampling_weight=GLOW_WEIGHT
        )
    return loaded
