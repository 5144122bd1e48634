"""The form in a browser: scenes, words, the cut-out next to the photo, laptops and phones."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsers import (
    MILLISECONDS,
    download_file,
    find_violations,
    open_tab,
    request_ad,
    wait_until_finished,
)
from tests.web.test_browser_ad import is_in_window

pytestmark = pytest.mark.slow

PARTS = ("#drop", "#prompt", "#scenes-more", "#formats", "#profile", "#headline", "#call", "#make")


def list_scenes(tab: Page) -> list[str]:
    """Returns the labels of the scenes that are seen."""
    return tab.locator(".swatch").filter(visible=True).all_inner_texts()


def test_all_scenes_are_shown_at_a_press_and_a_picked_one_stays_in_the_row(tab):
    assert len(list_scenes(tab)) == 4
    for each in ("#scenes-more", ".swatch >> nth=0"):
        assert is_in_window(tab, each)
    more = tab.get_by_role("button", name="All 16")
    more.click()
    assert len(list_scenes(tab)) == 16
    snow = tab.locator(".swatch", has_text="Snow")
    snow.click()
    tab.get_by_role("button", name="Fewer").click()
    assert list_scenes(tab) == ["Studio", "Podium", "Shapes", "Snow"]
    expect(snow).to_have_attribute("aria-pressed", "true")
    assert find_violations(tab) == []
    # The keyboard enters the row at the picked one, and steps through what is seen.
    tab.focus("#prompt")
    tab.keyboard.press("Tab")
    expect(snow).to_be_focused()
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator(".swatch", has_text="Shapes")).to_be_focused()


def test_a_picked_scene_is_edited_further_and_replaced_words_come_back(tab):
    tab.fill("#prompt", "my grandmother's kitchen")
    podium = tab.locator(".swatch", has_text="Podium")
    podium.click()
    tab.focus("#prompt")
    tab.keyboard.press("End")
    tab.keyboard.type(", a rose")
    expect(podium).to_have_attribute("aria-pressed", "true")
    assert tab.input_value("#prompt").endswith("golden accents, a rose")
    expect(tab.locator("#prompt-back")).to_be_hidden()
    podium.click()
    tab.click("#prompt-back")
    assert tab.input_value("#prompt").endswith("golden accents, a rose")
    expect(tab.locator("#prompt")).to_be_focused()


def test_the_card_of_the_photo_takes_the_cut_out_of_the_ad_in_progress(tab, page, photo):
    # The page's own request is never answered.
    tab.route("**/api/cutouts", lambda route: None)
    page.background.go.clear()
    try:
        request_ad(tab, photo, "a paused ad")
        question, shown = tab.locator("#cutout-question"), tab.locator(".cutout-thumb img")
        expect(shown).to_be_visible(timeout=MILLISECONDS)
        expect(question).to_have_text("Is this your whole product?")
    finally:
        page.background.go.set()
    wait_until_finished(tab)
    expect(question).to_have_text("Is this your whole product?")
    expect(shown).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1440, 900)])
def test_a_laptop_shows_all_that_an_ad_needs_before_and_after_a_photo(browser, page, photo, size):
    with open_tab(browser, page.address, *size) as tab:
        for each in PARTS:
            assert is_in_window(tab, each), each
        tab.set_input_files("#photo", photo)
        expect(tab.locator(".cutout-thumb img")).to_be_visible(timeout=MILLISECONDS)
        for each in PARTS:
            assert is_in_window(tab, each), each


def test_long_words_are_seen_whole_and_their_length_is_said(tab):
    hint = tab.locator("#words-length")
    tab.fill("#headline", "Grown slowly")
    tab.fill("#call", "Shop now")
    expect(hint).to_be_empty()
    tab.fill("#headline", "Grown slowly in the quiet hills of Provence, bottled by hand")
    tab.fill("#call", "Discover the whole collection")
    expect(hint).to_contain_text("Headline: 60 characters; up to 40 stay large.")
    expect(hint).to_contain_text("Button: 29 characters; up to 20 look like a button.")
    for field in ("#headline", "#call"):
        assert tab.locator(field).evaluate("each => each.scrollHeight <= each.clientHeight + 1")
        assert tab.locator(field).evaluate("each => each.scrollWidth <= each.clientWidth")
    assert find_violations(tab) == []
    # Enter breaks no line of a button.
    tab.focus("#call")
    tab.keyboard.press("Enter")
    assert "\n" not in tab.input_value("#call")


def test_the_proof_is_saved_where_it_says_that_the_product_is_unchanged(tab, photo):
    request_ad(tab, photo, "a proof")
    wait_until_finished(tab)
    proof = tab.locator(".lock").get_by_role("link", name="Save the proof file")
    expect(proof).to_be_visible()
    assert download_file(tab, "#record").startswith(b"{")


def test_a_platform_has_sizes_in_place_of_the_formats(tab):
    tab.select_option("#profile", "meta-feed")
    expect(tab.locator("#formats")).to_be_hidden()
    expect(tab.locator("#profile-size")).to_have_value(re.compile(r"\d+x\d+"))
    tab.select_option("#profile", "")
    expect(tab.locator("#formats")).to_be_visible()
    expect(tab.locator("#profile-size-line")).to_be_hidden()


def test_the_empty_page_says_what_comes_next(tab, photo):
    title = tab.locator("#next-title")
    with tab.expect_file_chooser():
        tab.click("#choose-photo")
    tab.set_input_files("#photo", photo)
    expect(title).to_have_text("Now choose a scene")
    expect(tab.locator("#examples")).to_be_hidden()
    own = tab.locator("#own-photo")
    expect(own).to_be_visible()
    assert own.evaluate("image => image.decode().then(() => image.naturalWidth)") == 256
    assert find_violations(tab) == []
    tab.locator(".swatch").first.click()
    expect(title).to_have_text("All set")


def test_the_progress_of_an_ad_is_a_bar_that_never_returns(tab, page, photo):
    page.background.go.clear()
    try:
        request_ad(tab, photo, "a slow ad")
        bar = tab.get_by_role("progressbar", name="The ad so far")
        expect(bar).not_to_have_attribute("value", "0", timeout=MILLISECONDS)
        assert 0 < float(bar.get_attribute("value") or 0) < 1
        assert find_violations(tab) == []
    finally:
        page.background.go.set()
    wait_until_finished(tab)


def test_an_ad_comes_first_on_a_phone_and_the_form_is_a_press_away(phone, photo):
    form, result = phone.locator("#form"), phone.locator("#result")
    assert is_in_window(phone, "#make")
    phone.set_input_files("#photo", photo)
    expect(phone.locator("#ad-empty")).to_be_hidden()
    request_ad(phone, photo, "a phone")
    wait_until_finished(phone)
    expect(phone.locator("#canvas .after")).to_be_in_viewport(ratio=0.9)
    assert result.bounding_box()["y"] < form.bounding_box()["y"]
    change = phone.get_by_role("button", name="Change the ad")
    assert is_in_window(phone, "#to-form")
    assert change.bounding_box()["height"] >= 44
    assert find_violations(phone) == []
    change.tap()
    expect(phone.locator("#prompt")).to_be_focused()
    expect(change).to_be_hidden()
    for each in ("#drop", "#make"):
        assert is_in_window(phone, each), each
    phone.fill("#headline", "Seen")
    assert is_in_window(phone, "#headline")
    back = phone.get_by_role("button", name="Back to the ad")
    expect(back.locator("img")).to_have_attribute("src", re.compile("blob:"))
    assert find_violations(phone) == []
    back.tap()
    expect(phone.locator("#canvas .after")).to_be_in_viewport(ratio=0.9)
    phone.click("text=Campaign")
    expect(change).to_be_hidden()


def test_an_ad_is_cancelled_where_a_phone_shows_its_progress(phone, page, photo):
    page.background.go.clear()
    try:
        request_ad(phone, photo, "another paused ad")
        phone.tap("#cancel-here")
        expect(phone.locator("#failure")).to_contain_text("Cancelled", timeout=MILLISECONDS)
    finally:
        page.background.go.set()


def test_a_photo_that_is_chosen_is_in_view_however_far_the_form_is_scrolled(tab, photo):
    tab.set_viewport_size({"width": 1280, "height": 620})
    tab.evaluate("() => document.querySelector('.panel').scrollTo(0, 5000)")
    expect(tab.locator("#photo-name")).not_to_be_in_viewport()
    tab.set_input_files("#photo", photo)
    expect(tab.locator("#photo-name")).to_be_in_viewport()
