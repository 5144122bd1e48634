"""Editing in a real browser: the product on the ad, the cut-out, the backdrop, variants."""

import io
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Locator, Route, expect
from playwright.sync_api import Page as Tab

from cyclorama.web.quality_texts import TEXTS
from services.compositing.engines.opencv.orientation import flip_and_rotate
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.segmentation.engines.classic import ClassicSegmentation
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
from tests.support.engines import Flat
from tests.support.glass import photograph_filled_glass
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.web.conftest import Page, serve_page

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[2] / "clients/samples"
PIXELS = draw_product(320, 256)[0]
HEIGHT, WIDTH = PIXELS.shape[:2]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Page]:
    """The page in front of a system that cuts out by colors, and follows corrections."""
    jobs, background = job_store_settings(tmp_path_factory.mktemp("kept")), Flat()
    with (
        serve_system_in_thread(
            segmentation=ClassicSegmentation(), background=background, **jobs
        ) as system,
        serve_page(system.address) as address,
    ):
        yield Page(address, system, background)


@pytest.fixture
def made(tab, photo) -> Tab:
    """A tab with a finished ad."""
    request_ad(tab, photo, "a table")
    wait_until_finished(tab)
    return tab


def update_ad(tab: Tab, button: str) -> None:
    """Clicks a button that makes the ad again, and waits for the next version."""
    count = tab.locator("#strip button").count()
    tab.click(button)
    expect(tab.locator("#strip button")).to_have_count(count + 1, timeout=MILLISECONDS)
    wait_until_finished(tab)


def read_manifest(tab: Tab) -> dict:
    """Returns the record of the version that is shown."""
    return json.loads(download_file(tab, "#record"))


def find_stage(manifest: dict, name: str) -> dict:
    """Returns what a record says of a stage."""
    return next(stage for stage in manifest["stages"] if stage["stage"] == name)


def hash_output(manifest: dict, stage: str) -> str:
    return find_stage(manifest, stage)["output"]["sha256"]


def find_center(manifest: dict) -> tuple[float, float]:
    """Returns the middle of the product, as shares of the ad."""
    box, ad = manifest["pixel_lock"]["transform"]["box"], manifest["ad"]
    x, y = box.get("x", 0) + box["width"] / 2, box.get("y", 0) + box["height"] / 2
    return x / ad["width"], y / ad["height"]


def drag(tab: Tab, start: tuple[float, float], right: float, down: float) -> None:
    """Drags with the mouse, by pixels of the screen."""
    x, y = start
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + right / 2, y + down / 2, steps=3)
    tab.mouse.move(x + right, y + down, steps=3)
    tab.mouse.up()


def find_middle(place: Locator) -> tuple[float, float]:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def measure_box(tab: Tab) -> dict[str, float]:
    """Returns x, y, width and height of the product on the ad, in pixels of the screen."""
    box = tab.locator(".place-grip").bounding_box()
    canvas = tab.locator("#canvas").bounding_box()
    assert box and canvas
    return {**box, "x": box["x"] - canvas["x"], "y": box["y"] - canvas["y"]}


def test_a_drag_moves_the_product_and_only_placing_runs_again(made):
    before = find_center(read_manifest(made))
    side = made.locator("#canvas").bounding_box()["width"]
    drag(made, find_middle(made.locator(".place-grip")), -side / 8, side / 20)
    # The cut-out itself moves over the picture.
    shown = made.locator(".place-image")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 20
    assert find_violations(made) == []
    update_ad(made, "#place-update")
    assert read_stage_states(made) == ["cached", "cached", "done", "done", "done"]
    after = find_center(read_manifest(made))
    assert after == pytest.approx((before[0] - 1 / 8, before[1] + 1 / 20), abs=0.005)
    # Undo brings the first place back.
    made.click("#undo")
    expect(made.locator("#place-note")).to_be_hidden()
    assert find_center(read_manifest(made)) == pytest.approx(before)


def test_a_corner_resizes_the_product_and_the_opposite_corner_stays(made):
    made.click("#move")
    start = measure_box(made)
    corner = made.locator('.place-handle[data-corner="ne"]')
    drag(made, find_middle(corner), start["width"] / 4, -start["height"] / 4)
    end = measure_box(made)
    assert end["width"] / start["width"] == pytest.approx(1.25, abs=0.03)
    assert end["height"] / start["height"] == pytest.approx(1.25, abs=0.03)
    assert end["x"] == pytest.approx(start["x"], abs=2)
    assert end["y"] + end["height"] == pytest.approx(start["y"] + start["height"], abs=2)


def test_keys_move_and_resize_the_product_and_escape_puts_it_back(made):
    start, canvas = measure_box(made), made.locator("#canvas").bounding_box()
    made.locator(".place-grip").focus()
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowUp", "+"):
        made.keyboard.press(key)
    moved = measure_box(made)
    assert moved["width"] == pytest.approx(1.05 * start["width"], rel=0.01)
    shift = moved["x"] + moved["width"] / 2 - start["x"] - start["width"] / 2
    assert shift == pytest.approx(-0.02 * canvas["width"], abs=1)
    expect(made.locator("#announcement")).to_contain_text("wide")
    made.keyboard.press("Escape")
    assert measure_box(made) == pytest.approx(start, abs=0.5)
    expect(made.locator("#place-bar")).to_be_hidden()


def test_a_product_that_the_edge_cuts_off_is_said_while_it_is_dragged(made):
    side = made.locator("#canvas").bounding_box()["width"]
    x, y = find_middle(made.locator(".place-grip"))
    made.mouse.move(x, y)
    made.mouse.down()
    for share, is_cut in ((0.1, False), (0.45, True), (0.1, False), (0.45, True)):
        made.mouse.move(x + share * side, y, steps=3)
        for warning in ("#place-cut", "#place-outside"):
            expect(made.locator(warning)).to_be_visible(visible=is_cut)
    assert find_violations(made) == []
    made.mouse.up()
    expect(made.locator("#place-cut")).to_be_visible()
    made.keyboard.press("Escape")
    expect(made.locator("#place-bar")).to_be_hidden()
    expect(made.locator("#place-cut")).to_be_hidden()


