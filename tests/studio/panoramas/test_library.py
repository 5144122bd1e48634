"""Which panorama fits a brief: honest about places that none shows, and people's own come first."""

import os
import subprocess
import sys

import mitsuba as mi
import numpy as np
import pytest

from services.studio.briefs.brief import PLACE_NAMES
from services.studio.panoramas.cards import load_cards
from services.studio.panoramas.library import (
    Panorama,
    PanoramaLibrary,
    PlaceSettings,
    find_panorama,
    open_library,
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """All fetched panoramas, of which no file is read."""
    folder = tmp_path_factory.mktemp("places")
    for name in load_cards():
        (folder / f"{name}.exr").touch()
    return open_library(PlaceSettings(places=folder))


@pytest.fixture
def own(tmp_path):
    """Writes a person's own panorama with a text next to it, and opens the folder."""

    def open_own(name: str, text: str = "") -> PanoramaLibrary:
        light = np.full((64, 128, 3), 0.2, np.float32)
        light[9, 9] = 300
        mi.Bitmap(light).write(str(tmp_path / f"{name}.exr"))
        if text:
            (tmp_path / f"{name}.txt").write_text(text)
        return open_library(PlaceSettings(places=tmp_path / "none", studio_places=tmp_path))

    return open_own


def find(library, place, setting="", words="", light=()) -> str | None:
    """Returns the name of the panorama for a brief; None where none fits."""
    rng = np.random.default_rng(0)
    found = find_panorama(library, place, setting, words.split(), light, rng)
    return found.name if found else None


@pytest.mark.parametrize(
    ("brief", "name"),
    [
        (("forest",), "forest"),
        (("forest", "forest_floor", "mossy forest floor"), "forest"),
        (("garden", "", "in a park, sunny lawn"), "park"),
        (("garden", "meadow", "misty meadow at sunrise"), "sunrise"),
        (("mountain", "", "red hills at dusk"), "dawn"),
        (("street_day", "", "busy city plaza"), "city"),
        (("street_day", "", "old town in the evening"), "sunset"),
        (("beach", "pier", "pier at dusk"), "venice"),
        (("water", "lake", "clouds"), "sky"),
        (("office", "", "corporate office with glass"), "bridge"),
        (("living_room", "windowsill"), "apartment"),
        (("gym", "", "sports hall"), "hall"),
        (("workshop", "", "industrial hall"), "workshop"),
        (("workshop", "factory", "empty warehouse"), "warehouse"),
        (("cafe", "", "hotel lobby"), "esplanade"),
        (("kitchen", "", "retro kitchen"), "lab"),
    ],
)
def test_places_get_the_panorama_that_shows_them(library, brief, name):
    assert find(library, *brief) == name


@pytest.mark.parametrize(
    "brief",
    [
        ("kitchen",),
        ("kitchen", "pantry", "retro pantry"),
        ("bathroom", "spa"),
        ("snow",),
        ("beach", "", "tropical beach at noon"),
        ("desert", "dunes"),
        ("festive", "christmas"),
        ("street_night", "", "neon street"),
        ("studio", "", "white studio"),
        ("bar", "wine_cellar"),
        (None,),
    ],
)
def test_places_that_no_panorama_shows_get_none(library, brief):
    assert find(library, *brief) is None


def test_light_decides_between_panoramas_of_a_place(library):
    assert find(library, "garden", light=["golden_hour"]) == "sunrise"
    assert find(library, "garden", light=["hard", "bright"]) == "park"
    assert find(library, "garden", light=["moonlight"]) is None


def test_cards_name_places_that_exist():
    for card in load_cards().values():
        assert {key.partition("/")[0] for key in card.fits} <= set(PLACE_NAMES)
        assert card.needs.keys() <= card.fits
        assert not card.light & card.refuses


def test_own_panoramas_come_first(own, library):
    kitchen = own("brand_kitchen_2k")
    both = PanoramaLibrary((*kitchen.panoramas, *library.panoramas))
    assert find(both, "kitchen") == "brand_kitchen_2k"
    assert find(both, "forest") == "forest"


def test_own_panoramas_are_named_by_their_file(own):
    showroom = own("acme-showroom")
    assert find(showroom, None, words="in the Acme showroom, soft light") == "acme-showroom"
    assert find(showroom, None, words="in a showroom") is None


def test_text_next_to_a_panorama_says_what_it_is(own):
    library = own("IMG_0815", 'place = "bar"\nlicense = "in house"\nrooftop bar\n')
    assert find(library, "bar") == "IMG_0815"
    (panorama,) = library.panoramas
    assert panorama.card.indoors
    assert panorama.origin == "own panorama IMG_0815, in house"


def test_unknown_places_and_broken_files_are_refused_in_a_sentence(own, tmp_path):
    (tmp_path / "broken.hdr").write_bytes(b"no picture")
    library = own("lab", "place = moon")
    assert not library.panoramas
    assert [sentence.split()[0] for sentence in library.refused] == ["broken.hdr", "lab.txt"]
    assert "'moon'; choose from kitchen" in library.refused[1]


def test_a_missing_folder_is_named_with_its_setting(tmp_path):
    library = open_library(PlaceSettings(places=tmp_path, studio_places=tmp_path / "none"))
    assert "CYCLORAMA_STUDIO_PLACES" in library.refused[0]
    assert "18 of 18 photographed places are missing" in library.list_problems()[-1]


def test_digest_changes_with_the_panoramas(own, library):
    digests = {library.digest, PanoramaLibrary().digest, own("kitchen").digest}
    assert len(digests) == 3


def test_origin_names_panorama_and_license(library):
    names = {panorama.name: panorama.origin for panorama in library.panoramas}
    assert names["forest"] == "panorama forest, CC0"
    assert isinstance(library.panoramas[0], Panorama)


def test_the_digest_is_equal_in_every_process():
    code = (
        "from services.studio.panoramas.cards import load_cards\n"
        "print([card.describe() for card in load_cards().values()])"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
