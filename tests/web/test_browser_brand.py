"""The brand kit, the look of words, and platforms in a real browser."""

import io
import json

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browsers import (
    MILLISECONDS,
    download_file,
    find_violations,
    request_ad,
    wait_until_finished,
    wait_until_loaded,
)
from tests.support.fonts import GARAMOND
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

ADD_VERSIONS = """async () => {
    const { addVersion, readState } = await import("./static/store.js");
    const [made] = readState().versions;
    for (let at = 1; at < 9; at++) {
        await addVersion({ ...made, id: `version-${at}`, created: made.created + at });
    }
}"""


@pytest.fixture(scope="module")
def logo(tmp_path_factory):
    """A logo of one color in a file."""
    path = tmp_path_factory.mktemp("brand") / "logo.png"
    Image.new("RGB", (90, 30), (250, 0, 200)).save(path)
    return path


@pytest.fixture(scope="module")
def font(tmp_path_factory):
    """A font of a brand in a file."""
    path = tmp_path_factory.mktemp("brand") / "brand.ttf"
    path.write_bytes(GARAMOND)
    return path


def set_brand(tab, logo) -> None:
    """Fills in the brand kit."""
    tab.click("#brand-kit summary")
    tab.set_input_files("#brand-logo", logo)
    tab.fill("#brand-color", "#123456")
    tab.fill("#brand-button", "#ffcc00")
    tab.check('#brand-font input[value="garamond"]', force=True)


def read_request(tab) -> dict:
    """Returns the request of the ad that is shown, from its record."""
    return json.loads(download_file(tab, "#record"))["request"]


def count_color(picture: bytes, color: tuple[int, int, int]) -> int:
    colors = Image.open(io.BytesIO(picture)).convert("RGB").getcolors(2**22)
    return {each: count for count, each in colors}.get(color, 0)


def test_a_brand_is_on_every_ad_until_it_is_removed(tab, photo, logo):
    set_brand(tab, logo)
    expect(tab.locator(".brand-thumb img")).to_be_visible()
    tab.reload()
    wait_until_loaded(tab)
    expect(tab.locator("#brand-summary")).to_have_text("logo, colors, font")
    expect(tab.locator('#brand-font input[value="garamond"]')).to_be_checked()
    tab.fill("#headline", "Good morning")
    tab.fill("#call", "Buy")
    request_ad(tab, photo, "a brand")
    wait_until_finished(tab)
    lettering = read_request(tab)["lettering"]
    assert lettering["font"] == "garamond"
    assert lettering["color"] == {"red": 18, "green": 52, "blue": 86}
    picture = download_file(tab, "#download")
    assert min(count_color(picture, each) for each in [(250, 0, 200), (255, 204, 0)]) > 500
    tab.click("#brand-kit summary")
    tab.click("#brand-remove")
    expect(tab.locator("#brand-logo-remove")).to_be_hidden()
    tab.click("text=Update the ad")
    expect(tab.locator(".strip button")).to_have_count(2, timeout=MILLISECONDS)
    assert not {"font", "color"} & read_request(tab)["lettering"].keys()
    assert count_color(download_file(tab, "#download"), (250, 0, 200)) == 0


def read_brand(tab) -> list:
    """Returns font and color of the ad that is shown, and whether it has a logo."""
    record = json.loads(download_file(tab, "#record"))
    lettering = record["request"]["lettering"]
    return [lettering.get("font"), lettering.get("color"), "logo" in record]


def test_a_version_keeps_its_own_brand_and_a_new_photo_has_the_one_that_is_set(tab, photo, logo):
    blue = {"red": 18, "green": 52, "blue": 86}
    tab.fill("#headline", "Sale")
    request_ad(tab, photo, "a logo")
    wait_until_finished(tab)
    note = tab.locator("#brand-note")
    expect(note).to_be_empty()
    set_brand(tab, logo)
    expect(note).to_have_text("With your logo, colors and font")
    update_ad(tab, 2)
    assert read_brand(tab) == ["garamond", blue, True]
    for step, ticked in (("#undo", False), ("#redo", True), ("#strip button", False)):
        tab.locator(step).first.click()
        expect(tab.locator("#text-logo")).to_be_checked(checked=ticked)
        expect(tab.locator("#brand-summary")).to_have_text("logo, colors, font")
    expect(note).to_contain_text("As this version was made: without your brand.")
    tab.fill("#headline", "Sale today")
    update_ad(tab, 3)
    assert read_brand(tab) == [None, None, False]
    tab.set_input_files("#photo", photo)
    expect(note).to_have_text("With your logo, colors and font")
    update_ad(tab, 4)
    assert read_brand(tab) == ["garamond", blue, True]
    tab.locator("#strip button").first.click()
    tab.click("#brand-back")
    expect(note).to_have_text("With your logo, colors and font")
    tab.click("#undo")
    expect(note).to_contain_text("without your brand")
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    expect(note).to_have_text("With your logo, colors and font")


