"""Campaigns of many photos and of tables in a real browser, with a real gateway with jobs."""

import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cyclorama.result_names import name_results
from cyclorama.web.campaign_downloads import SCENE_NAMES
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.browsers import MILLISECONDS, download_file, find_violations
from tests.support.pictures import draw_product
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

FOCUSED = "() => document.activeElement.id"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of files as people have them: photos, a copy, one without a product, others."""
    folder = tmp_path_factory.mktemp("campaign") / "bags"
    folder.mkdir()
    for name, size in (("can.png", (320, 256)), ("jar.png", (256, 320))):
        (folder / name).write_bytes(encode_image(draw_product(*size)[0], PNG).data)
    (folder / "can copy.png").write_bytes((folder / "can.png").read_bytes())
    (folder / "black.png").write_bytes(encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data)
    (folder / "notes.png").write_text("no picture")
    (folder / "list.pdf").write_text("%PDF")
    (folder / ".DS_Store").write_text("")
    return folder


def open_campaign(tab: Page, *files: Path) -> None:
    """Shows the campaign mode and adds files."""
    tab.click("text=Campaign")
    add_files(tab, *files)


def add_files(tab: Page, *files: Path) -> None:
    tab.set_input_files("#campaign-files", files)
    wait_until_sent(tab)


def drop_files(tab: Page, *files: Path) -> None:
    """Drops files or folders on the form, as a file manager does."""
    at = tab.locator("#campaign-drop").bounding_box()
    where = {"x": at["x"] + 20, "y": at["y"] + 20}
    data = {"items": [], "files": [str(each) for each in files], "dragOperationsMask": 1}
    session = tab.context.new_cdp_session(tab)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


def wait_until_sent(tab: Page) -> None:
    expect(tab.locator("#campaign-photos [data-sent=no]")).to_have_count(0, timeout=MILLISECONDS)


def start(tab: Page, *scenes: str, name: str = "") -> None:
    if scenes:
        tab.fill("#prompt", "\n".join(scenes))
    tab.fill("#campaign-name", name)
    tab.click("#make")


def wait_until_ended(tab: Page) -> None:
    expect(tab.locator("#campaign-delete")).to_be_visible(timeout=MILLISECONDS)


def read_photos(tab: Page) -> list[str]:
    return tab.locator("#campaign-photos .photo-words span").all_inner_texts()


def test_a_folder_becomes_a_list_of_photos_and_what_is_none_is_named(tab, folder):
    tab.click("text=Campaign")
    tab.set_input_files("#campaign-folder", folder)
    expect(tab.locator("#campaign-photos li")).to_have_count(3, timeout=MILLISECONDS)
    wait_until_sent(tab)
    assert {*read_photos(tab)} & {"black.png", "jar.png"} == {"black.png", "jar.png"}
    expect(tab.locator("#campaign-photos img:visible")).to_have_count(3)
    notes = tab.locator("#campaign-notes li")
    expect(notes).to_have_count(3)
    shown = "\n".join(notes.all_inner_texts())
    assert "bags/notes.png: This file cannot be used. The file is no picture." in shown
    assert "bags/list.pdf: This is no picture." in shown
    assert "is the same picture as" in shown and "it is made once" in shown
    assert ".DS_Store" not in shown
    assert find_violations(tab) == []
    start(tab, "sand")
    # The folder names the campaign.
    expect(tab.locator("#campaign-title")).to_have_text(
        "bags: 2 of 3 ads made", timeout=MILLISECONDS
    )


def test_one_ad_and_a_campaign_have_forms_of_their_own(tab, folder):
    tab.set_viewport_size({"width": 1280, "height": 600})
    tab.set_input_files("#photo", folder / "can.png")
    tab.fill("#prompt", "marble")
    tab.fill("#headline", "One")
    tab.fill("#backdrop-color", "#7fb7be")
    tab.locator("#make").scroll_into_view_if_needed()
    tab.evaluate("() => { document.querySelector('#form').scrollTop = 500; }")
    tab.click("text=Campaign")
    expect(tab.locator("#campaign-drop")).to_be_in_viewport(ratio=1)
    assert [tab.input_value(each) for each in ("#prompt", "#headline")] == ["", ""]
    assert tab.locator(".backdrop-chosen").is_hidden()
    assert read_photos(tab) == []
    tab.fill("#prompt", "sand\nsnow")
    tab.fill("#headline", "Many")
    tab.click("text=One ad")
    assert [tab.input_value(each) for each in ("#prompt", "#headline")] == ["marble", "One"]
    expect(tab.locator(".backdrop-chosen")).to_be_visible()
    tab.reload()
    tab.click("text=Campaign")
    expect(tab.locator("#prompt")).to_have_value("sand\nsnow")
    assert tab.input_value("#headline") == "Many"
    # The ad is the start of a campaign where that is wanted.
    tab.click("#campaign-take")
    expect(tab.locator("#headline")).to_have_value("One")
    assert read_photos(tab) == ["can.png"]
    expect(tab.locator("#campaign-take")).to_be_hidden()
    assert find_violations(tab) == []
    wait_until_sent(tab)


def test_a_dropped_folder_is_read_with_all_that_is_in_it(tab, folder):
    tab.click("text=Campaign")
    (folder / "hats").mkdir()
    (folder / "hats" / "hat.png").write_bytes(encode_image(draw_product(64, 64)[0], PNG).data)
    drop_files(tab, folder)
    expect(tab.locator("#campaign-photos li")).to_have_count(4, timeout=MILLISECONDS)
    assert "hat.png" in read_photos(tab)
    wait_until_sent(tab)


def test_a_photo_is_removed_by_key_and_the_focus_stays_in_the_list(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    tab.get_by_label("Remove can.png").focus()
    tab.keyboard.press("Enter")
    assert read_photos(tab) == ["jar.png"]
    assert tab.evaluate("() => document.activeElement.ariaLabel") == "Remove jar.png"
    tab.keyboard.press("Enter")
    assert tab.evaluate("() => document.activeElement.id") == "campaign-files"
    tab.click("#make")
    assert tab.inner_text("#campaign-photos-wrong") == "Add at least one photo first."


def test_ten_thousand_files_are_refused_before_any_is_sent(tab, tmp_path):
    for number in range(10_000):
        (tmp_path / f"{number}.png").touch()
    tab.click("text=Campaign")
    drop_files(tab, tmp_path)
    expect(tab.locator("#campaign-notes")).to_contain_text(
        "at most 1,000 photos; with these it would have more. None of them was added."
    )
    assert tab.locator("#campaign-photos li").count() == 0


def test_photos_name_and_a_running_campaign_are_there_after_a_reload(tab, page, folder):
    page.background.go.clear()
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "one", "two", name="Spring sale")
        expect(tab.locator(".tile")).to_have_count(4, timeout=MILLISECONDS)
        tab.reload()
        expect(tab.locator(".tile")).to_have_count(4, timeout=MILLISECONDS)
        assert read_photos(tab) == ["can.png", "jar.png"]
        assert tab.input_value("#campaign-name") == "Spring sale"
        expect(tab.locator("#campaign-status")).to_contain_text("Running")
    finally:
        page.background.go.set()
    expect(tab.locator("#campaign-title")).to_have_text(
        "Spring sale: 4 of 4 ads made", timeout=MILLISECONDS
    )


def test_every_ad_has_the_name_of_its_photo_and_its_scene(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "on sand", "on snow")
    wait_until_ended(tab)
    shown = [
        (each.locator(".photo-name").inner_text(), each.locator("p").first.inner_text())
        for each in tab.locator(".tile").all()
    ]
    assert {*shown} == {
        (photo, scene) for photo in ("can.png", "jar.png") for scene in ("on sand", "on snow")
    }
    tab.locator(".tile .picture").first.click()
    expect(tab.locator("#viewer .caption")).to_contain_text(".png, on s")
    expect(tab.locator("#viewer img")).to_have_js_property("naturalWidth", 1024)


def test_failed_ads_have_their_whole_reason_and_are_retried_alone_or_together(tab, page, folder):
    page.background.failing = "storm"
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "storm", "calm")
        wait_until_ended(tab)
        tab.get_by_label("Retry jar.png, storm").click()
        tried = tab.locator("#campaign-failed").get_by_text("Tried again at")
        expect(tried).to_have_count(1, timeout=MILLISECONDS)
        wait_until_ended(tab)
    finally:
        page.background.failing = ""
    failed = tab.locator("#campaign-failed li")
    expect(failed).to_have_count(2)
    expect(failed.first).to_contain_text("can.png")
    expect(failed.first).to_contain_text("the engine draws no storm; repair it", ignore_case=True)
    assert find_violations(tab) == []
    tab.evaluate("() => { document.querySelector('#campaign-gallery').dataset.kept = 'yes'; }")
    tab.get_by_label("Retry jar.png, storm").click()
    expect(failed).to_have_count(1, timeout=MILLISECONDS)
    expect(tab.locator("#campaign-title")).to_have_text("3 of 4 ads made", timeout=MILLISECONDS)
    wait_until_ended(tab)
    expect(tab.locator("#retry-all")).to_be_hidden()
    tab.get_by_label("Retry can.png, storm").click()
    expect(tab.locator("#campaign-title")).to_have_text("4 of 4 ads made", timeout=MILLISECONDS)
    expect(tab.locator("#campaign-failed")).to_be_hidden()
    # The view stays: a retry changes its own ad only.
    expect(tab.locator(".gallery[data-kept]")).to_have_count(1)
    assert tab.locator(".tile:visible img").count() == 4
    wait_until_ended(tab)
    for size in tab.locator(".tile figcaption small").all():
        assert size.text_content().count("Ready") <= 1


def test_all_failed_ads_are_retried_at_once(tab, page, folder):
    page.background.failing = "hail"
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "hail")
        wait_until_ended(tab)
    finally:
        page.background.failing = ""
    tab.click("text=Retry all 2")
    expect(tab.locator("#campaign-title")).to_have_text("2 of 2 ads made", timeout=MILLISECONDS)
    wait_until_ended(tab)
    assert tab.evaluate(FOCUSED) == "campaign-zip"


def test_a_retry_shows_that_it_is_under_way_and_keeps_the_focus(tab, page, folder):
    page.background.failing = "fog"
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "fog")
        wait_until_ended(tab)
        button = tab.get_by_label("Retry can.png, fog")
        button.focus()
        tab.keyboard.press("Enter")
        expect(tab.locator("#campaign-failed")).to_contain_text("Tried again at")
        wait_until_ended(tab)
        expect(button).to_be_focused()
    finally:
        page.background.failing = ""
    page.background.go.clear()
    try:
        tab.keyboard.press("Enter")
        row = tab.locator("#campaign-failed li", has_text="can.png")
        expect(row).to_have_attribute("data-state", "running")
        expect(row.locator("p")).to_have_text("Being made again \u2026", timeout=MILLISECONDS)
        expect(tab.locator("#campaign-failed h3")).to_have_text(
            "1 ad failed, 1 ad is being made again"
        )
        stage = re.compile(r"^Scene( \d+ %)?$")
        expect(tab.locator(".tile:visible .doing")).to_have_text(stage, timeout=MILLISECONDS)
        expect(button).to_be_focused()
        assert find_violations(tab) == []
    finally:
        page.background.go.set()
    expect(row).to_have_count(0, timeout=MILLISECONDS)
    expect(tab.get_by_label("Retry jar.png, fog")).to_be_focused()


def test_a_photo_that_failed_is_replaced_in_its_row(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "black.png")
    start(tab, "sand", "snow", name="Repaired")
    wait_until_ended(tab)
    expect(tab.locator("#campaign-failed li")).to_have_count(2)
    replace = tab.get_by_label("Replace photo of black.png, sand")
    replace.focus()
    with tab.expect_file_chooser() as chooser:
        tab.keyboard.press("Enter")
    chooser.value.set_files(folder / "list.pdf")
    refused = tab.locator("#campaign-failed .refused").first
    expect(refused).to_contain_text("list.pdf: This is no picture.")
    expect(replace).to_be_focused()
    with tab.expect_file_chooser() as chooser:
        replace.click()
    chooser.value.set_files(folder / "jar.png")
    expect(tab.locator("#campaign-title")).to_have_text(
        "Repaired: 4 of 4 ads made", timeout=MILLISECONDS
    )
    wait_until_ended(tab)
    expect(tab.locator("#campaign-failed")).to_be_hidden()
    expect(tab.locator("#campaign-status")).to_have_text("Finished")
    assert {*tab.locator(".tile .photo-name").all_text_contents()} == {"can.png", "jar.png"}
    assert read_photos(tab) == ["can.png", "jar.png"]
    tab.reload()
    expect(tab.locator("#campaign-title")).to_have_text("Repaired: 4 of 4 ads made")
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        names = {each for each in archive.namelist() if each.endswith(".png")}
    assert names == {
        f"{photo}_{scene}_1024x1024.png" for photo in ("can", "jar") for scene in ("sand", "snow")
    }


def edit_first_ad(tab: Page) -> None:
    """Opens the first ad of a finished campaign in One ad."""
    tab.locator(".tile .edit:visible").first.click()
    expect(tab.locator("#return")).to_contain_text("This is its ad", timeout=MILLISECONDS)
    expect(tab.locator("body")).to_have_attribute("data-mode", "ad")


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
    tab.click("#viewer >> text=Edit this ad")
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


def test_advice_on_a_campaign_names_only_what_is_there(tab, folder):
    open_campaign(tab, folder / "can.png")
    start(tab, "advice")
    wait_until_ended(tab)
    expect(tab.locator("#looks .tile .edit")).to_be_visible()
    expect(tab.locator("#looks h3")).to_have_text(re.compile("^1 ad: the .*"))
    remedies = tab.locator("#looks .remedy, #looks .measurements li").all_text_contents()
    assert any("Edit this ad: " in each for each in remedies)
    # Another browser has not started the campaign, so it has neither the button nor the advice.
    with tab.context.browser.new_context() as context:
        other = context.new_page()
        other.goto(tab.url)
        wait_until_ended(other)
        assert other.locator(".tile .edit:visible").count() == 0
        shown = other.locator("#campaign").text_content() or ""
    for words in ("Edit this ad: ", "Press Cut-out", "Placement", "new variation"):
        assert words not in shown, words


def test_a_refusal_ends_when_a_file_of_that_name_is_accepted(tab, folder, tmp_path):
    (tmp_path / "can.png").write_bytes((folder / "can.png").read_bytes()[:200])
    open_campaign(tab, tmp_path / "can.png", folder / "notes.png")
    notes = tab.locator("#campaign-notes li")
    expect(notes).to_have_count(2)
    expect(notes.filter(has_text="can.png: This file is damaged")).to_have_count(1)
    add_files(tab, folder / "can.png")
    expect(tab.locator("#campaign-photos li")).to_have_count(1)
    expect(notes).to_have_text(["notes.png: This file cannot be used. The file is no picture. "])


def test_a_refused_file_is_named_until_it_is_dismissed_and_in_the_result(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "notes.png")
    notes = tab.locator("#campaign-notes li")
    expect(notes).to_have_count(1)
    tab.reload()
    expect(notes).to_contain_text("notes.png: This file cannot be used")
    start(tab, "with a refused file")
    wait_until_ended(tab)
    expect(tab.locator("#campaign-refused")).to_have_text(
        "1 file was not used. notes.png: This file cannot be used."
    )
    assert find_violations(tab) == []
    notes.get_by_role("button").click()
    expect(notes).to_have_count(0)
    tab.reload()
    expect(tab.locator("#campaign-refused")).to_contain_text("notes.png")
    expect(notes).to_have_count(0)


def test_the_photo_of_one_ad_can_be_added_to_others(tab, folder):
    tab.set_input_files("#photo", folder / "can.png")
    open_campaign(tab, folder / "jar.png")
    expect(tab.locator("#campaign-photos li")).to_have_count(1)
    tab.click("#campaign-take")
    expect(tab.locator("#campaign-photos li")).to_have_count(2)
    expect(tab.locator("#campaign-take")).to_be_hidden()


def test_a_finished_campaign_is_in_sight_after_a_reload_on_a_phone(tab, folder):
    tab.set_viewport_size({"width": 390, "height": 844})
    open_campaign(tab, folder / "can.png")
    start(tab, "on a phone", name="Phone")
    wait_until_ended(tab)
    tab.evaluate("() => { history.scrollRestoration = 'manual'; scrollTo(0, 0); }")
    tab.reload()
    expect(tab.locator("#campaign-title")).to_be_in_viewport(timeout=MILLISECONDS)
    expect(tab.locator("#looks .tile, .gallery .tile").first).to_be_in_viewport()


def test_a_row_of_a_table_keeps_its_words_with_another_photo(tab, folder, tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("photo,scene,headline\ncan,sand,One\nblack,snow,Two\n")
    open_campaign(tab, folder / "can.png", folder / "black.png", table)
    start(tab)
    wait_until_ended(tab)
    with tab.expect_file_chooser() as chooser:
        tab.get_by_label("Replace photo of black.png").click()
    chooser.value.set_files(folder / "jar.png")
    expect(tab.locator("#campaign-title")).to_contain_text("2 of 2 ads", timeout=MILLISECONDS)
    wait_until_ended(tab)
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        record = json.loads(archive.read("proof/jar_snow_1024x1024.json"))
    assert record["request"]["lettering"]["headline"] == "Two"


def test_ads_that_wait_show_their_photo_and_speak_plainly(tab, page, folder):
    page.background.go.clear()
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "a wait", "a longer wait")
        expect(tab.locator(".tile .waiting-photo:visible")).to_have_count(4, timeout=MILLISECONDS)
        tab.reload()
        expect(tab.locator(".tile .waiting-photo:visible")).to_have_count(4, timeout=MILLISECONDS)
        assert find_violations(tab) == []
    finally:
        page.background.go.set()
    wait_until_ended(tab)
    start(tab, "a wait")
    wait_until_ended(tab)
    shown = tab.inner_text("#campaign").lower()
    for word in ("reused", "probability", "confidence", "mismatch", "step", "_"):
        assert word not in shown, word


def test_the_time_left_of_a_campaign_is_known_by_earlier_ads_from_the_start(tab, page, folder):
    tab.evaluate("""async () => {
        const { updateState } = await import("/static/store.js");
        updateState({ durations: { "1024,1024": { background: 100, finishing: 20 } } });
    }""")
    page.background.go.clear()
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "a long wait", "a longer one")
        status = tab.locator("#campaign-status")
        expect(status).to_have_text("Running \u00b7 8 to 15 min left", timeout=MILLISECONDS)
        value = "() => document.querySelector('#campaign .meter').value"
        done = wait_until(lambda: tab.evaluate(value), "the progress of the campaign")
        assert done < 4
    finally:
        page.background.go.set()
    wait_until_ended(tab)
    expect(tab.locator("#campaign-status")).to_have_text("Finished")


def test_an_ad_that_looks_right_leaves_those_to_look_at_until_it_is_undone(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "looks")
    wait_until_ended(tab)
    summary, looks = tab.locator("#campaign-review"), tab.locator("#looks .tile")
    expect(summary).to_have_text("Look at both ads.")
    press = tab.locator("#looks .tile").get_by_role("button", name="It looks right")
    press.first.press("Enter")
    expect(summary).to_have_text("Look at 1 of 2 ads first. The other one is ready.")
    undo = tab.locator("#campaign-gallery").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    press.first.click()
    expect(summary).to_have_text("All 2 ads are ready.")
    tile = tab.locator("#campaign-gallery .tile").first
    expect(tile.locator("figcaption small")).to_contain_text("Ready, checked by you")
    assert find_violations(tab) == []
    tab.reload()
    expect(undo).to_have_count(2, timeout=MILLISECONDS)
    undo.first.click()
    expect(looks).to_have_count(1)


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


def test_what_the_user_asked_for_is_no_fault(tab):
    judge = """async (wanted) => {
        const { judgeAd } = await import("/static/checked.js");
        const look = (name, weight) => ({ name, reason: `${name}.`, weight });
        const looks = [look("transparency", 1.2), look("halo", 0.6)];
        const ad = { ready: false, verdict: "Look at this: transparency.", looks };
        return judgeAd(ad, "key", wanted).verdict;
    }"""
    assert tab.evaluate(judge, []) == "Look at this: transparency."
    assert tab.evaluate(judge, ["transparency"]) == "Ready"


def test_reasons_that_several_ads_have_are_said_once(tab):
    render = """async (verdicts) => {
        const { renderLooks } = await import("/static/campaign_looks.js");
        const tile = () => document.createElement("figure");
        const ads = verdicts.map((verdict) => ({ verdict, quality: [], profile: null }));
        const groups = renderLooks(ads.map((ad) => ({ ad, tile: tile(), judged: ad })));
        return groups.map((each) => [
            each.querySelector("h3").textContent, each.querySelectorAll("figure").length,
        ]);
    }"""
    halo, dark = "Look at this: a rim is left.", "Look at this: it is dark."
    assert tab.evaluate(render, [halo, dark, halo, halo]) == [
        ["3 ads: a rim is left.", 3],
        ["1 ad: it is dark.", 1],
    ]


def test_names_of_files_follow_one_rule_here_and_on_the_server(tab):
    name = """async ([photo, prompt]) => {
        const { loadScenes } = await import("/static/scenes.js");
        const { nameFile } = await import("/static/file_names.js");
        await loadScenes();
        const ad = { prompt, width: 64, height: 32, picture: "a.png" };
        return nameFile(ad, null, { photo: { name: photo }, number: 1 });
    }"""
    photos = [
        "Red Bottle.png",
        "cre\u0300me.png",
        "x" * 300,
        "\u6c34" * 99 + ".png",
    ]
    prompts = [
        "On a marble table!",
        "",
        "a very long sentence about a marble table in the morning light",
        *SCENE_NAMES,
    ]
    for photo, prompt in [
        *((each, "sand") for each in photos),
        *(("a.png", each) for each in prompts),
    ]:
        (named,) = name_results([(photo, SCENE_NAMES.get(prompt, prompt), (64, 32))])
        assert tab.evaluate(name, [photo, prompt]) == f"{named}.png"


def test_an_error_keeps_its_distance_from_the_example_table(tab, folder):
    tab.route("**/api/campaigns", lambda route: route.abort())
    open_campaign(tab, folder / "can.png")
    start(tab, "sand")
    above = tab.locator("#campaign-empty caption").bounding_box()
    below = tab.locator("#campaign-failure .failure").bounding_box()
    assert below["y"] - (above["y"] + above["height"]) >= 16


def test_a_table_gives_each_photo_its_scene_and_lists_wrong_rows(tab, folder, tmp_path):
    table = tmp_path / "spring.csv"
    table.write_text("photo;scene;price\ncan;sand;3\nboot;sand;4\njar;snow;5\njar;;6\n")
    open_campaign(tab, folder / "can.png", folder / "jar.png", table)
    shown = tab.locator("#campaign-table")
    expect(shown).to_contain_text("2 rows can be made, 2 rows cannot", timeout=MILLISECONDS)
    expect(shown).to_contain_text("Line 3: boot is not among the photos")
    expect(shown).to_contain_text("Not read: the column price.")
    assert find_violations(tab) == []
    # The form's scene is that of rows without one.
    tab.fill("#prompt", "rain")
    expect(shown).to_contain_text("3 rows can be made, 1 row cannot", timeout=MILLISECONDS)
    start(tab)
    expect(tab.locator("#campaign-title")).to_have_text(
        "spring: 3 of 3 ads made", timeout=MILLISECONDS
    )
    expect(tab.locator("#rejected")).to_contain_text("Line 3: boot is not among the photos")
    scenes = {each.inner_text() for each in tab.locator(".tile p").all()}
    assert scenes == {"sand", "snow", "rain"}
    tab.reload()
    expect(tab.locator("#rejected")).to_contain_text("1 row of the table was not made")
    tab.get_by_label("Remove spring.csv").click()
    expect(shown).to_be_empty()


def test_chosen_ads_are_downloaded_by_sensible_names(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "on sand", name="Spring sale")
    wait_until_ended(tab)
    tab.get_by_label("Choose jar.png").check()
    expect(tab.locator("#campaign-zip")).to_have_text("Download 1 chosen")
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        assert archive.namelist()[:2] == [
            "jar_on-sand_1024x1024.png",
            "proof/jar_on-sand_1024x1024.json",
        ]
    tab.get_by_label("Choose jar.png").uncheck()
    with tab.expect_download() as waited:
        tab.click("text=Download all 2")
    name = waited.value.suggested_filename
    assert re.fullmatch(r"Spring-sale_\d{4}-\d\d-\d\d\.zip", name)


def test_recent_campaigns_have_names_pictures_and_counts_and_open(tab, folder):
    for name in ("First <i>one</i>", "Second"):
        open_campaign(tab, folder / "can.png")
        start(tab, f"scene of {name}", name=name)
        expect(tab.locator("#campaign-title")).to_have_text(
            f"{name}: 1 of 1 ads made", timeout=MILLISECONDS
        )
    recent = tab.locator(".recent li", has_text="First <i>one</i>")
    expect(recent).to_contain_text("Finished · 1 of 1 ads", timeout=MILLISECONDS)
    expect(recent.locator("img")).to_have_count(1)
    assert find_violations(tab) == []
    recent.locator("button").click()
    expect(tab.locator("#campaign-title")).to_have_text("First <i>one</i>: 1 of 1 ads made")
    expect(tab.locator(".recent li", has_text="Second")).to_have_count(1)


def test_a_campaign_is_deleted_after_a_question(tab, folder):
    open_campaign(tab, folder / "can.png")
    start(tab, "deleted", name="Old sale")
    wait_until_ended(tab)
    tab.click("#campaign-delete")
    expect(tab.locator("#delete-text")).to_contain_text("Old sale has 1 ad.")
    assert find_violations(tab) == []
    tab.keyboard.press("Escape")
    expect(tab.locator("#delete-dialog")).to_be_hidden()
    tab.click("#campaign-delete")
    tab.click("#delete-yes")
    expect(tab.locator("#campaign-title")).to_have_count(0)
    expect(tab.locator("#announcement")).to_have_text("The campaign is deleted.")
    # Its photos, which were erased with it, are sent once more.
    start(tab, "made once more", name="New sale")
    wait_until_ended(tab)
    expect(tab.locator("#campaign-title")).to_have_text("New sale: 1 of 1 ads made")
    tab.reload()
    tab.click("#campaign-delete")
    tab.click("#delete-yes")
    expect(tab.locator("#campaign-notes")).to_contain_text("was erased with the campaign: add it")
    tab.reload()
    expect(tab.locator("#campaign-empty")).to_be_visible()
    expect(tab.locator(".recent", has_text="Old sale")).to_have_count(0)


def test_a_campaign_that_waits_shows_its_place_in_the_queue(tab, page, folder):
    page.background.go.clear()
    try:
        open_campaign(tab, folder / "can.png")
        start(tab, *(f"ahead {each}" for each in range(20)))
        expect(tab.locator(".tile")).to_have_count(20, timeout=MILLISECONDS)
        start(tab, "behind", name="Behind")
        expect(tab.locator("#campaign-status")).to_contain_text(
            "20 ads of earlier campaigns come first", timeout=MILLISECONDS
        )
        tab.click("#campaign-cancel")
        expect(tab.locator("#campaign-status")).to_contain_text("Cancelled", timeout=MILLISECONDS)
        tab.locator(".recent button", has_text="of 20 ads").first.click()
        tab.click("#campaign-cancel")
    finally:
        page.background.go.set()


def test_a_phone_shows_photos_table_and_failures_without_scrolling_sideways(
    phone, folder, tmp_path
):
    table = tmp_path / "a very long name of a table that no phone can show in one line.csv"
    table.write_text("photo,scene\ncan,sand\nblack,sand\nboot,sand\n")
    open_campaign(phone, folder / "can.png", folder / "black.png", table)
    expect(phone.locator("#campaign-table")).to_contain_text("Line 4", timeout=MILLISECONDS)
    start(phone, name="Night")
    expect(phone.locator("#campaign-failed li")).to_have_count(1, timeout=MILLISECONDS)
    wait_until_ended(phone)
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    row = phone.locator("#campaign-failed li")
    # Reason and buttons use the whole width, and fingers hit them.
    assert row.locator("p").bounding_box()["width"] > 240
    for button in row.locator("button").all():
        assert button.bounding_box()["height"] >= 40
    tools = phone.locator(".campaign-head .tools").bounding_box()
    assert tools["height"] < 60
    assert find_violations(phone) == []
