"""Plans of sets: what a steep view adds, and what surfaces and places briefs of few words get."""

import pytest

from services.studio.briefs.brief import Brief, LightOptions
from services.studio.composing import MAX_KINDS, choose_dressing
from services.studio.places import PLACES, find_place
from tests.support.sets import create_plan

SEEDS = range(8)


def list_gobos(pitch: float, **brief) -> set[str | None]:
    """Returns the shadow patterns of several seeds of a kitchen."""
    plans = [create_plan(seed, pitch=pitch, place="kitchen", **brief) for seed in SEEDS]
    return {plan.brief.light.gobo for plan in plans}


def test_most_steep_views_have_the_shadow_pattern_of_their_place():
    assert list_gobos(pitch=45.0) == {"window", None}
    assert list_gobos(pitch=10.0) == {None}


@pytest.mark.parametrize(
    "brief",
    [
        {"light": LightOptions(mood="dark")},
        {"excluded": frozenset({"shadows"})},
        {"surface": "plain"},
    ],
)
def test_no_pattern_falls_where_the_brief_asks_for_other_light_or_plainness(brief):
    assert list_gobos(pitch=45.0, **brief) == {None}


def test_steep_views_show_more_kinds_of_things():
    level, steep = (create_plan(pitch=pitch, place="living_room") for pitch in (10.0, 45.0))
    few, many = (choose_dressing(plan, PLACES["living_room"]) for plan in (level, steep))
    assert len(few) < len(many) == MAX_KINDS and many[: len(few)] == few


def test_two_colors_and_nothing_else_get_a_podium():
    black, gold = (24, 24, 26), (212, 170, 96)
    assert find_place(Brief(palette=(black, gold)))[0] == "podium"
    assert find_place(Brief(palette=(gold,)))[0] == "studio"
    assert find_place(Brief(palette=(black, gold), surface="wood"))[0] == "studio"


def test_a_named_surface_has_the_color_that_its_place_gives_it():
    plan = create_plan(place="festive", setting="valentine", surface="silk")
    assert plan.surface.color == (196, 60, 80)
