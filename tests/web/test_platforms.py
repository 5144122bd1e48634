"""Platforms, contradictions, and the words of an ad over HTTP, with a real system."""

import io
import json
import zipfile
from uuid import uuid4

import pytest
import requests
from PIL import Image

from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import hash_content
from tests.support.engines import Dragonless
from tests.support.fonts import GARAMOND
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.web.conftest import serve_page

PHOTO = encode_image(draw_product(320, 256)[0], PNG).data


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    jobs = job_store_settings(tmp_path_factory.mktemp("kept"))
    with (
        serve_system_in_thread(background=Dragonless(), **jobs) as system,
        serve_page(system.address) as address,
    ):
        yield address


def validate(address: str, **options) -> list[dict]:
    """Returns what the server finds wrong with options of the form."""
    form = {"options": (None, json.dumps(options))}
    answer = requests.post(f"{address}/api/validation", files=form, timeout=60)
    return answer.json()["contradictions"]


def make_ad(address: str, options: dict, **files: bytes) -> dict:
    parts = {"photo": ("photo", PHOTO)} | {name: (name, data) for name, data in files.items()}
    data = {"options": json.dumps({"prompt": "a table", "size": [512, 512], "seed": 3, **options})}
    answer = requests.post(f"{address}/api/ads", files=parts, data=data, timeout=60)
    return json.loads(answer.text.splitlines()[-1])


def test_platforms_are_listed_with_their_families_and_sizes(address):
    platforms = requests.get(f"{address}/api/platforms", timeout=60).json()["platforms"]
    meta = {each["name"]: each for each in platforms if each["family"] == "Meta"}
    assert meta.keys() == {"meta-feed", "meta-stories"}
    assert meta["meta-feed"]["sizes"][0] == [1080, 1350] and "jpeg" in meta["meta-feed"]["formats"]


@pytest.mark.parametrize(
    ("options", "fields", "words", "rejected"),
    [
        (
            {"profile": "amazon-main", "headline": "Sale"},
            ["headline", "call", "logo"],
            "no text",
            True,
        ),
        (
            {"profile": "google-display", "logo": {"file": "x"}},
            ["headline", "call", "logo"],
            "",
            True,
        ),
        ({"profile": "amazon-main", "backdrop": "#e8d9c0"}, ["backdrop"], "pure white", True),
        ({"profile": "meta-feed", "format": "webp"}, ["format"], "does not take WEBP", False),
        ({"profile": "meta-stories", "size": [512, 512]}, ["size"], "choose 1080 x 1920", False),
        ({"headline": "x" * 121}, ["headline"], "121 characters", True),
    ],
)
def test_a_contradiction_names_the_fields_of_the_form(address, options, fields, words, rejected):
    (found,) = validate(address, **options)
    assert found["fields"] == fields and found["rejected"] is rejected
    assert words in found["text"]


def test_a_form_that_contradicts_nothing_has_an_empty_list(address):
    assert validate(address, profile="meta-feed", headline="Sale", format="jpeg") == []


def test_the_look_of_the_words_reaches_the_ad(address):
    logo = io.BytesIO()
    Image.new("RGB", (60, 20), (250, 0, 200)).save(logo, "PNG")
    look = {"text_anchor": "bottom", "text_color": "#123456", "button_color": "#ffcc00"}
    ad = make_ad(
        address,
        {"headline": "One\nTwo", "call": "Go", "text_size": 0.08, **look},
        logo=logo.getvalue(),
        font_file=GARAMOND,
    )
    pixels = Image.open(io.BytesIO(requests.get(f"{address}/{ad['picture']}", timeout=60).content))
    below = pixels.crop((0, 256, 512, 512)).convert("RGB")
    colors = {color: count for count, color in below.getcolors(2**18)}
    assert min(colors[each] for each in [(0x12, 0x34, 0x56), (255, 204, 0), (250, 0, 200)]) > 60
    manifest = requests.get(f"{address}/{ad['manifest']}", timeout=60).json()
    assert manifest["stages"][-1]["parameters"]["font"] == "EB Garamond SemiBold"


def test_logo_and_font_are_on_the_ads_of_a_campaign(address):
    logo = encode_image(draw_product(40, 40)[0], PNG).data
    photo = {"photo": ("can.png", PHOTO)}
    uri = requests.post(f"{address}/api/photos", files=photo, timeout=60).json()["uri"]
    options = {"prompts": ["a table"], "sizes": [[256, 256]], "headline": "Sale"}
    options |= {"id": str(uuid4()), "photos": [{"uri": uri, "names": ["can.png"]}]}
    files = {"logo": ("logo", logo), "font_file": ("font", GARAMOND)}
    data = {"options": json.dumps(options)}
    job = requests.post(f"{address}/api/campaigns", files=files, data=data, timeout=60).json()["id"]
    events = requests.get(f"{address}/api/campaigns/{job}/events", timeout=60).text.splitlines()
    assert json.loads(events[-1])["succeeded"] == 1
    content = requests.get(f"{address}/campaigns/{job}/ads.zip", timeout=60).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".json"))
        manifest = json.loads(archive.read(name))
    assert manifest["logo"]["sha256"] == hash_content(logo)
    assert manifest["font_file"]["sha256"] == hash_content(GARAMOND)
