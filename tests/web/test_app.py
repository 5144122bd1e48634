"""The page's addresses, asked over HTTP before a real system."""

import io
import json
import re
import threading
import zipfile
from pathlib import Path

import pytest
import requests

from cyclorama.stages import STAGES
from cyclorama.web.app import STATIC
from tests.support.waiting import eventually
from tests.web.conftest import page_before

SMALL = {"prompt": "a table", "size": [256, 256], "seed": 3}


def post(page, path: str, photo: bytes, wishes: object, **told) -> requests.Response:
    files = {"photo": ("photo", photo)}
    data = {"wishes": wishes if isinstance(wishes, str) else json.dumps(wishes)}
    return requests.post(f"{page.address}{path}", files=files, data=data, timeout=60, **told)


def make(page, photo: bytes, **wishes) -> list[dict]:
    answer = post(page, "/api/ads", photo, SMALL | wishes)
    return [json.loads(line) for line in answer.text.splitlines()]


def get(page, path: str, **told) -> requests.Response:
    return requests.get(f"{page.address}{path}", timeout=60, **told)


def test_an_ad_comes_after_what_its_stages_did(page, photo):
    *events, ad = make(page, photo.read_bytes(), prompt="stages")
    ends = {each["stage"]: each for each in events if each["kind"] == "finished"}
    assert {*ends} == {*STAGES} and events[-1]["stage"] == "finishing"
    assert all(ends[stage]["preview"].startswith("data:image/") for stage in STAGES[:-1])
    assert (ad["kind"], ad["width"], ad["seed"]) == ("ad", 256, 3)
    assert ad["lock"]["verdict"] == "pass" and "exactly as they were placed" in ad["lock"]["text"]
    assert {"label", "text", "verdict", "detail"} == set(ad["quality"][0])


