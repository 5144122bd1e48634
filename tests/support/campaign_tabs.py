"""Campaigns in a browser: adds files, starts them, waits for them."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browsers import MILLISECONDS


def open_campaign(tab: Page, *files: Path) -> None:
    """Shows the campaign mode and adds files."""
    tab.click("text=Campaign")
    add_files(tab, *files)


def add_files(tab: Page, *files: Path) -> None:
    tab.set_input_files("#campaign-files", files)
    wait_until_sent(tab)


def drop_files(tab: Page, *files: Path) -> None:
    """Drops files or folders on the form, as a file manager does."""
    at = tab.locator("#campaign-drop").bounding_box()
    assert at, "the place to drop files is hidden"
    where = {"x": at["x"] + 20, "y": at["y"] + 20}
    data = {"items": [], "files": [str(each) for each in files], "dragOperationsMask": 1}
    session = tab.context.new_cdp_session(tab)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


def wait_until_sent(tab: Page) -> None:
    expect(tab.locator("#campaign-photos [data-sent=no]")).to_have_count(0, timeout=MILLISECONDS)


def start(tab: Page, *scenes: str, name: str = "") -> None:
    if scenes:
        tab.fill("#prompt", "\n".join(scenes))
    tab.fill("#campaign-name", name)
    tab.click("#make")


def wait_until_ended(tab: Page) -> None:
    expect(tab.locator("#campaign-delete")).to_be_visible(timeout=MILLISECONDS)


def read_photos(tab: Page) -> list[str]:
    return tab.locator("#campaign-photos .photo-words span").all_inner_texts()


def edit_first_ad(tab: Page) -> None:
    """Opens the first ad of a finished campaign in One ad."""
    tab.locator(".tile .edit:visible").first.click()
    expect(tab.locator("#return")).to_contain_text("This is its ad", timeout=MILLISECONDS)
    expect(tab.locator("body")).to_have_attribute("data-mode", "ad")
