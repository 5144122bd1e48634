"""What the page keeps: photo, form, versions and running ads, over a reload and in two tabs."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browsers import (
    MILLISECONDS,
    collect_failures,
    download_file,
    find_violations,
    open_tab,
    request_ad,
    wait_until_finished,
    wait_until_loaded,
)
from tests.web.conftest import serve_page

pytestmark = pytest.mark.slow

IS_IN_STRIP = """() => {
    const [own, all] = ["#strip [aria-pressed=true]", "#strip"].map((each) =>
        document.querySelector(each).getBoundingClientRect());
    return own.left >= all.left && own.right <= all.right;
}"""
LOADED = "image => image.complete && image.naturalWidth > 0"


def make_ad(tab: Page, photo, prompt: str, **fields: str) -> None:
    """Makes an ad of a photo with a prompt and other fields, by their ids."""
    for name, value in fields.items():
        tab.fill(f"#{name}", value)
    count = tab.locator("#strip button").count()
    request_ad(tab, photo, prompt)
    expect(tab.locator("#strip button")).to_have_count(count + 1, timeout=MILLISECONDS)


def hold_requests(tab: Page, pattern: str) -> list[Route]:
    """Returns a list that grows by the requests of a pattern, which wait to be continued."""
    waiting: list[Route] = []
    tab.route(pattern, lambda route: waiting.append(route))
    return waiting


def reload_page(tab: Page) -> None:
    tab.reload()
    wait_until_loaded(tab)


def open_second(tab: Page) -> Page:
    """Opens the page in another tab of the same browser."""
    second = tab.context.new_page()
    second.set_default_timeout(MILLISECONDS)
    second.goto(tab.url)
    wait_until_loaded(second)
    return second


def read_fields(tab: Page) -> list[str]:
    return [tab.input_value(f"#{name}") for name in ("prompt", "headline", "scale", "profile")]


def wait_until_shown(tab: Page, selector: str) -> None:
    """Waits until an image is loaded."""
    expect(tab.locator(selector)).to_be_visible()
    image = tab.locator(selector).element_handle()
    tab.wait_for_function(LOADED, arg=image)


def test_a_reload_loses_nothing_though_the_server_has_forgotten_the_ads(browser, page, photo):
    with (
        serve_page(page.system.address, ad_cache_mib=0) as address,
        open_tab(browser, address, 1280, 900) as tab,
    ):
        make_ad(tab, photo, "the first", headline="Kept")
        first = download_file(tab, "#download")
        make_ad(tab, photo, "the second")
        tab.fill("#prompt", "not yet made")
        tab.click("text=Placement")
        tab.fill("#scale", "80")
        reload_page(tab)
        assert read_fields(tab) == ["not yet made", "Kept", "80", ""]
        assert tab.inner_text("#photo-name") == photo.name
        wait_until_shown(tab, "#photo-shown")
        wait_until_shown(tab, "#canvas .after")
        tab.locator("#strip button").first.click()
        expect(tab.locator("#prompt")).to_have_value("the first")
        wait_until_shown(tab, "#canvas .after")
        assert download_file(tab, "#download") == first
        assert json.loads(download_file(tab, "#record"))["request"]["prompt"] == "the first"


def test_a_version_restores_its_settings_and_undo_and_redo_step_through_them(tab, photo):
    make_ad(tab, photo, "one", headline="First")
    make_ad(tab, photo, "two", headline="Second")
    tab.fill("#headline", "Third")
    for button, headline, version in (
        ("#undo", "Second", 1),
        ("#undo", "First", 0),
        ("#redo", "Second", 1),
        ("#redo", "Third", 1),
    ):
        tab.click(button)
        expect(tab.locator("#headline")).to_have_value(headline)
        pressed = tab.locator("#strip button").nth(version)
        expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(tab.locator("#redo")).to_have_attribute("aria-disabled", "true")
    tab.locator("#strip button").first.click()
    assert read_fields(tab)[:2] == ["one", "First"]
    tab.keyboard.press("Control+Shift+Z")
    expect(tab.locator("#prompt")).to_have_value("two")
    tab.keyboard.press("Control+Z")
    expect(tab.locator("#prompt")).to_have_value("one")
    assert find_violations(tab) == []


def test_a_version_restores_the_photo_that_it_was_made_of(tab, photo, heic_photo):
    make_ad(tab, photo, "a can")
    make_ad(tab, heic_photo, "a phone's photo")
    tab.click("#undo")
    expect(tab.locator("#photo-name")).to_have_text(photo.name)
    wait_until_shown(tab, "#photo-shown")
    tab.click("#redo")
    expect(tab.locator("#photo-name")).to_have_text(heic_photo.name)


@pytest.mark.parametrize("name", ["tab", "phone"])
def test_the_ad_of_an_earlier_photo_is_marked_until_the_new_one_has_an_ad(
    name, request, photo, heic_photo
):
    tab = request.getfixturevalue(name)
    make_ad(tab, photo, "a can")
    tab.click("#variants-open")
    tab.click("#variants-make")
    expect(tab.locator(".variant button:enabled")).to_have_count(3, timeout=MILLISECONDS)
    tab.set_input_files("#photo", heic_photo)
    label, tools = tab.locator("#earlier"), tab.locator("#variants-open, #export-open, #variants")
    expect(label).to_contain_text("Earlier ad, of can.png. IMG_0042.HEIC has no ad yet")
    expect(tab.locator("#download")).to_contain_text("the earlier", use_inner_text=True)
    expect(tools.filter(visible=True)).to_have_count(0)
    for hidden in ("#details", "#report"):
        expect(tab.locator(hidden)).to_be_hidden()
    assert find_violations(tab) == []
    tab.click("#earlier-back")
    expect(label).to_be_hidden()
    expect(tab.locator("#photo-name")).to_have_text(photo.name)
    expect(tab.locator(".variant button:enabled")).to_have_count(3)
    make_ad(tab, heic_photo, "a phone's photo")
    expect(label).to_be_hidden()
    expect(tab.locator("#variants")).to_be_hidden()
    expect(tab.locator("#download")).to_have_text("Download PNG", use_inner_text=True)


def test_versions_are_grouped_by_product_and_one_is_deleted_and_brought_back(
    phone, photo, heic_photo
):
    make_ad(phone, photo, "one")
    expect(phone.locator(".strip-group small")).to_be_hidden()
    make_ad(phone, heic_photo, "two")
    make_ad(phone, photo, "three")
    for prompt in ("four", "five", "six"):
        make_ad(phone, photo, prompt)
    groups = phone.locator(".strip-group")
    expect(groups.locator("small")).to_have_text([photo.name, heic_photo.name])
    counts = [each.locator("button").count() for each in groups.all()]
    assert counts == [5, 1]
    shown = phone.locator('#strip [aria-pressed="true"]')
    expect(shown).to_have_count(1)
    assert phone.evaluate(IS_IN_STRIP)
    groups.nth(1).locator("button").click()
    expect(phone.locator("#version-note")).to_contain_text(f"are those of {heic_photo.name} again")
    phone.click("#version-undo")
    expect(phone.locator("#photo-name")).to_have_text(photo.name)
    assert phone.input_value("#prompt") == "six"
    phone.click("#version-delete")
    expect(phone.locator("#strip button")).to_have_count(5)
    expect(phone.locator("#prompt")).to_have_value("five")
    assert find_violations(phone) == []
    phone.click("#version-undo")
    expect(phone.locator("#strip button")).to_have_count(6)
    expect(phone.locator("#prompt")).to_have_value("six")
    reload_page(phone)
    expect(phone.locator("#strip button")).to_have_count(6)
    assert phone.evaluate(IS_IN_STRIP)


def test_the_last_version_is_deleted_and_brought_back(tab, photo):
    make_ad(tab, photo, "alone")
    tab.click("#version-delete")
    expect(tab.locator("#ad-empty")).to_be_visible()
    expect(tab.locator("#viewing, #tools, #versions").filter(visible=True)).to_have_count(0)
    tab.click("#version-undo")
    wait_until_shown(tab, "#canvas .after")
    expect(tab.locator("#ad-empty")).to_be_hidden()


def test_a_reload_on_a_phone_shows_the_ad_and_not_the_form_above_it(phone, photo):
    make_ad(phone, photo, "a phone")
    phone.evaluate("() => scrollTo(0, 0)")
    reload_page(phone)
    expect(phone.locator("#canvas .after")).to_be_in_viewport(ratio=0.9)


def test_an_ad_that_a_reload_interrupts_is_continued(tab, page, photo):
    page.background.go.clear()
    try:
        request_ad(tab, photo, "interrupted")
        expect(tab.locator('[data-stage="background"] .status-text')).to_have_text("60 %")
        tab.reload()
        expect(tab.locator('[data-stage="background"] .status-text')).to_have_text("60 %")
        expect(tab.locator("#cancel")).to_be_visible()
    finally:
        page.background.go.set()
    wait_until_finished(tab)
    assert tab.locator("#strip button").count() == 1


def test_two_tabs_keep_their_forms_apart_and_share_their_versions(tab, photo):
    make_ad(tab, photo, "one tab")
    second = open_second(tab)
    assert second.input_value("#prompt") == "one tab"
    second.fill("#prompt", "another tab")
    make_ad(second, photo, "another tab")
    expect(tab.locator("#strip button")).to_have_count(2)
    tab.fill("#prompt", "still one tab")
    for each, prompt in ((tab, "still one tab"), (second, "another tab")):
        reload_page(each)
        assert each.input_value("#prompt") == prompt
        assert each.locator("#strip button").count() == 2


def test_a_copied_tab_does_not_write_into_its_original(tab):
    tab.fill("#prompt", "the original")
    # As browsers copy a tab: with its session storage.
    with tab.expect_popup() as opened:
        tab.evaluate("() => { window.open(location.href); }")
    copy = opened.value
    wait_until_loaded(copy)
    assert copy.input_value("#prompt") == "the original"
    copy.fill("#prompt", "the copy")
    for each, prompt in ((tab, "the original"), (copy, "the copy")):
        reload_page(each)
        assert each.input_value("#prompt") == prompt


def test_the_oldest_versions_make_room_for_new_ones(tab, photo):
    make_ad(tab, photo, "small")
    count_kept = """async (mebibytes) => {
        const store = await import("/static/store.js");
        const { versions } = store.readState();
        const own = { id: `version-${mebibytes}`, created: Date.now(), bytes: mebibytes * 2 ** 20 };
        await store.addVersion({ ...versions[0], ...own });
        return store.readState().versions.map(({ id }) => id);
    }"""
    small, large = tab.evaluate(count_kept, 150)
    assert large == "version-150" and small != large
    assert tab.evaluate(count_kept, 100) == ["version-100"]
    reload_page(tab)
    assert tab.locator("#strip button").count() == 1


def test_a_full_disk_is_said_and_the_ad_is_shown_all_the_same(browser, page, photo):
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.set_default_timeout(MILLISECONDS)
        wrong = collect_failures(tab, page.address)
        session = context.new_cdp_session(tab)
        quota = {"origin": page.address, "quotaSize": 1}
        session.send("Storage.overrideQuotaForOrigin", quota)
        tab.goto(page.address)
        wait_until_loaded(tab)
        make_ad(tab, photo, "a full disk")
        expect(tab.locator("#unkept")).to_contain_text("cannot keep your work")
        wait_until_shown(tab, "#canvas .after")
        assert not wrong


def test_what_is_chosen_before_data_arrives_is_used(browser, page, photo):
    """The scripts' data, and then the scripts themselves, arrive after the user has started."""
    for held in ("**/api/formats", "**/static/main.js"):
        with browser.new_context() as context:
            tab = context.new_page()
            tab.set_default_timeout(MILLISECONDS)
            waiting = hold_requests(tab, held)
            tab.goto(page.address, wait_until="commit")
            tab.set_input_files("#photo", photo)
            tab.fill("#prompt", "the first second")
            tab.fill("#headline", "Early")
            while not waiting:
                tab.wait_for_timeout(1)
            waiting.pop().continue_()
            wait_until_loaded(tab)
            expect(tab.locator("#photo-name")).to_have_text(photo.name)
            assert read_fields(tab)[:2] == ["the first second", "Early"]
            tab.click("#make")
            wait_until_finished(tab)
