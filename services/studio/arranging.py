"""Arranges things on a set: around the product's place, scaled, clear of it and of each other."""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.studio import materials, world
from services.studio.briefs.brief import WantedThing
from services.studio.footing import Footing
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
# that, and share of the stand's half width that their middle is on. All others are behind it.
LARGEST_ON_STAND, LARGEST_SHRUNK, STAND_SHARE = 0.22, 0.36, 0.76
# Things that stand upright behind a stand, which would hide them as they lie, and degrees by which
# they are raised for that.
FRONDS = frozenset(
    ("branch", "cherry_blossom", "cotton", "dried_flowers", "eucalyptus", "fern", "fir_branch")
) | {"lavender", "leaf", "monstera", "palm_leaf", "rose", "tulip", "wheat"}
RAISED = -78.0
# Rows by which the foot of a thing behind a stand is below the stand's upper end, as a share of the
# height.
HIDDEN_FOOT = 0.04
# Shares of a thing's extent behind a stand that the product hides and that the picture's edge cuts
# off at most. Larger: more of it is lost.
HIDDEN_SHARE, CUT_SHARE = 0.3, 0.35
# Millimeters from which a thing is furniture, which stands on the floor behind a table.
FURNITURE_SIZE = 600.0
# Half-axes, in units, of the ellipse of ground that the product covers. Nothing is placed there.
PRODUCT_HALF_WIDTH, PRODUCT_HALF_DEPTH = 0.33, 0.2
# Places of groups: -1 on the side of the first one, 1 on the other; share of half the view's width,
# z in units, and the largest height of what may stand there. Filled in this order, large things
# first.
GROUP_PLACES = (
    (-1, 0.80, -0.42, 1.0),
    (1, 0.82, -0.55, 1.0),
    (-1, 0.84, 0.26, 0.13),
    (1, 0.86, 0.22, 0.13),
    (-1, 0.78, -0.95, 1.0),
    (1, 0.74, -1.05, 1.0),
    (-1, 0.45, -1.0, 0.6),
    (1, 0.42, -0.85, 0.4),
)
# Of places seen from above: share of half the picture's width and of half its height.
OVERHEAD_PLACES = (
    (-0.8, -0.72),
    (0.8, 0.72),
    (0.82, -0.7),
    (-0.82, 0.7),
    (0.86, 0.02),
    (-0.86, 0.05),
    (0.1, -0.9),
    (-0.1, 0.9),
)
# Tries to place one scattered copy. More: fuller scatters around large groups.
SCATTER_TRIES = 24
# Units in front of and behind the product's line that scatters reach.
SCATTER_FRONT, SCATTER_BACK = 0.34, -0.95
# Share of the light sampled from things that glow, relative to a lamp. Larger: less noise around
# them and more elsewhere.
GLOW_WEIGHT = 0.05
# How far inside the picture a group's first copy is, as a share of its extent. Smaller: more of it
# is cut off by the picture's edge.
GROUP_INSET = 0.5
# Row, as a share of the height, of the upper end of furniture behind the set.
TOP_ROW = 0.16
# Least distance of a neighbor from the middle, as a share of its group's. Larger: tighter groups.
NEAREST_NEIGHBOR = 0.6
# Share of a thing that is seen at least, for it to count as shown. Larger: more is left out.
LEAST_SEEN = 0.25
# Share of a group's radius that neighbors may overlap. Larger: tighter groups.
GROUP_OVERLAP = 0.1


@dataclass(frozen=True)
class Spot:
    """A circle of ground that a thing covers; lengths in units."""

    x: float
    z: float
    radius: float


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
        copies = list(_lay_out(plan, want, thing, footing, taken))
        if copies:
            if _is_seen(plan, copies):
                shown.append(want)
            shapes |= _load_copies(f"thing-{number}-{want.name}", copies)
        yield
    return ArrangedThings(shapes, tuple(w for w in wanted if w in shown))


