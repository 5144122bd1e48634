"""Composed sets show what their briefs ask for, and report what they do not show."""

from dataclasses import replace

import mitsuba as mi
import numpy as np
import pytest

from services.imaging.color import lab_from_srgb
from services.imaging.view import PhotoView
from services.studio import terrain, world
from services.studio.atmosphere import paint_veil
from services.studio.briefs.brief import PLACE_NAMES, Brief, LightOptions, WantedThing
from services.studio.briefs.hidden_colors import BLENDING_PLACES, list_hidden_parts
from services.studio.briefs.light import create_light_options
from services.studio.briefs.vocabulary import load_words
from services.studio.composing import choose_dressing, compose_set
from services.studio.planning import RenderRequest, choose_scale, plan_set
from services.studio.product_kinds import KINDS_OF_THINGS, suits_product
from services.studio.seeing import PictureBox
from tests.support.sets import compose, create_plan, render_pixels
from tests.support.textures import use_small_textures

# CIE76 within which a color counts as that of a name.
NAMED_DISTANCE = 30
# Without things that would be in the way.
BARE = frozenset({"props"})
LEMONS = WantedThing("lemon", "lemons")


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_textures():
    """Speeds the tests up with the scalar variant and with small textures that they share."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(terrain, "FINEST_STEP", 0.03)
        yield


def find_share(pixels: np.ndarray, color: tuple[int, int, int]) -> float:
    """Returns the share of pixels, uint8 RGB (h, w, 3), within NAMED_DISTANCE of an sRGB color."""
    goal = lab_from_srgb(np.array([[color]], np.uint8))[0, 0]
    return float((np.linalg.norm(lab_from_srgb(pixels) - goal, axis=2) < NAMED_DISTANCE).mean())


@pytest.mark.parametrize(
    ("brief", "color", "share"),
    [
        (Brief(place="studio", colors={"wall": (172, 188, 162)}), (172, 188, 162), 0.5),
        (Brief(place="studio", gradient=((44, 124, 124), (30, 42, 78))), (44, 124, 124), 0.1),
        (Brief(place="studio", gradient=((44, 124, 124), (30, 42, 78))), (30, 42, 78), 0.1),
        (Brief(place="studio", split=((242, 182, 190), (72, 118, 184))), (242, 182, 190), 0.2),
        (Brief(place="tabletop", surface="velvet", colors={"surface": (22, 108, 82)}),
         (22, 108, 82), 0.2),
        (Brief(place="podium", colors={"podium": (196, 112, 80)}), (196, 112, 80), 0.05),
        (Brief(place="kitchen", things=(LEMONS,)), (240, 205, 50), 0.01),
    ],
)  # fmt: skip
def test_a_named_color_is_found_in_the_picture(brief, color, share):
    assert find_share(render_pixels(*compose(brief)), color) > share


@pytest.mark.parametrize("part", ["gradient", "split"])
def test_two_colors_run_from_left_to_right(part):
    # Every third seed's gradient runs across; halves always do.
    pink, blue = (242, 182, 190), (72, 118, 184)
    seed = next(i for i in range(99) if create_plan(i).seed_choice(3) == 0)
    pixels = render_pixels(*compose(Brief(place="studio", **{part: (pink, blue)}), seed))
    redness = (pixels[..., 0].astype(int) - pixels[..., 2]).mean(axis=0)
    assert redness[:8].mean() > redness[-8:].mean() + 60
    steps = -np.diff(redness)
    assert steps.max() > 40 if part == "split" else steps.max() < 20


@pytest.mark.parametrize("surface", ["marble", "moss", "water", "velvet", "books"])
@pytest.mark.parametrize("place", ["kitchen", "beach", "studio", "festive"])
def test_any_surface_goes_with_any_place(place, surface):
    plan, composed = compose(Brief(place=place, surface=surface))
    assert plan.surface.name == surface and not composed.left_out
    names = {name.split("-")[0] for name in composed.studio_set.shapes}
    assert names & {"ground", "stand", "table", "cover"}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACE_NAMES)
def test_a_place_shows_the_colors_that_are_not_reported_as_hidden(place):
    blue, red = (40, 60, 200), (200, 40, 40)
    usual, wall, accent, blend = (
        render_pixels(*compose(Brief(place=place, excluded=BARE, **colors), size=(40, 40)), 2)
        for colors in (
            {},
            {"colors": {"wall": blue}},
            {"colors": {"accent": blue}},
            {"gradient": (blue, red)},
        )
    )
    hidden = list_hidden_parts(place)
    assert np.array_equal(usual, wall) == ("wall" in hidden)
    assert np.array_equal(usual, blend) == (place not in BLENDING_PLACES)
    # Only some of the podiums have parts that an accent colors.
    assert place == "podium" or np.array_equal(usual, accent) == ("accent" in hidden)


@pytest.mark.parametrize("kind", load_words("light"))
def test_each_kind_of_light_changes_the_light_or_the_air(kind):
    (plan, usual), (_, lit) = (
        compose(Brief(place="studio", light=create_light_options(kinds, [], ())), size=(32, 32))
        for kinds in ({}, {kind: None})
    )
    first, other = (render_pixels(plan, each, samples=2) for each in (usual, lit))
    assert not np.array_equal(first, other) or usual.studio_set.air != lit.studio_set.air


@pytest.mark.parametrize(
    "place, setting, name",
    [
        ("beach", "", "palm_trees"),
        ("mountain", "", "pine_trees"),
        ("snow", "snowy_peaks", "pine_trees"),
    ],
)
def test_trees_that_a_brief_names_are_shown_behind(place, setting, name):
    brief = Brief(place=place, setting=setting, things=(WantedThing(name, name),))
    (_, named), (_, unnamed) = compose(brief), compose(replace(brief, things=()))
    assert name in named.studio_set.shown and not named.left_out
    assert name not in unnamed.studio_set.shown


def test_a_named_thing_is_shown_and_an_unknown_one_left_out():
    brief = Brief(place="kitchen", things=(LEMONS, WantedThing("unicorn", "a unicorn")))
    _, composed = compose(brief)
    assert composed.things == ("lemon",)
    assert [left.words for left in composed.left_out] == ["a unicorn"]


def test_a_named_thing_changes_the_picture():
    pictures = [
        render_pixels(*compose(Brief(place="studio", things=things, excluded=frozenset())))
        for things in ((), (LEMONS,))
    ]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2).mean() > 2


def test_flowers_of_a_place_are_not_added_where_plants_are_excluded():
    seeds = [i for i in range(20) if create_plan(i).seed_choice(3) == 1][:3]
    usual, bare = (
        [
            name
            for seed in seeds
            for name in compose(Brief(place="garden", excluded=excluded), seed)[1].studio_set.shapes
        ]
        for excluded in (frozenset(), frozenset({"plants"}))
    )
    assert [name for name in usual if "lavender" in name]
    assert not [name for name in bare if "lavender" in name]


def test_props_that_are_excluded_are_not_added():
    _, composed = compose(Brief(place="kitchen", excluded=frozenset({"props"})))
    assert not [name for name in composed.studio_set.shapes if name.startswith("thing")]


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_things_stay_out_of_the_room_for_lettering(side, sign):
    brief = Brief(place="studio", text_area=side, things=(LEMONS, WantedThing("candle", "candle")))
    _, composed = compose(brief)
    shapes = composed.studio_set.shapes
    middles = [shapes[name].bbox().center()[0] for name in shapes if name.startswith("thing")]
    assert middles and all(sign * x > 0 for x in middles)


def find_boxes(plan, composed, name: str) -> list[PictureBox]:
    """Returns the boxes in the picture of the pieces of a thing."""
    boxes = []
    for key, shape in composed.studio_set.shapes.items():
        if key.startswith("thing") and f"-{name}-" in key:
            low, high = (np.array(point) for point in (shape.bbox().min, shape.bbox().max))
            corners = [np.where(np.array(pick), low, high) for pick in np.ndindex(2, 2, 2)]
            column, row = np.array([plan.camera.project_point(tuple(c)) for c in corners]).T
            boxes.append(PictureBox(column.min(), row.min(), column.max(), row.max()))
    return boxes


@pytest.mark.parametrize("pitch", [4.0, 15.0, 35.0, 90.0])
@pytest.mark.parametrize("aspect", [0.45, 0.9, 1.7])
@pytest.mark.parametrize("name", ["lemon", "mushroom", "cup", "dumbbell"])
def test_named_things_stand_clear_of_the_product_and_inside_the_picture(name, aspect, pitch):
    brief = Brief(place="kitchen", things=(WantedThing(name, name),))
    view = PhotoView(ground_pitch=pitch, pitch_confidence=1.0, aspect=aspect)
    plan, _, place = plan_set(RenderRequest("", 72, 72, 3, view=view), brief)
    composed = compose_set(plan, place)
    assert composed.things == (name,)
    boxes = find_boxes(plan, composed, name)
    assert boxes
    for box in boxes:
        assert box.measure_overlap(plan.product_box) < 0.35
        assert box.measure_overlap(PictureBox(-0.05, -0.05, 1.05, 1.05)) > 0.8


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("place", ["kitchen", "cafe", "bathroom", "forest", "dining"])
def test_props_that_are_not_named_suit_a_product_of_unknown_kind(place, seed):
    _, composed = compose(Brief(place=place), seed, pitch=30.0)
    named = {key.split("-")[2] for key in composed.studio_set.shapes if key.startswith("thing")}
    assert not named & {*KINDS_OF_THINGS, "mushroom"}


def test_a_kitchen_has_food_next_to_a_product_of_the_kitchen():
    plan, _, place = plan_set(RenderRequest("", product="olive oil"), Brief(place="kitchen"))
    assert set(choose_dressing(plan, place)) & set(KINDS_OF_THINGS) or plan.seed_choice(5) == 2
    assert suits_product("lemon", "olive oil") and not suits_product("lemon", "wrist watch")
    assert not suits_product("cup", "espresso cup")


def test_smoke_is_seen_in_the_air():
    plan, composed = compose(Brief(place="abstract", air=frozenset({"smoke"})), size=(96, 96))
    assert "smoke" in composed.studio_set.shown
    assert paint_veil(composed.studio_set, plan.camera, (96, 96), seed=1).light.max() > 0.05


def test_two_kinds_of_air_lie_over_each_other():
    both = frozenset({"smoke", "fog"})
    plan, composed = compose(Brief(place="abstract", air=both), size=(96, 96))
    light, size = np.full((96, 96, 3), 0.4, np.float32), (96, 96)
    whole = paint_veil(composed.studio_set, plan.camera, size, seed=1).cover(light)
    for name, color in composed.studio_set.air.items():
        alone = replace(composed.studio_set, air={name: color})
        light = paint_veil(alone, plan.camera, size, seed=1).cover(light)
    assert np.abs(whole - light).max() < 1e-5


def test_a_product_stands_on_what_is_named_under_it():
    books = WantedThing("books", "stack of books", position="under")
    plan, composed = compose(Brief(place="living_room", things=(books,)))
    assert plan.surface.name == "books" and "cover-0" in composed.studio_set.shapes


@pytest.mark.parametrize("seed", range(4))
def test_what_is_named_lies_on_the_side_with_more_room(seed):
    plan, composed = compose(Brief(place="kitchen", things=(replace(LEMONS, count=1),)), seed)
    shape = composed.studio_set.shapes["thing-0-lemon-0-0"]
    middle = np.reshape(mi.traverse(shape)["vertex_positions"], (-1, 3))[:, 0].mean()
    column = plan.camera.product_x
    assert column == 0.5 or np.sign(middle) == np.sign(0.5 - column)


@pytest.mark.parametrize(("surface", "name"), [("rock", "fern"), ("rock", "campfire")])
@pytest.mark.parametrize("seed", [0, 3, 5])
def test_a_stand_and_the_product_on_it_leave_things_behind_it_in_view(surface, name, seed):
    thing = WantedThing(name, name)
    brief = Brief(place="forest", surface=surface, things=(thing,))
    plan, composed = compose(brief, seed)
    assert find_seen_share(plan, composed.studio_set, f"thing-0-{name}") > 0.01


def test_small_things_share_a_stand_with_the_product():
    brief = Brief(place="forest", surface="rock", things=(WantedThing("mushroom", "mushrooms"),))
    _, composed = compose(brief, seed=1)
    corners = np.reshape(
        [
            mi.traverse(shape)["vertex_positions"]
            for name, shape in composed.studio_set.shapes.items()
            if name == "thing-0-mushroom-0-0"
        ],
        (-1, 3),
    )
    assert -0.08 < corners[:, 1].min() < 0.05 and corners[:, 2].min() > -1


def find_seen_share(plan, studio_set, name: str, side: int = 48) -> float:
    """Returns the share of the picture in which a shape is seen next to a usual product."""
    scene, seen = world.load_scene(studio_set), 0
    position = mi.ScalarPoint3f(*map(float, plan.camera.position))
    for row in (np.arange(side) + 0.5) / side:
        for column in (np.arange(side) + 0.5) / side:
            ray = mi.Ray3f(position, mi.ScalarVector3f(*plan.camera.ray_at(column, row)))
            hit = scene.ray_intersect(ray)
            is_free = abs(column - plan.camera.product_x) > 0.25
            seen += hit.is_valid() and is_free and hit.shape.id().startswith(name)
    return seen / side**2


def test_things_next_to_a_small_product_are_larger():
    small = RenderRequest("", product="ring")
    tall = RenderRequest("", product="ring", product_height_mm=400)
    assert choose_scale(small, Brief()) < choose_scale(RenderRequest(""), Brief())
    assert choose_scale(tall, Brief()) > choose_scale(RenderRequest(""), Brief())


@pytest.mark.parametrize(
    "light",
    [
        LightOptions(names=frozenset({"spotlight"})),
        LightOptions(names=frozenset({"neon"}), colors=((255, 60, 170), (40, 190, 255))),
        LightOptions(names=frozenset({"backlit"}), azimuth=180.0),
        LightOptions(names=frozenset({"golden_hour"}), low=True, kelvin=3900),
        LightOptions(names=frozenset({"palm_shadow"}), gobo="palm", hard=True),
        LightOptions(names=frozenset({"dark"}), mood="dark"),
        LightOptions(names=frozenset({"overcast"}), hard=False),
        LightOptions(names=frozenset({"candle"}), kelvin=2700),
    ],
)
@pytest.mark.parametrize("place", ["studio", "kitchen"])
def test_a_named_light_changes_the_picture(place, light):
    usual, named = (
        render_pixels(*compose(Brief(place=place, surface="stone", light=each)))
        for each in (LightOptions(), light)
    )
    assert np.abs(usual.astype(int) - named).mean() > 3


def test_equal_briefs_and_seeds_make_equal_pictures():
    brief = Brief(place="kitchen", things=(LEMONS,))
    first, again = (render_pixels(*compose(brief, seed=5)) for _ in range(2))
    other = render_pixels(*compose(brief, seed=6))
    assert (first == again).all() and (first != other).any()
