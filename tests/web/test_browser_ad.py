"""An ad on the page: its first screen, upload, waiting, the whole picture, comparing."""

import re
import threading
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from services.imaging.images import encode_image
from services.inpainting.engines.grounding import GroundingInpainting
from services.runtime.formats import PNG
from tests.support.browsers import (
    MILLISECONDS,
    find_violations,
    open_tab,
    request_ad,
    wait_until_finished,
)
from tests.support.engines import Queued
from tests.support.system import serve_system_in_thread
from tests.web.conftest import serve_page

pytestmark = pytest.mark.slow


def is_photo_shown(tab: Page) -> bool:
    """Whether the photo shows in place of the ad."""
    return (
        tab.locator("#canvas .after").evaluate("ad => getComputedStyle(ad).visibility") == "hidden"
    )


def is_in_window(tab: Page, selector: str) -> bool:
    """Whether an element lies whole in the window, behind nothing that sticks to its edges."""
    return tab.locator(selector).evaluate(
        """each => {
            const { left, top, right, bottom } = each.getBoundingClientRect();
            const x = (left + right) / 2;
            const isSeen = (y) => each.contains(document.elementFromPoint(x, y));
            return left >= 0 && right <= innerWidth && isSeen(top + 2) && isSeen(bottom - 2);
        }"""
    )


def test_photo_scene_format_platform_headline_and_button_are_on_the_first_screen(browser, page):
    with open_tab(browser, page.address, 1440, 900) as tab:
        for each in ("#drop", "#prompt", "#formats", "#profile", "#headline", "#call", "#make"):
            assert is_in_window(tab, each), each


def test_the_page_is_set_in_its_own_type(tab):
    tab.fill("#prompt", "\u0441\u0442\u043e\u043b, \u03c4\u03c1\u03b1\u03c0\u03ad\u03b6\u03b9")
    loaded = """() => document.fonts.ready.then(() =>
        [...document.fonts].filter((each) =>
            each.family === "Inter" && each.status === "loaded").length)"""
    # Latin, Cyrillic and Greek letters have a file each.
    assert tab.evaluate(loaded) == 3


def test_the_empty_page_shows_examples_and_makes_the_first_at_a_press(tab):
    for picture in tab.locator(".example img").all():
        assert picture.evaluate("image => image.naturalWidth") >= 500
    tab.click("#try-example")
    expect(tab.locator("#photo-name")).to_have_text("sample.jpg")
    assert "terrazzo" in tab.input_value("#prompt")
    assert tab.input_value("#headline") in tab.get_attribute(".example img >> nth=0", "alt")
    wait_until_finished(tab)
    expect(tab.locator("#ad-empty")).to_be_hidden()


@pytest.mark.parametrize("shape", ["Story", "Square", "Banner"])
def test_the_finished_ad_and_its_tools_fit_into_the_window(browser, page, photo, shape):
    with open_tab(browser, page.address, 1440, 900) as tab:
        tab.click(f".format:has-text('{shape}')")
        request_ad(tab, photo, f"whole, {shape}")
        wait_until_finished(tab)
        expect(tab.locator("#download")).to_be_visible()
        for each in ("#canvas", "#compare", "#download"):
            assert is_in_window(tab, each), each


def test_a_press_switches_between_ad_and_photo_and_one_that_is_held_shows_it_meanwhile(tab, photo):
    request_ad(tab, photo, "compared")
    wait_until_finished(tab)
    tab.focus("#compare")
    for press in (
        lambda: tab.click("#compare"),
        *[partial(tab.keyboard.press, key) for key in (" ", "Enter")],
    ):
        for is_shown in (True, False):
            press()
            assert is_photo_shown(tab) == is_shown
            assert tab.get_attribute("#compare", "aria-pressed") == str(is_shown).lower()
            expect(tab.locator(".before-mark")).to_be_visible(visible=is_shown)
    # As assistive technology presses it.
    tab.evaluate("() => document.querySelector('#compare').click()")
    assert is_photo_shown(tab)
    assert find_violations(tab) == []
    tab.evaluate("() => document.querySelector('#compare').click()")
    hold(tab, "#compare")
    assert is_photo_shown(tab)
    tab.mouse.up()
    assert not is_photo_shown(tab)


def read_scroll(tab: Page) -> list[float]:
    """Returns how far the large ad is scrolled to the right and down, in pixels."""
    return tab.locator(".stage-large").evaluate("each => [each.scrollLeft, each.scrollTop]")