def _is_seen(plan: SetPlan, copies: Sequence[tuple[Piece, ...]]) -> bool:
    """Returns whether enough of any copy of a thing, in units and in its place, is seen."""
    return any(
        measure_seen_share(plan.camera, [piece.mesh for piece in copy]) >= LEAST_SEEN
        for copy in copies
    )


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
    extent, back = _choose_extent(thing, plan), footing.back
    layout = _choose_layout(plan, want, thing)
    count = want.count or int(plan.rng.integers(thing.count[0], thing.count[1] + 1))
    if plan.camera.is_overhead and layout in (Layout.GROUP, Layout.BEHIND, Layout.WALL):
        places = _find_overhead_places(plan, extent, count, taken)
    elif layout is Layout.SCATTER:
        places = _find_scatter_places(plan, extent, count, back, taken)
    elif layout is Layout.AIR:
        places = _find_air_places(plan, extent, count)
    elif layout is Layout.BEHIND and plan.surface.is_stand:
        yield from _lay_out_behind_stand(plan, want, thing, extent, footing, count)
        return
    elif layout is Layout.BEHIND:
        places = _find_place_behind(plan, extent, back)
    elif layout is Layout.WALL:
        places = _find_wall_places(plan, extent, count, back)
    else:
        places = _find_group_places(plan, want, extent, count, footing, taken)
    for x, y, z in places:
        ground = footing.measure_height(x, z, extent) if y == 0 else footing.floor
        turn = _choose_turn(plan, thing, layout)
        pieces = build_copy(want.name, want.color, plan.rng)
        yield _place_pieces(pieces, extent / thing.size, turn, (x, y + ground, z))


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


def _find_group_places(
    plan: SetPlan,
    want: WantedThing,
    extent: float,
    count: int,
    footing: Footing,
    taken: list[Spot],
) -> Iterator[tuple[float, float, float]]:
    """Yields places of one group next to the product, as (x, y, z) in units.

    extent: of one copy; taken: circles of ground; those of the copies are added.
    """
    radius, back = extent / 2, footing.back
    first_side = _choose_first_side(plan, want)
    for order, share, z, highest in GROUP_PLACES:
        side = first_side * -order
        if extent > highest or z - radius < back or _is_kept_free(plan, side, z):
            continue
        edge = plan.camera.half_width_at_depth(z, side=side)
        if plan.surface.is_stand:
            edge = min(edge, STAND_SHARE * footing.half_width + GROUP_INSET * extent)
        x = side * min(share * edge, edge - GROUP_INSET * extent)
        if not _is_free(x, z, radius, taken):
            continue
        for number in range(count):
            spot = _find_neighbor(plan, Spot(x, z, radius), number, back, taken)
            if spot is None:
                return
            taken.append(spot)
            yield spot.x, 0.0, spot.z
        return


def _choose_first_side(plan: SetPlan, want: WantedThing) -> int:
    """Returns on which side of the product the first group is: -1 left, 1 right.

    What the brief names is where the picture has more room, so that the product hides less of it;
    everything else is away from the key light.
    """
    column = plan.camera.product_x
    if want in plan.brief.things and column != 0.5:
        return 1 if column < 0.5 else -1
    return -plan.light_side


def _is_kept_free(plan: SetPlan, side: int, z: float) -> bool:
    """Returns whether a place of groups is where the brief wants room for lettering.

    side: of the place, below 0 left; z: of the place in units.
    """
    match plan.brief.text_area:
        case "left":
            return side < 0
        case "right":
            return side > 0
        case "bottom":
            return z > 0
    return False


