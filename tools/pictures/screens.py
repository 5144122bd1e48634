"""Takes the screenshot docs/page.jpg of the page of `make up`: python -m tools.pictures.screens."""

import io
import shutil

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tools import ROOT

PATH = ROOT / "docs" / "page.jpg"
PHOTO = ROOT / "clients" / "samples" / "bottle.jpg"
PAGE, PROMPT = "http://127.0.0.1:50080", "white marble table, soft morning light"
# Sizes of a desktop window and a phone, in pixels.
WIDE, NARROW = (1440, 1110), (390, 1110)
TIMEOUT_MS, GAP, QUALITY, PAPER = 120_000, 40, 82, (228, 226, 221)


def main() -> None:
    """Creates an ad on a wide light page and on a narrow dark one, and joins the screenshots."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        wide, narrow = (
            take_screenshot(browser, WIDE, "light"),
            take_screenshot(browser, NARROW, "dark"),
        )
    sheet = Image.new("RGB", (wide.width + GAP + narrow.width, WIDE[1]), PAPER)
    sheet.paste(wide, (0, 0))
    sheet.paste(narrow, (wide.width + GAP, 0))
    sheet.save(PATH, quality=QUALITY, optimize=True)


def take_screenshot(browser: Browser, size: tuple[int, int], scheme: str) -> Image.Image:
    """Creates an ad on the page and returns a screenshot of it."""
    viewport = {"width": size[0], "height": size[1]}
    tab = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    tab.set_default_timeout(TIMEOUT_MS)
    tab.goto(PAGE)
    tab.set_input_files("input[type=file]", PHOTO)
    tab.fill("#prompt", PROMPT)
    tab.click("#make")
    tab.locator("text=Product pixels untouched").scroll_into_view_if_needed()
    tab.wait_for_function("() => [...document.images].every(each => each.complete)")
    return Image.open(io.BytesIO(tab.screenshot()))


if __name__ == "__main__":
    main()