def update_ad(tab, versions: int) -> None:
    """Makes the ad again; versions: how many there are then."""
    tab.click("#make")
    expect(tab.locator("#strip button")).to_have_count(versions, timeout=MILLISECONDS)
    wait_until_finished(tab)


def test_a_version_keeps_the_colors_and_the_font_of_the_brand_before(tab, photo, logo):
    set_brand(tab, logo)
    tab.fill("#headline", "Sale")
    request_ad(tab, photo, "a brand before")
    wait_until_finished(tab)
    before = read_brand(tab)
    tab.fill("#brand-color", "#aa0000")
    tab.check('#brand-font input[value="inter-medium"]', force=True)
    tab.click("#brand-logo-remove")
    tab.locator("#strip button").first.click()
    tab.fill("#prompt", "the same brand")
    update_ad(tab, 2)
    assert read_brand(tab) == before
    expect(tab.locator("#brand-summary")).to_have_text("colors, font")
    expect(tab.locator("#brand-color")).to_have_value("#aa0000")


def test_words_have_the_place_size_color_and_lines_that_were_chosen(tab, photo):
    tab.fill("#headline", "Early\nand late")
    tab.click(".words-look summary")
    tab.check('#lettering-part input[aria-label="Bottom right"]', force=True)
    tab.select_option("#text-size", "0.08")
    tab.click(".own-font summary")
    tab.check('#text-font input[value="inter-medium"]', force=True)
    tab.fill("#text-color", "#aa0000")
    tab.locator(".words-look summary").first.click()
    state = tab.locator("#words-look-state")
    expect(state).to_have_text("Bottom right, Medium, Inter Medium, text #aa0000")
    request_ad(tab, photo, "words")
    wait_until_finished(tab)
    lettering = read_request(tab)["lettering"]
    chosen = {name: lettering[name] for name in ("headline", "anchor", "font", "color")}
    assert chosen == {
        "headline": "Early\nand late",
        "anchor": "ANCHOR_BOTTOM_RIGHT",
        "font": "inter-medium",
        "color": {"red": 170},
    }
    assert lettering["size"] == pytest.approx(0.08)
    tab.click(".words-look summary")
    tab.click('[aria-label="Text color: automatic"]')
    expect(tab.locator("#lettering-part .color-state").first).to_have_text("Automatic")


def test_an_own_font_is_sent_and_a_file_that_is_none_is_refused(tab, photo, font, logo):
    tab.click("#brand-kit summary")
    tab.set_input_files("#brand-font-file", logo)
    expect(tab.locator("#brand-wrong")).to_contain_text("This is no TTF, OTF or WOFF2 file.")
    tab.set_input_files("#brand-font-file", font)
    expect(tab.locator("#brand-font label:has(:checked)")).to_have_text("brand.ttf")
    tab.fill("#headline", "Letters")
    request_ad(tab, photo, "a font")
    wait_until_finished(tab)
    record = json.loads(download_file(tab, "#record"))
    assert record["stages"][-1]["parameters"]["font"] == "EB Garamond SemiBold"


def test_what_a_platform_does_not_take_is_said_while_choosing(tab, logo):
    expect(tab.locator("#profile option")).to_have_count(12)
    tab.fill("#headline", "Sale")
    tab.select_option("#profile", "amazon-main")
    expect(tab.locator("#words-advice")).to_contain_text("must have no text or logo")
    expect(tab.locator("#make-wrong")).to_contain_text("does not take this ad")
    tab.fill("#headline", "")
    expect(tab.locator("#words-advice")).to_be_empty()
    expect(tab.locator("#make-wrong")).to_be_empty()
    expect(tab.locator("#make")).to_be_enabled()
    set_brand(tab, logo)
    expect(tab.locator("#words-advice")).to_contain_text("Your logo is left out of this ad.")
    tab.select_option("#profile", "meta-feed")
    expect(tab.locator("#words-advice")).to_be_empty()
    tab.click("#more-part summary")
    tab.select_option("#format", "webp")
    expect(tab.locator("#platform-advice")).to_contain_text("Meta feed does not take WEBP")
    assert find_violations(tab) == []


