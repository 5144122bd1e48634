"""The cards of a campaign in a real browser, with a real gateway with jobs."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from cyclorama.result_names import name_results
from cyclorama.web.campaign_downloads import SCENE_NAMES
from tests.support.browsers import MILLISECONDS, download_file, find_violations, open_tab
from tests.support.campaign_tabs import (
    open_campaign,
    start,
    wait_until_ended,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


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


def test_advice_on_a_campaign_names_only_what_is_there(tab, folder):
    open_campaign(tab, folder / "can.png")
    start(tab, "advice")
    wait_until_ended(tab)
    expect(tab.locator("#looks .tile .edit")).to_be_visible()
    expect(tab.locator("#looks .why strong")).to_have_text(re.compile(r"^[A-Z].*\.$"))
    remedies = tab.locator("#looks .why span, #looks .measurements li").all_text_contents()
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


def test_a_finished_campaign_is_in_sight_after_a_reload_on_a_phone(tab, folder):
    tab.set_viewport_size({"width": 390, "height": 844})
    open_campaign(tab, folder / "can.png")
    start(tab, "on a phone", name="Phone")
    wait_until_ended(tab)
    tab.evaluate("() => { history.scrollRestoration = 'manual'; scrollTo(0, 0); }")
    tab.reload()
    expect(tab.locator("#campaign-title")).to_be_in_viewport(timeout=MILLISECONDS)
    expect(tab.locator("#looks .tile, .gallery .tile").first).to_be_in_viewport()


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
    expect(tile.locator(".state")).to_have_text("Ready, checked by you")
    assert find_violations(tab) == []
    tab.reload()
    expect(undo).to_have_count(2, timeout=MILLISECONDS)
    undo.first.click()
    expect(looks).to_have_count(1)


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
        const tile = () => {
            const figure = document.createElement("figure");
            figure.append(document.createElement("figcaption"));
            return figure;
        };
        const ads = verdicts.map((verdict) => ({ verdict, quality: [], profile: null }));
        const groups = renderLooks(ads.map((ad) => ({ ad, tile: tile(), judged: ad })));
        return groups.map((each) => [
            each.querySelector("h3, .why strong").textContent,
            each.querySelectorAll("figure").length,
        ]);
    }"""
    halo, dark = "Look at this: a rim is left.", "Look at this: it is dark."
    assert tab.evaluate(render, [halo, dark, halo, halo]) == [
        ["3 ads: a rim is left.", 3],
        ["It is dark.", 1],
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


def test_chosen_ads_are_downloaded_by_sensible_names(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "on sand", name="Spring sale")
    wait_until_ended(tab)
    tab.get_by_label("Choose jar.png").check()
    expect(tab.locator("#campaign-chosen strong")).to_have_text("1 chosen")
    assert find_violations(tab) == []
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#chosen-zip"))) as archive:
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


def test_a_card_is_as_sharp_as_its_display_and_as_wide_as_a_phone(browser, page, folder):
    with open_tab(browser, page.address, 390, 844, device_scale_factor=2) as phone:
        open_campaign(phone, folder / "can.png")
        start(phone, "sharp")
        wait_until_ended(phone)
        picture = phone.locator(".tile .picture img")
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.currentSrc").endswith("?side=960")
        assert picture.bounding_box()["width"] >= 350
        assert phone.evaluate("() => document.documentElement.scrollWidth") == 390


def test_a_started_campaign_is_in_sight_on_a_phone(phone, page, folder):
    page.background.go.clear()
    try:
        open_campaign(phone, folder / "can.png", folder / "jar.png")
        start(phone, "in sight")
        expect(phone.locator(".tile")).to_have_count(2, timeout=MILLISECONDS)
        expect(phone.locator("#campaign-stays")).to_be_in_viewport()
        assert phone.locator("#campaign-title").bounding_box()["y"] < 160
    finally:
        page.background.go.set()
    wait_until_ended(phone)


SWIPE = """(by) => {
    const at = (x) => [new Touch({ identifier: 1, target: document.body, clientX: x, clientY: 9 })];
    const send = (kind, touches) => document.querySelector("#viewer").dispatchEvent(
        new TouchEvent(kind, { bubbles: true, touches, changedTouches: touches }));
    send("touchstart", at(200));
    send("touchend", at(200 + by));
}"""


def test_an_ad_opens_large_with_what_is_wrong_and_swipes_show_the_others(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    start(tab, "large")
    wait_until_ended(tab)
    tab.locator(".tile .picture").first.click()
    viewer = tab.locator("#viewer")
    expect(viewer.locator(".heading")).to_have_text("1 of 2Look at this")
    viewer.locator("img").evaluate("image => image.decode()")
    assert viewer.locator("img").bounding_box()["height"] > 600
    assert viewer.locator(".measurements li").count() > 0
    assert find_violations(tab) == []
    first = viewer.locator("img").get_attribute("src")
    for act in (
        lambda: tab.evaluate(SWIPE, -90),
        lambda: tab.evaluate(SWIPE, 90),
        lambda: tab.keyboard.press("ArrowRight"),
        lambda: tab.get_by_label("Previous").click(),
    ):
        before = viewer.locator("img").get_attribute("src")
        act()
        assert viewer.locator("img").get_attribute("src") != before
    assert viewer.locator("img").get_attribute("src") == first
    # A finger that hardly moves, or that scrolls, shows no other.
    tab.evaluate(SWIPE, 20)
    assert viewer.locator("img").get_attribute("src") == first
    tab.click("#viewer-check")
    expect(viewer.locator(".state")).to_have_text("Ready, checked by you")
    tab.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(tab.locator("#looks .tile")).to_have_count(1)


def test_many_ads_are_filtered_by_what_they_need(tab, page, folder):
    page.background.failing = "storm"
    try:
        open_campaign(tab, folder / "can.png", folder / "jar.png")
        start(tab, "storm", "calm", "mild", "cool")
        wait_until_ended(tab)
    finally:
        page.background.failing = ""
    shown = tab.locator("#campaign .tile:visible")
    buttons = tab.locator("#campaign-filter button")
    expect(buttons).to_have_text(["All 8", "To look at 6", "Failed 2"])
    buttons.nth(2).click()
    expect(shown).to_have_count(0)
    expect(tab.locator("#campaign-failed li")).to_have_count(2)
    buttons.nth(1).click()
    expect(shown).to_have_count(6)
    expect(tab.locator("#campaign-failed")).to_be_hidden()
    tab.locator("#looks").get_by_role("button", name="It looks right").first.click()
    expect(shown).to_have_count(5)
    expect(buttons).to_have_text(["All 8", "To look at 5", "Ready 1", "Failed 2"])
    assert find_violations(tab) == []
