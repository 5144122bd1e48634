"""Takes the screenshots of the page in docs/: python -m tools.pictures.screens [address of a page].

The page of `make up`, or of another system with the embedded engines.
"""

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools import ROOT

SAMPLES = ROOT / "clients" / "samples"
PHOTO, PROMPT = SAMPLES / "bottle.jpg", "white marble table, soft morning light"
PAGE = "http://127.0.0.1:50080"
# Sizes of a desktop window and a phone, in pixels, and the schemes of colors.
WIDE, NARROW = (1440, 1110), (390, 1110)
SCHEMES = ("light", "dark")
# Height of a screenshot on the sheet of all states, in pixels. Larger: texts can be read, in more
# bytes.
ROW = 400
TIMEOUT_MS, GAP, QUALITY, PAPER = 120_000, 24, 78, (228, 226, 221)
# How far a photo fades into its surroundings, 0 to 1. Smaller: its cut-out is not doubted.
FAINT = 0.93
# The same ads at every run: the page draws its seeds from Math.random.
SEEDS = """
let seed = 7;
Math.random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
"""

Shots = dict[str, Image.Image]


def main() -> None:
    """Takes all states on wide and narrow pages, light and dark, and joins the screenshots."""
    address = sys.argv[1] if len(sys.argv) > 1 else PAGE
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        shots: dict[tuple[tuple[int, int], str], Shots] = {}
        campaign = ""
        for scheme in SCHEMES:
            for size in (WIDE, NARROW):
                with open_page(browser, address, size, scheme) as tab:
                    shots[size, scheme] = take_states(tab)
                    campaign = campaign or make_campaign(tab)
                    open_campaign(tab, f"{address}/#campaign={campaign}")
                    shots[size, scheme]["campaign"] = take_screenshot(tab)
    first = [shots[WIDE, "light"]["first ad"], shots[NARROW, "dark"]["first ad"]]
    save(join_in_row(first), "page.jpg")
    rows = [
        join_in_row([shrink(column[name]) for column in shots.values()])
        for name in (*STATES, "campaign")
    ]
    save(join_in_column(rows), "page-states.jpg")


def take_states(tab: Page) -> Shots:
    """Walks through the page once and returns a screenshot of each state, by its name."""
    shots: Shots = {}
    for name, walk in STATES.items():
        walk(tab)
        shots[name] = take_screenshot(tab)
    return shots


def take_screenshot(tab: Page) -> Image.Image:
    """Returns what the window shows, once its images are there."""
    tab.wait_for_function("() => [...document.images].every(each => each.complete)")
    return Image.open(io.BytesIO(tab.screenshot())).convert("RGB")


