"""Campaigns over HTTP: photos that are uploaded once, jobs behind a page, downloads, failures."""

import io
import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import numpy as np
import pytest
import requests
from PIL import Image

from cyclorama.web.uploads import Reservation, Uploads
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.waiting import wait_until
from tests.web.conftest import Page, serve_page

BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data
SMALL = {"sizes": [[256, 256]], "format": "jpeg"}


def call(page, method: str, path: str, **arguments) -> requests.Response:
    return requests.request(method, f"{page.address}{path}", timeout=60, **arguments)


def upload(page, data: bytes, name: str = "can.png") -> dict:
    """Uploads a photo; returns it as forms name it."""
    response = call(page, "POST", "/api/photos", files={"photo": (name, data)})
    assert response.status_code == 200, response.text
    return {"uri": response.json()["uri"], "names": [name]}


def submit(
    page, photos: list[dict], table: str = "", path: str = "", backdrop: bytes = b"", **options
):
    form = {"id": str(uuid4()), "photos": photos, **SMALL, **options}
    # A form of options alone has several parts as well.
    files = {"options": (None, json.dumps(form))}
    if table:
        files["table"] = ("ads.csv", table)
    if backdrop:
        files["backdrop"] = ("wall.png", backdrop)
    return call(page, "POST", f"/api/campaigns{path}", files=files)


def follow(page, campaign: str) -> list[dict]:
    """Returns the events of a campaign until it has ended."""
    text = call(page, "GET", f"/api/campaigns/{campaign}/events").text
    return [json.loads(line) for line in text.splitlines()]


def merge(events: list[dict]) -> list[dict]:
    """Returns the ads of a campaign after its events."""
    ads: dict[int, dict] = {}
    for event in events:
        ads.update({ad["at"]: ad for ad in event["ads"]})
    return [ads[at] for at in sorted(ads)]


@pytest.fixture
def photos(page, photo) -> list[dict]:
    """Two photos of a product, and one without a product."""
    other = encode_image(draw_product(256, 320)[0], PNG).data
    return [
        upload(page, photo.read_bytes(), "can.png"),
        upload(page, other, "jar.png"),
        upload(page, BLACK, "black.png"),
    ]


def test_a_campaign_of_many_photos_names_each_ad_and_explains_failures(page, photos):
    submitted = submit(page, photos, prompts=["sand", " ", "snow"], name="Spring <b>sale</b>")
    campaign = submitted.json()["id"]
    events = follow(page, campaign)
    last = events[-1]
    assert (last["name"], last["state"]) == ("Spring <b>sale</b>", "partially_succeeded")
    assert (last["total"], last["succeeded"], last["failed"]) == (6, 4, 2)
    assert last["ended"] and last["review"]["text"]
    ads = merge(events)
    assert [(ad["photo"], ad["prompt"]) for ad in ads] == [
        (photo, prompt)
        for photo in ("can.png", "jar.png", "black.png")
        for prompt in ("sand", "snow")
    ]
    assert ads[4]["error"]["title"] == "No product was found"
    assert "photo is black" in ads[4]["error"]["text"]
    # After the first event, ads are sent when they change.
    sent = [
        (ad["at"], ad["state"], ad["stage"], ad["stage_fraction"])
        for event in events
        for ad in event["ads"]
    ]
    assert len(sent) == len(set(sent))


def test_a_repeated_submission_starts_nothing_twice(page, photos):
    same = {"id": str(uuid4()), "prompts": ["twice"]}
    ids = {submit(page, photos[:1], **same).json()["id"] for _ in range(2)}
    (listed,) = [each for each in call(page, "GET", "/api/campaigns").json() if each["id"] in ids]
    assert listed["total"] == 1


def test_a_table_makes_its_rows_as_one_campaign_and_rejects_wrong_ones(page, photos):
    table = (
        "photo,prompt,headline,quality\ncan,sand,One,\njar,snow,Two,\n"
        "boot,snow,,\ncan,sand,,900\njar,sand,One,\n"
    )
    checked = submit(page, photos, table, "/check").json()
    assert (checked["rows"], checked["unused_photos"]) == (4, ["black.png"])
    assert [each["line"] for each in checked["errors"]] == [4]
    submitted = submit(page, photos, table, name="Rows").json()
    assert [each["line"] for each in submitted["errors"]] == [4, 5]
    assert submitted["errors"][1]["text"].startswith("Not submitted: ")
    ads = merge(follow(page, submitted["id"]))
    assert [(ad["photo"], ad["prompt"], ad["state"]) for ad in ads] == [
        ("can.png", "sand", "succeeded"),
        ("jar.png", "sand", "succeeded"),
        ("jar.png", "snow", "succeeded"),
    ]
    (listed,) = [
        each for each in call(page, "GET", "/api/campaigns").json() if each["id"] == submitted["id"]
    ]
    assert (listed["name"], listed["succeeded"], listed["total"]) == ("Rows", 3, 3)


