"""What a brief asks of a set, by the rules of its words."""

import subprocess
import sys

import pytest

from services.studio.briefs.brief import PLACE_NAMES, Brief
from services.studio.briefs.reader import list_made_things, read_brief
from services.studio.briefs.vocabulary import load_vocabulary, load_words


def list_thing_names(brief: Brief) -> list[str]:
    """Lists the keys of the things that a brief wants."""
    return [thing.name for thing in brief.things]


def list_left_out(brief: Brief) -> list[str]:
    """Lists the words that a brief reports."""
    return [each.words for each in brief.left_out]


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("moody, dramatic, luxurious kitchen counter", "kitchen"),
        ("cozy festive bokeh on a bathroom shelf", "bathroom"),
        ("jar on a ledge, mountains behind, harbor promenade", "beach"),
        ("birthday table in a garden", "festive"),
        ("a plinth in a pine forest", "forest"),
        ("walnut, hard light", "tabletop"),
        ("top view, walnut", "flat_lay"),
        ("lit street at night", "street_night"),
        ("teddy bear and balloons on a carpet", "nursery"),
        ("stage with spheres", "podium"),
        ("smoke and sparks", "abstract"),
        ("podium, confetti, black friday mood", "podium"),
        ("bakery counter dusted with flour", "cafe"),
        ("bike lock, Amsterdam", "street_day"),
        ("picnic blanket on the grass", "garden"),
        ("seamless backdrop in apricot", "studio"),
    ],
)
def test_words_for_places_decide_and_words_for_moods_do_not(prompt: str, place: str) -> None:
    assert read_brief(prompt).place == place


@pytest.mark.parametrize(
    "prompt",
    ["inside a cathedral with candles", "on Mars, red dust", "in a blorptorium with pillows"],
)
def test_a_place_that_cannot_be_made_becomes_no_other_one(prompt: str) -> None:
    brief = read_brief(prompt)
    assert brief.place is None
    assert brief.left_out


def test_what_no_set_shows_is_reported_in_the_words_of_the_user() -> None:
    brief = read_brief("dining table with lemons, a Golden Retriever, Pepsi bottle and kumquats")
    assert list_left_out(brief) == ["Golden Retriever", "Pepsi", "kumquats"]
    assert brief.left_out[-1].nearest == "orange"
    assert list_thing_names(brief) == ["lemon", "bottle_prop"]


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("oak table with lemon cake", ["lemon cake"]),
        ("oak table with a grimy vase", ["grimy vase"]),
        ("garden with a leather sofa", ["leather sofa"]),
        ("granite, candy bowl, a foggy zorblax", ["candy bowl", "foggy zorblax"]),
        ("two hands presenting the cream, silk", ["hands"]),
        ("face serum on marble, canal and bicycles", ["canal", "bicycles"]),
        ("marble, a can like in an Apple ad", ["Apple ad"]),
    ],
)
def test_no_word_is_lost_silently(prompt: str, left_out: list[str]) -> None:
    assert list_left_out(read_brief(prompt)) == left_out


def test_filler_is_reported_only_where_nothing_else_is_said() -> None:
    assert not read_brief("professional 8k hero shot, photorealistic, marble").left_out
    assert list_left_out(read_brief("professional hero shot")) == ["professional hero shot"]


@pytest.mark.parametrize(
    ("prompt", "product"),
    [
        ("my ceramic mug on an oak table", "ceramic mug"),
        ("Sandals on a pier", "Sandals"),
        ("pink silk, pearls, bracelet", "bracelet"),
        ("Zorblax on a beach", "Zorblax"),
        ("an ad for hand soap, bathroom", "hand soap"),
        ("speaker hovering, violet backdrop", "speaker"),
        ("mint around the gin bottle", "gin bottle"),
        ("lip gloss flat lay", ""),
        ("linen, detergent bottle", "detergent bottle"),
        ("mountains behind the watch", "watch"),
        ("baseball cap hung on a branch, basketball court", "baseball cap"),
    ],
)
def test_the_product_is_neither_built_nor_reported(prompt: str, product: str) -> None:
    brief = read_brief(prompt)
    assert brief.product == product
    assert not brief.left_out
    assert product not in {thing.words for thing in brief.things}


