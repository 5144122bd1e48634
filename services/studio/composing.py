"""Composes sets of independent parts: place, surface, things, light, air, colors and camera."""

from dataclasses import dataclass, replace

from services.studio.arranging import arrange_things
from services.studio.briefs.brief import Brief, LeftOut, WantedThing
from services.studio.grounds import GroundRequest, build_ground
from services.studio.places.overhead import build_overhead_scenery
from services.studio.places.place import Place, Scenery
from services.studio.sets import SetPlan, StudioSet


@dataclass(frozen=True)
class ComposedSet:
    """A set and what of the brief it does not show.

    surface: name of the surface, with its finer kind, such as "wood" and "walnut".
    things: names of the things that can be seen.
    """

    studio_set: StudioSet
    surface: str
    surface_kind: str
    things: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def compose_set(plan: SetPlan, place: Place) -> ComposedSet:
    """Composes the set of a plan in a place.

    Returns the set, ready to be rendered, and what it leaves out.
    """
    build = build_overhead_scenery if plan.camera.is_overhead else place.build
    scenery = build(plan, place)
    surface, kind = "plain", ""
    shapes, gloss, floor = scenery.shapes, scenery.gloss, scenery.floor
    if scenery.edge_z is not None:
        surface, kind, color = choose_surface(plan, place)
        ground = build_ground(
            surface, GroundRequest(plan.camera, scenery.edge_z, color, kind, plan.rng)
        )
        shapes, gloss = {**shapes, **ground.shapes}, ground.gloss
        floor += ground.floor
    back = scenery.edge_z if scenery.edge_z is not None else -1.9
    wanted = choose_things(plan, place, scenery)
    arrangement = arrange_things(plan, wanted, floor, back)
    studio_set = StudioSet(
        shapes={**shapes, **arrangement.shapes},
        key=scenery.lighting.key,
        dome=scenery.lighting.dome,
        gloss=gloss,
        aperture=scenery.aperture * plan.brief.blur_factor,
        lamps=scenery.lighting.lamps,
        exposure=scenery.exposure,
        dome_weight=scenery.lighting.dome_weight,
        air=dict.fromkeys(sorted(plan.brief.air)),
        source=scenery.source,
    )
    names = {want.name for want in arrangement.shown}
    shown = scenery.shown | names | plan.brief.air
    left_out = tuple(LeftOut(want.words) for want in plan.brief.things if want.name not in shown)
    return ComposedSet(
        replace(studio_set, shown=frozenset(shown)),
        surface=surface,
        surface_kind=kind,
        things=tuple(want.name for want in plan.brief.things if want.name in shown),
        left_out=left_out,
    )


def choose_surface(plan: SetPlan, place: Place) -> tuple[str, str, tuple[int, int, int] | None]:
    """Chooses what the product is on: the brief's surface, else one that suits the place.

    Returns its name, its finer kind and its sRGB or None.
    """
    brief = plan.brief
    color = brief.colors.get("surface")
    if brief.surface:
        return brief.surface, brief.surface_kind, color
    name, kind, usual = place.surfaces[plan.seed_choice(len(place.surfaces))]
    return name, kind, color or usual


def choose_things(plan: SetPlan, place: Place, scenery: Scenery) -> tuple[WantedThing, ...]:
    """Chooses the things to lay out: the brief's, else some that suit the place.

    Parts that the place itself shows are not laid out again.
    """
    brief: Brief = plan.brief
    if brief.things or not plan.is_allowed("props"):
        return tuple(want for want in brief.things if want.name not in scenery.shown)
    names = place.dressing[plan.seed_choice(len(place.dressing))]
    return tuple(WantedThing(name, name) for name in names if plan.is_allowed(name))
