"""The page in a real browser, with a real system behind it."""

import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from cyclorama.jobs import JobAd
from cyclorama.report_page import ReportedAd, render_report
from cyclorama.results import Measurement
from cyclorama.review import plan_review
from services.imaging.thumbnails import encode_thumbnail
from services.inpainting.engines.grounding import GroundingInpainting
from tests.support.browsers import (
    MILLISECONDS,
    download_file,
    find_violations,
    open_tab,
    read_stage_states,
    request_ad,
    wait_until_finished,
    wait_until_loaded,
)
from tests.support.hostile import MARKUP
from tests.support.pictures import draw_product
from tests.web.conftest import serve_page

pytestmark = pytest.mark.slow


def test_from_a_photo_and_a_picked_scene_to_the_file(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("text=Marble")
    assert "marble" in tab.input_value("#prompt")
    tab.click("#make")
    wait_until_finished(tab)
    assert read_stage_states(tab) == ["done"] * 5
    duration = tab.inner_text('[data-stage="inpainting"] .status-text')
    assert re.fullmatch(r"(under 0.1|[\d.]+) s", duration)
    assert tab.locator(".stage img").count() == 5
    assert tab.inner_text("#lock") == "Your product is unchanged"
    assert re.match(r"Ready|Look at this: ", tab.inner_text("#quality h2"))
    assert download_file(tab, "#download")[:4] == b"\x89PNG"
    assert json.loads(download_file(tab, "#record"))["ad"]["width"] == 1024


def test_what_is_right_about_a_cut_out_is_right_in_each_ad_that_has_it(tab):
    act = """async () => {
        const { check, readChecked, uncheck } = await import("/static/checked.js");
        const [first, moved] = ["a", "b"].map((ad) => ({ ad, cutout: "of both" }));
        check(first, ["leftovers", "glow"]);
        const seen = [readChecked(first), readChecked(moved), readChecked("a")];
        uncheck(moved, "leftovers");
        return [...seen, readChecked(first)];
    }"""
    first, moved, alone, left = tab.evaluate(act)
    assert sorted(first) == ["glow", "leftovers"] and moved == ["leftovers"]
    assert alone == left == ["glow"]


def test_what_looks_right_is_taken_from_the_verdict_until_it_is_undone(tab, photo):
    request_ad(tab, photo, "a barrier, red dragon")
    wait_until_finished(tab)
    verdict, named = tab.locator("#quality h2"), tab.locator("#details .link")
    expect(verdict).to_contain_text("Look at this: ")
    assert tab.locator("#quality summary:has-text('strict reviewer')").count() == 1
    before = verdict.inner_text()
    buttons = tab.locator("#quality").get_by_role("button", name="it looks right")
    pressed = 0
    while verdict.inner_text() != "Ready, checked by you":
        buttons.first.press("Enter")
        pressed += 1
        undo = tab.locator("#quality .checked button")
        expect(undo).to_have_count(pressed)
    # The button that undoes it has the focus, and the mark of a ready ad is not shown.
    assert tab.evaluate("() => document.activeElement.textContent") == "Undo"
    expect(named).to_have_text("Ready, checked by you")
    assert tab.locator("#quality summary:has-text('strict reviewer')").count() == 0
    assert find_violations(tab) == []
    tab.reload()
    wait_until_loaded(tab)
    expect(verdict).to_have_text("Ready, checked by you")
    for left in reversed(range(pressed)):
        undo.first.click()
        expect(undo).to_have_count(left)
    expect(verdict).to_have_text(before)
    expect(named).to_have_text(before)


def test_chips_show_which_words_the_ad_shows_and_which_it_leaves_out(tab, photo):
    request_ad(tab, photo, "a forest, red dragon")
    wait_until_finished(tab)
    assert tab.inner_text("#report .brief p") == "a forest, red dragon"
    shown, left_out = tab.locator("#report .chip").all()
    # The text as a screen reader has it.
    assert shown.text_content() == "Shown: a forest"
    assert left_out.text_content() == "Left out: red dragon nearest: rock"
    assert "rock" in left_out.get_attribute("title")
    tab.fill("#prompt", "a forest")
    tab.click("text=Update the ad")
    expect(tab.locator("#report .chip")).to_have_text(["Shown: a forest"], timeout=MILLISECONDS)
    # The first version keeps its own.
    tab.locator(".strip button").first.click()
    expect(tab.locator("#report .chip")).to_have_count(2)


def test_gallery_and_viewer_list_what_the_ads_of_a_campaign_leave_out(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    tab.fill("#prompt", "a forest\na lake, red dragon")
    tab.click("#make")
    expect(tab.locator(".tile img:not(.waiting-photo)")).to_have_count(2, timeout=MILLISECONDS)
    left_out = ".chip:has-text('Left out')"
    expect(tab.locator(f".tile {left_out}")).to_have_text(["Left out: red dragon nearest: rock"])
    expect(tab.locator("#campaign-review")).to_contain_text("both")
    tab.locator(f".tile:not(:has({left_out})) button.picture").click()
    assert tab.locator(f"#viewer {left_out}").count() == 0
    for height in (900, 500):
        tab.set_viewport_size({"width": 1280, "height": height})
        tab.evaluate("() => document.querySelector('#viewer img').decode()")
        tools = tab.locator("#viewer .tools").bounding_box()
        assert tools and tools["y"] + tools["height"] <= 0.98 * height
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(f"#viewer {left_out}")).to_contain_text("red dragon")
    assert find_violations(tab) == []


def test_who_has_no_photo_takes_the_sample(tab):
    tab.click("#sample")
    expect(tab.locator("#photo-name")).to_have_text("sample.jpg")
    assert tab.evaluate("() => document.activeElement.id") == "prompt"
    tab.keyboard.type("a sample")
    tab.keyboard.press("Enter")
    wait_until_finished(tab)


def test_a_photo_without_preview_leaves_no_broken_picture(tab, heic_photo):
    tab.set_input_files("#photo", heic_photo)
    expect(tab.locator("#photo-hint")).to_contain_text("no preview")
    expect(tab.locator("#photo-shown")).to_be_hidden()
    request_ad(tab, heic_photo, "a phone's photo")
    wait_until_finished(tab)
    broken = "() => [...document.images].filter(each => !each.hidden && !each.naturalWidth).length"
    assert tab.evaluate(broken) == 0
    expect(tab.locator("#compare")).to_be_hidden()


def test_one_change_runs_only_what_it_concerns_and_keeps_the_version_before(tab, photo):
    request_ad(tab, photo, "a change")
    wait_until_finished(tab)
    tab.click("text=Placement")
    tab.check('#anchors input[aria-label="Bottom left"]', force=True)
    tab.click("text=Update the ad")
    expect(tab.locator(".strip button")).to_have_count(2, timeout=MILLISECONDS)
    assert read_stage_states(tab) == ["cached", "cached", "done", "done", "done"]
    tab.click("text=New variation")
    expect(tab.locator(".strip button")).to_have_count(3, timeout=MILLISECONDS)
    assert read_stage_states(tab) == ["cached", "done", "done", "done", "done"]
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#download-all"))) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 6
        assert archive.read("3_can_a-change_1024x1024.png") == download_file(tab, "#download")
        proof = archive.read("proof/3_can_a-change_1024x1024.json")
        assert proof == download_file(tab, "#record")
    tab.check('input[aria-label="Choose version 2 for the download"]')
    expect(tab.locator("#download-all")).to_have_text("Download 1 chosen")
    tab.reload()
    with tab.expect_download() as download:
        tab.click("#download-all")
    assert re.fullmatch(r"can_versions_\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 2
        assert archive.namelist()[0].startswith("2_can_a-change")


def test_missing_input_is_shown_next_to_its_field(tab):
    tab.click("#make")
    assert tab.inner_text("#photo-wrong") == "Choose a photo of your product first."
    assert "Describe a scene" in tab.inner_text("#prompt-wrong")
    assert tab.evaluate("() => document.activeElement.id") == "photo"


def test_a_file_that_is_no_picture_is_explained(tab, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    request_ad(tab, tmp_path / "notes.png", "a table")
    failure = tab.locator(".failure")
    expect(failure).to_contain_text("This file cannot be used")
    expect(failure).to_contain_text("Choose another file")
    assert failure.locator("button").count() == 0
    assert tab.get_attribute('[data-stage="segmentation"]', "data-state") == "failed"


def test_words_and_names_are_shown_and_never_become_a_part_of_the_page(tab, photo):
    named = photo.with_name("<img src=q onerror=alert(1)>.png")
    named.write_bytes(photo.read_bytes())
    tab.set_input_files("#photo", named)
    expect(tab.locator("#photo-name")).to_have_text(named.name)
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    tab.fill("#prompt", "\n".join(MARKUP))
    tab.click("#make")
    expect(tab.locator(".tile img:not(.waiting-photo)")).to_have_count(
        len(MARKUP), timeout=MILLISECONDS
    )
    shown = {
        image.get_attribute("alt") for image in tab.locator(".tile img:not(.waiting-photo)").all()
    }
    assert shown == {f"{named.name}, {words}, 1024 by 1024" for words in MARKUP}
    assert tab.locator("script:not([src]), [onerror], img[src=x], img[src=q]").count() == 0


def test_a_dead_stage_is_named_and_the_next_try_goes_on_from_there(tab, page, photo):
    page.system.stop_stage("inpainting")
    try:
        request_ad(tab, photo, "a dead stage")
        failure = tab.locator(".failure")
        expect(failure).to_contain_text("“light and shadow” does not answer", timeout=MILLISECONDS)
        expect(failure).to_contain_text("make up")
    finally:
        page.system.restart_stage("inpainting", GroundingInpainting())
    failure.locator("button").click()
    wait_until_finished(tab)
    assert read_stage_states(tab)[0] == "cached" and read_stage_states(tab)[3] == "done"


def test_cancelling_stops_the_stage_and_the_next_ad_starts_at_once(tab, page, photo):
    page.background.go.clear()
    page.background.abandoned.clear()
    try:
        request_ad(tab, photo, "cancelled")
        expect(tab.locator('[data-stage="background"] .status-text')).to_have_text("60 %")
        tab.click("#cancel")
        expect(tab.locator("#failure")).to_contain_text("Cancelled")
        assert page.background.abandoned.wait(30)
    finally:
        page.background.go.set()
    tab.click("#make")
    wait_until_finished(tab)


def test_a_campaign_fills_its_gallery_and_is_there_after_a_reload(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    tab.click(".format:has-text('Portrait')")
    tab.click(".format:has-text('Square')")
    tab.click("#scenes-more")
    tab.click("text=Snow")
    tab.click("text=Silk")
    tab.fill("#variant-count", "2")
    assert tab.inner_text("#count") == (
        "1 photo \u00d7 2 scenes \u00d7 1 format \u00d7 2 variants = 4 ads"
    )
    tab.click("#make")
    expect(tab.locator(".tile img:not(.waiting-photo)")).to_have_count(4, timeout=MILLISECONDS)
    assert tab.inner_text("#campaign-title") == "4 of 4 ads made"
    heights = "img => [img.clientHeight, img.parentElement.clientHeight]"
    shown, room = tab.locator(".tile img:not(.waiting-photo)").first.evaluate(heights)
    assert 0 < shown <= room
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#campaign-zip"))) as archive:
        assert len(archive.namelist()) == 9
    tab.reload()
    expect(tab.locator(".tile img:not(.waiting-photo)")).to_have_count(4, timeout=MILLISECONDS)
    tab.locator(".tile button").first.click()
    tab.keyboard.press("ArrowRight")
    assert tab.get_attribute("#viewer img", "alt").startswith("Ad 2 of 4: can.png, ")
    tab.keyboard.press("Escape")
    expect(tab.locator("#viewer")).to_be_hidden()


def test_a_campaign_is_cancelled(tab, page, photo):
    page.background.go.clear()
    try:
        tab.set_input_files("#photo", photo)
        tab.click("text=Campaign")
        tab.click("#campaign-take")
        tab.fill("#prompt", "one\ntwo")
        tab.click("#make")
        tab.click("#campaign-cancel")
        expect(tab.locator("#campaign-status")).to_contain_text("Cancelled")
        assert tab.locator(".tile img:not(.waiting-photo)").count() == 0
    finally:
        page.background.go.set()


def test_the_whole_form_is_reached_by_key(tab, photo):
    tab.set_input_files("#photo", photo)
    reached = set()
    tab.click("#placement-part summary")
    tab.click("#more-part summary")
    tab.focus("#photo")
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("() => document.activeElement.id || document.activeElement.name"))
    assert {"prompt", "size", "format", "anchor", "scale", "shadow", "locked", "make"} <= reached
    tab.focus("#prompt")
    tab.keyboard.type("by key")
    tab.keyboard.press("Enter")
    wait_until_finished(tab)


def test_no_rule_of_accessibility_is_broken(tab, phone, photo, tmp_path):
    """Rules of WCAG and best practice that axe checks, in every state of the page."""
    (tmp_path / "notes.png").write_text("no picture")
    (refused := tmp_path / "notes.txt").write_text("no picture")
    for each in (tab, phone):
        assert find_violations(each) == []
        request_ad(each, photo, "a barrier, red dragon")
        wait_until_finished(each)
        open_all = (
            "() => document.querySelectorAll('details').forEach(each => { each.open = true; })"
        )
        each.evaluate(open_all)
        assert find_violations(each) == []
        request_ad(each, tmp_path / "notes.png", "a barrier")
        expect(each.locator(".failure")).to_contain_text("This file cannot be used")
        assert find_violations(each) == []
        each.set_input_files("#photo", refused)
        expect(each.locator("#photo-back")).to_be_visible()
        assert find_violations(each) == []
        each.click("text=Campaign")
        assert find_violations(each) == []


def test_the_report_of_a_campaign_is_accessible_without_a_server(browser, tmp_path):
    halo = Measurement("halo", "9 px", "at most 4 px", "fail", "A rim.", 9.0, "px", "Mask it.")
    picture = encode_thumbnail(draw_product(320, 256)[0]).data
    good = JobAd("sand", (320, 256), 7, "", "succeeded", "a", "m", "", score=9.0, reasons="none")
    poor = replace(good, score=3.0, flaw_probability=0.8, measurements=(halo,))
    ads = [ReportedAd(ad, "can.png", f"{at}.png", picture) for at, ad in enumerate((good, poor))]
    failed = ReportedAd(replace(good, state="failed", error="photo: is empty"))
    review = plan_review([good, poor])
    (tmp_path / "report.html").write_text(render_report(ads, review, [failed]), encoding="utf-8")
    for width, scheme in ((1280, "light"), (390, "dark")):
        with browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
        ) as context:
            tab = context.new_page()
            tab.goto((tmp_path / "report.html").as_uri())
            assert tab.inner_text("h1") == "Look at 1 of 2 ads first. The other one is ready."
            assert tab.evaluate("() => document.documentElement.scrollWidth") == width
            loaded = "() => [...document.images].filter(each => each.naturalWidth).length"
            assert tab.evaluate(loaded) == 2
            tab.keyboard.press("Tab")
            assert tab.evaluate("() => document.activeElement.textContent") == "File"
            assert find_violations(tab) == []


def test_the_refusal_of_an_upload_is_shown_though_it_is_not_read(browser, page, tmp_path):
    large = tmp_path / "large.png"
    large.write_bytes(bytes(40 * 2**20))
    with (
        serve_page(page.system.address, photo_mib=1) as address,
        open_tab(browser, address, 1280, 900) as tab,
    ):
        request_ad(tab, large, "too large")
        failure = tab.locator(".failure")
        expect(failure).to_contain_text("The photo has more than 1 MiB.", timeout=MILLISECONDS)


def test_a_phone_shows_everything_without_scrolling_sideways(phone, photo):
    wide = "() => document.documentElement.scrollWidth"
    assert phone.evaluate(wide) == 390
    request_ad(phone, photo, "a phone")
    wait_until_finished(phone)
    assert phone.evaluate(wide) == 390
    phone.set_input_files(
        "#photo", {"name": f"{'notes' * 20}.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    expect(phone.locator("#photo-wrong")).to_contain_text("This is no picture")
    assert phone.evaluate(wide) == 390
    phone.click("text=Campaign")
    assert phone.evaluate(wide) == 390
    dark = phone.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", dark))) < 40