@pytest.mark.parametrize(
    ("prompt", "product"),
    [
        ("our duck floating in a sunny turquoise pool, summer afternoon", "duck"),
        ("a cute yellow duck floating in turquoise water", "duck"),
        ("duck, floating in a pool", "duck"),
        ("two ducks floating in a pool", "ducks"),
        ("duck in front of a beach at sunset", "duck"),
        ("the elephant standing on a rock", "elephant"),
        ("Put the elephant on a soft rug, nursery", "elephant"),
        ("photo of our duck in a bathtub", "duck"),
        ("pool with our duck, palm shadows", "duck"),
        ("this unicorn on a cloud, pastel", "unicorn"),
        ("our vintage car in front of a forest", "vintage car"),
        ("the castle on a sandy beach", "castle"),
        ("Our Colosseum model on a travertine podium", "Colosseum model"),
        ("Our new duck: a pool in summer", "duck"),
        ("unser Drache auf Marmor", "Drache"),
        ("die Ente steht auf einem Felsen", "Ente"),
        ("le chien sur un tapis, salon", "chien"),
        ("mon dragon devant une forêt", "dragon"),
        ("este pato en una playa", "pato"),
        ("mi gato en la cocina", "gato"),
    ],
)
def test_what_a_brief_is_about_is_the_product_though_no_set_shows_it(prompt, product) -> None:
    brief = read_brief(prompt)
    assert product in brief.product
    assert not brief.left_out


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("our hands on a marble table", ["hands"]),
        ("woman on a beach", ["woman"]),
        ("marble table with our logo", ["logo"]),
        ("castle in a forest", ["castle"]),
        ("mug on a table with a dog", ["dog"]),
    ],
)
def test_what_can_be_no_product_is_still_reported(prompt, left_out) -> None:
    assert list_left_out(read_brief(prompt)) == left_out


def test_a_named_product_is_not_built_but_its_props_are() -> None:
    brief = read_brief("candle with a vase and books on a shelf", product="Amber candle")
    assert list_thing_names(brief) == ["vase", "books"]
    assert "candle" in list_thing_names(read_brief("vase with a candle on a shelf"))


def test_colors_belong_to_the_noun_that_they_precede() -> None:
    brief = read_brief("red marble, navy backdrop, white tulips, mint and peach tones")
    assert brief.colors.keys() == {"surface", "wall"}
    assert brief.things[0].color == (246, 245, 242)
    assert len(brief.palette) == 2


def test_parts_have_the_color_that_follows_them() -> None:
    assert read_brief("podium in navy").colors == {"podium": (30, 42, 78)}
    assert read_brief("white desk").colors == {"surface": (246, 245, 242)}
    water = read_brief("black water mirror")
    assert (water.surface, water.surface_kind) == ("water", "black")
    assert water.colors == {"surface": (24, 24, 26)}


def test_slices_have_the_color_of_their_fruit() -> None:
    things = read_brief("orange slices, lime slices, lemon slices").things
    assert {thing.name for thing in things} == {"citrus_slice"}
    assert [thing.color for thing in things] == [(238, 148, 70), (164, 198, 88), None]


@pytest.mark.parametrize(
    ("prompt", "air"),
    [
        ("misty forest", "fog"),
        ("a dusty barn", "dust"),
        ("tea cup with hot steam", "steam"),
        ("rainy street at night", "rain"),
    ],
)
def test_places_and_things_fill_the_air(prompt: str, air: str) -> None:
    assert read_brief(prompt).air == {air}


def test_what_is_behind_the_product_is_far() -> None:
    thing, *_ = read_brief("pine trees behind the watch").things
    assert (thing.name, thing.position) == ("pine_trees", "behind")


@pytest.mark.parametrize(
    "prompt, kind",
    [("light oak table", "light oak"), ("dark oak table", "dark oak"), ("oak table", "oak")],
)
def test_light_and_dark_woods_differ(prompt: str, kind: str) -> None:
    brief = read_brief(prompt)
    assert (brief.surface, brief.surface_kind) == ("wood", kind)


@pytest.mark.parametrize(
    "prompt, place",
    [
        ("dusty desert road at golden hour", "desert"),
        ("winding mountain road", "mountain"),
        ("country road by a wheat field", "garden"),
        ("coastal road with palm trees", "beach"),
        ("city road", "street_day"),
    ],
)
def test_a_road_is_where_it_runs(prompt: str, place: str) -> None:
    assert read_brief(prompt).place == place


@pytest.mark.parametrize(
    "prompt, setting, surface",
    [
        ("floating in a sunny turquoise pool", "swimming", "water"),
        ("at the poolside, bright summer day", "pool", "stone"),
        ("turquoise swimming pool", "pool", "stone"),
    ],
)
def test_a_product_in_a_pool_is_on_its_water(prompt: str, setting: str, surface: str) -> None:
    brief = read_brief(prompt)
    assert (brief.setting, brief.surface) == (setting, surface)


