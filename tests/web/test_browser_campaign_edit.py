"""Ads of a campaign that are changed in a real browser: edited, put back, made see-through."""

import io
import json
import re
import zipfile
from hashlib import sha256

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsers import MILLISECONDS, download_file, find_violations
from tests.support.campaign_tabs import (
    edit_first_ad,
    open_campaign,
    start,
    wait_until_ended,
)

pytestmark = pytest.mark.slow


def test_a_see_through_product_stays_so_after_a_reload_and_in_its_edited_ad(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    tick = tab.get_by_label("See-through: can.png")
    tick.check()
    expect(tick).to_be_focused()
    tab.reload()
    expect(tick).to_be_checked(timeout=MILLISECONDS)
    expect(tab.get_by_label("See-through: jar.png")).not_to_be_checked()
    start(tab, "glass")
    wait_until_ended(tab)
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        can, jar = (
            json.loads(archive.read(f"proof/{each}_glass_1024x1024.json"))["request"][
                "segmentation"
            ]
            for each in ("can", "jar")
        )
    assert can["product"] == "transparent product" and "product" not in jar
    tab.get_by_label("Edit can.png, glass").click()
    expect(tab.locator("#return")).to_contain_text("This is its ad", timeout=MILLISECONDS)
    form, photo = tab.evaluate(
        "() => ['form', 'photo'].map((each) => JSON.parse(sessionStorage.cyclorama)[each])"
    )
    assert form["clear"] == photo["id"]
    # Nothing of it is made again but the words and what they need.
    tab.fill("#headline", "Clear")
    tab.click("#make")
    stages = tab.locator("#stages [data-stage=segmentation], #stages [data-stage=background]")
    expect(stages.locator(".status-text")).to_have_text(["Not changed"] * 2, timeout=MILLISECONDS)


def test_an_ad_is_edited_in_one_ad_and_put_back_in_its_place(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    tab.fill("#headline", "Slow mornings")
    start(tab, "on sand", "on snow", name="Spring sale")
    wait_until_ended(tab)
    seeds = tab.evaluate("() => JSON.parse(sessionStorage.cyclorama).seed")
    # The files of the photos are kept as well.
    tab.reload()
    wait_until_ended(tab)
    name = tab.locator(".tile .edit:visible").first.get_attribute("aria-label")
    photo, scene = name.removeprefix("Edit ").split(", ")[:2]
    edit_first_ad(tab)
    assert tab.input_value("#prompt") == scene and tab.input_value("#headline") == "Slow mornings"
    expect(tab.locator("#photo-name")).to_have_text(photo)
    expect(tab.locator("#strip button")).to_have_count(1)
    assert tab.evaluate("() => JSON.parse(sessionStorage.cyclorama).seed") not in (None, seeds)
    expect(tab.locator("#return-put")).to_have_count(0)
    assert find_violations(tab) == []
    tab.fill("#prompt", "on moss")
    tab.click("#make")
    tab.click("#return-put", timeout=MILLISECONDS)
    expect(tab.locator("body")).to_have_attribute("data-mode", "campaign", timeout=MILLISECONDS)
    expect(tab.locator("#campaign-title")).to_have_text(
        "Spring sale: 4 of 4 ads made", timeout=MILLISECONDS
    )
    wait_until_ended(tab)
    shown = [
        (each.locator(".photo-name").text_content(), each.locator("p").first.inner_text())
        for each in tab.locator(".tile").all()
    ]
    assert (photo, "on moss") in shown and (photo, scene) not in shown and len(shown) == 4
    tab.reload()
    wait_until_ended(tab)
    tab.click("[data-switch=ad]")
    expect(tab.locator("#return")).to_contain_text("It is in the campaign.")
    expect(tab.locator("#return-put")).to_have_count(0)
    tab.click("[data-switch=campaign]")
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        assert f"{photo.removesuffix('.png')}_on-moss_1024x1024.png" in archive.namelist()


def test_the_large_view_opens_an_ad_in_one_ad_as_well(tab, folder):
    open_campaign(tab, folder / "can.png")
    start(tab, "large view")
    wait_until_ended(tab)
    tab.locator(".tile .picture").first.click()
    tab.click("#viewer button:has-text('Edit this ad')")
    expect(tab.locator("#viewer")).to_be_hidden()
    expect(tab.locator("#return")).to_contain_text("This is its ad of can.png")
    tab.click("#return-leave")
    expect(tab.locator("#campaign-title")).to_have_text("1 of 1 ads made")


def test_a_cut_out_that_a_brush_fixed_is_put_back_with_the_ad(tab, folder):
    open_campaign(tab, folder / "can.png")
    start(tab, "brushed", name="Brushed")
    wait_until_ended(tab)
    edit_first_ad(tab)
    tab.click("#cutout-fix")
    expect(tab.locator("#cutout-dialog")).not_to_have_class(re.compile("busy"))
    tab.click("#cutout-dialog [data-tool=brush]")
    box = tab.locator(".cutout-window img").bounding_box()
    tab.mouse.move(box["x"] + 5, box["y"] + 5)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 3, box["y"] + 5, steps=5)
    # The button is pressed before the file of the stroke can have been written.
    tab.evaluate("""() => {
        document.querySelector("#cutout-dialog canvas").dispatchEvent(new Event("pointerup"));
        document.querySelector("#cutout-use").click();
    }""")
    tab.mouse.up()
    tab.click("#return-put", timeout=MILLISECONDS)
    expect(tab.locator("#campaign-title")).to_have_text(
        "Brushed: 1 of 1 ads made", timeout=MILLISECONDS
    )
    wait_until_ended(tab)
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        record = json.loads(archive.read("proof/can_brushed_1024x1024.json"))
    # The photo was sent cut out.
    assert record["photo"]["sha256"] != sha256((folder / "can.png").read_bytes()).hexdigest()
    # Opened once more, it has its own photo and its correction.
    edit_first_ad(tab)
    form = tab.evaluate("() => JSON.parse(sessionStorage.cyclorama).form")
    assert form["cutout"]["mask"]


def test_what_was_made_see_through_is_made_opaque_again(tab, folder):
    open_campaign(tab, folder / "can.png")
    tab.get_by_label("See-through: can.png").check()
    start(tab, "opaque")
    wait_until_ended(tab)
    tab.get_by_role("button", name="opaque again").click()
    expect(tab.get_by_role("button", name="opaque again")).to_have_count(0, timeout=MILLISECONDS)
    wait_until_ended(tab)
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        request = json.loads(archive.read("proof/can_opaque_1024x1024.json"))["request"]
    assert "product" not in request.get("segmentation", {})
    expect(tab.get_by_label("See-through: can.png")).not_to_be_checked()


def read_records(tab: Page) -> dict[str, dict]:
    """Returns the requests of a campaign's ads by the names of their files."""
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        names = [each for each in archive.namelist() if each.startswith("proof/")]
        return {each[6:-5]: json.loads(archive.read(each))["request"] for each in names}


def test_several_ads_are_made_again_with_other_words_and_in_another_format(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    tab.fill("#headline", "Before")
    tab.fill("#call", "Shop now")
    start(tab, "on clay", name="Again")
    wait_until_ended(tab)
    seed = read_records(tab)["jar_on-clay_1024x1024"]["seed"]
    tab.get_by_label("Choose jar.png").check()
    tab.click("#chosen-again")
    tab.click("#again-make")
    expect(tab.locator("#again-dialog .wrong")).to_contain_text("Change the scene, the words")
    tab.fill("#again-dialog [name=headline]", "After")
    tab.select_option("#again-dialog select", "1200x628")
    assert find_violations(tab) == []
    tab.click("#again-make")
    expect(tab.locator("#again-dialog")).to_be_hidden(timeout=MILLISECONDS)
    expect(tab.locator("#campaign-chosen")).to_be_hidden()
    expect(tab.get_by_label("Edit jar.png, on clay, 1200 by 628")).to_be_visible(
        timeout=MILLISECONDS
    )
    wait_until_ended(tab)
    made = read_records(tab)
    assert made.keys() == {"can_on-clay_1024x1024", "jar_on-clay_1200x628"}
    words = {name: each["lettering"]["headline"] for name, each in made.items()}
    assert words == {"can_on-clay_1024x1024": "Before", "jar_on-clay_1200x628": "After"}
    again = made["jar_on-clay_1200x628"]
    assert again["lettering"]["call_to_action"] == "Shop now" and again["seed"] == seed
    # Opened in One ad, it has the words and the size that it was made again with.
    tab.get_by_label("Edit jar.png").click()
    expect(tab.locator("#return")).to_contain_text("This is its ad", timeout=MILLISECONDS)
    assert [tab.input_value(each) for each in ("#headline", "#call")] == ["After", "Shop now"]
    assert tab.locator("#formats input:checked").input_value() == "1200x628"


def test_ads_that_are_left_out_are_neither_shown_nor_downloaded_until_put_back(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "on loam", name="Left out")
    wait_until_ended(tab)
    tab.get_by_label("Choose can.png").check()
    tab.click("#chosen-drop")
    expect(tab.locator(".tile:visible")).to_have_count(1)
    expect(tab.locator("#campaign-left-out")).to_contain_text("1 ad is left out")
    tab.reload()
    wait_until_ended(tab)
    expect(tab.locator(".tile:visible")).to_have_count(1)
    assert read_records(tab).keys() == {"jar_on-loam_1024x1024"}
    tab.click("text=Put back")
    expect(tab.locator(".tile:visible")).to_have_count(2)
    assert len(read_records(tab)) == 2
