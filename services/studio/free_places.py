"""Finds places for things next to the product, where it and the picture's edge hide little."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.studio.briefs.brief import WantedThing
from services.studio.seeing import WHOLE_PICTURE, outline_thing
from services.studio.sets import SetPlan

Place = tuple[float, float, float]
"""x, y and z in units."""

# Units up to which a thing stands on a table behind the product; larger ones are on the floor.
LARGEST_ON_TABLE = 0.5
# Share of a thing's box that the picture's edge cuts off at most.
MOST_CUT = 0.1
# Share of the box of a thing that another one covers at most. Larger: they hide each other.
MOST_COVERED = 0.35
# Share of the extent of furniture behind a table that the picture's edge cuts off at most, and how
# much more of it than of other things the product may hide, as it is out of focus.
CUT_SHARE, MORE_HIDDEN = 0.15, 0.15
# Rows, as shares of the height: of the upper end of furniture behind the set, and by which its foot
# is below the table's far edge.
TOP_ROW, HIDDEN_FOOT = 0.16, 0.04
# Share of the stand's half width that the middle of things on it is on.
STAND_SHARE = 0.76
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
# How far inside the picture a group's first copy is, as a share of its extent. Smaller: more of it
# is cut off by the picture's edge.
GROUP_INSET = 0.5
# Least distance of a neighbor from the middle, as a share of its group's. Larger: tighter groups.
NEAREST_NEIGHBOR = 0.6
# Share of a group's radius that neighbors may overlap. Larger: tighter groups.
GROUP_OVERLAP = 0.1


@dataclass(frozen=True)
class Spot:
    """A circle of ground that a thing covers; lengths in units."""

    x: float
    z: float
    radius: float


@dataclass(frozen=True)
class FreeGround:
    """The ground of a set, and what of it is taken.

    plan: camera, side of the key light, random generator.
    back: z of the ground's far edge in units, or of the wall.
    half_width: of a stand, in units; infinity where the ground has no sides.
    most_hidden, most_cut: shares of a thing's box that the product may hide, and the picture's edge
    may cut off.
    taken: circles of ground; those of the places that are found are added.
    wall: z of a wall that hides what is behind it, in units; -inf without one.
    """

    plan: SetPlan
    back: float
    half_width: float
    most_hidden: float
    most_cut: float = MOST_CUT
    taken: list[Spot] = field(default_factory=list)
    wall: float = -math.inf

    def is_clear(self, place: Place, extent: float) -> bool:
        """Returns whether a thing is in the picture and clear of the product there, and of text.

        place: of its foot. extent: in units.
        """
        box = outline_thing(self.plan.camera, place, extent)
        is_hidden = box.measure_overlap(self.plan.product_box) > self.most_hidden
        is_cut = 1 - box.measure_overlap(WHOLE_PICTURE) > self.most_cut
        return not (is_hidden or is_cut or self._is_kept_free(place[0], place[2]))

    def find_group_places(self, want: WantedThing, extent: float, count: int) -> Iterator[Place]:
        """Yields places of one group next to the product.

        extent: of one copy, in units.
        """
        radius = extent / 2
        first_side = self._choose_first_side(want)
        for order, share, z, highest in GROUP_PLACES:
            side = first_side * -order
            if extent > highest or z - radius < self.back:
                continue
            edge = self.plan.camera.half_width_at_depth(z + radius, side=side)
            edge = min(edge, STAND_SHARE * self.half_width + GROUP_INSET * extent)
            furthest = edge - GROUP_INSET * extent
            for x in (side * min(share * edge, furthest), side * furthest):
                is_free = self._is_free(x, z, radius) and self._is_apart(x, z, extent)
                if is_free and self.is_clear((x, 0.0, z), extent):
                    yield from self._gather_group(Spot(x, z, radius), count)
                    return

    def _is_apart(self, x: float, z: float, extent: float) -> bool:
        """Returns whether a thing and those that are there hide little of each other.

        x, z: of its foot; extent: of it, all in units.
        """
        camera = self.plan.camera
        box = outline_thing(camera, (x, 0.0, z), extent)
        others = (outline_thing(camera, (s.x, 0.0, s.z), 2 * s.radius) for s in self.taken)
        return all(
            max(box.measure_overlap(other), other.measure_overlap(box)) <= MOST_COVERED
            for other in others
        )

    def _gather_group(self, first: Spot, count: int) -> Iterator[Place]:
        """Yields places of a group around its first one, as many as there are."""
        for number in range(count):
            spot = first if number == 0 else self._find_neighbor(first)
            if spot is None:
                return
            self.taken.append(spot)
            yield spot.x, 0.0, spot.z

    def _choose_first_side(self, want: WantedThing) -> int:
        """Returns on which side of the product the first group is: -1 left, 1 right.

        What the brief names is where the picture has more room, so that the product hides less of
        it; everything else is away from the key light.
        """
        column = self.plan.camera.product_x
        if want in self.plan.brief.things and column != 0.5:
            return 1 if column < 0.5 else -1
        return -self.plan.light_side

    def _is_kept_free(self, x: float, z: float) -> bool:
        """Returns whether a place is where the brief wants room for lettering; x, z: in units."""
        match self.plan.brief.text_area:
            case "left":
                return x < 0
            case "right":
                return x > 0
            case "bottom":
                return z > 0
        return False

    def _find_neighbor(self, first: Spot) -> Spot | None:
        """Returns a free circle next to a group's first one; None without any."""
        rng, radius = self.plan.rng, first.radius
        for _ in range(SCATTER_TRIES):
            turn = rng.uniform(0, 2 * math.pi)
            away = radius * (2 - GROUP_OVERLAP) * rng.uniform(1.0, 1.5)
            x, z = first.x + away * math.cos(turn), first.z + 0.8 * away * math.sin(turn)
            edge = self.plan.camera.half_width_at_depth(z, side=x) - 0.9 * radius
            edge = min(edge, self.half_width - radius)
            # Neighbors stay on their side, where the product does not hide them.
            in_view = NEAREST_NEIGHBOR * abs(first.x) < abs(x) < edge and x * first.x > 0
            in_view = in_view and z - radius > self.back
            is_free = in_view and self._is_free(x, z, radius, overlap=GROUP_OVERLAP)
            if is_free and self.is_clear((x, 0.0, z), 2 * radius):
                return Spot(x, z, radius)
        return None

    def _is_free(self, x: float, z: float, radius: float, overlap: float = 0.0) -> bool:
        """Returns whether a circle is clear of the product's ground and of what is there; in units.

        overlap: share of the radii that circles may overlap.
        """
        clear = math.hypot(
            x / (PRODUCT_HALF_WIDTH + 0.6 * radius), z / (PRODUCT_HALF_DEPTH + 0.6 * radius)
        )
        return clear > 1 and all(
            math.hypot(x - other.x, z - other.z) > (1 - overlap) * (radius + other.radius)
            for other in self.taken
        )

    def find_scatter_places(self, extent: float, count: int) -> Iterator[Place]:
        """Yields places all over the ground around the product; extent: in units."""
        rng, radius, camera = self.plan.rng, extent / 2, self.plan.camera
        half_height = camera.height_in_units / 2
        front, rear = SCATTER_FRONT, max(SCATTER_BACK, self.back + radius)
        if camera.is_overhead:
            front, rear = 0.95 * half_height, -0.95 * half_height
        # Scatters are clusters: dense at one side, loose elsewhere.
        center = rng.choice((-1, 1)) * rng.uniform(0.35, 0.5)
        loose = replace(self, taken=[*self.taken])
        for _ in range(count):
            for _ in range(SCATTER_TRIES):
                z = rng.uniform(rear, front)
                half_width = 0.98 * camera.half_width_at_depth(z)
                is_near = rng.random() < 0.6
                x = rng.normal(center, 0.28) if is_near else rng.uniform(-1, 1) * half_width
                edge = 0.98 * camera.half_width_at_depth(z, side=x) - 0.8 * radius
                if abs(x) > edge or not loose._is_free(x, z, radius, overlap=0.25):
                    continue
                if self.is_clear((x, 0.0, z), extent):
                    loose.taken.append(Spot(x, z, radius))
                    yield x, 0.0, z
                    break

    def find_overhead_places(self, extent: float, count: int) -> Iterator[Place]:
        """Yields places of one group at the border of a picture from above; extent: in units."""
        camera, radius = self.plan.camera, extent / 2
        half_width, half_height = camera.width_in_units / 2, camera.height_in_units / 2
        right, low = half_width - GROUP_INSET * extent, half_height - GROUP_INSET * extent
        for across, down in OVERHEAD_PLACES:
            x = self.plan.light_side * min(right, max(-right, across * half_width))
            z = min(low, max(-low, down * half_height))
            is_taken = any(
                math.hypot(x - spot.x, z - spot.z) < radius + spot.radius for spot in self.taken
            )
            if not is_taken and self.is_clear((x, 0.0, z), extent):
                yield from self._gather_group(Spot(x, z, radius), count)
                return

    def find_air_places(self, extent: float, count: int) -> Iterator[Place]:
        """Yields places in the air around the product; extent: in units."""
        rng, camera = self.plan.rng, self.plan.camera
        top = 0.9 * camera.ground_line * camera.height_in_units
        for number in range(max(count, 5)):
            side = 1 if number % 2 else -1
            z = rng.uniform(-0.7, 0.1)
            edge = camera.half_width_at_depth(z, side=side)
            x = side * rng.uniform(min(PRODUCT_HALF_WIDTH + extent / 2, 0.8 * edge), 0.95 * edge)
            yield x, float(rng.uniform(0.08, top)), z
        # One above the product, where pictures have room.
        yield float(rng.uniform(-0.2, 0.2)), top, -0.6

    def find_place_behind(self, extent: float) -> Iterator[Place]:
        """Yields the place of one large thing behind the product, at its side; extent: in units.

        What a table can carry stands near its far edge; furniture stands on the floor behind it.
        """
        rng, is_small = self.plan.rng, extent <= LARGEST_ON_TABLE
        first = self.plan.light_side if rng.random() < 0.5 else -self.plan.light_side
        near, wide = rng.uniform(0.42, 0.56), 0.5 if is_small else 0.5 - CUT_SHARE
        for side in (first, -first):
            z = self._choose_depth_behind(extent)
            edge = self.plan.camera.half_width_at_depth(z + extent / 2, side=side)
            for x in (side * near * edge, side * (edge - wide * extent)):
                is_on_table = is_small or z > self.back
                place = x, 0.0 if is_on_table else self._find_hidden_foot(extent, z), z
                if self._is_clear_behind(place, extent) and self._is_apart(x, z, extent):
                    self.taken.append(Spot(x, z, extent / 2))
                    yield place
                    return

    def _choose_depth_behind(self, extent: float) -> float:
        """Returns the z of a thing of this extent behind the product; both in units."""
        if extent <= LARGEST_ON_TABLE:
            return max(self.back + 0.5 * extent + 0.05, -1.3)
        if math.isfinite(self.wall):
            return self.back + 0.55 * extent
        return max(self.back, -2.2) - 0.55 * extent - 0.6

    def _find_hidden_foot(self, extent: float, z: float) -> float:
        """Returns the y of furniture whose foot the ground's far edge hides; all in units."""
        camera = self.plan.camera
        edge_row = camera.project_point((0.0, 0.0, max(self.back, -2.2)))[1]
        foot = camera.height_at_row(edge_row + HIDDEN_FOOT, z)
        return min(foot, camera.height_at_row(TOP_ROW, z) - extent)

    def _is_clear_behind(self, place: Place, extent: float) -> bool:
        """Returns whether enough of a thing behind the product is seen, as is_clear."""
        more = MORE_HIDDEN if extent > LARGEST_ON_TABLE else 0.0
        cut = CUT_SHARE + 0.1 if more else MOST_CUT
        return replace(self, most_hidden=self.most_hidden + more, most_cut=cut).is_clear(
            place, extent
        )

    def find_wall_places(self, extent: float, count: int) -> Iterator[Place]:
        """Yields places above eye level in front of what is behind; extent: in units."""
        plan, z = self.plan, max(self.back, -2.2) - 0.1
        for number in range(count):
            share = (number + 0.5) / count * 2 - 1 if count > 1 else 0.5 * plan.light_side
            half_width = plan.camera.half_width_at_depth(z, side=share)
            row = plan.rng.uniform(0.12, 0.26)
            y = plan.camera.height_at_row(row, z) - extent / 2
            yield 0.8 * share * half_width, y, z