def test_stairs_in_the_open_air_are_the_ground() -> None:
    brief = read_brief("steps of an old piazza")
    assert (brief.place, brief.surface, brief.surface_kind) == ("street_day", "stone", "step")
    assert not brief.things and "steps" in " ".join(brief.understood)
    brief = read_brief("pastel podium with steps")
    assert "stairs" in list_thing_names(brief)


@pytest.mark.parametrize(
    "prompt", ["white flowers in a vase", "a vase of pink roses", "a vase, a tulip", "a bouquet"]
)
def test_a_vase_with_flowers_is_a_bunch_of_them(prompt: str) -> None:
    assert list_thing_names(read_brief(prompt)) == ["bouquet"]


def test_a_summer_afternoon_has_no_low_sun() -> None:
    light = read_brief("summer afternoon").light
    assert light.hard and not light.low and "golden_hour" not in light.names


def test_labels_are_read_as_in_a_sentence() -> None:
    brief = read_brief("Props: lemons, mint. Surface: oak. Angle: low. Background: navy")
    assert list_thing_names(brief) == ["lemon", "mint"]
    assert (brief.surface, brief.surface_kind, brief.pitch) == ("wood", "oak", 2)
    assert brief.colors == {"wall": (30, 42, 78)}
    assert not brief.left_out


def test_hex_values_are_kept_exactly() -> None:
    assert read_brief("#123 wall, surface in #AABBCC").colors == {
        "wall": (17, 34, 51),
        "surface": (170, 187, 204),
    }


@pytest.mark.parametrize(
    "prompt",
    [
        "from teal to coral",
        "teal to coral gradient",
        "ombre of teal and coral",
        "teal coral gradient",
    ],
)
def test_two_colors_make_a_gradient(prompt: str) -> None:
    brief = read_brief(prompt)
    assert brief.gradient == ((44, 124, 124), (244, 130, 108))
    assert (brief.place, brief.setting) == ("studio", "gradient")


def test_two_halves_make_a_split_wall() -> None:
    brief = read_brief("half teal half coral wall")
    assert brief.split == ((44, 124, 124), (244, 130, 108))
    assert "wall" not in brief.colors


def test_colors_of_light_are_colors_of_lamps() -> None:
    brief = read_brief("concrete, teal and coral side lights")
    assert len(brief.light.colors) == 2
    assert "colored" in brief.light.names


@pytest.mark.parametrize(
    ("prompt", "name", "field", "value"),
    [
        ("sunset", "golden_hour", "low", True),
        ("light through blinds", "blinds_shadow", "gobo", "blinds"),
        ("backlit", "backlit", "azimuth", 180.0),
        ("at noon", "hard", "elevation", 70.0),
        ("candlelight", "candle", "kelvin", 2700.0),
        ("moonlight", "moonlight", "mood", "dark"),
        ("overcast", "overcast", "hard", False),
        ("spotlight from the top", "spotlight", "elevation", 80.0),
    ],
)
def test_light_has_a_kind_and_what_follows_from_it(
    prompt: str, name: str, field: str, value: object
) -> None:
    light = read_brief(f"marble, {prompt}").light
    assert name in light.names
    assert getattr(light, field) == value


def test_dark_wood_is_not_dark_light() -> None:
    assert "dark" not in read_brief("dark walnut table, dark chocolate").light.names
    assert "dark" in read_brief("walnut table in a dark room").light.names


def test_negations_exclude_things_and_are_fulfilled() -> None:
    brief = read_brief("slate, no plants please, without cars, people or text", "shadows, props")
    assert {"plants", "cars", "shadows", "props"} <= brief.excluded
    assert not brief.things
    assert not brief.left_out
    assert "no people" in brief.understood


def test_camera_lens_and_room_for_lettering_are_read() -> None:
    brief = read_brief("low angle, 85mm, f/1.8, marble, copy space on the left")
    assert brief.pitch is not None and brief.pitch < 9
    assert brief.view_angle == 17
    assert brief.blur_factor > 1
    assert brief.text_area == "left"


@pytest.mark.parametrize(
    ("prompt", "season"),
    [
        ("stone step in an autumn park", "autumn"),
        ("fallen maple leaves on the ground, october sun", "autumn"),
        ("Gartentisch im Herbst", "autumn"),
        ("a green garden in summer, no autumn leaves", ""),
        ("mid autumn festival, red lanterns", ""),
    ],
)
def test_the_season_of_a_brief_is_read(prompt: str, season: str) -> None:
    assert read_brief(prompt).season == season


def test_a_pose_is_that_of_the_product_not_of_petals() -> None:
    assert read_brief("levitating, yellow background").pose == "floating"
    assert read_brief("marble, petals floating in the air").pose is None
    assert read_brief("knolling, oak").pose == "lying"


