"""Ads of a campaign that failed, in a real browser: their reasons, retries and other photos."""

import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.support.browsers import MILLISECONDS, download_file, find_violations
from tests.support.campaign_tabs import (
    open_campaign,
    read_photos,
    start,
    wait_until_ended,
)

pytestmark = pytest.mark.slow

FOCUSED = "() => document.activeElement.id"


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
    for state in tab.locator(".tile .state").all():
        assert state.text_content() in ("Ready", "Look at this")


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


def test_a_cancelled_campaign_is_continued(tab, page, folder):
    page.background.go.clear()
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "halted", name="Halted")
        expect(tab.locator(".tile")).to_have_count(2, timeout=MILLISECONDS)
        tab.click("#campaign-cancel")
        expect(tab.locator("#campaign-continue")).to_have_text(
            "Make the other 2", timeout=MILLISECONDS
        )
    finally:
        page.background.go.set()
    tab.click("#campaign-continue")
    expect(tab.locator("#campaign-title")).to_have_text(
        "Halted: 2 of 2 ads made", timeout=MILLISECONDS
    )
    wait_until_ended(tab)
    expect(tab.locator("#campaign-status")).to_have_text("Finished")
    expect(tab.locator("#campaign-continue")).to_be_hidden()


def test_another_attempt_of_an_ad_is_said(tab):
    said = """async () => {
        const { createCard, showCard } = await import("/static/campaign_card.js");
        const ad = { at: 0, photo: "a.png", photo_uri: "u", prompt: "sand", width: 8, height: 8 };
        const running = { ...ad, state: "running", stage: "background", stage_fraction: 0.4 };
        const tile = createCard(ad, {});
        showCard(tile, running, "none", {});
        const first = tile.querySelector(".doing").textContent;
        const again = { ...running, attempt: 2, retry_cause: "It took too long" };
        showCard(tile, again, "none", {});
        return [first, tile.querySelector(".doing").textContent];
    }"""
    assert tab.evaluate(said) == ["Scene 40 %", "Scene 40 % · Second try: it took too long"]