def test_a_product_that_its_photo_cuts_off_is_no_warning_until_it_is_moved(tab, tmp_path):
    photo = tmp_path / "cut.png"
    Image.fromarray(PIXELS[: HEIGHT * 3 // 5]).save(photo)
    request_ad(tab, photo, "a table")
    wait_until_finished(tab)
    assert read_manifest(tab)["stages"][0]["cut_sides"] == ["SIDE_BOTTOM"]
    tab.click("#move")
    expect(tab.locator("#place-bar")).to_be_visible()
    warnings = [tab.locator(each) for each in ("#place-cut", "#place-outside")]
    # A larger one lacks no more than its photo does.
    for key in ("", "+", "ArrowDown"):
        if key:
            tab.keyboard.press(key)
        for warning in warnings:
            expect(warning).to_be_hidden()
    side = tab.locator("#canvas").bounding_box()["width"]
    drag(tab, find_middle(tab.locator(".place-grip")), side / 2, 0)
    for warning in warnings:
        expect(warning).to_be_visible()


def read_screen(tab: Tab, box: dict, ad: dict) -> np.ndarray:
    """Returns the pixels of the screen at a box of the ad, float (h, w, 3)."""
    canvas = tab.locator("#canvas").bounding_box()
    assert canvas
    scale = canvas["width"] / ad["width"]
    left, top = canvas["x"] + box["x"] * scale, canvas["y"] + box["y"] * scale
    clip = {"x": left, "y": top, "width": box["width"] * scale, "height": box["height"] * scale}
    shot = Image.open(io.BytesIO(tab.screenshot(clip=clip))).convert("RGB")
    return np.asarray(shot, float)


@pytest.mark.parametrize("width", [1280, 390])
def test_words_stay_as_they_are_while_the_product_is_moved(browser, page, photo, width):
    with open_tab(browser, page.address, width, 900) as tab:
        tab.fill("#headline", "Quietly jolly gypsy")
        tab.fill("#call", "Shop")
        request_ad(tab, photo, "a table")
        wait_until_finished(tab)
        manifest = read_manifest(tab)
        words, ad = manifest["stages"][-1]["parameters"]["box"], manifest["ad"]
        tab.locator("#canvas").scroll_into_view_if_needed()
        before = read_screen(tab, words, ad)
        assert before.std() > 20
        tab.locator(".place-grip").focus()
        tab.keyboard.press("ArrowDown")
        expect(tab.locator(".place-words")).to_be_visible()
        for image in (".place-words", ".place-scene"):
            tab.locator(image).evaluate("image => image.decode()")
        assert np.abs(read_screen(tab, words, ad) - before).mean() < 1
        expect(tab.locator("#place-over")).to_be_hidden()
        x, y = find_center(manifest)
        right = (words["x"] + words["width"] / 2) / ad["width"] - x
        down = (words["y"] + words["height"] / 2) / ad["height"] - y
        for share, key in (
            (right, "Right" if right > 0 else "Left"),
            (down, "Down" if down > 0 else "Up"),
        ):
            for _ in range(round(abs(share) / 0.05)):
                tab.keyboard.press(f"Shift+Arrow{key}")
        expect(tab.locator("#place-over")).to_be_visible()


def test_a_move_does_not_scroll_the_ad_away(made):
    made.set_viewport_size({"width": 1280, "height": 620})
    made.locator(".place-grip").focus()
    for _ in range(10):
        made.keyboard.press("Shift+ArrowDown")
    made.evaluate("() => document.activeElement.blur()")
    made.locator("#canvas").evaluate("each => each.scrollIntoView({ block: 'start' })")
    before = made.evaluate("() => scrollY")
    made.locator("#move").evaluate("each => each.click()")
    expect(made.locator("#move")).to_have_attribute("aria-pressed", "true")
    assert made.evaluate("() => document.activeElement.className") == "place-grip"
    assert made.evaluate("() => scrollY") == before


def test_one_button_updates_the_ad_while_the_product_is_moved_and_the_ad_stays_in_view(made):
    made.set_viewport_size({"width": 1440, "height": 900})
    made.evaluate("() => scrollTo(0, 0)")
    top = made.locator("#canvas").bounding_box()
    made.click("#move")
    made.keyboard.press("ArrowLeft")
    assert made.locator("#canvas").bounding_box() == top
    update = made.get_by_role("button", name="Update the ad")
    expect(update).to_have_count(1)
    expect(update).to_be_in_viewport(ratio=1)
    made.keyboard.press("Escape")
    expect(update).to_have_count(1)
    expect(made.locator("#tools")).to_be_visible()


def test_a_place_that_is_chosen_in_the_form_replaces_the_spot(made):
    made.locator(".place-grip").focus()
    made.keyboard.press("ArrowLeft")
    made.click("#placement-part summary")
    expect(made.locator("#place-note")).to_be_visible()
    made.check('#anchors input[aria-label="Bottom left"]', force=True)
    expect(made.locator("#place-note")).to_be_hidden()
    update_ad(made, "#make")
    assert "spot" not in json.dumps(read_manifest(made)["request"])


def test_a_moved_product_is_still_moved_after_a_reload(made):
    made.locator(".place-grip").focus()
    made.keyboard.press("Shift+ArrowLeft")
    moved = measure_box(made)
    made.reload()
    wait_until_loaded(made)
    expect(made.locator(".place-image")).to_be_visible()
    assert measure_box(made) == pytest.approx(moved, abs=1)


def test_a_finger_scrolls_until_the_product_is_to_be_moved(phone, photo):
    request_ad(phone, photo, "a table")
    wait_until_finished(phone)
    start = measure_box(phone)
    swipe(phone, find_middle(phone.locator(".place-grip")), -40, 10)
    assert phone.locator("#place-bar").is_hidden()
    phone.tap("#move")
    swipe(phone, find_middle(phone.locator(".place-grip")), -40, 10)
    moved = measure_box(phone)
    assert moved["x"] - start["x"] == pytest.approx(-40, abs=3)
    assert find_violations(phone) == []
    assert phone.evaluate("() => document.scrollingElement.scrollWidth") <= 390
    update_ad(phone, "#place-update")


def swipe(tab: Tab, start: tuple[float, float], right: float, down: float) -> None:
    """Drags with a finger, by pixels of the screen."""
    session, (x, y) = tab.context.new_cdp_session(tab), start
    points = [(x + right * step / 6, y + down * step / 6) for step in range(7)]
    kinds = ["touchStart", *["touchMove"] * 6]
    for kind, (left, top) in zip(kinds, points, strict=True):
        event = {"type": kind, "touchPoints": [{"x": left, "y": top}]}
        session.send("Input.dispatchTouchEvent", event)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def wait_for_cutout(tab: Tab) -> None:
    dialog = tab.locator("#cutout-dialog")
    expect(dialog).not_to_have_class("cutout-dialog busy", timeout=MILLISECONDS)


def locate(tab: Tab, x: float, y: float) -> tuple[float, float]:
    """Returns a place of the photo in the editor, from shares of the photo, on the screen."""
    box = tab.locator(".cutout-window img").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def count_kept(tab: Tab) -> int:
    """Returns how many pixels of the photo have no stripes over them, which become the product."""
    # The ring of the brush and, for a moment, what a correction changed cover them.
    tab.mouse.move(1, 1)
    expect(tab.locator("#cutout-dialog canvas")).not_to_have_attribute("data-changed", "")
    return tab.evaluate(
        """() => {
          const canvas = document.querySelector("#cutout-dialog canvas");
          const photo = document.querySelector(".cutout-window img");
          const sides = ["offsetLeft", "offsetTop", "offsetWidth", "offsetHeight"];
          const place = sides.map((side) => Math.round(photo[side] * devicePixelRatio));
          const { data } = canvas.getContext("2d").getImageData(...place);
          let bright = 0;
          for (let at = 3; at < data.length; at += 4) bright += data[at] < 40;
          return bright;
        }"""
    )


def test_glass_is_recognized_and_becomes_clear_by_a_tick(tab, tmp_path):
    glass = tmp_path / "glass.png"
    glass.write_bytes(encode_image(photograph_filled_glass(), PNG).data)
    tab.set_input_files("#photo", glass)
    question, shown = tab.locator("#cutout-question"), tab.locator(".cutout-thumb img")
    expect(question).to_contain_text("looks like glass", timeout=MILLISECONDS)
    assert find_violations(tab) == []
    opaque = shown.get_attribute("src")
    tab.check("#cutout-clear")
    expect(question).to_have_text("Is this your whole product?", timeout=MILLISECONDS)
    expect(shown).not_to_have_attribute("src", opaque or "", timeout=MILLISECONDS)
    tab.fill("#prompt", "a table")
    tab.click("#make")
    wait_until_finished(tab)
    assert "MAYBE_TRANSPARENT" not in json.dumps(read_manifest(tab))
    # Another photo is opaque at first.
    tab.set_input_files("#photo", SAMPLES / "bottle.jpg")
    expect(tab.locator("#cutout-clear")).not_to_be_checked()


def test_the_editor_advises_to_tick_glass_and_offers_the_tick(tab):
    tab.set_input_files("#photo", SAMPLES / "products" / "bamboo-glass-jar.jpg")
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    message, tick = tab.locator(".cutout-message"), tab.locator("#editor-clear")
    tab.mouse.click(*locate(tab, 0.5, 0.6))
    advice = "If it is of glass, tick \u201cSee-through, such as glass\u201d instead."
    expect(message).to_contain_text(advice, timeout=MILLISECONDS)
    opaque = count_kept(tab)
    tick.check()
    expect(message).to_contain_text("the scene is seen through it", timeout=MILLISECONDS)
    expect(message).not_to_contain_text(advice)
    assert count_kept(tab) < 0.9 * opaque
    assert find_violations(tab) == []
    # It is that of the form, and is undone by itself.
    tab.click("#cutout-undo")
    wait_for_cutout(tab)
    expect(tick).to_be_checked()
    tab.click("#cutout-use")
    expect(tab.locator("#cutout-clear")).to_be_checked()
    tab.uncheck("#cutout-clear")
    tab.click("#cutout-check")
    expect(tick).not_to_be_checked()


def test_the_cut_out_is_shown_to_be_checked_as_soon_as_the_photo_is_chosen(tab, photo):
    assert tab.locator("#cutout-part").is_hidden()
    tab.set_input_files("#photo", photo)
    shown = tab.locator(".cutout-thumb img")
    expect(shown).to_be_visible(timeout=MILLISECONDS)
    # The product alone, and not the photo.
    width, height = shown.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert 20 < width < 0.9 * WIDTH and 20 < height < 0.95 * HEIGHT
    expect(tab.locator("#cutout-question")).to_have_text("Is this your whole product?")
    assert find_violations(tab) == []
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    before = shown.get_attribute("src")
    tab.click('[data-tool="brush"]')
    tab.click('[data-action="remove"]')
    drag(tab, locate(tab, 0.45, 0.5), 60, 30)
    expect(tab.locator("#cutout-reset")).to_be_visible()
    wait_for_cutout(tab)
    tab.click("#cutout-use")
    expect(tab.locator("#cutout-question")).to_have_text("Cut-out corrected by hand")
    expect(shown).to_be_visible(timeout=MILLISECONDS)
    assert shown.get_attribute("src") != before


def test_a_photo_without_a_product_is_said_before_an_ad_is_made(tab, tmp_path):
    Image.new("RGB", (300, 300), (120, 118, 116)).save(tmp_path / "empty.png")
    tab.set_input_files("#photo", tmp_path / "empty.png")
    question = tab.locator("#cutout-question")
    expect(question).to_contain_text("No product was found.", timeout=MILLISECONDS)


def test_points_a_brush_and_a_box_fix_the_cut_out_before_the_first_ad(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    found = count_kept(tab)
    assert found > 100 and find_violations(tab) == []
    # What is missing is the usual need.
    assert tab.get_attribute('[data-action="keep"]', "aria-pressed") == "true"
    tab.click('[data-action="remove"]')
    tab.mouse.click(*locate(tab, 0.5, 0.5))
    wait_for_cutout(tab)
    expect(tab.locator("#cutout-reset")).to_be_visible()
    tab.click("#cutout-undo")
    wait_for_cutout(tab)
    assert count_kept(tab) == found
    tab.click('[data-tool="brush"]')
    # A stroke becomes a mask before its cut-out is requested.
    with tab.expect_response("**/api/cutouts"):
        drag(tab, locate(tab, 0.45, 0.5), 60, 30)
    wait_for_cutout(tab)
    brushed = count_kept(tab)
    assert brushed < found
    tab.click('[data-action="keep"]')
    with tab.expect_response("**/api/cutouts"):
        drag(tab, locate(tab, 0.1, 0.1), 60, 30)
    wait_for_cutout(tab)
    assert count_kept(tab) > brushed
    tab.keyboard.press("Control+z")
    wait_for_cutout(tab)
    assert count_kept(tab) == brushed
    assert find_violations(tab) == []
    tab.click("#cutout-use")
    expect(tab.locator("#cutout-question")).to_have_text("Cut-out corrected by hand")
    tab.fill("#prompt", "a table")
    tab.click("#make")
    wait_until_finished(tab)
    assert read_manifest(tab)["mask"]["bytes"] > 100


def read_last_point(tab: Tab) -> tuple[float, float]:
    """Returns where the last point of the editor is, in pixels of the photo."""
    state = tab.evaluate("() => JSON.parse(sessionStorage.cyclorama)")
    point = state["cutoutDraft"]["history"][-1]["points"][-1]
    return point["x"], point["y"]


def test_a_zoomed_photo_is_corrected_where_it_is_pressed(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("#cutout-look")
    wait_for_cutout(tab)
    zoom = tab.locator("#cutout-zoom")
    # The product fills the window, on checkers alone.
    expect(tab.locator(".cutout-message")).to_have_text("Only this is the product.")
    expect(zoom).not_to_have_text("100 %")
    tab.keyboard.press("0")
    expect(zoom).to_have_text("100 %")
    tab.click('[data-view="marked"]')
    assert find_violations(tab) == []
    tab.mouse.move(*locate(tab, 0.45, 0.4))
    for _ in range(4):
        tab.mouse.wheel(0, -200)
    expect(zoom).to_have_text("581 %")
    tab.click('[data-action="remove"]')
    tab.mouse.click(*locate(tab, 0.45, 0.4))
    expect(tab.locator(".cutout-message")).to_contain_text("Removed", timeout=MILLISECONDS)
    expect(tab.locator("#cutout-reset")).to_be_visible()
    assert read_last_point(tab) == pytest.approx((0.45 * WIDTH, 0.4 * HEIGHT), abs=2)
    # The part that is shown moves along by the tool for it, and so do the points.
    tab.click('[data-tool="hand"]')
    before = locate(tab, 0.45, 0.4)
    drag(tab, before, 80, 50)
    assert locate(tab, 0.45, 0.4) == pytest.approx((before[0] + 80, before[1] + 50), abs=2)
    tab.click('[data-zoom="fit"]')
    expect(zoom).to_have_text("100 %")
    tab.click("#cutout-undo")
    expect(tab.locator(".cutout-message")).to_have_text("Undone.", timeout=MILLISECONDS)


def test_the_newer_of_two_points_on_one_place_counts(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    found = count_kept(tab)
    tab.click('[data-action="remove"]')
    tab.mouse.click(*locate(tab, 0.5, 0.5))
    expect(tab.locator(".cutout-message")).to_contain_text("Removed", timeout=MILLISECONDS)
    tab.click('[data-action="keep"]')
    x, y = locate(tab, 0.5, 0.5)
    tab.mouse.click(x + 3, y - 2)
    expect(tab.locator(".cutout-message")).to_contain_text("Added", timeout=MILLISECONDS)
    assert count_kept(tab) == pytest.approx(found, rel=0.01)
    state = tab.evaluate("() => JSON.parse(sessionStorage.cyclorama)")
    assert [each["outside"] for each in state["cutoutDraft"]["history"][-1]["points"]] == [False]


def test_two_fingers_zoom_the_cut_out(phone, photo):
    phone.set_input_files("#photo", photo)
    phone.tap("#cutout-check")
    wait_for_cutout(phone)
    (x, y), session = locate(phone, 0.5, 0.5), phone.context.new_cdp_session(phone)
    for kind, reach in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90)):
        fingers = [{"x": x - reach, "y": y, "id": 0}, {"x": x + reach, "y": y, "id": 1}]
        event = {"type": kind, "touchPoints": fingers}
        session.send("Input.dispatchTouchEvent", event)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.locator("#cutout-zoom")).to_have_text("300 %")
    # No finger set a point.
    expect(phone.locator("#cutout-undo")).to_have_attribute("aria-disabled", "true")


def test_the_cut_out_is_fixed_by_keys_and_updates_the_ad(made):
    made.click("#cutout-fix")
    wait_for_cutout(made)
    made.click('[data-tool="box"]')
    made.locator("#cutout-dialog canvas").focus()
    for key in ("Shift+ArrowLeft",) * 6 + ("Shift+ArrowUp",) * 7 + ("Enter",):
        made.keyboard.press(key)
    for key in ("Shift+ArrowRight",) * 12 + ("Shift+ArrowDown",) * 14 + ("Enter",):
        made.keyboard.press(key)
    wait_for_cutout(made)
    update_ad(made, "#cutout-use")
    request, states = read_manifest(made)["request"], read_stage_states(made)
    box = request["segmentation"]["box"]
    assert (box["x"], box["width"]) == pytest.approx((0.2 * WIDTH, 0.6 * WIDTH), abs=2)
    assert states[:2] == ["done", "cached"]


def test_corrections_are_used_before_their_cut_out_has_come(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    # The next cut-out is never answered.
    tab.route("**/api/cutouts", lambda route: None)
    tab.click('[data-tool="brush"]')
    tab.click('[data-action="remove"]')
    drag(tab, locate(tab, 0.45, 0.5), 60, 30)
    expect(tab.locator(".cutout-message")).to_have_text("Cutting the product out …")
    tab.unroute("**/api/cutouts")
    tab.click("#cutout-use")
    question = tab.locator("#cutout-question")
    expect(question).to_have_text("Cut-out corrected by hand", timeout=MILLISECONDS)


def test_corrections_are_kept_until_they_are_used(tab, photo):
    tab.set_input_files("#photo", photo)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    tab.click('[data-tool="brush"]')
    tab.click('[data-action="remove"]')
    drag(tab, locate(tab, 0.45, 0.5), 60, 30)
    wait_for_cutout(tab)
    brushed = count_kept(tab)
    tab.keyboard.press("Escape")
    expect(tab.locator("#cutout-question")).to_contain_text("not used yet")
    tab.reload()
    wait_until_loaded(tab)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    assert count_kept(tab) == brushed
    tab.click('[data-tool="box"]')
    (left, top), (right, bottom) = locate(tab, 0.15, 0.12), locate(tab, 0.85, 0.95)
    drag(tab, (left, top), right - left, bottom - top)
    message = tab.locator(".cutout-message")
    expect(message).to_contain_text("Undo brings them back", timeout=MILLISECONDS)
    tab.click("#cutout-undo")
    wait_for_cutout(tab)
    assert count_kept(tab) == brushed
    tab.click("#cutout-use")
    expect(tab.locator("#cutout-question")).to_have_text("Cut-out corrected by hand")


def test_points_are_where_they_are_on_a_photo_that_a_camera_turned(tab, tmp_path):
    turned, exif = tmp_path / "turned.jpg", Image.Exif()
    exif[0x0112] = 6
    # As a camera on its side writes it: turned, with a tag that says so.
    Image.fromarray(np.rot90(PIXELS).copy()).save(turned, quality=95, exif=exif)
    tab.set_input_files("#photo", turned)
    tab.click("#cutout-check")
    wait_for_cutout(tab)
    tab.click('[data-action="remove"]')
    tab.mouse.click(*locate(tab, 0.5, 0.6))
    wait_for_cutout(tab)
    tab.click("#cutout-use")
    tab.fill("#prompt", "a table")
    tab.click("#make")
    wait_until_finished(tab)
    (point,) = read_manifest(tab)["request"]["segmentation"]["points"]
    assert (point["x"], point["y"]) == pytest.approx((0.5 * WIDTH, 0.6 * HEIGHT), abs=2)
    assert point["outside"] is True


def test_a_small_stroke_succeeds_and_can_be_compared(made):
    made.click("#cutout-fix")
    wait_for_cutout(made)
    before = made.locator("#cutout-before")
    expect(before).to_be_disabled()
    found = count_kept(made)
    made.click('[data-tool="brush"]')
    assert int(made.input_value("#brush-size")) <= 24
    made.click('[data-action="remove"]')
    made.mouse.move(*locate(made, 0.5, 0.5))
    made.mouse.down()
    made.mouse.up()
    expect(made.locator(".cutout-message")).to_have_text("Removed.", timeout=MILLISECONDS)
    assert count_kept(made) < found
    before.click()
    expect(before).to_have_attribute("aria-pressed", "true")
    assert count_kept(made) == found
    made.keyboard.press("Enter")
    expect(before).to_have_attribute("aria-pressed", "false")
    assert count_kept(made) < found


def test_a_stroke_or_point_that_changes_nothing_is_no_correction(made):
    made.click("#cutout-fix")
    wait_for_cutout(made)
    message = made.locator(".cutout-message")
    for tool in ("point", "brush"):
        made.click(f'[data-tool="{tool}"]')
        # The middle of the product is kept already.
        made.mouse.click(*locate(made, 0.5, 0.5))
        expect(message).to_contain_text("so it is no correction", timeout=MILLISECONDS)
        expect(made.locator("#cutout-undo")).to_have_attribute("aria-disabled", "true")
    assert made.evaluate("() => JSON.parse(sessionStorage.cyclorama).cutoutDraft") is None


def test_a_fault_is_shown_on_the_ad_and_can_be_acted_on(tab, page, tmp_path, monkeypatch):
    """The product has nearly the color of the ground."""
    generate = page.background.generate
    monkeypatch.setattr(page.background, "generate", lambda each: generate(replace(each, seed=98)))
    picture = Image.new("RGB", (320, 256), (240, 240, 240))
    ImageDraw.Draw(picture).rounded_rectangle((90, 60, 230, 220), 20, (122, 118, 114))
    picture.save(tmp_path / "gray.png")
    request_ad(tab, tmp_path / "gray.png", "a table")
    wait_until_finished(tab)
    item, spot = tab.locator('[data-fault="contrast"]'), tab.locator('[data-spot="contrast"]')
    item.get_by_role("button", name="show where").click()
    expect(spot).to_have_class(re.compile("lit"))
    box, canvas = spot.bounding_box(), tab.locator("#canvas").bounding_box()
    assert box["width"] > 20 and canvas["x"] <= box["x"] < canvas["x"] + canvas["width"]
    assert find_violations(tab) == []
    update_ad(tab, '[data-fault="contrast"] :text("Darker scene")')
    assert read_manifest(tab)["request"]["prompt"] == "a table, dark moody light"
    expect(tab.locator("#light")).to_contain_text("dark moody light")


def test_a_correction_that_leaves_nothing_is_explained_and_undone(made):
    made.click("#cutout-fix")
    wait_for_cutout(made)
    found = count_kept(made)
    made.click('[data-tool="brush"]')
    made.click('[data-action="remove"]')
    made.fill("#brush-size", "120")
    made.mouse.move(*locate(made, 0.02, 0.02))
    made.mouse.down()
    for row in range(12):
        made.mouse.move(*locate(made, 0.98 * (row % 2), row / 11))
        made.mouse.move(*locate(made, 0.98 * ((row + 1) % 2), row / 11))
    made.mouse.up()
    expect(made.locator(".cutout-message")).to_contain_text("marks nothing", timeout=MILLISECONDS)
    assert count_kept(made) == found
    expect(made.locator("#cutout-undo")).to_have_attribute("aria-disabled", "true")


def test_a_doubtful_cut_out_is_offered_to_be_fixed(tab, tmp_path):
    photo, dim = tmp_path / "dim.png", Image.new("RGB", (300, 300), (120, 118, 116))
    # Hardly brighter than what is around it.
    ImageDraw.Draw(dim).ellipse((90, 80, 210, 230), fill=(134, 132, 116))
    dim.filter(ImageFilter.GaussianBlur(3)).save(photo)
    request_ad(tab, photo, "a table")
    wait_until_finished(tab)
    offer = tab.locator("#cutout-editor")
    expect(offer).to_contain_text("Check the cut-out")
    assert find_violations(tab) == []
    offer.locator("button").click()
    wait_for_cutout(tab)
    tab.click('[data-tool="brush"]')
    tab.click('[data-action="remove"]')
    drag(tab, locate(tab, 0.45, 0.45), 20, 10)
    wait_for_cutout(tab)
    update_ad(tab, "#cutout-use")
    expect(offer).to_be_hidden()


@pytest.fixture
def backdrop(tmp_path):
    path = tmp_path / "beach.png"
    Image.new("RGB", (500, 300), (10, 200, 90)).save(path)
    return path


def read_corner(tab: Tab) -> tuple[int, ...]:
    """Returns the color of the top left pixel of the ad."""
    return Image.open(io.BytesIO(download_file(tab, "#download"))).convert("RGB").getpixel((0, 0))


def test_an_own_backdrop_survives_a_reload_and_needs_no_words(tab, photo, backdrop):
    tab.set_input_files("#photo", photo)
    tab.set_input_files("#backdrop-file", backdrop)
    expect(tab.locator(".backdrop-name")).to_have_text("beach.png")
    assert find_violations(tab) == []
    tab.reload()
    wait_until_loaded(tab)
    expect(tab.locator(".backdrop-name")).to_have_text("beach.png")
    tab.click("#make")
    wait_until_finished(tab)
    assert np.abs(np.subtract(read_corner(tab), (10, 200, 90))).max() <= 2
    tab.fill("#backdrop-color", "#c86432")
    expect(tab.locator(".backdrop-name")).to_have_text("Color #c86432")
    update_ad(tab, "#make")
    assert np.abs(np.subtract(read_corner(tab), (200, 100, 50))).max() <= 2
    tab.click("#backdrop-remove")
    expect(tab.locator(".backdrop-name")).to_be_hidden()
    tab.click("#make")
    expect(tab.locator("#prompt-wrong")).to_contain_text("Describe a scene")


def test_what_is_no_picture_is_refused_as_a_backdrop(tab, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("words")
    tab.set_input_files("#backdrop-file", words)
    expect(tab.locator("#backdrop-part .wrong")).to_have_text("words.txt: This is no picture.")
    assert tab.locator(".backdrop-chosen").is_hidden()


def test_variants_of_the_scene_are_side_by_side_and_one_is_chosen(made):
    first = read_manifest(made)
    made.click("#variants-open")
    assert find_violations(made) == []
    made.click('[data-count="3"]')
    made.click("#variants-make")
    tiles = made.locator(".variant button:enabled")
    expect(tiles).to_have_count(3, timeout=MILLISECONDS)
    expect(made.locator("#announcement")).to_have_text("The variants are ready. Choose one.")
    assert find_violations(made) == []
    # Each says that it is ready, or what is worst in words of the report.
    faults = {words.fault for words in TEXTS.values()}
    for tile in made.locator(".variant").all():
        verdict = tile.locator(".variant-doing").inner_text()
        worst = verdict.removeprefix("Look at this: ")
        is_ready = verdict.startswith("Ready")
        assert is_ready or any(worst[1:] == fault[1:] for fault in faults), verdict
    names = [each.inner_text() for each in made.locator(".variant-name strong").all()]
    assert names == [
        "As described",
        "Product at the left · Evening sun",
        "Closer · Leaf shadows",
    ]
    # They are kept until one is chosen.
    made.reload()
    wait_until_loaded(made)
    expect(tiles).to_have_count(3, timeout=MILLISECONDS)
    tiles.nth(1).click()
    expect(made.locator("#strip button")).to_have_count(2)
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "true")
    second = read_manifest(made)
    assert second["request"]["seed"] != first["request"]["seed"]
    # The scene is in another light, which the form has apart from the description.
    assert second["request"]["prompt"] == "a table, golden hour"
    assert made.input_value("#prompt") == "a table"
    expect(made.locator("#light")).to_contain_text("Light: golden hour")
    name = made.get_attribute("#download", "download")
    assert name == "can_a-table_golden-hour_2_1024x1024.png"
    assert find_violations(made) == []
    assert find_center(second)[0] < find_center(first)[0] - 0.2
    assert second["stages"][0]["output"] == first["stages"][0]["output"]
    # The others stay to be chosen, and one that was chosen is no new version.
    for at, count in ((2, 3), (1, 3)):
        tiles.nth(at).click()
        expect(tiles.nth(at)).to_have_attribute("aria-pressed", "true")
        expect(made.locator("#strip button")).to_have_count(count)
    assert read_manifest(made)["request"] == second["request"]
    made.click("#variants-open")
    expect(made.locator("#variants")).to_be_hidden()
    made.click("#variants-open")
    expect(tiles).to_have_count(3)


def test_a_corrected_cut_out_keeps_the_view_and_the_scene_of_the_one_before(made):
    before = read_manifest(made)
    made.click("#cutout-fix")
    wait_for_cutout(made)
    made.click("[data-tool='brush']")
    made.click("[data-action='remove']")
    made.mouse.click(*locate(made, 0.5, 0.5))
    wait_for_cutout(made)
    update_ad(made, "#cutout-use")
    after = read_manifest(made)
    assert after["request"]["segmentation"]["view"] == find_stage(before, "segmentation")["view"]
    assert hash_output(before, "segmentation") != hash_output(after, "segmentation")
    assert hash_output(before, "background") == hash_output(after, "background")


def test_the_light_of_a_variant_is_sent_with_each_ad_until_it_is_removed(made, photo):
    made.fill("#prompt", "a shelf, bright daylight")
    made.evaluate("""async () => {
        const { updateForm } = await import("/static/store.js");
        updateForm({ light: "leaf shadows" });
    }""")
    update_ad(made, "#make")
    assert read_manifest(made)["request"]["prompt"] == "a shelf, leaf shadows"
    made.reload()
    wait_until_loaded(made)
    assert made.input_value("#prompt") == "a shelf, bright daylight"
    made.click("#light-remove")
    expect(made.locator("#light")).to_be_hidden()
    update_ad(made, "#make")
    assert read_manifest(made)["request"]["prompt"] == "a shelf, bright daylight"
    made.click("#undo")
    expect(made.locator("#light")).to_contain_text("Light: leaf shadows")
    # A scene that is picked has its own light.
    made.locator(".swatch").first.click()
    expect(made.locator("#light")).to_be_hidden()
    made.click("#undo")
    expect(made.locator("#light")).to_be_visible()
    # It was chosen for this product.
    other = photo.with_name("other.png")
    other.write_bytes(photo.read_bytes())
    made.set_input_files("#photo", other)
    expect(made.locator("#light")).to_be_hidden()


def wait_until_held(tab: Tab, waiting: list[Route]) -> None:
    """Waits until a request is held back."""
    while not waiting:
        tab.wait_for_timeout(1)


def test_a_variant_that_is_chosen_early_leaves_the_others_in_the_making(made):
    waiting: list[Route] = []
    made.click("#variants-open")
    made.click('[data-count="2"]')
    made.route("**/api/ads", lambda route: waiting.append(route))
    made.click("#variants-make")
    wait_until_held(made, waiting)
    waiting.pop().continue_()
    # The second is sent when the first is being made.
    wait_until_held(made, waiting)
    tiles = made.locator(".variant button:enabled")
    expect(tiles).to_have_count(1, timeout=MILLISECONDS)
    tiles.click()
    expect(made.locator("#strip button")).to_have_count(2)
    waiting.pop().continue_()
    expect(tiles).to_have_count(2, timeout=MILLISECONDS)
    made.locator('.variant [aria-pressed="false"]').click()
    expect(made.locator("#strip button")).to_have_count(3)


def test_variants_show_how_much_is_made_and_the_time_left_from_the_start(made, page):
    page.background.go = threading.Event()
    try:
        made.click("#variants-open")
        made.click("#variants-make")
        left = made.locator("#variants-left")
        expect(left).to_have_text(re.compile(r"^0 of 3 ready \u00b7 \d+ % \u00b7 (less|\d+ to)"))
        doing = made.locator(".variant-doing", has_text="Making the scene \u00b7 60 %")
        # As many are made at once as the gateway has slots.
        expect(doing.first).to_be_visible(timeout=MILLISECONDS)
        assert 0 < made.evaluate("() => document.querySelector('#variants-progress').value") < 1
        assert find_violations(made) == []
    finally:
        page.background.go.set()
    expect(made.locator(".variant button:enabled")).to_have_count(3, timeout=MILLISECONDS)
    expect(left).to_be_hidden()


def test_the_work_of_an_ad_is_that_of_earlier_ones_or_follows_from_its_pixels(tab):
    expect_stages = """async ([size, durations]) => {
        const { expectStages } = await import("/static/ad_work.js");
        return expectStages(size, durations);
    }"""
    durations = {"1000,1000": {"background": 30, "finishing": 2}, "500,500": {"background": 4}}
    known = tab.evaluate(expect_stages, [[1000, 1000], durations])
    assert (known["background"], known["finishing"]) == (30, 2) and known["inpainting"] > 0
    larger = tab.evaluate(expect_stages, [[2000, 1000], durations])
    assert larger["background"] == pytest.approx(60) and larger["finishing"] == pytest.approx(4)
    assert tab.evaluate(expect_stages, [[1000, 1000], {}])["background"] > 0


def test_ads_of_a_campaign_count_by_their_stages_and_share_scenes_and_cut_outs(tab):
    measure = """async (ads) => {
        const { measureAds } = await import("/static/ad_work.js");
        const stages = { segmentation: 10, background: 60, compositing: 0, inpainting: 28 };
        return measureAds(ads, { "1000,1000": { ...stages, finishing: 2 } });
    }"""
    ad = {"width": 1000, "height": 1000, "seed": 1, "prompt": "sand", "photo_uri": "aa"}
    running = {**ad, "state": "running", "stage": "background", "stage_fraction": 0.5}
    first, second, done = tab.evaluate(
        measure, [running, {**ad, "state": "queued", "photo_uri": "bb"}, {**ad, "state": "failed"}]
    )
    assert first == {"seconds": 100, "share": pytest.approx(0.4)}
    assert second == {"seconds": 70, "share": 0}
    assert done == {"seconds": 65, "share": 1}


def test_cached_stages_of_an_ad_are_no_part_of_its_work(tab):
    measure = """async ([events, expected]) => {
        const { createProgress } = await import("/static/stage_progress.js");
        const progress = createProgress();
        for (const event of events) progress.follow(event);
        return progress.measureWork(expected);
    }"""
    cached = {"kind": "finished", "stage": "segmentation", "cached": True}
    half = {"kind": "progress", "stage": "background", "fraction": 0.5, "queue_position": None}
    expected = {"segmentation": 9, "background": 60, "compositing": 10, "inpainting": 25}
    expected |= {"finishing": 5}
    assert tab.evaluate(measure, [[cached], expected]) == {"seconds": 100, "share": 0}
    assert tab.evaluate(measure, [[cached, half], expected])["share"] == pytest.approx(0.3)


LIST_VARIATIONS = """async ([form, prompt, ratio, count, isPlaced]) => {
    const { listVariations } = await import("/static/variations.js");
    return listVariations(form, prompt, ratio, count, isPlaced);
}"""
WORDS = {"headline": "Run your own way", "call": "", "anchor": "", "scale": 100, "light": ""}
WORDS |= {"lettering": None, "varied": None}


def list_variations(tab, prompt, form=None, ratio=1, count=4, is_placed=False):
    """The variations of a form, as the page lists them."""
    arguments = [WORDS | (form or {}), prompt, ratio, count, is_placed]
    return tab.evaluate(LIST_VARIATIONS, arguments)


def test_variants_differ_in_composition_style_and_light(tab):
    first, *others = list_variations(tab, "terrazzo counter")
    assert first == {"name": "As described", "form": WORDS}
    assert [each["name"] for each in others] == [
        "Words at the left · Editorial style · Evening sun",
        "More air · Poster style · Leaf shadows",
        "Words at the right · Light style · Bright daylight",
    ]
    undo = "async (form) => (await import('/static/variations.js')).undoVariation(form)"
    assert all(tab.evaluate(undo, each["form"]) == WORDS for each in others)
    words = [each["form"]["lettering"] for each in others]
    assert len({(each["anchor"], each["look"]) for each in words}) == 3
    assert others[1]["form"]["scale"] < 100 and others[0]["form"]["light"] == "golden hour"


def test_variants_keep_what_was_chosen_and_the_light_of_the_text(tab):
    lit = list_variations(tab, "terrazzo counter, palm leaf shadows")
    assert {each["form"]["light"] for each in lit} == {""}
    chosen = {"lettering": {"anchor": "bottom", "look": "light", "font": ""}}
    kept = list_variations(tab, "terrazzo counter", chosen)
    assert all(each["form"]["lettering"] == chosen["lettering"] for each in kept)
    placed = list_variations(tab, "terrazzo counter", is_placed=True)
    assert all(not (each["form"]["lettering"] or {}).get("anchor") for each in placed)
    wordless = list_variations(tab, "terrazzo counter", {"headline": ""})
    assert [each["form"]["anchor"] for each in wordless] == ["", "bottom_left", "", "bottom_right"]


def test_pictures_that_look_the_same_are_found(tab):
    draw = """async (shift) => {
        const { lookAlike } = await import("/static/alikeness.js");
        const paint = (x, tone) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 200;
            const context = canvas.getContext("2d");
            context.fillStyle = `rgb(${tone} 190 170)`;
            context.fillRect(0, 0, 200, 200);
            context.fillStyle = "#263";
            context.fillRect(x, 80, 60, 90);
            return canvas.toDataURL();
        };
        return lookAlike(paint(70, 200), paint(70 + shift, 200 + shift / 20));
    }"""
    assert tab.evaluate(draw, 1) is True
    assert tab.evaluate(draw, 60) is False


def test_all_is_new_without_the_spot_of_the_version(made):
    made.locator(".place-grip").focus()
    made.keyboard.press("Shift+ArrowLeft")
    update_ad(made, "#place-update")
    made.click("#variants-open")
    made.click('[data-kind="all"]')
    made.click('[data-count="2"]')
    made.click("#variants-make")
    tiles = made.locator(".variant button:enabled")
    expect(tiles).to_have_count(2, timeout=MILLISECONDS)
    tiles.first.click()
    expect(made.locator("#strip button")).to_have_count(3)
    assert "spot" not in json.dumps(read_manifest(made)["request"])


def test_a_new_tab_does_not_continue_the_variants_of_another(made):
    made.click("#variants-open")
    made.click('[data-count="2"]')
    made.click("#variants-make")
    expect(made.locator(".variant button:enabled")).to_have_count(2, timeout=MILLISECONDS)
    second = made.context.new_page()
    second.goto(made.url)
    wait_until_loaded(second)
    expect(second.locator("#variants-open")).to_be_visible(timeout=MILLISECONDS)
    assert second.locator("#variants").is_hidden()
    second.close()


def test_a_variant_that_fails_leaves_the_others(made, page):
    made.click("#variants-open")
    page.system.stop_stage("background")
    try:
        made.click("#variants-make")
        failed = made.locator(".variant.failed")
        expect(failed).to_have_count(3, timeout=MILLISECONDS)
        expect(failed.first).to_contain_text("does not answer")
    finally:
        page.system.restart_stage("background", page.background)
    made.click("#variants-discard")
    expect(made.locator("#variants")).to_be_hidden()
    expect(made.locator("#strip button")).to_have_count(1)


def test_a_phone_edits_without_scrolling_sideways(phone, photo, backdrop):
    phone.set_input_files("#photo", photo)
    phone.set_input_files("#backdrop-file", backdrop)
    phone.tap("#cutout-check")
    wait_for_cutout(phone)
    phone.touchscreen.tap(*locate(phone, 0.5, 0.5))
    wait_for_cutout(phone)
    assert find_violations(phone) == []
    assert phone.evaluate("() => document.querySelector('#cutout-dialog').scrollWidth") <= 390
    close = phone.locator("#cutout-dialog").get_by_role("button", name="Close").bounding_box()
    assert close["x"] + close["width"] <= 390
    phone.tap("#cutout-use")
    phone.tap("#backdrop-remove")
    phone.fill("#prompt", "a table")
    phone.tap("#make")
    wait_until_finished(phone)
    phone.tap("#variants-open")
    assert find_violations(phone) == []
    assert phone.evaluate("() => document.scrollingElement.scrollWidth") <= 390


@pytest.mark.parametrize(("rotation", "flipped"), [(0, False), (17, False), (-24, True)])
def test_a_turned_cut_out_is_drawn_where_the_server_places_it(tab, rotation, flipped):
    # An L, whose box has another middle once it is turned.
    cutout = np.zeros((200, 160, 4), np.uint8)
    cutout[:, :50] = cutout[160:] = 255
    turned = flip_and_rotate(cutout, flipped, rotation)
    shown = tab.evaluate(
        """async ([data, placement]) => {
            const { findTurnedCenter } = await import("/static/turned_bounds.js");
            const image = new Image();
            image.src = `data:image/png;base64,${data}`;
            await image.decode();
            return findTurnedCenter(image, placement);
        }""",
        [
            b64encode(encode_image(cutout, PNG).data).decode(),
            {"rotation": rotation, "flipped": flipped, "cut_sides": []},
        ],
    )
    assert shown == pytest.approx(find_turned_middle(cutout, turned, rotation, flipped), abs=0.01)


def find_turned_middle(cutout, turned, rotation, flipped) -> tuple[float, float]:
    """Returns where the middle of a turned cut-out is from that of the cut-out, in its shares."""
    height, width = cutout.shape[:2]
    corner = cutout.copy()
    # Its middle alone, marked by what no other pixel has.
    corner[..., :3] = 0
    corner[height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2] = 255
    marked = flip_and_rotate(corner, flipped, rotation)
    rows, columns = np.nonzero(marked[..., 0] > 100)
    middle = columns.mean() + 0.5, rows.mean() + 0.5
    return (turned.shape[1] / 2 - middle[0]) / width, (turned.shape[0] / 2 - middle[1]) / height


def test_words_are_as_they_were_after_a_move(made):
    made.fill("#headline", "Evenings, softened")
    update_ad(made, "#make")
    before = read_lettering(made)
    drag(made, find_middle(made.locator(".place-grip")), 40, 60)
    update_ad(made, "#place-update")
    assert read_lettering(made) == before
    # Other words have another place.
    made.fill("#headline", "Evenings")
    update_ad(made, "#make")
    assert read_lettering(made) != before


def read_lettering(tab: Tab) -> dict:
    """Returns the box of the words of the version that is shown, in pixels."""
    stages = read_manifest(tab)["stages"]
    return next(each["parameters"]["box"] for each in stages if each["stage"] == "finishing")