def test_things_have_count_position_and_words() -> None:
    brief = read_brief("jar on a marble table with three green apples, a window behind")
    apple, window = brief.things
    assert (apple.name, apple.count, apple.words) == ("apple", 3, "three green apples"[6:])
    assert window.position == "behind"


def test_things_without_a_builder_are_reported_unless_the_place_has_them() -> None:
    brief = read_brief("beach with waves and lemons", things=frozenset())
    assert list_left_out(brief) == ["lemons"]
    assert any("waves" in words for words in brief.understood)


def test_correct_words_are_never_repaired() -> None:
    words = "floating workshop bubbles shelf tower slate flour"
    assert read_brief("brigth kichen, marbel, velevt").place == "kitchen"
    for word in words.split():
        typed = [*read_brief(word).understood, *list_left_out(read_brief(word))]
        assert typed == [word]


def test_reported_words_keep_their_spelling() -> None:
    assert list_left_out(read_brief("marble with a Dragoon")) == ["Dragoon"]


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Uhr auf einem Holztisch im Garten mit roten Äpfeln, ohne Menschen", "de"),
        ("montre sur une table en bois dans un jardin avec des pommes rouges, sans personne", "fr"),
        ("reloj sobre una mesa de madera en un jardín con manzanas rojas, sin personas", "es"),
    ],
)
def test_other_languages_are_read_phrase_by_phrase(prompt: str, language: str) -> None:
    brief = read_brief(prompt)
    assert (brief.language, brief.place, brief.surface) == (language, "garden", "wood")
    assert [(thing.name, thing.color) for thing in brief.things] == [("apple", (192, 44, 42))]
    assert not brief.left_out


def test_function_words_decide_between_languages() -> None:
    assert read_brief("salsa picante con chiles, limas, mesa de madera").language == "es"
    assert read_brief("salsa, chiles and limes on a mesa, fiesta").language == "en"


def test_a_language_that_is_not_read_is_reported_whole() -> None:
    brief = read_brief("orologio sul tavolo di legno nel giardino")
    assert brief.language == ""
    assert brief.place is None
    assert "orologio" in list_left_out(brief)


def test_an_empty_brief_asks_for_nothing() -> None:
    assert read_brief("") == Brief()
    assert read_brief(" ,;- ") == Brief()


def test_the_lists_name_only_what_exists() -> None:
    places, things = load_words("places"), load_words("things")
    assert set(places) == set(PLACE_NAMES)
    for entry in things.values():
        assert {*entry.get("hints", ()), *entry.get("part_of", ())} <= set(PLACE_NAMES)
        assert {each.partition(":")[0] for each in entry.get("on", ())} <= set(
            load_words("surfaces")
        )
    assert set(load_words("nearest")["things"]) <= set(things)
    assert list_made_things() <= set(things)


def test_the_lists_have_no_phrase_of_two_things() -> None:
    vocabulary = load_vocabulary()
    for entry in load_words("things").values():
        for phrase in entry["words"]:
            keys = {m.key for m in vocabulary.find_meanings(phrase.split()) if m.kind == "thing"}
            assert len(keys) <= 1, phrase


def test_reading_loads_no_renderer() -> None:
    probe = (
        "import sys; from services.studio.briefs.reader import read_brief; read_brief('marble');"
        "print('mitsuba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("prompt", "place", "surface"),
    [
        ("wet cobblestone street at golden hour, cafe", "street_cafe", "wet cobblestone"),
        ("cobblestone street, cafe behind", "street_cafe", "cobblestone"),
        ("basketball court at night, stadium lights", "court", "court"),
        ("tennis court, sunny", "tennis_court", "tennis"),
    ],
)
def test_streets_and_courts_are_settings_with_a_ground_of_their_own(prompt, place, surface):
    brief = read_brief(prompt)
    assert (brief.setting, brief.surface_kind, brief.left_out) == (place, surface, ())


def test_glasses_are_for_drinking_where_people_eat_and_for_reading_elsewhere():
    assert [each.name for each in read_brief("restaurant table, glasses behind").things] == [
        "glass"
    ]
    assert [each.name for each in read_brief("office desk, glasses").things] == ["glasses"]


def test_a_hanger_hangs_the_product_and_is_itself_shown_in_part():
    brief = read_brief("on a wooden hanger against a terracotta plaster wall")
    assert (brief.pose, brief.surface) == ("hanging", "plaster")
    assert [each.words for each in brief.in_part] == ["wooden hanger"]


def test_red_sand_is_in_a_desert_and_other_sand_on_a_beach():
    places = [read_brief(f"on {color} sand, blue sky").place for color in ("red", "white")]
    assert places == ["desert", "beach"]