def test_files_of_an_ad_are_fetched_alone_and_zipped(page, photo):
    ad = make(page, photo.read_bytes(), prompt="files", format="webp")[-1]
    assert ad["picture"].endswith("/ad.webp")
    picture = get(page, f"/{ad['picture']}")
    assert picture.content[8:12] == b"WEBP" and picture.headers["content-type"] == "image/webp"
    assert get(page, f"/{ad['manifest']}").json()["request"]["prompt"] == "files"
    with zipfile.ZipFile(io.BytesIO(get(page, f"/ads.zip?key={ad['key']}").content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["ad-1-256x256.webp", "ad-1-256x256.json"]
        assert archive.read("ad-1-256x256.webp") == picture.content


def test_the_page_offers_every_file_type_that_browsers_show(page):
    formats = get(page, "/api/formats").json()["formats"]
    assert formats == {"png": "PNG, lossless", "jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}
    assert not re.search("webp|avif", get(page, "/").text, re.IGNORECASE)


def test_the_photo_lies_under_the_ad_where_its_product_is(page, photo):
    at = make(page, photo.read_bytes(), prompt="aligned")[-1]["photo_at"]
    # The light engine takes the middle half of the photo for the product, which then stands
    # in the middle of the ad: the photo's middle is there as well.
    assert at["left"] + at["width"] / 2 == pytest.approx(0.5, abs=0.01)
    assert at["width"] / at["height"] == pytest.approx(256 / 320, abs=0.01)
    moved = make(page, photo.read_bytes(), prompt="aligned", anchor="bottom_left", scale=60)[-1]
    assert moved["photo_at"]["left"] + moved["photo_at"]["width"] / 2 < 0.4


@pytest.mark.parametrize(
    ("data", "wishes", "title", "words"),
    [
        (b"not a picture", {}, "This file cannot be used", "The photo is no picture"),
        (None, {"prompt": ""}, "Something does not fit together", "The description of the scene"),
        (None, {"size": [9, 9]}, "Something does not fit together", "50 to 4096"),
        (None, {"size": "big"}, "The form cannot be read", "big"),
        (None, {"anchor": "nowhere"}, "The form cannot be read", "ANCHOR_NOWHERE"),
        (None, {"profile": "nobody"}, "Something does not fit together", "amazon-main"),
    ],
)
def test_what_is_wrong_is_told_in_plain_words(page, photo, data, wishes, title, words):
    failure = make(page, data or photo.read_bytes(), **wishes)[-1]
    assert failure["kind"] == "failure" and failure["title"] == title
    assert words in failure["text"] and failure["todo"]
    assert not failure["again"]


@pytest.mark.parametrize("wishes", ["", "[]", "{", "null"])
def test_wishes_that_cannot_be_read_are_the_callers_error(page, photo, wishes):
    answer = post(page, "/api/ads", photo.read_bytes(), wishes)
    assert answer.status_code == 400 and answer.json()["kind"] == "failure"


def test_a_gateway_that_is_away_is_told_with_what_to_do(photo):
    with page_before("unix:/nowhere", seconds=5) as address:
        answer = requests.get(f"{address}/api/engines", timeout=60)
    failure = answer.json()
    assert answer.status_code == 502 and failure["title"] == "Cyclorama does not answer"
    assert "make up" in failure["todo"] and failure["again"]


def test_leaving_stops_the_stage_that_is_at_work(page, photo):
    page.background.go.clear()
    page.background.abandoned.clear()
    answer = post(page, "/api/ads", photo.read_bytes(), SMALL | {"prompt": "left"}, stream=True)
    lines = answer.iter_lines()
    while json.loads(next(lines))["kind"] != "progress":
        pass
    answer.close()
    try:
        assert page.background.abandoned.wait(30)
    finally:
        page.background.go.set()


def test_a_campaign_is_followed_fetched_zipped_and_listed(page, photo):
    wishes = {"prompts": ["sand", " ", "snow"], "sizes": [[256, 256], [320, 256]], "variants": 2}
    begun = post(page, "/api/campaigns", photo.read_bytes(), wishes | {"format": "jpeg"}).json()
    assert begun["total"] == 8
    job = begun["id"]
    lines = get(page, f"/api/campaigns/{job}/events").text.splitlines()
    last = json.loads(lines[-1])
    assert last["ended"] and last["done"] == 8 and last["stages"]["segmentation"]["computed"] == 1
    ad = get(page, f"/campaigns/{job}/3")
    assert ad.headers["content-type"] == "image/jpeg" and "immutable" in ad.headers["cache-control"]
    with zipfile.ZipFile(io.BytesIO(get(page, f"/campaigns/{job}/all.zip").content)) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 16
        assert archive.read(archive.namelist()[6]) == ad.content
    (listed,) = [each for each in get(page, "/api/campaigns").json() if each["id"] == job]
    assert (listed["done"], listed["total"]) == (8, 8)
    assert get(page, f"/campaigns/{job}/8").status_code == 404


def test_a_campaign_is_cancelled(page, photo):
    page.background.go.clear()
    try:
        wishes = {"prompts": ["cancelled"], "sizes": [[256, 256]]}
        job = post(page, "/api/campaigns", photo.read_bytes(), wishes).json()["id"]
        eventually(page.background.waiting.is_set, "the background's work")
        told = requests.post(f"{page.address}/api/campaigns/{job}/cancel", timeout=60)
        assert told.status_code == 200 and told.json()["state"] == "cancelled"
    finally:
        page.background.go.set()


def test_a_campaign_that_does_not_exist_is_not_found(page):
    failure = json.loads(get(page, "/api/campaigns/nothing/events").text)
    assert failure["title"] == "This is no longer here"
    assert get(page, "/campaigns/nothing/0").status_code == 400
    assert get(page, "/ads/nothing/ad.png").status_code == 404
    assert get(page, "/ads.zip?key=nothing").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere"}]
)
def test_other_sites_cannot_post(page, photo, headers):
    answer = post(page, "/api/ads", photo.read_bytes(), SMALL, headers=headers)
    assert answer.status_code == 403


def test_names_that_are_not_its_own_are_refused(page):
    assert get(page, "/", headers={"Host": "elsewhere"}).status_code == 400
    with page_before(page.system.address, hosts=("studio.lan",)) as address:
        answer = requests.get(address, headers={"Host": "studio.lan:80"}, timeout=60)
    assert answer.status_code == 200


def test_a_photo_that_is_too_large_is_refused_before_it_is_read(page):
    with page_before(page.system.address, photo_mib=1) as address:
        files = {"photo": ("photo", b"x" * (2 * 2**20 + 1))}
        answer = requests.post(f"{address}/api/ads", files=files, timeout=60)
    assert answer.status_code == 413 and "1 MiB" in answer.json()["text"]


def test_the_page_asks_nothing_of_anybody_else(page):
    policy = get(page, "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    for path in filter(Path.is_file, STATIC.rglob("*.[hcjs][tsv]*")):
        addresses = set(re.findall(r"https?://[^\s\"'<)]+", path.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path.name


def test_every_scene_has_its_picture(page):
    scenes = get(page, "/static/scenes.json").json()
    assert len(scenes) == 16
    for scene in scenes:
        assert get(page, f"/static/scenes/{scene['name']}.webp").content[8:12] == b"WEBP"


def test_many_ads_at_once_stay_apart(page, photo):
    data, made = photo.read_bytes(), {}

    def one(seed: int) -> None:
        made[seed] = make(page, data, seed=seed)[-1]

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {seed: ad["seed"] for seed, ad in made.items()} == {0: 0, 1: 1, 2: 2}