def _find_neighbor(
    plan: SetPlan, first: Spot, number: int, back: float, taken: list[Spot]
) -> Spot | None:
    """Returns a free circle next to a group's first one; None without any.

    number: of the copy; 0: the first one itself.
    """
    if number == 0:
        return first
    for _ in range(SCATTER_TRIES):
        turn = plan.rng.uniform(0, 2 * math.pi)
        away = first.radius * (2 - GROUP_OVERLAP) * plan.rng.uniform(1.0, 1.5)
        x, z = first.x + away * math.cos(turn), first.z + 0.8 * away * math.sin(turn)
        edge = plan.camera.half_width_at_depth(z, side=x) - 0.8 * first.radius
        # Neighbors stay on their side, where the product does not hide them.
        in_view = NEAREST_NEIGHBOR * abs(first.x) < abs(x) < edge and x * first.x > 0
        in_view = in_view and z - first.radius > back
        if in_view and _is_free(x, z, first.radius, taken, overlap=GROUP_OVERLAP):
            return Spot(x, z, first.radius)
    return None


def _is_free(x: float, z: float, radius: float, taken: list[Spot], overlap: float = 0.0) -> bool:
    """Returns whether a circle of ground is clear of the product and of what is there; in units.

    overlap: share of the radii that circles may overlap.
    """
    clear = math.hypot(
        x / (PRODUCT_HALF_WIDTH + 0.6 * radius), z / (PRODUCT_HALF_DEPTH + 0.6 * radius)
    )
    return clear > 1 and all(
        math.hypot(x - other.x, z - other.z) > (1 - overlap) * (radius + other.radius)
        for other in taken
    )


def _find_scatter_places(
    plan: SetPlan, extent: float, count: int, back: float, taken: list[Spot]
) -> Iterator[tuple[float, float, float]]:
    """Yields places all over the ground around the product, as (x, y, z) in units."""
    rng, radius = plan.rng, extent / 2
    half_height = plan.camera.height_in_units / 2
    front, rear = (
        (0.95 * half_height, -0.95 * half_height)
        if plan.camera.is_overhead
        else (SCATTER_FRONT, max(SCATTER_BACK, back + radius))
    )
    # Scatters are clusters: dense at one side, loose elsewhere.
    center = rng.choice((-1, 1)) * rng.uniform(0.35, 0.5)
    scattered: list[Spot] = []
    for _ in range(count):
        for _ in range(SCATTER_TRIES):
            z = rng.uniform(rear, front)
            half_width = 0.98 * plan.camera.half_width_at_depth(z)
            x = rng.normal(center, 0.28) if rng.random() < 0.6 else rng.uniform(-1, 1) * half_width
            edge = 0.98 * plan.camera.half_width_at_depth(z, side=x)
            if abs(x) < edge and _is_free(x, z, radius, [*taken, *scattered], overlap=0.25):
                scattered.append(Spot(x, z, radius))
                yield x, 0.0, z
                break


def _find_overhead_places(
    plan: SetPlan, extent: float, count: int, taken: list[Spot]
) -> Iterator[tuple[float, float, float]]:
    """Yields places of one group at the border of a picture from above, as (x, y, z) in units."""
    half_width, half_height = plan.camera.width_in_units / 2, plan.camera.height_in_units / 2
    radius = extent / 2
    for across, down in OVERHEAD_PLACES:
        x, z = plan.light_side * across * half_width, down * half_height
        if any(math.hypot(x - spot.x, z - spot.z) < radius + spot.radius for spot in taken):
            continue
        for number in range(count):
            spot = _find_neighbor(plan, Spot(x, z, radius), number, -math.inf, taken)
            if spot is None:
                return
            taken.append(spot)
            yield spot.x, 0.0, spot.z
        return


def _find_air_places(
    plan: SetPlan, extent: float, count: int
) -> Iterator[tuple[float, float, float]]:
    """Yields places in the air around the product, as (x, y, z) in units."""
    rng = plan.rng
    top = 0.9 * plan.camera.ground_line * plan.camera.height_in_units
    for number in range(max(count, 5)):
        side = 1 if number % 2 else -1
        z = rng.uniform(-0.7, 0.1)
        edge = plan.camera.half_width_at_depth(z, side=side)
        x = side * rng.uniform(min(PRODUCT_HALF_WIDTH + extent / 2, 0.8 * edge), 0.95 * edge)
        yield x, float(rng.uniform(0.08, top)), z
    # One above the product, where pictures have room.
    yield float(rng.uniform(-0.2, 0.2)), top, -0.6


