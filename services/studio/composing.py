"""Composes sets of independent parts: place, surface, things, light, air, colors and camera."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from services.imaging.scene import RGB
from services.studio.air import AIR, AIR_SHAPES
from services.studio.arranging import arrange_things, load_pieces
from services.studio.briefs.brief import Brief, LeftOut, WantedThing
from services.studio.footing import Footing
from services.studio.grounds import find_ground
from services.studio.grounds.ground import GroundRequest, GroundShape
from services.studio.places.overhead import build_overhead_scenery
from services.studio.places.place import Place, Scenery
from services.studio.product_kinds import suits_product
from services.studio.sets import NamedShapes, SetPlan, StudioSet
from services.studio.steps import finish_steps
from services.studio.tables import create_shelf_wall, find_shelf_front
from services.studio.things import THINGS

# z in units of what things stay in front of where the place brings its own ground, and of the back
# of a stand, which they stand on.
DEEPEST_FLOOR, STAND_BACK = -1.9, -0.55
# Liquids that splash, as an entry of AIR_SHAPES and sRGB.
SPLASHES: dict[str, tuple[str, RGB]] = {
    "juice_splash": ("splash", (244, 160, 40)),
    "milk_splash": ("splash", (248, 246, 240)),
}
# Degrees of pitch from which little or nothing of the place is seen but its ground, and how many
# kinds of things then show where it is. More: fuller pictures, slower to compose.
BARE_PITCH, MAX_KINDS = 20.0, 4
# Things that suit places, by the words that exclude them (see "removable" in words/parts.toml).
EXCLUDED_TOGETHER = {
    "plants": frozenset(
        (
            *("cherry_blossom", "eucalyptus", "fir_branch", "herbs", "lavender", "maple_leaves"),
            *("marigold", "plant", "pots", "rose", "rose_petals", "tulip", "vase"),
        )
    )
}
# Kinds of light without candles.
DAYTIME = frozenset({"morning", "hard", "overcast"})
# sRGB of the wall below a shelf where the brief names none.
SHELF_WALL: RGB = (222, 216, 206)
# What lies around in autumn, wherever a set is.
AUTUMN_DRESSING = ("maple_leaves",)
AIR_NAMES = set(AIR) | set(AIR_SHAPES)
# What surfaces show besides themselves.
SURFACE_PARTS = {
    "water": frozenset({"ripples", "reflection"}),
    "mirror": frozenset({"reflection"}),
    "acrylic": frozenset({"reflection"}),
    "glass": frozenset({"reflection"}),
    "asphalt": frozenset({"reflection", "street"}),
    "sand": frozenset({"sand_pile"}),
    "fabric": frozenset({"beach_towel", "blanket", "napkin"}),
    "burlap": frozenset({"burlap", "sack"}),
    "rug": frozenset({"rug"}),
}


@dataclass(frozen=True)
class ComposedSet:
    """A set and what of the brief it does not show.

    studio_set: ready to be rendered.
    things: names of the brief's things that can be seen, in its order.
    left_out: the words for those that cannot.
    """

    studio_set: StudioSet
    things: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def compose_set(plan: SetPlan, place: Place) -> ComposedSet:
    """Composes the set of a plan in a place, see compose_in_steps."""
    return finish_steps(compose_in_steps(plan, place))


def compose_in_steps(plan: SetPlan, place: Place) -> Generator[None, None, ComposedSet]:
    """Composes the set of a plan in a place: what is behind, the ground, then thing by thing.

    Yields after each, so that a caller may stop. Returns the set, ready to be rendered, and what it
    leaves out.
    """
    build = build_overhead_scenery if plan.camera.is_overhead else place.build
    scenery = build(plan, place)
    yield
    shapes, gloss, back = dict(scenery.shapes), scenery.gloss, DEEPEST_FLOOR
    if scenery.edge_z is not None or plan.surface.is_stand:
        ground = find_ground(plan.surface.name, plan.surface.kind)
        edge_z = STAND_BACK if plan.surface.is_stand else float(scenery.edge_z or 0.0)
        front_z = find_board_front(plan)
        request = GroundRequest(
            plan.camera,
            edge_z,
            plan.surface.color,
            plan.surface.kind,
            plan.rng,
            front_z,
            plan.product_base,
        )
        shapes |= ground.create(request)
        if front_z is not None:
            shapes |= create_shelf_wall(front_z, plan.brief.colors.get("wall", SHELF_WALL))
        gloss, back = ground.gloss, edge_z
        yield
    wanted = choose_things(plan, place, scenery)
    air = choose_air(plan)
    floor = 0.0 if plan.surface.is_stand else scenery.floor
    arrangement = yield from arrange_things(plan, wanted, Footing(floor, back, shapes))
    studio_set = StudioSet(
        shapes={**shapes, **arrangement.shapes, **build_air(plan, air)},
        key=scenery.lighting.key,
        dome=scenery.lighting.dome,
        gloss=gloss,
        aperture=scenery.aperture * plan.brief.blur_factor,
        lamps=scenery.lighting.lamps,
        exposure=scenery.exposure,
        dome_weight=scenery.lighting.dome_weight,
        air=air,
        photograph=scenery.photograph,
    )
    names = {want.name for want in arrangement.shown}
    shown = (
        scenery.shown
        | names
        | set(air)
        | {plan.surface.name}
        | SURFACE_PARTS.get(plan.surface.name, frozenset())
    )
    shown |= {splash for splash, (name, _) in SPLASHES.items() if name in air}
    left_out = tuple(LeftOut(want.words) for want in plan.brief.things if want.name not in shown)
    return ComposedSet(
        replace(studio_set, shown=frozenset(shown)),
        things=tuple(want.name for want in plan.brief.things if want.name in shown),
        left_out=left_out,
    )


def find_board_front(plan: SetPlan) -> float | None:
    """Returns the z of the front edge of a shelf that the product is on; None for all others."""
    ground = find_ground(plan.surface.name, plan.surface.kind)
    is_board = plan.brief.on_shelf and ground.shape is GroundShape.SLAB
    return find_shelf_front(plan.camera) if is_board and not plan.camera.is_overhead else None


def choose_dressing(plan: SetPlan, place: Place) -> list[str]:
    """Chooses the names of things that suit a place and the product, more in a steep view."""
    if plan.brief.season == "autumn" and plan.surface.name != "leaves":
        return list(AUTUMN_DRESSING)
    suitable = [
        names
        for names in place.dressing
        if all(suits_product(name, plan.product) for name in names)
        and (_is_evening(plan) or "candle" not in names)
    ]
    if not suitable:
        return []
    first = plan.seed_choice(len(suitable))
    if plan.camera.pitch < BARE_PITCH:
        return list(suitable[first])
    turned = suitable[first:] + suitable[:first]
    return list(dict.fromkeys(name for names in turned for name in names))[:MAX_KINDS]


def _is_evening(plan: SetPlan) -> bool:
    """Returns whether candles suit the light: not by day."""
    light = plan.brief.light
    return light.mood != "bright" and not light.names & DAYTIME


def choose_air(plan: SetPlan) -> dict[str, RGB | None]:
    """Returns what fills the air by name, with its sRGB or None for its usual color."""
    colors: dict[str, RGB | None] = {}
    for want in plan.brief.things:
        name, usual = SPLASHES.get(want.name, (want.name, None))
        is_lying = want.position != "air" and want.name in THINGS
        if name in AIR_NAMES and not is_lying:
            colors[name] = want.color or usual
    names = plan.brief.air | set(colors) | ({"rays"} & plan.brief.light.names)
    # Fog and mist are one and the same but for its density; the thinner one is enough.
    names -= {"fog"} if "mist" in names else set()
    return {name: colors.get(name) for name in sorted(names)}


def build_air(plan: SetPlan, air: dict[str, RGB | None]) -> NamedShapes:
    """Builds what of the air is rendered with the set; returns Mitsuba shapes by name."""
    loaded: dict[str, object] = {}
    for name, color in air.items():
        if name in AIR_SHAPES:
            pieces = AIR_SHAPES[name](plan.camera, color, plan.rng)
            loaded |= load_pieces(f"air-{name}", pieces)
    return loaded


def choose_things(plan: SetPlan, place: Place, scenery: Scenery) -> tuple[WantedThing, ...]:
    """Chooses the things to lay out: the brief's, else some that suit the place.

    Parts that the place itself shows are not laid out again.
    """
    brief: Brief = plan.brief
    there = scenery.shown | {plan.surface.name} | set(choose_air(plan)) | set(SPLASHES)
    wanted = tuple(want for want in brief.things if want.name not in there)
    if wanted or not plan.is_allowed("props"):
        return wanted
    excluded = plan.brief.excluded.union(
        *(EXCLUDED_TOGETHER.get(each, ()) for each in plan.brief.excluded)
    )
    names = choose_dressing(plan, place)
    return tuple(WantedThing(name, name) for name in names if name not in excluded)
