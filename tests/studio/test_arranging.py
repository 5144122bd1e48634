"""Things that a brief names are where the camera sees them, and as many as their word says."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio.briefs.reader import read_brief
from services.studio.composing import compose_set
from services.studio.planning import RenderRequest, plan_set
from services.studio.rooms import painting
from tests.support.textures import use_small_textures


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_sets():
    """Speeds sets up: scalar variant, small textures, few pixels of rooms."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(painting, "MAX_RENDER_AREA", 400)
        yield


def compose(prompt: str, seed: int = 1):
    """Returns the composed set of a prompt."""
    plan, _, place = plan_set(RenderRequest(prompt, 64, 64, seed), read_brief(prompt))
    return compose_set(plan, place)


def list_vertices(shape) -> np.ndarray:
    """Returns the vertices of a Mitsuba mesh, float (n, 3)."""
    return np.array(mi.traverse(shape)["vertex_positions"]).reshape(-1, 3)


@pytest.mark.parametrize(
    "prompt",
    ["oak with pampas grass", "wooden podium with pampas grass, beige wall"],
)
def test_a_tall_thing_stands_before_the_wall(prompt):
    composed = compose(prompt, seed=3)
    shapes = composed.studio_set.shapes
    wall = next(shapes[name] for name in ("wall", "sweep") if name in shapes)
    things = [list_vertices(shapes[n]) for n in shapes if "-pampas-" in n]
    assert "pampas" in composed.things and things
    assert min(v[:, 2].min() for v in things) > list_vertices(wall)[:, 2].min()


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("bathroom with a brick wall", []),
        ("kitchen with white tiles", []),
        ("kitchen with blinds", ["blinds"]),
        ("bedroom with white tiles behind", ["white tiles"]),
    ],
)
def test_a_part_of_a_room_is_shown_only_where_the_room_has_it(prompt, left_out):
    assert [each.words for each in compose(prompt).left_out] == left_out


def count_copies(composed, thing: str) -> int:
    """Returns how many copies of a thing are on a set."""
    names = [name.split("-") for name in composed.studio_set.shapes if f"-{thing}-" in name]
    return len({name[3] for name in names})


@pytest.mark.parametrize("seed", [0, 5, 7])
def test_a_plural_is_two_or_more(seed):
    assert count_copies(compose("on a table, lemons and herbs", seed), "lemon") >= 2


def test_a_branch_stands_in_the_vase_that_it_is_named_with():
    composed = compose("bathroom shelf, eucalyptus in a vase")
    assert composed.things == ("eucalyptus_vase",)
    assert not count_copies(composed, "vase")


@pytest.mark.parametrize(
    ("prompt", "is_board"),
    [("kitchen shelf", True), ("Badezimmerregal aus Marmor", True), ("kitchen counter", False)],
)
def test_a_shelf_has_a_front_edge_in_the_picture(prompt, is_board):
    plan, _, place = plan_set(RenderRequest(prompt, 64, 64, 2), read_brief(prompt))
    shapes = compose_set(plan, place).studio_set.shapes
    front = float(list_vertices(shapes["table"])[:, 2].max())
    assert ("below" in shapes) is is_board
    assert (front < 1) is is_board
    if is_board:
        assert 0.8 < plan.camera.project_point((0.0, 0.0, front))[1] < 0.98


def test_things_in_daylight_are_no_candles_that_are_not_named():
    composed = [compose("breakfast table, morning light", seed) for seed in range(4)]
    assert all(not count_copies(each, "candle") for each in composed)
    assert any(count_copies(each, "cup") for each in composed)