def test_a_press_on_the_ad_opens_it_large_where_it_is_zoomed_and_dragged(tab, photo):
    request_ad(tab, photo, "at full size")
    wait_until_finished(tab)
    shown = tab.get_attribute("#canvas .after", "src")
    viewer, zoom = tab.locator("#viewer"), tab.locator("#viewer-zoom")
    for pressed, position in (("#canvas", {"x": 12, "y": 12}), (".place-grip", None)):
        tab.click(pressed, position=position)
        expect(viewer).to_be_visible()
        assert viewer.locator("img").get_attribute("src") == shown
        tab.keyboard.press("Escape")
        expect(viewer).to_be_hidden()
    tab.click("#enlarge")
    expect(zoom).to_have_text("Zoom in")
    assert find_violations(tab) == []
    tab.set_viewport_size({"width": 700, "height": 500})
    zoom.click()
    expect(zoom).to_contain_text("show all")
    image = viewer.locator("img")
    assert image.evaluate("each => each.clientWidth >= each.naturalWidth")
    before = read_scroll(tab)
    x, y = locate_middle(viewer.locator(".stage-large"))
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 60, y - 40, steps=4)
    tab.mouse.up()
    assert read_scroll(tab) == pytest.approx([before[0] + 60, before[1] + 40], abs=2)
    assert find_violations(tab) == []
    tab.mouse.click(x, y)
    expect(zoom).to_have_text("Zoom in")


def locate_middle(element: Locator) -> tuple[float, float]:
    """Returns where the middle of an element is, in pixels of the window."""
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def hold(tab: Page, selector: str) -> None:
    """Presses the mouse on an element until the page takes it for a press that is held."""
    tab.hover(selector)
    tab.mouse.down()
    start = tab.evaluate("() => performance.now()")
    tab.wait_for_function("start => performance.now() > start + 600", arg=start)


def test_a_refused_file_takes_the_place_of_the_photo_and_says_so(tab, photo, tmp_path):
    refused = tmp_path / "notes.txt"
    refused.write_text("no picture")
    (tmp_path / "empty.png").touch()
    tab.set_input_files("#photo", photo)
    tab.fill("#prompt", "a table")
    for file, reason in ((refused, "This is no picture"), (tmp_path / "empty.png", "is empty")):
        tab.set_input_files("#photo", file)
        expect(tab.locator("#photo-wrong")).to_contain_text(f"{file.name}: ")
        expect(tab.locator("#photo-wrong")).to_contain_text(reason)
        expect(tab.locator("#photo-shown")).to_be_hidden()
        assert tab.inner_text("#photo-name") == "Add a product photo"
    assert find_violations(tab) == []
    tab.click("#photo-back")
    expect(tab.locator("#photo-name")).to_have_text(photo.name)
    assert tab.inner_text("#photo-wrong") == ""
    tab.set_input_files("#photo", refused)
    tab.click("#make")
    expect(tab.locator("#photo-wrong")).to_contain_text("Choose a photo of your product first.")
    assert tab.locator("#stages").is_hidden()


def test_a_damaged_photo_is_refused_when_it_is_chosen(tab, photo, tmp_path):
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(photo.read_bytes()[:-200])
    tab.set_input_files("#photo", photo)
    tab.set_input_files("#photo", damaged)
    expect(tab.locator("#photo-wrong")).to_contain_text("damaged.png: This file is damaged")
    expect(tab.locator("#photo-shown")).to_be_hidden()
    tab.click("#photo-back")
    expect(tab.locator("#photo-name")).to_have_text(photo.name)
    tab.click("text=Campaign")
    tab.set_input_files("#campaign-files", [photo, damaged])
    expect(tab.locator("#campaign-notes")).to_contain_text("damaged.png: This file is damaged")
    expect(tab.locator("#campaign-photos li")).to_have_count(1)


def test_the_scenes_are_one_stop_of_the_keyboard(tab):
    tab.focus("#prompt")
    tab.keyboard.press("Tab")
    assert tab.evaluate("() => document.activeElement === document.querySelector('.swatch')")
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    third = tab.locator(".swatch").nth(2)
    expect(third).to_have_attribute("aria-pressed", "true")
    assert tab.input_value("#prompt") == third.get_attribute("title")
    tab.keyboard.press("Tab")
    expect(tab.locator("#scenes-more")).to_be_focused()
    tab.keyboard.press("Tab")
    assert tab.evaluate("() => document.activeElement.closest('#scenes')") is None