def test_a_backdrop_takes_the_place_of_scenes(page, photos):
    wall = encode_image(np.full((256, 256, 3), 90, np.uint8), PNG).data
    campaign = submit(page, photos[:1], backdrop=wall, format="png").json()["id"]
    (ad,) = merge(follow(page, campaign))
    assert (ad["prompt"], ad["state"]) == ("Own backdrop", "succeeded")
    with Image.open(io.BytesIO(call(page, "GET", f"/{ad['picture']}").content)) as made:
        assert np.median(np.asarray(made.convert("L"))) == 90
    rows = submit(page, photos[:1], "photo\ncan\n", "/check", backdrop=wall).json()
    assert (rows["rows"], rows["errors"]) == (1, [])


def test_a_table_without_a_usable_row_lists_every_reason(page, photos):
    response = submit(page, photos, "photo,prompt\nboot,sand\n")
    assert response.status_code == 400 and response.json()["errors"][0]["line"] == 2
    rejected = submit(page, photos, "photo,prompt,quality\ncan,sand,900\n")
    assert rejected.status_code == 400 and "900" in rejected.json()["text"]


def test_all_or_chosen_ads_are_downloaded_by_names_of_photo_and_scene(page, photos):
    campaign = submit(page, photos, prompts=["On sand", "snow"], name="Été 2").json()["id"]
    ads = merge(follow(page, campaign))

    def list_names(query: str) -> list[str]:
        response = call(page, "GET", f"/campaigns/{campaign}/ads.zip{query}")
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.testzip() is None
            assert re.search(
                r"%C3%89t%C3%A9-2_\d{4}-\d\d-\d\d.zip", response.headers["content-disposition"]
            )
            return archive.namelist()

    assert list_names("?ads=1,3") == [
        *("can_snow_256x256.jpg", "proof/can_snow_256x256.json"),
        *("jar_snow_256x256.jpg", "proof/jar_snow_256x256.json", "report.html"),
    ]
    assert len(list_names("")) == 9
    assert call(page, "GET", f"/campaigns/{campaign}/ads.zip?ads=x").status_code == 400
    picture = call(page, "GET", f"/{ads[0]['picture']}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert "can_on-sand_256x256.jpg" in picture.headers["content-disposition"]
    assert "immutable" in picture.headers["cache-control"]
    preview = call(page, "GET", f"/{ads[0]['preview']}")
    assert preview.content.startswith(b"\xff\xd8") and len(preview.content) < len(picture.content)
    thumbnails = call(page, "GET", f"/api/campaigns/{campaign}/thumbnails").json()["previews"]
    assert thumbnails == [ad["preview"] for ad in ads[:4]]


def test_the_picture_of_a_card_is_as_sharp_as_its_display_and_sent_once(page, photos):
    campaign = submit(page, photos[:1], prompts=["sharp"], sizes=[[1200, 628]]).json()["id"]
    (ad,) = merge(follow(page, campaign))
    for side, size in ((480, (480, 251)), (960, (960, 502))):
        picture = call(page, "GET", f"/{ad['card']}?side={side}")
        assert picture.headers["content-type"] == "image/webp"
        with Image.open(io.BytesIO(picture.content)) as shown:
            assert shown.size == size
    known = {"if-none-match": picture.headers["etag"]}
    again = call(page, "GET", f"/{ad['card']}?side=960", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("", "?side=4096"):
        assert call(page, "GET", f"/{ad['card']}{wrong}").status_code == 400


def test_a_campaign_is_cancelled_and_deleted(page, photos):
    page.background.go.clear()
    try:
        campaign = submit(page, photos[:2], prompts=["cancelled"]).json()["id"]
        wait_until(page.background.waiting.is_set, "the background's work")
        assert call(page, "POST", f"/api/campaigns/{campaign}/cancel").status_code == 200
    finally:
        page.background.go.set()
    assert follow(page, campaign)[-1]["state"] == "cancelled"
    assert call(page, "DELETE", f"/api/campaigns/{campaign}").status_code == 200
    assert follow(page, campaign)[-1]["title"] == "This is no longer available"
    assert call(page, "DELETE", f"/api/campaigns/{campaign}").status_code == 404


def test_a_campaign_that_waits_says_how_many_ads_are_ahead(page, photos):
    page.background.go.clear()
    try:
        prompts = [f"ahead {each}" for each in range(20)]
        first = submit(page, photos[:2], prompts=prompts).json()["id"]
        second = submit(page, photos[:1], prompts=["behind"]).json()["id"]
        path = f"{page.address}/api/campaigns/{second}/events"
        with requests.get(path, stream=True, timeout=60) as response:
            event = json.loads(next(response.iter_lines()))
        assert event["state"] == "queued" and event["ahead"] == 40
    finally:
        for each in (first, second):
            call(page, "POST", f"/api/campaigns/{each}/cancel")
        page.background.go.set()


def test_a_job_of_another_client_is_a_campaign_too(page, photos):
    campaign = submit(page, photos[:1], prompts=["alone"]).json()["id"]
    job = merge(follow(page, campaign))[0]["job"]
    assert job != campaign
    assert follow(page, job)[-1]["succeeded"] == 1


def test_a_campaign_that_does_not_exist_is_not_found(page):
    assert follow(page, "nothing")[-1]["title"] == "This is no longer available"
    for path in ("/campaigns/nothing/0", "/campaigns/nothing/ads.zip", "/previews/nothing/ab"):
        response = call(page, "GET", path)
        assert response.status_code == 404 and response.json()["kind"] == "error"
    assert call(page, "POST", "/api/campaigns/nothing/retry").status_code == 404
    assert call(page, "POST", "/api/campaigns/nothing/retry?position=x").status_code == 400


def test_one_failed_ad_or_all_are_retried(page, photos):
    page.background.failing = "storm"
    try:
        campaign = submit(page, photos[:1], prompts=["storm 1", "storm 2", "storm 3"]).json()["id"]
        ads = merge(follow(page, campaign))
        assert [ad["state"] for ad in ads] == ["failed"] * 3
        assert "no storm; repair it" in ads[0]["error"]["text"]
    finally:
        page.background.failing = ""
    assert call(page, "POST", f"/api/campaigns/{ads[1]['job']}/retry?position=1").status_code == 200
    ads = merge(follow(page, campaign))
    assert [ad["state"] for ad in ads] == ["failed", "succeeded", "failed"]
    call(page, "POST", f"/api/campaigns/{campaign}/retry")
    assert [ad["state"] for ad in merge(follow(page, campaign))] == ["succeeded"] * 3


def test_a_photo_is_replaced_within_its_campaign(page, photos):
    campaign = submit(page, photos, prompts=["kept", "dry"]).json()["id"]
    before = merge(follow(page, campaign))
    failed = before[4]
    new = upload(page, encode_image(draw_product(200, 200)[0], PNG).data, "new.png")
    replacement = {"id": campaign, "photo": failed["photo_uri"], "uri": new["uri"]}
    replaced = submit(page, [*photos[:2], new], prompts=["kept", "dry"], replacement=replacement)
    assert replaced.status_code == 200, replaced.text
    after = merge(follow(page, campaign))
    assert after[:4] == before[:4]
    assert [(ad["photo"], ad["prompt"], ad["state"]) for ad in after[4:]] == [
        ("new.png", "kept", "succeeded"),
        ("new.png", "dry", "succeeded"),
    ]
    (listed,) = [
        each for each in call(page, "GET", "/api/campaigns").json() if each["id"] == campaign
    ]
    assert (listed["state"], listed["succeeded"], listed["total"]) == ("succeeded", 6, 6)
    # Nothing of the replaced photo is made again.
    assert call(page, "POST", f"/api/campaigns/{campaign}/retry").status_code == 200
    assert merge(follow(page, campaign)) == after


def test_one_ad_of_a_replaced_photo_is_retried(page, photos):
    campaign = submit(page, photos[2:], prompts=["gale"]).json()["id"]
    (failed,) = merge(follow(page, campaign))
    replacement = {"id": campaign, "photo": failed["photo_uri"], "uri": photos[0]["uri"]}
    page.background.failing = "gale"
    try:
        submit(page, photos[:1], prompts=["gale"], replacement=replacement)
        (again,) = merge(follow(page, campaign))
        assert again["state"] == "failed" and again["photo"] == "can.png"
    finally:
        page.background.failing = ""
    call(page, "POST", f"/api/campaigns/{again['job']}/retry?position=0")
    (made,) = merge(follow(page, campaign))
    assert made["state"] == "succeeded"


@pytest.mark.parametrize("wrong", [{"photo": "../x"}, {"id": "spring"}, {"uri": ""}])
def test_a_replacement_that_names_no_photo_is_refused(page, photos, wrong):
    replacement = {"id": str(uuid4()), "photo": "ab" * 32, "uri": photos[0]["uri"], **wrong}
    response = submit(page, photos[:1], prompts=["sand"], replacement=replacement)
    assert response.status_code == 400


def test_an_edited_ad_is_put_in_its_place_with_the_options_of_a_single_ad(page, photos):
    campaign = submit(page, photos[:2], prompts=["old"], headline="Hello").json()["id"]
    before = merge(follow(page, campaign))
    opened = call(page, "GET", f"/api/campaigns/{before[1]['job']}/ads/1").json()
    assert (opened["kind"], opened["seed"]) == ("ad", before[1]["seed"])
    assert opened["words"] == {"headline": "Hello", "call": "", "negative": ""}
    assert call(page, "GET", f"/{opened['manifest']}").json()["request"]["prompt"] == "old"
    points = [{"x": 128, "y": 160}]
    place = {"id": campaign, "number": 1}
    sent = submit(page, photos[1:2], prompts=["new"], points=points, place=place)
    assert sent.status_code == 200, sent.text
    after = merge(follow(page, campaign))
    assert after[0] == before[0]
    assert (after[1]["prompt"], after[1]["state"]) == ("new", "succeeded")
    made = call(page, "GET", f"/api/campaigns/{after[1]['job']}/ads/0").json()
    request = call(page, "GET", f"/{made['manifest']}").json()["request"]
    assert request["segmentation"]["points"] == [{"x": 128, "y": 160}]


@pytest.mark.parametrize(
    "wrong", [{"number": -1}, {"number": True}, {"number": "1"}, {"id": "spring"}]
)
def test_a_place_that_names_no_ad_is_refused(page, photos, wrong):
    place = {"id": str(uuid4()), "number": 0, **wrong}
    assert submit(page, photos[:1], prompts=["sand"], place=place).status_code == 400


def test_a_place_takes_one_ad(page, photos):
    place = {"id": str(uuid4()), "number": 0}
    assert submit(page, photos[:2], prompts=["sand"], place=place).status_code == 400
    assert submit(page, photos[:1], prompts=["sand", "snow"], place=place).status_code == 400
    assert submit(page, photos[:1], prompts=["sand"], variants=2, place=place).status_code == 400


def test_a_file_that_is_no_picture_is_refused_before_it_is_kept(page):
    response = call(page, "POST", "/api/photos", files={"photo": ("notes.png", b"no picture")})
    assert response.status_code == 415 and response.json()["title"] == "This file cannot be used"


def test_a_photo_that_is_no_longer_kept_is_named(page, photos):
    lost = {"uri": "ab" * 32, "names": ["bags/lost.png"]}
    missing = submit(page, [*photos, lost], prompts=["sand"])
    assert missing.status_code == 404 and missing.json()["title"] == "lost.png is no longer kept"
    some = submit(page, [*photos, lost], "photo,scene\ncan,sand\nlost,snow\n").json()
    assert [each["line"] for each in some["errors"]] == [3]
    assert "limited time" in some["errors"][0]["text"]


def test_photos_that_are_uploaded_at_once_share_the_page_s_memory(page, photo, monkeypatch):
    data, reserved = photo.read_bytes() + bytes(2**20), list[int]()
    reserve = Uploads.reserve_memory

    async def reserve_and_note(self, size: int, scope) -> Reservation:
        reserved.append(size)
        return await reserve(self, size, scope)

    monkeypatch.setattr(Uploads, "reserve_memory", reserve_and_note)
    # Each counts four times: they wait for one another.
    with serve_page(page.system.address, upload_mib=5) as address, ThreadPoolExecutor(4) as pool:
        own = Page(address, page.system, page.background)
        results = list(pool.map(lambda _: upload(own, data), range(4)))
    assert len({each["uri"] for each in results}) == 1 and reserved == [len(data)] * 4
