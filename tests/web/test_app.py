"""The page's HTTP endpoints, called over HTTP with a real system behind them."""

import json
import re
import threading
from pathlib import Path

import pytest
import requests

from cyclorama.stages import STAGES
from cyclorama.web.app import STATIC
from tests.web.conftest import serve_page

SMALL = {"prompt": "a table", "size": [256, 256], "seed": 3}


def post_form(page, path: str, photo: bytes, options: object, **arguments) -> requests.Response:
    files = {"photo": ("photo", photo)}
    data = {"options": options if isinstance(options, str) else json.dumps(options)}
    return requests.post(f"{page.address}{path}", files=files, data=data, timeout=60, **arguments)


def make_ad(page, photo: bytes, **options) -> list[dict]:
    answer = post_form(page, "/api/ads", photo, SMALL | options)
    return [json.loads(line) for line in answer.text.splitlines()]


def get_path(page, path: str, **arguments) -> requests.Response:
    return requests.get(f"{page.address}{path}", timeout=60, **arguments)


@pytest.mark.parametrize("path", ["/", "/static/form.js"])
def test_a_page_that_the_browser_has_is_not_sent_again(page, path):
    first = get_path(page, path)
    assert first.status_code == 200 and first.content
    again = get_path(page, path, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_an_ad_comes_after_what_its_stages_did(page, photo):
    *events, ad = make_ad(page, photo.read_bytes(), prompt="stages")
    ends = {each["stage"]: each for each in events if each["kind"] == "finished"}
    assert {*ends} == {*STAGES} and events[-1]["stage"] == "finishing"
    assert all(ends[stage]["preview"].startswith("data:image/") for stage in STAGES[:-1])
    assert (ad["kind"], ad["width"], ad["seed"]) == ("ad", 256, 3)
    assert ad["lock"]["verdict"] == "pass" and "exactly as placed" in ad["lock"]["text"]
    assert {"name", "label", "text", "remedy", "verdict", "detail"} == set(ad["quality"][0])


def test_files_of_an_ad_are_fetched(page, photo):
    ad = make_ad(page, photo.read_bytes(), prompt="files", format="webp")[-1]
    assert ad["picture"].endswith("/ad.webp")
    picture = get_path(page, f"/{ad['picture']}")
    assert picture.content[8:12] == b"WEBP" and picture.headers["content-type"] == "image/webp"
    assert get_path(page, f"/{ad['manifest']}").json()["request"]["prompt"] == "files"


def test_the_page_offers_every_file_type_that_browsers_show(page):
    formats = get_path(page, "/api/formats").json()["formats"]
    assert formats == {"png": "PNG, lossless", "jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}
    assert not re.search("<option[^>]*(webp|avif)", get_path(page, "/").text, re.IGNORECASE)


def test_the_photo_lies_under_the_ad_where_its_product_is(page, photo):
    at = make_ad(page, photo.read_bytes(), prompt="aligned")[-1]["photo_position"]
    # The light engine takes the middle half of the photo for the product, which then stands
    # in the middle of the ad: the photo's middle is there as well.
    assert at["left"] + at["width"] / 2 == pytest.approx(0.5, abs=0.01)
    assert at["width"] / at["height"] == pytest.approx(256 / 320, abs=0.01)
    moved = make_ad(page, photo.read_bytes(), prompt="aligned", anchor="bottom_left", scale=60)[-1]
    assert moved["photo_position"]["left"] + moved["photo_position"]["width"] / 2 < 0.4


@pytest.mark.parametrize(
    ("data", "options", "title", "words"),
    [
        (b"not a picture", {}, "This file cannot be used", "The photo is no picture"),
        (None, {"prompt": ""}, "This ad cannot be made as it is", "The description of the scene"),
        (None, {"size": [9, 9]}, "This ad cannot be made as it is", "50 to 4096"),
        (None, {"size": "big"}, "The form cannot be read", "big"),
        (None, {"anchor": "nowhere"}, "The form cannot be read", "give one of top_left"),
        (None, {"profile": "nobody"}, "This ad cannot be made as it is", "amazon-main"),
    ],
)
def test_an_error_is_explained_in_plain_language(page, photo, data, options, title, words):
    error = make_ad(page, data or photo.read_bytes(), **options)[-1]
    assert error["kind"] == "error" and error["title"] == title
    assert words in error["text"] and error["advice"]
    assert not error["can_retry"]


@pytest.mark.parametrize("options", ["", "[]", "{", "null"])
def test_options_that_cannot_be_read_are_the_callers_error(page, photo, options):
    answer = post_form(page, "/api/ads", photo.read_bytes(), options)
    assert answer.status_code == 400 and answer.json()["kind"] == "error"


def test_an_unreachable_gateway_is_explained_with_advice(photo):
    with serve_page("unix:/nowhere", seconds=5) as address:
        answer = requests.get(f"{address}/api/health", timeout=60)
    error = answer.json()
    assert answer.status_code == 502 and error["title"] == "Cyclorama does not answer"
    assert "make up" in error["technical"] and error["can_retry"]


def test_disconnecting_cancels_the_running_stage(page, photo):
    page.background.go.clear()
    page.background.abandoned.clear()
    answer = post_form(
        page, "/api/ads", photo.read_bytes(), SMALL | {"prompt": "left"}, stream=True
    )
    lines = answer.iter_lines()
    while json.loads(next(lines))["kind"] != "progress":
        pass
    answer.close()
    try:
        assert page.background.abandoned.wait(30)
    finally:
        page.background.go.set()


def test_what_does_not_exist_is_not_found(page):
    assert get_path(page, "/ads/nothing/ad.png").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere"}]
)
def test_other_sites_cannot_post(page, photo, headers):
    answer = post_form(page, "/api/ads", photo.read_bytes(), SMALL, headers=headers)
    assert answer.status_code == 403


def test_other_host_names_are_refused(page):
    assert get_path(page, "/", headers={"Host": "elsewhere"}).status_code == 400
    with serve_page(page.system.address, hosts=("studio.lan",)) as address:
        answer = requests.get(address, headers={"Host": "studio.lan:80"}, timeout=60)
    assert answer.status_code == 200


def test_a_photo_that_is_too_large_is_refused_before_it_is_read(page):
    with serve_page(page.system.address, photo_mib=1) as address:
        files = {"photo": ("photo", b"x" * (2 * 2**20 + 1))}
        answer = requests.post(f"{address}/api/ads", files=files, timeout=60)
    assert answer.status_code == 413 and "1 MiB" in answer.json()["text"]


def test_the_page_loads_nothing_from_other_hosts(page):
    policy = get_path(page, "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    for path in filter(Path.is_file, STATIC.rglob("*.[hcjs][tsv]*")):
        addresses = set(re.findall(r"https?://[^\s\"'<)]+", path.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path.name


def assess_files(page, **files: bytes) -> requests.Response:
    parts = {name: (name, data) for name, data in files.items()}
    return requests.post(f"{page.address}/api/assessments", files=parts, timeout=60)


def test_any_picture_is_assessed_and_with_its_manifest_more_is_known(page, photo):
    ad = make_ad(page, photo.read_bytes(), prompt="assessed")[-1]
    picture = get_path(page, f"/{ad['picture']}").content
    alone = assess_files(page, picture=picture).json()
    manifest = get_path(page, f"/{ad['manifest']}").content
    whole = assess_files(page, picture=picture, manifest=manifest).json()
    assert alone["verdict"].startswith("Look at this") and "of 10" in alone["mark"]
    known = [[each["verdict"] for each in sent["quality"]] for sent in (alone, whole)]
    assert known[0].count("unknown") > known[1].count("unknown")


def test_what_cannot_be_assessed_is_explained(page, photo):
    missing = assess_files(page, manifest=b"{}")
    assert missing.status_code == 400 and "no picture" in missing.json()["text"]
    broken = assess_files(page, picture=b"text")
    assert broken.status_code == 400 and broken.json()["title"] == "This file cannot be used"
    wrong = assess_files(page, picture=photo.read_bytes(), manifest=b"\xff{")
    assert wrong.status_code == 400 and wrong.json()["kind"] == "error"


def test_every_scene_has_its_picture(page):
    scenes = get_path(page, "/static/scenes.json").json()
    assert len(scenes) == 16
    for scene in scenes:
        assert get_path(page, f"/static/scenes/{scene['name']}.webp").content[8:12] == b"WEBP"


def test_many_ads_at_once_stay_apart(page, photo):
    data, made = photo.read_bytes(), {}

    def one(seed: int) -> None:
        made[seed] = make_ad(page, data, seed=seed)[-1]

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {seed: ad["seed"] for seed, ad in made.items()} == {0: 0, 1: 1, 2: 2}
