"""The material that a brief names is what the product is on, whatever furniture it names."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, world
from services.studio.briefs.reader import read_brief
from services.studio.claims import list_unseen_materials
from services.studio.composing import compose_set
from services.studio.planning import RenderRequest, plan_set
from services.studio.rooms import painting
from services.studio.tracing import load_set_sensor
from tests.support.textures import use_small_textures

MATERIALS = {
    "white marble": ("marble", "carrara"),
    "black marble": ("marble", "nero"),
    "light oak": ("wood", "light oak"),
    "walnut": ("wood", "walnut"),
    "concrete": ("concrete", ""),
    "terrazzo": ("terrazzo", ""),
    "slate": ("stone", "slate"),
    "travertine": ("stone", "travertine"),
    "linen": ("linen", ""),
    "velvet": ("velvet", ""),
    "stainless steel": ("metal", "stainless"),
    "onyx": ("onyx", ""),
}
FURNITURE = (
    *("bathroom shelf", "kitchen counter", "kitchen shelf", "living room sideboard"),
    *("bedside table in a bedroom", "office desk", "cafe table", "bar counter", "garden table"),
    *("windowsill", "workshop bench", "dining table"),
)
WORDINGS = (
    *("{furniture} with {material}", "on a {furniture}, {material}, soft light"),
    *("{material} {furniture}", "{furniture} in {material}", "{material} on a {furniture}"),
)
SIDE = 48


def plan(prompt: str, seed: int = 1):
    """Plans the set of a prompt; returns its plan and its place."""
    found, _, place = plan_set(RenderRequest(prompt, SIDE, SIDE, seed=seed), read_brief(prompt))
    return found, place


@pytest.mark.parametrize("material", MATERIALS)
def test_the_material_that_is_named_decides_over_the_furniture(material):
    for furniture in FURNITURE:
        for wording in WORDINGS:
            prompt = wording.format(furniture=furniture, material=material)
            surface = plan(prompt)[0].surface
            assert (surface.name, surface.kind) == MATERIALS[material], prompt


@pytest.mark.parametrize("material", MATERIALS)
def test_furniture_is_of_the_material_that_follows_it(material):
    for furniture in ("bathroom shelf", "kitchen counter", "on a dining table", "bar counter"):
        prompt = f"{furniture} of {material}, morning light"
        surface = plan(prompt)[0].surface
        assert (surface.name, surface.kind) == MATERIALS[material], prompt
    assert plan(f"a wooden table, a wall of {material}")[0].surface.name == "wood"


def test_what_lies_on_furniture_is_not_what_it_is_made_of():
    assert plan("table with moss and snow")[0].surface.name == "wood"
    assert plan("a bathroom shelf with a marble tray")[0].surface.name == "wood"


def test_tiles_are_on_the_walls_that_have_them_and_else_under_the_product():
    assert plan("kitchen counter with white tiles")[0].surface.name == "wood"
    assert plan("kitchen counter made of white tiles")[0].surface.name == "tiles"
    assert plan("cafe table with white tiles")[0].surface.name == "tiles"


def test_a_cloth_that_is_not_under_the_product_lies_next_to_it():
    things = read_brief("rustic wood table with linen, candle").things
    assert ("napkin", "linen") in [(each.name, each.words) for each in things]
    assert "napkin" not in [each.name for each in read_brief("on linen, candle").things]


def test_a_material_that_is_nowhere_in_view_is_not_shown():
    found, _ = plan("wooden table with marble")
    assert [each.words for each in list_unseen_materials(found, frozenset())] == ["marble"]
    assert not list_unseen_materials(plan("rock in a desert, sand")[0], frozenset())
    assert not list_unseen_materials(plan("bathroom shelf with marble")[0], frozenset())


@pytest.fixture
def _use_coarse_sets():
    """Speeds rendering up: scalar variant, small textures, few pixels of rooms."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(painting, "MAX_RENDER_AREA", 400)
        yield


def measure_ground(prompt: str) -> np.ndarray:
    """Returns the mean sRGB, float (3,), of the lowest sixth of a set's image."""
    found, place = plan(prompt)
    studio_set = compose_set(found, place).studio_set
    rows = SIDE - SIDE // 6, SIDE
    sensor = load_set_sensor(studio_set, found.camera, (SIDE, SIDE), rows, 8)
    light = film.render_light(world.load_scene(studio_set), sensor, 1)
    return film.develop_image(light, studio_set.exposure, 1).reshape(-1, 3).mean(0)


@pytest.mark.usefixtures("_use_coarse_sets")
def test_the_ground_of_a_set_has_the_color_of_its_material():
    white, black, wood = (
        measure_ground(f"bathroom shelf with {name}, bright and airy")
        for name in ("white marble", "black marble", "walnut")
    )
    assert white.min() > 170 and np.ptp(white) < 30
    assert black.max() < 90
    assert 60 < wood.mean() < 170 and wood[0] - wood[2] > 25


def test_a_scandinavian_room_has_light_wood_white_walls_and_bright_light():
    brief = read_brief("nachhaltige Seife in einer skandinavischen Küche")
    assert (brief.surface, brief.surface_kind) == ("wood", "light oak")
    assert min(brief.colors["wall"]) > 230 and brief.light.mood == "bright"
    assert "skandinavischen Küche" in brief.understood
    named = read_brief("Scandinavian kitchen with a walnut table, blue wall, dark and moody")
    assert (named.surface_kind, named.light.mood) == ("walnut", "dark")
    assert named.colors["wall"][2] > named.colors["wall"][0]
    assert not read_brief("garden table, Scandinavian").style


@pytest.mark.usefixtures("_use_coarse_sets")
def test_a_bright_set_is_bright_and_a_dark_one_dark():
    bright, usual, dark = (
        measure_ground(f"living room table{words}").mean()
        for words in (", bright and airy", "", ", dark and moody")
    )
    assert bright > 170 and dark < 75 and dark < usual < bright