def test_ads_have_names_of_their_own(tab, photo):
    request_ad(tab, photo, "a table")
    wait_until_finished(tab)
    assert tab.get_attribute("#download", "download") == "can_a-table_1024x1024.png"
    assert tab.get_attribute("#record", "download") == "can_a-table_1024x1024.json"
    tab.fill("#backdrop-color", "#7fb7be")
    tab.fill("#headline", "Sale")
    tab.click("#make")
    names = ["Version 1: a table, ", "Version 2: color #7fb7be, Sale, "]
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    expect(tab.locator('[data-stage="background"] .status-text')).to_have_text("Not needed")
    for name, each in zip(names, tab.locator("#strip button").all(), strict=True):
        assert (each.get_attribute("aria-label") or "").startswith(name)
    # Of a backdrop, though the words of the scene are still there, and of the second version.
    download = tab.locator("#download")
    expect(download).to_have_attribute("download", "can_color-7fb7be_2_1024x1024.png")


def test_the_scene_is_not_waited_for_with_an_own_backdrop(tab, photo):
    tab.fill("#backdrop-color", "#7fb7be")
    tab.set_input_files("#photo", photo)
    waiting = []
    tab.route("**/api/ads", lambda route: waiting.append(route))
    tab.click("#make")
    expect(tab.locator('[data-stage="background"] .status-text')).to_have_text("Not needed")
    expect(tab.locator('[data-stage="finishing"] .status-text')).to_have_text("Waiting")
    waiting[0].continue_()
    wait_until_finished(tab)
    # No seed changes it.
    expect(tab.locator("#vary")).to_be_hidden()
    tab.click("#backdrop-remove")
    expect(tab.locator("#vary")).to_be_visible()


def test_a_phone_shows_example_and_photo_first_and_its_tools_in_two_rows(phone, photo):
    for each in (".example img >> nth=0", "#try-example", "#drop"):
        assert is_in_window(phone, each), each
    phone.set_input_files("#photo", photo)
    for field in ("#prompt", "#profile", "#headline", "#call"):
        phone.focus(field)
        assert is_in_window(phone, field), field
    request_ad(phone, photo, "a phone")
    wait_until_finished(phone)
    assert phone.locator("#ad-empty").is_hidden()
    rows = phone.evaluate(
        """() => new Set([...document.querySelectorAll("#tools :is(button, a):not(.link)")]
            .filter((each) => each.checkVisibility())
            .map((each) => Math.round(each.getBoundingClientRect().top))).size"""
    )
    assert rows == 2
    assert phone.evaluate("() => document.querySelector('.act').clientHeight") <= 80
    assert find_violations(phone) == []


def test_a_wide_window_has_the_example_next_to_the_form(tab):
    form, example = (tab.locator(each).bounding_box() for each in ("#form", "#ad-empty"))
    assert form and example and form["x"] + form["width"] < example["x"]
    tab.set_viewport_size({"width": 800, "height": 900})
    form, example = (tab.locator(each).bounding_box() for each in ("#form", "#ad-empty"))
    assert form and example and example["y"] + example["height"] <= form["y"]


def test_an_error_goes_with_the_settings_that_it_is_about(tab, photo):
    tab.route("**/api/ads", lambda route: route.abort())
    request_ad(tab, photo, "a table")
    expect(tab.locator("#failure .failure")).to_be_visible()
    tab.fill("#prompt", "a beach")
    expect(tab.locator("#failure")).to_be_empty()


def test_the_focus_is_on_the_result_while_the_ad_is_made_and_after(tab, photo):
    focused = "() => document.activeElement.id"
    request_ad(tab, photo, "a focus")
    wait_until_finished(tab)
    assert tab.evaluate(focused) == "result"
    tab.focus("#make")
    tab.keyboard.press("Enter")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    assert tab.evaluate(focused) == "result"


def test_the_share_of_a_large_photo_that_is_sent_is_shown(tab, tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (1200, 1200, 3), np.uint8)
    (tmp_path / "large.png").write_bytes(encode_image(noise, PNG).data)
    session = tab.context.new_cdp_session(tab)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": 2**20})
    request_ad(tab, tmp_path / "large.png", "a large photo")
    expect(tab.locator("#doing")).to_have_text("Sending the photo")
    expect(tab.locator("#share")).to_have_text(re.compile(r"^[1-9]\d? %$"))
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
    wait_until_finished(tab)


def test_the_place_in_the_queue_and_the_time_left_are_shown(browser, photo):
    go = threading.Event()
    go.set()
    with (
        serve_system_in_thread(background=Queued(go)) as system,
        serve_page(system.address) as address,
        open_tab(browser, address, 1280, 900) as tab,
    ):
        request_ad(tab, photo, "the first of its size")
        wait_until_finished(tab)
        go.clear()
        try:
            tab.click("text=New variation")
            expect(tab.locator("#doing")).to_have_text("Waiting: 2 pictures before yours")
            expect(tab.locator("#share")).to_have_text("almost done")
        finally:
            go.set()
        wait_until_finished(tab)


