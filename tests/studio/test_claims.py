"""What a set claims to show of its brief, and what only in part."""

import pytest

from services.studio.briefs.agreement import show_in_part
from services.studio.briefs.reader import read_brief
from services.studio.briefs.vocabulary import load_words
from services.studio.claims import list_shown_in_part
from services.studio.panoramas.cards import load_cards
from services.studio.panoramas.library import NO_PANORAMAS, Panorama, PanoramaLibrary
from services.studio.places import PLACES
from services.studio.planning import RenderRequest, plan_set
from services.studio.rooms import ROOMS


def list_in_part(prompt, shown=("sky",), panoramas=NO_PANORAMAS):
    """Lists what a set of a prompt shows in part: the user's words, and what is seen instead."""
    brief = read_brief(prompt)
    plan, _, _ = plan_set(RenderRequest(prompt, 64, 64), brief, panoramas)
    brief = show_in_part(brief, list_shown_in_part(plan, frozenset(shown)))
    assert {each.words for each in brief.in_part} <= set(brief.understood)
    assert set(brief.in_part) <= set(brief.left_out)
    return [(each.words, each.nearest) for each in brief.in_part]


@pytest.mark.parametrize(
    ("prompt", "in_part"),
    [
        ("wine cellar, candle light", [("wine cellar", "bar")]),
        ("nightclub with neon", [("nightclub", "bar")]),
        ("vineyard on a sunny day", [("vineyard", "garden")]),
        ("desert road at noon", [("desert road", "desert")]),
        ("beer garden with string lights", [("beer garden", "bar")]),
        ("restaurant, soft light", [("restaurant", "dining table")]),
        ("ski lodge terrace, snow", [("ski lodge terrace", "snow")]),
        ("Weinkeller mit Kerzen", [("Weinkeller", "bar")]),
        ("vignoble en été", [("vignoble", "garden")]),
        ("viñedo", [("viñedo", "garden")]),
    ],
)
def test_a_place_that_only_a_general_one_is_shown_for_is_shown_in_part(prompt, in_part):
    assert list_in_part(prompt) == in_part


@pytest.mark.parametrize(
    "prompt",
    [
        "kitchen counter, morning light",
        "our duck floating in a sunny turquoise pool, summer afternoon",
        "on the lawn, sunny",
        "snowy forest, soft light",
        "mountain lake, fog",
        "wooden pier by day",
        "kitchen island with lemons",
        "bakery counter, spa or terrace",
        "rooftop bar at night",
        "christmas table with candles",
        "apartment, shelf with books",
    ],
)
def test_a_place_with_a_picture_or_a_ground_of_its_own_is_shown(prompt):
    assert not list_in_part(prompt)


def test_a_ground_shows_a_place_only_where_the_product_is_on_it():
    assert not list_in_part("in a meadow")
    assert list_in_part("in a meadow, on a marble slab") == [("meadow", "garden")]


def test_what_is_nearest_to_a_look_of_a_place_is_what_is_seen():
    brief = read_brief("old wine cellar")
    plan, _, _ = plan_set(RenderRequest("", 64, 64), brief)
    left_out = show_in_part(brief, list_shown_in_part(plan, frozenset())).left_out
    assert {each.words: each.nearest for each in left_out} == {
        "old wine cellar": "bar",
        "wine cellar": "bar",
    }


def test_a_photograph_shows_the_place_that_its_card_names(tmp_path):
    (tmp_path / "warehouse.exr").touch()
    card = load_cards()["venice"]
    photograph = Panorama("venice", tmp_path / "warehouse.exr", card)
    prompt = "harbor promenade at dusk"
    assert list_in_part(prompt) == [("harbor promenade", "beach")]
    brief = read_brief(prompt)
    plan, _, _ = plan_set(RenderRequest(prompt, 64, 64), brief, PanoramaLibrary())
    object.__setattr__(plan, "photograph", photograph)
    assert not list_shown_in_part(plan, frozenset())


@pytest.mark.parametrize(
    ("prompt", "shown", "in_part"),
    [
        ("beach at sunset", ("sky",), []),
        ("kitchen counter at sunset", (), [("sunset", "low, warm light")]),
        ("kitchen counter at golden hour", (), []),
        ("beach, moonlight, sunset", ("sky",), [("sunset", "low, warm light")]),
        ("Küche bei Sonnenuntergang", (), [("Sonnenuntergang", "low, warm light")]),
    ],
)
def test_a_sunset_is_shown_only_where_its_sky_is(prompt, shown, in_part):
    assert list_in_part(prompt, shown) == in_part


@pytest.mark.parametrize(
    ("prompt", "in_part"),
    [
        ("navy velvet cushion, soft light", [("navy velvet cushion", "velvet")]),
        ("oak table, lemons in a bowl", [("lemons", "lemons next to a bowl")]),
        ("oak table with lemons and a bowl", []),
    ],
)
def test_things_are_shown_in_part_where_their_shape_or_place_is_another(prompt, in_part):
    assert list_in_part(prompt) == in_part


@pytest.mark.parametrize(
    ("prompt", "pose"),
    [
        ("duck floating in a pool", None),
        ("duck floating on water", None),
        ("mug floating above water", "floating"),
        ("mug floating, pink backdrop", "floating"),
    ],
)
def test_what_floats_on_water_is_not_in_the_air(prompt, pose):
    assert read_brief(prompt).pose == pose


def test_each_word_of_a_place_that_is_partly_shown_names_it():
    for entry in load_words("places").values():
        finer = entry.get("settings", {}).values()
        words = {*entry["words"], *(word for each in finer for word in each["words"])}
        assert set(entry.get("partly", ())) <= words


def test_a_setting_is_shown_by_one_thing_only():
    for entry in load_words("places").values():
        for name, setting in entry.get("settings", {}).items():
            seen_by = setting.get("seen_by")
            assert seen_by in (None, "place", "ground")
            assert seen_by != "ground" or setting["surface"]
            if seen_by == "place":
                assert name not in PLACES and name not in ROOMS