def test_an_ad_that_a_platform_rejects_is_not_made_and_one_press_changes_it(tab, photo):
    requests = []
    tab.on("request", lambda request: requests.append(request.url.rpartition("/")[2]))
    tab.fill("#headline", "Sale")
    tab.fill("#call", "Buy")
    tab.fill("#backdrop-color", "#7fb7be")
    tab.set_input_files("#photo", photo)
    tab.select_option("#profile", "amazon-main")
    expect(tab.locator("#make")).to_be_disabled()
    wrong = tab.locator("#make-wrong")
    expect(wrong).to_contain_text("must have no text or logo")
    expect(wrong).to_contain_text("must be pure white")
    assert find_violations(tab) == []
    # Not by a key either; that shows the remedy.
    tab.focus("#prompt")
    tab.keyboard.press("Enter")
    assert tab.evaluate("() => document.activeElement.textContent").startswith(
        "Remove the headline"
    )
    tab.click("text=Remove the headline and the button and the backdrop")
    expect(tab.locator("#make")).to_be_enabled()
    expect(wrong).to_be_empty()
    assert [tab.input_value(each) for each in ("#headline", "#call")] == ["", ""]
    assert tab.evaluate("() => document.activeElement.id") == "make"
    assert "ads" not in requests
    tab.fill("#headline", "Sale")
    expect(tab.locator("#make")).to_be_disabled()
    tab.click("text=Choose no platform")
    expect(tab.locator("#make")).to_be_enabled()
    assert tab.input_value("#headline") == "Sale"


def test_a_veil_behind_words_is_said_and_turned_off(tab, photo):
    tab.fill("#backdrop-color", "#7fb7be")
    tab.fill("#headline", "Sale")
    tab.click(".words-look summary")
    tab.fill("#text-color", "#ffffff")
    tab.set_input_files("#photo", photo)
    tab.click("#make")
    wait_until_finished(tab)
    note = tab.locator("#veil-note")
    expect(note).to_contain_text("the backdrop is darker or lighter")
    assert find_violations(tab) == []
    tab.click("#veil-off")
    expect(tab.locator("#strip button")).to_have_count(2, timeout=MILLISECONDS)
    wait_until_finished(tab)
    expect(note).to_be_hidden()
    expect(tab.locator("#text-veil")).not_to_be_checked()
    expect(tab.locator("#words-look-state")).to_contain_text("backdrop unchanged")
    assert read_request(tab)["lettering"]["without_veil"] is True
    # The words lack contrast then, which the report says.
    expect(tab.locator("#quality")).to_contain_text("The words hardly stand out")
    tab.click("#undo")
    expect(note).to_be_visible()
    expect(tab.locator("#text-veil")).to_be_checked()


def test_every_size_of_a_platform_can_be_chosen(tab, photo):
    tab.select_option("#profile", "meta-feed")
    assert tab.locator("#profile-size option").all_text_contents() == [
        "1080 \u00d7 1350",
        "1080 \u00d7 1080",
        "1200 \u00d7 628",
    ]
    tab.select_option("#profile-size", "1200x628")
    request_ad(tab, photo, "a size")
    wait_until_finished(tab)
    assert read_request(tab)["delivery"]["profile"] == "meta-feed"
    picture = Image.open(io.BytesIO(download_file(tab, "#download")))
    assert picture.size == (1200, 628)
    tab.reload()
    expect(tab.locator("#profile-size")).to_have_value("1200x628")
    tab.select_option("#profile", "amazon-main")
    expect(tab.locator("#profile-size option")).to_have_count(1)
    tab.select_option("#profile", "meta-feed")
    expect(tab.locator("#profile-size")).to_have_value("1080x1350")
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    tab.select_option("#profile-size", "all")
    tab.fill("#prompt", "sizes")
    assert "3 formats" in tab.inner_text("#count")
    tab.click("#make")
    expect(tab.locator("#campaign-title")).to_have_text("3 of 3 ads made", timeout=60_000)
    sizes = {
        each.inner_text().split(" ·")[0] for each in tab.locator(".tile figcaption small").all()
    }
    assert sizes == {"1080 \u00d7 1350", "1080 \u00d7 1080", "1200 \u00d7 628"}


