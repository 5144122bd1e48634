"""The page in a real browser: opens it, makes ads and waits for them, checks accessibility."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from cyclorama.stages import STAGES

CHROMES = ("chromium", "chromium-browser", "google-chrome")
# Time limit of every step in a tab. Longer: slower machines pass; shorter: a failure shows sooner.
MILLISECONDS = 30_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def launch_browser() -> Iterator[Browser]:
    """Launches the browser of this machine, or the one that playwright installed."""
    own = next(filter(None, map(shutil.which, CHROMES)), None)
    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=own)
        except Error as error:
            pytest.skip(f"no browser runs here: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@contextmanager
def open_tab(browser: Browser, address: str, width: int, height: int, **how) -> Iterator[Page]:
    """Opens the page in its own window; fails when a script fails or another host is called."""
    with browser.new_context(viewport={"width": width, "height": height}, **how) as context:
        tab = context.new_page()
        tab.set_default_timeout(MILLISECONDS)
        wrong = collect_failures(tab, address)
        tab.goto(address)
        wait_until_loaded(tab)
        yield tab
    assert not wrong, wrong


def collect_failures(tab: Page, address: str) -> list[str]:
    """Returns a list that grows by failed scripts and by requests to other hosts."""
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    own = (address, "blob:", "data:")
    tab.on("request", lambda asked: asked.url.startswith(own) or wrong.append(asked.url))
    return wrong


def wait_until_loaded(tab: Page) -> None:
    """Waits until the form has all of its choices."""
    expect(tab.locator(".swatch")).to_have_count(16)
    expect(tab.locator("#format option")).to_have_count(4)


def request_ad(tab: Page, photo: Path, prompt: str) -> None:
    """Fills in the required fields and starts an ad."""
    tab.set_input_files("#photo", photo)
    tab.fill("#prompt", prompt)
    tab.click("#make")


def wait_until_finished(tab: Page) -> None:
    """Waits until an ad is announced as ready."""
    expect(tab.locator("#announcement")).to_have_text("The ad is ready.", timeout=MILLISECONDS)


def read_stage_states(tab: Page) -> list[str | None]:
    """Returns the state of each stage, such as "done" or "cached"."""
    return [tab.get_attribute(f'[data-stage="{stage}"]', "data-state") for stage in STAGES]


def download_file(tab: Page, selector: str) -> bytes:
    """Clicks an element that downloads a file, and returns the bytes of the file."""
    with tab.expect_download() as waited:
        tab.click(selector)
    return waited.value.path().read_bytes()


def find_violations(tab: Page) -> list[tuple[str, str]]:
    """Returns the broken rules of accessibility, each with its first element."""
    broken = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    return [(each["help"], each["nodes"][0]["html"]) for each in broken]