def _lay_out_behind_stand(
    plan: SetPlan, want: WantedThing, thing: Thing, extent: float, footing: Footing, count: int
) -> Iterator[tuple[Piece, ...]]:
    """Yields the pieces of things behind a stand, where neither it nor the product hides them.

    The first is on the side where the picture has more room, the next on the other.
    """
    camera = plan.camera
    z = max(footing.back, -2.2) - 0.55 * extent - 0.6
    roomier = 1 if camera.product_x < 0.5 else -1
    # As far as the product at the origin hides what is behind it.
    nearest = PRODUCT_HALF_WIDTH * camera.half_width_at_depth(z) / camera.half_width_at_depth(0.0)
    for number in range(min(count, 2)):
        side = roomier * (1 - 2 * number)
        pieces = build_copy(want.name, want.color, plan.rng)
        if want.name in FRONDS:
            pieces = _raise_pieces(pieces)
        top = max(float(piece.mesh.vertices[:, 1].max()) for piece in pieces) * extent / thing.size
        furthest = camera.half_width_at_depth(z, side=side) - (0.5 - CUT_SHARE) * extent
        x = min(furthest, nearest + (0.5 - HIDDEN_SHARE) * extent)
        column = camera.project_point((side * x, 0.0, z))[0]
        foot = camera.height_at_row(footing.find_upper_row(camera, column) + HIDDEN_FOOT, z)
        y = min(foot, camera.height_at_row(TOP_ROW, z) - top)
        turn = _choose_turn(plan, thing, Layout.BEHIND)
        yield _place_pieces(pieces, extent / thing.size, turn, (side * x, y, z))


def _raise_pieces(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Returns pieces that lie as they stand, on y = 0."""
    raised = [replace(piece, mesh=piece.mesh.rotate(RAISED, axis="x")) for piece in pieces]
    lowest = min(float(piece.mesh.vertices[:, 1].min()) for piece in raised)
    return tuple(replace(piece, mesh=piece.mesh.translate(y=-lowest)) for piece in raised)


def _find_place_behind(
    plan: SetPlan, extent: float, back: float
) -> Iterator[tuple[float, float, float]]:
    """Yields the place of one large thing behind the product, off center.

    What a table can carry stands near its far edge; furniture stands on the floor behind it.
    """
    side = plan.light_side if plan.rng.random() < 0.5 else -plan.light_side
    if extent <= LARGEST:
        z = max(back + 0.5 * extent + 0.05, -1.3)
        edge = plan.camera.half_width_at_depth(z, side=side)
        yield side * plan.rng.uniform(0.4, 0.55) * edge, 0.0, z
        return
    z = max(back, -2.2) - 0.55 * extent - 0.6
    x = side * plan.rng.uniform(0.42, 0.6) * plan.camera.half_width_at_depth(z, side=side)
    edge_row = plan.camera.project_point((0.0, 0.0, max(back, -2.2)))[1]
    hidden_foot = plan.camera.height_at_row(edge_row + 0.04, z)
    yield x, min(hidden_foot, plan.camera.height_at_row(TOP_ROW, z) - extent), z


def _find_wall_places(
    plan: SetPlan, extent: float, count: int, back: float
) -> Iterator[tuple[float, float, float]]:
    """Yields places above eye level in front of what is behind, as (x, y, z) in units."""
    z = max(back, -2.2) - 0.1
    for number in range(count):
        share = (number + 0.5) / count * 2 - 1 if count > 1 else 0.5 * plan.light_side
        half_width = plan.camera.half_width_at_depth(z, side=share)
        row = plan.rng.uniform(0.12, 0.26)
        y = plan.camera.height_at_row(row, z) - extent / 2
        yield 0.8 * share * half_width, y, z


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
