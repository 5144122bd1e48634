"""The export of an ad in all sizes of a platform in a real browser."""

import io
import json
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.support.browsers import (
    MILLISECONDS,
    download_file,
    find_violations,
    open_tab,
    request_ad,
    wait_until_finished,
)

pytestmark = pytest.mark.slow

SPOT = {"center_x": 0.5, "center_y": 0.5, "width": 0.5}
FOCUSED = "() => document.activeElement.id"


def make_ad(tab: Tab, photo, prompt: str, **fields: str) -> None:
    """Makes an ad with a prompt and other fields, by their ids, and opens the export."""
    for name, value in fields.items():
        tab.fill(f"#{name}", value)
    request_ad(tab, photo, prompt)
    wait_until_finished(tab)
    tab.click("#export-open")


def export_sizes(tab: Tab, label: str) -> None:
    """Exports the ad in the sizes of a set, and waits for them."""
    tab.select_option("#export-set", label=label)
    tab.click("#export-make")
    expect(tab.locator("#export-download")).to_be_visible(timeout=60_000)


def find_row(tab: Tab, size: str):
    return tab.locator(".export-rows > li", has_text=size.replace("x", " \u00d7 "))


def test_one_press_makes_every_size_of_a_platform_and_one_zip(tab, photo):
    make_ad(tab, photo, "an export", headline="Offer")
    # The settings of the ad that is shown count, not those that were typed since.
    tab.fill("#prompt", "another scene")
    first = tab.locator("#export-set option").first
    expect(first).to_have_text("All of Meta, 4 sizes")
    tab.click("#export-make")
    expect(tab.locator(".export-rows [data-state=done]").first).to_be_visible(timeout=60_000)
    tab.reload()
    expect(tab.locator("#export-download")).to_have_text("Download 4 as zip", timeout=60_000)
    tab.reload()
    expect(tab.locator(".export-rows img")).to_have_count(4)
    expect(tab.locator("#export-version")).to_have_text("The sizes of version 1:")
    assert find_violations(tab) == []
    tab.uncheck('.export-take input[aria-label="Put 1080 \u00d7 1080 of Meta feed into the zip"]')
    button = tab.locator("#export-download")
    expect(button).to_have_text("Download 3 of 4 as zip")
    with tab.expect_download() as download:
        button.click()
    assert re.fullmatch(r"can_sizes_\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)
    assert len(list_files(download.value.path())) == 6
    tab.check('.export-take input[aria-label="Put 1080 \u00d7 1080 of Meta feed into the zip"]')
    with zipfile.ZipFile(io.BytesIO(download_file(tab, "#export-download"))) as archive:
        names = archive.namelist()[::2]
        proofs = [json.loads(archive.read(name)) for name in archive.namelist()[1::2]]
        assert archive.namelist()[1] == "proof/can_an-export_meta-feed_1080x1350.json"
        sizes = [Image.open(io.BytesIO(archive.read(name))).size for name in names]
    assert names == [
        "can_an-export_meta-feed_1080x1350.jpg",
        "can_an-export_meta-feed_1080x1080.jpg",
        "can_an-export_meta-feed_1200x628.jpg",
        "can_an-export_meta-stories_1080x1920.jpg",
    ]
    assert sizes == [(1080, 1350), (1080, 1080), (1200, 628), (1080, 1920)]
    assert [(each["ad"]["width"], each["ad"]["height"]) for each in proofs] == sizes


def list_files(path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_single_sizes_are_ticked_and_remembered_and_their_progress_is_in_view(browser, page, photo):
    with open_tab(browser, page.address, 1440, 900, reduced_motion="reduce") as tab:
        make_ad(tab, photo, "single sizes")
        tab.click("#export-ticks summary")
        tab.select_option("#export-set", label="Meta stories and reels, 1 size")
        expect(tab.locator("#export-make")).to_have_text("Make this size")
        wanted = ["meta-stories 1080x1920", "meta-feed 1200x628"]
        tab.check(f'#export-ticks input[value="{wanted[1]}"]')
        expect(tab.locator("#export-set option:checked")).to_have_text("Your choice, 2 sizes")
        tab.reload()
        expect(tab.locator("#export-make")).to_be_hidden()
        tab.click("#export-open")
        expect(tab.locator("#export-make")).to_have_text("Make these 2 sizes")
        tab.evaluate("() => scrollTo(0, 0)")
        page.background.go.clear()
        try:
            tab.locator("#export-make").evaluate("(button) => { button.focus(); button.click(); }")
            expect(tab.locator("#export-progress")).to_be_in_viewport(ratio=1)
            expect(tab.locator(".export-rows > li").last).to_be_in_viewport(ratio=1)
            assert tab.evaluate(FOCUSED) == "export-cancel"
        finally:
            page.background.go.set()
        expect(tab.locator("#export-download")).to_have_text("Download 2 as zip", timeout=60_000)
        assert find_violations(tab) == []
        tab.click("#export-ticks summary")
        for each in wanted:
            tab.uncheck(f'#export-ticks input[value="{each}"]')
        expect(tab.locator("#export-make")).to_be_disabled()


def test_what_was_called_right_of_the_ad_is_right_in_its_sizes(tab):
    judged = tab.evaluate(
        """async () => {
        const { check } = await import("/static/checked.js");
        const { judgeRow } = await import("/static/export_rows.js");
        const looks = [{ name: "halo", reason: "a rim is left.", weight: 1 }];
        const faults = [{ name: "halo", verdict: "fail" }];
        const row = { ready: false, verdict: "Look at this: a rim is left.", looks, faults };
        const judge = () => judgeRow(row, { version: "version-1", options: {} });
        const before = judge();
        check("version-1", ["halo"]);
        return [before, judge()];
    }"""
    )
    assert [(each["ready"], len(each["faults"])) for each in judged] == [(False, 1), (True, 0)]


def test_a_size_in_which_the_platform_covers_the_product_is_placed_automatically(tab):
    found = """async (verdict) => {
        const { findMisfit } = await import("/static/export_fit.js");
        const placement = { center_x: 0.5, center_y: 0.5, width: 0.2, height: 0.2, horizon: null };
        const profile = { rules: [{ name: "safe_zone", verdict }] };
        return findMisfit({ placement, profile }, { placement });
    }"""
    assert "the platform covers a part of it" in tab.evaluate(found, "fail")
    assert tab.evaluate(found, "pass") == ""


@pytest.mark.parametrize(
    ("photo_name", "product"),
    [
        ("bottle.jpg", "bottle"),
        ("Red Bottle 2.png", "Red-Bottle-2"),
        ("IMG_0042.JPG", "product"),
        ("DSC01234.jpg", "product"),
        ("PXL_20240101_101112.jpg", "product"),
        ("3f2a9c1be77d.webp", "product"),
        ("550e8400-e29b-41d4-a716-446655440000.png", "product"),
        ("IMG_0042 mug.jpg", "IMG-0042-mug"),
        ("...", "product"),
    ],
)
def test_files_are_named_after_a_photo_whose_name_says_something(tab, photo_name, product):
    name = "async (file) => (await import('/static/file_names.js')).nameProduct(file)"
    assert tab.evaluate(name, photo_name) == product


def test_several_sizes_are_made_at_once_and_the_focus_stays_in_the_export(tab, page, photo):
    make_ad(tab, photo, "at once")
    page.background.go.clear()
    try:
        tab.focus("#export-make")
        tab.keyboard.press("Enter")
        doing = tab.locator(".export-state", has_text="Making the scene")
        expect(doing).to_have_count(4, timeout=MILLISECONDS)
        expect(tab.locator("#export-left")).to_contain_text("0 of 4 ready \u00b7 ")
        assert tab.evaluate(FOCUSED) == "export-cancel"
        tab.keyboard.press("Enter")
        expect(tab.locator(".export-rows [data-state=failed]")).to_have_count(4)
        assert tab.evaluate(FOCUSED) == "export-make"
    finally:
        page.background.go.set()
    tab.click("#export-retry")
    expect(tab.locator("#export-download")).to_have_text("Download 4 as zip", timeout=60_000)


def test_every_size_shows_its_verdict_and_what_is_wrong_in_plain_words(tab, photo):
    make_ad(tab, photo, "marks")
    export_sizes(tab, "Meta stories and reels, 1 size")
    row = tab.locator(".export-rows > li")
    expect(row).to_contain_text(re.compile("Ready|Look at this: "))
    row.locator("summary").click()
    faults = row.locator(".measurements li:has([data-verdict=fail], [data-verdict=warn])")
    expect(faults.first).to_be_visible()
    assert "_" not in row.inner_text() and "Measured" not in row.inner_text()
    assert find_violations(tab) == []


def test_sizes_are_listed_before_and_open_large_and_belong_to_their_version(tab, photo):
    make_ad(tab, photo, "versions")
    tab.select_option("#export-set", label="Meta feed, 3 sizes")
    listed = "Meta feed: 1080 \u00d7 1350, 1080 \u00d7 1080, 1200 \u00d7 628"
    expect(tab.locator("#export-sizes")).to_have_text(listed)
    export_sizes(tab, "Meta feed, 3 sizes")
    find_row(tab, "1200x628").locator(".export-thumb button").click()
    shown = tab.locator("#viewer .caption")
    expect(shown).to_have_text("1200 \u00d7 628 of Meta feed")
    name = "can_versions_meta-feed_1200x628.jpg"
    expect(tab.locator("#viewer a")).to_have_attribute("download", name)
    assert find_violations(tab) == []
    tab.keyboard.press("ArrowRight")
    expect(shown).to_have_text("1080 \u00d7 1350 of Meta feed")
    tab.keyboard.press("Escape")
    tab.fill("#prompt", "others")
    tab.click("#make")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    expect(tab.locator("#export-part")).to_be_hidden()
    tab.click("#export-open")
    expect(tab.locator("#export-rows")).to_be_hidden()
    expect(tab.locator("#export-download")).to_be_hidden()
    tab.click("#export-version >> text=Show version 1")
    expect(tab.locator(".export-rows img")).to_have_count(3)
    assert tab.input_value("#prompt") == "versions"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_all_sizes_open_in_view_with_the_focus(browser, page, photo, width, height):
    how = {"reduced_motion": "reduce"}
    with open_tab(browser, page.address, width, height, **how) as tab:
        request_ad(tab, photo, "in view")
        wait_until_finished(tab)
        tab.evaluate("() => scrollTo(0, 0)")
        tab.locator("#export-open").evaluate("(button) => button.click()")
        expect(tab.locator("#export-part")).to_be_in_viewport(ratio=1)
        assert tab.evaluate(FOCUSED) == "export-set"


def test_a_product_whose_place_does_not_fit_a_size_is_placed_automatically_there(tab, photo):
    request_ad(tab, photo, "a place")
    wait_until_finished(tab)
    tab.click("#move")
    for _ in range(8):
        tab.keyboard.press("+")
    tab.click("#place-update")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    tab.click("#export-open")
    export_sizes(tab, "Meta feed, 3 sizes")
    misfit, wide = tab.locator(".misfit"), find_row(tab, "1200x628")
    cut = "Where you placed the product, the edge of this size cuts it off."
    automatic = f"Placed automatically. {cut} Use my placement"
    expect(misfit).to_have_text([automatic])
    expect(wide).to_contain_text(cut)
    wide.get_by_text("Use my placement").click()
    expect(misfit).to_have_text([f"{cut} Place it automatically here"], timeout=60_000)
    wide.get_by_text("Place it automatically here").click()
    expect(misfit).to_have_text([automatic], timeout=60_000)
    expect(tab.locator("#export-download")).to_have_text("Download 3 as zip")
    assert find_violations(tab) == []


def test_a_product_above_the_ground_of_a_size_is_placed_automatically_there(tab, photo):
    request_ad(tab, photo, "a small product")
    wait_until_finished(tab)
    # Its foot is a little below the horizon of the square.
    place_product(tab, center_x=0.5, center_y=0.23, width=0.16)
    tab.click("#place-update")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    tab.click("#export-open")
    export_sizes(tab, "Meta stories and reels, 1 size")
    misfit, above = tab.locator(".misfit"), "it hangs above the ground in this size."
    expect(misfit).to_contain_text("Placed automatically.")
    expect(misfit).to_contain_text(above)
    misfit.get_by_text("Use my placement").click()
    expect(misfit).to_contain_text("Place it automatically here", timeout=60_000)
    expect(misfit).to_contain_text(above)
    expect(misfit).not_to_contain_text("Placed automatically.")


def place_product(tab: Tab, **spot: float) -> None:
    """Places the product of the form, as shares of the ad."""
    tab.evaluate(
        """async (spot) => {
            const { readState, updateForm } = await import("/static/store.js");
            updateForm({ spot: { photo: readState().photo.id, stance: "", ...spot } });
        }""",
        spot,
    )


def test_a_size_of_the_shape_of_the_ad_lacks_nothing_that_the_ad_has(tab):
    # Beyond the left edge by a tenth of its width.
    placement = {"center_x": 0.2, "center_y": 0.6, "width": 0.5, "height": 0.6, "cut_sides": []}
    square, wide = (choose_place(tab, placement, size) for size in ([1080, 1080], [1200, 628]))
    assert (square["unfit"], square["spot"]) == ("", SPOT | {"center_x": 0.2, "center_y": 0.6})
    assert "edge of this size cuts it off" in wide["unfit"] and wide["spot"] is None


@pytest.mark.parametrize(
    ("side", "center_y", "overhang"), [("bottom", 0.75, 0.05), ("top", 0.2, 0.1)]
)
def test_a_side_that_the_photo_cut_off_stays_at_the_edge_of_every_size(
    tab, side, center_y, overhang
):
    placement = {"center_x": 0.5, "center_y": center_y, "width": 0.5, "height": 0.6}
    placed = choose_place(tab, placement | {"cut_sides": [side]}, [1080, 1350])
    height = 0.6 * 1080 / 1350
    beyond = placed["spot"]["center_y"] + height / 2 - 1
    if side == "top":
        beyond = height / 2 - placed["spot"]["center_y"]
    assert beyond / height == pytest.approx(overhang / 0.6, abs=1e-3)
    assert (placed["unfit"], placed["instead"]) == ("", "")


def choose_place(tab: Tab, placement: dict, size: list[int]) -> dict:
    """Returns where a size has a product that was placed by hand on a square ad."""
    choose = """async ([exported, row]) => {
        const { choosePlace } = await import("/static/export_fit.js");
        return choosePlace(exported, row);
    }"""
    spot = {name: placement[name] for name in SPOT}
    own = {"stands": True, "horizon": None, **placement}
    exported = {"options": {"spot": spot, "stance": ""}, "placement": own, "ratio": 1}
    return tab.evaluate(choose, [exported, {"size": size}])


def test_a_version_that_was_kept_without_its_options_is_exported(tab, photo):
    make_ad(tab, photo, "an old version", headline="Old")
    tab.evaluate("""async () => {
        const { readState, updateState } = await import("/static/store.js");
        const versions = readState().versions.map(({ options, ...version }) => version);
        updateState({ versions });
    }""")
    tab.fill("#headline", "New")
    export_sizes(tab, "Meta stories and reels, 1 size")
    options = tab.evaluate("""async () => {
        const { readState } = await import("/static/store.js");
        return readState().exported.options;
    }""")
    assert (options["headline"], options["prompt"]) == ("Old", "an old version")
    assert options["seed"] is not None


def test_an_export_leaves_out_words_that_a_platform_refuses(tab, photo):
    make_ad(tab, photo, "no words", headline="Offer")
    export_sizes(tab, "Amazon, 1 size")
    expect(tab.locator(".export-notes")).to_contain_text("Without words")


def test_the_export_is_opened_right_at_the_ad_and_fits_a_phone(phone, photo):
    make_ad(phone, photo, "a phone")
    tools = phone.locator("#tools").bounding_box()
    part = phone.locator("#export-part").bounding_box()
    assert part["y"] - (tools["y"] + tools["height"]) < 40
    export_sizes(phone, "Meta feed, 3 sizes")
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    assert find_violations(phone) == []
    phone.click("#export-open")
    expect(phone.locator("#export-part")).to_be_hidden()


def test_what_was_called_right_of_a_product_is_so_in_its_variants_and_versions(tab, photo):
    make_ad(tab, photo, "carried")
    carried = tab.evaluate(
        """async () => {
        const { check, readChecked } = await import("/static/checked.js");
        const { readState } = await import("/static/store.js");
        check(readState().current, ["leftovers", "contact_gap"]);
        return readChecked(readState().current);
    }"""
    )
    assert carried == ["leftovers", "contact_gap"]
    tab.fill("#prompt", "another scene")
    tab.click("#make")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    current = """async () => {
        const { readChecked } = await import("/static/checked.js");
        const { readState } = await import("/static/store.js");
        return readChecked(readState().current);
    }"""
    # Where the product stands is judged again in another scene.
    assert tab.evaluate(current) == ["leftovers"]
    tab.click("#export-open")
    tab.click("#variants-open")
    expect(tab.locator("#export-part")).to_be_hidden()
    tab.click('[data-count="2"]')
    tab.click("#variants-make")
    expect(tab.locator(".variant button:enabled")).to_have_count(2, timeout=60_000)
    tab.click(".variant button >> nth=1")
    expect(tab.locator("#strip button")).to_have_count(3, timeout=MILLISECONDS)
    assert tab.evaluate(current) == ["leftovers"]


def test_what_is_wrong_with_all_sizes_is_said_once(tab):
    rim = {"name": "halo", "verdict": "warn", "label": "Old edge", "text": "A rim."}
    lean = {"name": "lean", "verdict": "warn", "label": "Upright", "text": "It leans."}
    size = {"file": "a", "ready": False, "verdict": "Look at this: a rim.", "warnings": ["It is."]}
    rows = [size | {"faults": [rim]}, size | {"faults": [rim, lean]}, {"file": "", "faults": []}]
    shared, left, place = tab.evaluate(
        """async (rows) => {
            const { findShared, leaveOutShared, showShared } =
                await import("/static/export_shared.js");
            const shared = findShared(rows);
            const place = document.createElement("div");
            showShared(place, shared);
            const left = rows.slice(0, 2).map((each) => leaveOutShared(each, shared));
            return [shared, left, place.textContent];
        }""",
        rows,
    )
    assert shared["count"] == 2 and shared["faults"] == [rim]
    assert [each["faults"] for each in left] == [[], [lean]]
    assert [each["verdict"] for each in left] == ["", ""]
    assert not any(each["warnings"] for each in left)
    assert place.startswith("All 2: Look at this: a rim.") and place.count("A rim.") == 1
