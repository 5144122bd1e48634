"""Photos and tables of a campaign in a real browser: added, refused and kept."""

import pytest
from playwright.sync_api import expect

from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.browsers import MILLISECONDS, download_file, find_violations
from tests.support.campaign_tabs import (
    add_files,
    drop_files,
    open_campaign,
    read_photos,
    start,
    wait_until_ended,
    wait_until_sent,
)
from tests.support.pictures import draw_product

pytestmark = pytest.mark.slow


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
        "1 file was not used. notes.png: This file cannot be used. The file is no picture."
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


def test_scene_and_words_of_each_photo_are_given_in_the_page(tab, folder):
    open_campaign(tab, folder / "can.png", folder / "jar.png")
    tab.fill("#headline", "For all")
    tab.click("#campaign-words")
    tab.fill("[aria-label='Scene of can.png']", "sand")
    tab.fill("[aria-label='Scene of jar.png']", "snow, deep")
    tab.fill("[aria-label='Headline of jar.png']", 'The "jar"')
    assert find_violations(tab) == []
    tab.click("#rows-use")
    shown = tab.locator("#campaign-table")
    expect(shown).to_contain_text("2 rows can be made.", timeout=MILLISECONDS)
    expect(tab.locator("#campaign-words")).to_be_hidden()
    # A photo that is added later has a row as well, and what was written stays.
    add_files(tab, folder / "black.png")
    expect(shown).to_contain_text("black.png is in no row", timeout=MILLISECONDS)
    tab.click("#campaign-rows")
    expect(tab.locator("[aria-label='Headline of jar.png']")).to_have_value('The "jar"')
    tab.fill("[aria-label='Scene of black.png']", "night")
    tab.click("#rows-use")
    expect(shown).to_contain_text("3 rows can be made.", timeout=MILLISECONDS)
    start(tab)
    wait_until_ended(tab)
    scenes = {each.text_content() for each in tab.locator("#campaign .tile > p").all()}
    assert scenes == {"sand", "snow, deep", "night"}


def test_the_template_is_a_table_that_the_page_takes(tab, folder, tmp_path):
    tab.click("text=Campaign")
    template = tmp_path / "template.csv"
    template.write_bytes(download_file(tab, "#campaign-template"))
    add_files(tab, folder / "can.png", template)
    errors = tab.locator("#campaign-table li")
    expect(errors).to_contain_text(["Line 2: mug.jpg is not among", "Line 3: loafers.jpg"])
    tab.click("text=Columns of a table")
    assert find_violations(tab) == []