def test_brand_and_words_are_usable_on_a_phone(phone, logo):
    set_brand(phone, logo)
    phone.click(".words-look summary")
    phone.fill("#headline", "Sale")
    phone.select_option("#profile", "amazon-main")
    expect(phone.locator("#words-advice")).to_contain_text("no text")
    assert find_violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_name_of_each_font_is_in_its_letters(tab, font):
    tab.click(".words-look summary")
    tab.click(".own-font summary")
    samples = """() => [...document.fonts].filter((face) =>
        face.family.includes("sample-") && face.status === "loaded").length"""
    wait_until(lambda: tab.evaluate(samples) >= 3, "the loading of the fonts")
    families = {
        choice.inner_text(): choice.locator("span").evaluate("span => span.style.fontFamily")
        for choice in tab.locator("#text-font .font-choice").all()
    }
    loaded = tab.evaluate("[...document.fonts].map(face => `${face.family} ${face.status}`)")
    for title in ("Inter Bold", "Inter Medium", "Garamond"):
        family = families[title].split(",")[0].strip('"')
        assert f"{family} loaded" in [each.replace('"', "") for each in loaded]
    tab.click("#brand-kit summary")
    tab.set_input_files("#brand-font-file", font)
    own = "() => [...document.fonts].some((face) => face.family.includes('own-'))"
    wait_until(lambda: tab.evaluate(own), "the loading of the brand's font")


def test_a_font_is_chosen_with_the_keyboard(tab):
    tab.click(".words-look summary")
    tab.click(".own-font summary")
    tab.locator('#text-font input[value=""]').focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#words-look-state")).to_have_text("Inter Semibold")
    expect(tab.locator('#text-font input[value="inter-semibold"]')).to_be_focused()


def test_the_fonts_are_listed_once_and_an_own_one_of_an_ad_is_folded(tab, logo):
    set_brand(tab, logo)
    tab.locator(".words-look summary").first.click()
    expect(tab.locator("#text-font-state")).to_have_text("Brand font: Garamond")
    expect(tab.locator("#brand-font .font-choice").first).to_be_visible()
    expect(tab.locator("#text-font .font-choice").first).to_be_hidden()
    tab.click(".own-font summary")
    tab.check('#text-font input[value="inter-medium"]', force=True)
    expect(tab.locator("#text-font-state")).to_have_text("Inter Medium")
    expect(tab.locator("#brand-note")).to_have_text("With your logo")


@pytest.mark.parametrize("color", [(0, 0, 0, 255), (255, 255, 255, 255)])
def test_a_black_logo_and_a_white_one_are_seen_in_their_preview(phone, tmp_path, color):
    logo = Image.new("RGBA", (90, 30), color)
    logo.save(tmp_path / "logo.png")
    phone.click("#brand-kit summary")
    phone.set_input_files("#brand-logo", tmp_path / "logo.png")
    thumb = phone.locator(".brand-thumb")
    expect(thumb.locator("img")).to_be_visible()
    shown = Image.open(io.BytesIO(thumb.screenshot())).convert("L")
    ground = [shown.getpixel((shown.width // 2 + x, 8)) for x in range(-10, 11)]
    assert min(abs(each - color[0]) for each in ground) > 90


def test_a_phone_shows_the_current_version_in_the_strip_and_no_covered_words(phone, photo):
    request_ad(phone, photo, "a phone")
    wait_until_finished(phone)
    phone.evaluate(ADD_VERSIONS)
    expect(phone.locator("#strip button")).to_have_count(9)
    phone.set_viewport_size({"width": 1600, "height": 844})
    expect(phone.locator("#strip")).to_have_js_property("scrollLeft", 0)
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.locator("#strip").scroll_into_view_if_needed()
    expect(phone.locator('#strip [aria-pressed="true"]')).to_be_in_viewport(ratio=0.9)
    bar = phone.locator("#to-form").bounding_box()
    assert bar["x"] == 390 - bar["x"] - bar["width"] == 16
    assert all(not each.is_visible() for each in phone.locator(".place-keys").all())


def test_photos_of_a_campaign_are_whole_on_a_phone(phone, photo, logo):
    phone.click("text=Campaign")
    phone.set_input_files("#campaign-files", [photo, logo])
    expect(phone.locator("#campaign-photos li")).to_have_count(2)
    edges = """() => [...document.querySelectorAll("#campaign-photos li")].flatMap(
        (row) => [row.getBoundingClientRect().left, row.getBoundingClientRect().right])"""
    assert all(0 <= each <= 390 for each in phone.evaluate(edges))