# What time left is said, of reports {time, done, left} of some work.
FOLLOW = """async ([reports, isKnown]) => {
    const { createTimeLeft, describeTimeLeft } = await import("/static/time_left.js");
    let time = 0;
    const timeLeft = createTimeLeft(() => time);
    return reports.map(([at, done, left]) => {
        time = at;
        return describeTimeLeft(timeLeft.estimate({ done, left, isKnown }));
    });
}"""
RANGES = ["almost done", "less than 15 s left", "15 to 30 s left", "30 to 60 s left"]
RANGES += ["1 to 2 min left", "2 to 4 min left", "4 to 8 min left", "8 to 15 min left"]


def test_the_time_left_is_known_by_earlier_ads_or_once_its_pace_is(tab):
    start = [[0, 0, 40], [2, 2, 38], [10, 10, 30]]
    assert tab.evaluate(FOLLOW, [start, False]) == ["", "", "30 to 60 s left"]
    # Cautious: others may be made at the same time.
    assert tab.evaluate(FOLLOW, [[[0, 0, 50]], True]) == ["1 to 2 min left"]
    assert tab.evaluate(FOLLOW, [[[0, 0, 50], [60, 50, 0]], True])[-1] == "almost done"


def test_what_takes_longer_than_known_is_not_almost_done(tab):
    late = [[0, 0, 100], *([time, 0, 100] for time in range(10, 400, 10))]
    shown = tab.evaluate(FOLLOW, [late, True])
    assert shown[0] == "2 to 4 min left" and shown[-1] != "almost done"


# Recorded with the studio on two processors: seconds, and expected seconds of work that were done.
CAMPAIGN = [
    (2, 0),
    (45, 6),
    (68, 14),
    (70, 17),
    (78, 27),
    (81, 35),
    (86, 40),
    (93, 45),
    (97, 49),
    (101, 53),
    (116, 58),
    (126, 62),
    (134, 66),
    (139, 70),
    (155, 73),
    (159, 77),
    (177, 81),
    (179, 85),
    (187, 90),
    (193, 96),
    (203, 99),
    (208, 105),
    (221, 109),
    (222, 112),
    (243, 115),
    (253, 118),
    (269, 121),
    (278, 128),
    (284, 132),
    (295, 135),
    (296, 149),
    (299, 156),
]
BUSY = [(0, 0), (7, 6), (20, 12), (36, 19), (55, 26), (71, 33), (78, 38), (89, 46)]
IDLE = [(0, 0), (2, 6), (5, 12), (9, 22), (14, 33), (17, 39), (20, 46)]


@pytest.mark.parametrize(
    ("recorded", "total"), [(CAMPAIGN, 189), (BUSY, 47), (IDLE, 47)], ids=["many", "busy", "idle"]
)
@pytest.mark.parametrize("is_known", [True, False])
def test_the_time_left_does_not_jump_up_without_a_reason(tab, recorded, total, is_known):
    reports = [
        [time, done, total - done]
        for (begin, done), (end, _) in pairwise(recorded)
        for time in range(begin, end)
    ]
    shown = [RANGES.index(each) for each in tab.evaluate(FOLLOW, [reports, is_known]) if each]
    rises = [after - before for before, after in pairwise(shown) if after > before]
    assert rises in ([], [1])
    assert RANGES.index("almost done") not in shown[:-3]


def test_a_service_that_is_missing_is_named_with_what_to_do(browser, page):
    page.system.stop_stage("inpainting")
    reason = "No ad can be made yet: light and shadow does not run."
    with open_tab(browser, page.address, 1280, 900) as tab:
        try:
            expect(tab.locator("#status")).to_have_text("Not ready: light and shadow")
            box = tab.locator("#health")
            expect(box).to_contain_text(reason)
            expect(box).to_contain_text("Ask the person who runs Cyclorama to start it.")
            technical = box.get_by_text("The stage does not answer (yet); start it.")
            expect(technical).to_be_hidden()
            box.locator("summary").click()
            expect(technical).to_be_visible()
            expect(tab.locator("#make")).to_be_disabled()
            expect(tab.locator("#make")).to_have_accessible_description(reason)
            assert find_violations(tab) == []
        finally:
            page.system.restart_stage("inpainting", GroundingInpainting())
        # The gateway finds the stage again within seconds, and the page asks by itself.
        expect(tab.locator("#make")).to_be_enabled(timeout=MILLISECONDS)
        expect(tab.locator("#status")).to_have_text("Ready")
        assert tab.locator("#health").inner_text() == ""