@contextmanager
def open_page(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> Iterator[Page]:
    """Opens the page in a window of a size in pixels, with colors of a scheme."""
    viewport = {"width": size[0], "height": size[1]}
    with browser.new_context(
        viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
    ) as context:
        context.add_init_script(SEEDS)
        tab = context.new_page()
        tab.set_default_timeout(TIMEOUT_MS)
        tab.goto(address)
        expect(tab.locator(".swatch")).to_have_count(16)
        yield tab


def show_empty_page(tab: Page) -> None:
    """Waits until the health of the services is known."""
    expect(tab.locator("#status")).to_have_text("Ready")


def make_first_ad(tab: Page) -> None:
    """Makes an ad of the sample with a headline."""
    tab.set_input_files("#photo", PHOTO)
    tab.fill("#prompt", PROMPT)
    tab.fill("#headline", "Grown slowly")
    make_ad(tab)


def make_ad(tab: Page) -> None:
    """Makes or updates the ad, waits for it, and scrolls to it."""
    tab.evaluate("() => { document.querySelector('#announcement').textContent = ''; }")
    tab.click("#make")
    expect(tab.locator("#announcement")).to_have_text("The ad is ready.", timeout=TIMEOUT_MS)
    show(tab, "#viewing")


def show(tab: Page, selector: str) -> None:
    """Scrolls an element to the top of the window."""
    tab.locator(selector).evaluate("each => each.scrollIntoView({ block: 'start' })")
    tab.evaluate("() => document.querySelector('#form').scrollTo(0, 0)")


def drag_product(tab: Page) -> None:
    """Moves the product by hand, which a preview shows."""
    tab.click("#move")
    for _ in range(4):
        tab.keyboard.press("Shift+ArrowRight")
    for _ in range(3):
        tab.keyboard.press("+")
    expect(tab.locator(".place-image")).to_be_visible()
    show(tab, "#viewing")


def choose_variants(tab: Page) -> None:
    """Makes variants of the first ad."""
    tab.click("#place-bar >> text=Cancel")
    tab.click("#variants-open")
    tab.click("#variants-make")
    expect(tab.locator(".variant button:enabled")).to_have_count(3, timeout=TIMEOUT_MS)
    show(tab, "#variants")


def export_sizes(tab: Page) -> None:
    """Exports the first ad in all sizes of a family of platforms."""
    tab.click("#variants-discard")
    tab.click("#export-open")
    tab.select_option("#export-set", label="All of Meta, 4 sizes")
    tab.click("#export-make")
    expect(tab.locator("#export-download")).to_have_text("Download 4 as zip", timeout=TIMEOUT_MS)
    show(tab, "#export-part")


def fix_cutout(tab: Page) -> None:
    """Makes an ad of a photo whose product hardly stands out, and opens its cut-out."""
    faint = {"name": "jar.jpg", "mimeType": "image/jpeg", "buffer": draw_faint_photo()}
    tab.set_input_files("#photo", faint)
    make_ad(tab)
    tab.click("#cutout-editor >> text=Fix the cut-out")
    expect(tab.locator(".cutout-message")).to_contain_text("Look closely", timeout=TIMEOUT_MS)
    tab.locator("#cutout-dialog [data-tool=brush]").click()


def draw_faint_photo() -> bytes:
    """Returns a photo as JPEG whose product has nearly the colors of its surroundings."""
    photo = Image.open(SAMPLES / "jar.jpg").convert("RGB")
    data = io.BytesIO()
    surroundings = photo.filter(ImageFilter.GaussianBlur(160))
    Image.blend(photo, surroundings, FAINT).save(data, "jpeg", quality=90)
    return data.getvalue()


def make_campaign(tab: Page) -> str:
    """Makes a campaign of three photos, one of which has no product; returns its id."""
    tab.click("#cutout-dialog >> text=Close")
    tab.click("text=Campaign")
    tab.click("#campaign-take")
    tab.locator("#campaign-photos .remove").first.click()
    black = io.BytesIO()
    Image.new("RGB", (640, 480)).save(black, "jpeg")
    files = [(path.name, path.read_bytes()) for path in (PHOTO, SAMPLES / "box.jpg")]
    files.append(("dark.jpg", black.getvalue()))
    tab.set_input_files(
        "#campaign-files",
        [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in files],
    )
    tab.fill("#campaign-name", "Spring sale")
    tab.click("#make")
    expect(tab.locator("#campaign-delete")).to_be_visible(timeout=10 * TIMEOUT_MS)
    return str(tab.locator("#campaign").get_attribute("data-id"))


def open_campaign(tab: Page, address: str) -> None:
    """Opens a finished campaign by its address, as someone does who got the link."""
    tab.goto("about:blank")
    tab.goto(address)
    expect(tab.locator("#campaign-delete")).to_be_visible()
    show(tab, "#campaign")


STATES: dict[str, Callable[[Page], None]] = {
    "empty": show_empty_page,
    "first ad": make_first_ad,
    "dragged product": drag_product,
    "variants": choose_variants,
    "export": export_sizes,
    "low confidence": fix_cutout,
}


def shrink(shot: Image.Image) -> Image.Image:
    """Returns a screenshot at the height of a row of the sheet."""
    return shot.resize((round(shot.width * ROW / shot.height), ROW), Image.Resampling.LANCZOS)


def join_in_row(shots: list[Image.Image]) -> Image.Image:
    """Returns images of one height next to each other."""
    width = sum(each.width for each in shots) + GAP * (len(shots) - 1)
    row = Image.new("RGB", (width, shots[0].height), PAPER)
    left = 0
    for shot in shots:
        row.paste(shot, (left, 0))
        left += shot.width + GAP
    return row


def join_in_column(rows: list[Image.Image]) -> Image.Image:
    """Returns images of one width below each other."""
    height = sum(each.height for each in rows) + GAP * (len(rows) - 1)
    sheet = Image.new("RGB", (rows[0].width, height), PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    return sheet


def save(picture: Image.Image, name: str) -> None:
    """Writes a picture as JPEG into docs/."""
    picture.save(ROOT / "docs" / name, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
