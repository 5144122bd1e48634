"""The built site: no warnings, no foreign files, every page listed, short, with all of its code."""

import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect, sync_playwright

from tools import ROOT

pytestmark = pytest.mark.slow

CHROMES = ("chromium", "chromium-browser", "google-chrome")
# Of a common laptop.
WIDTH, HEIGHT = 1440, 900
MAX_PAGE_HEIGHT = 10_000
# What a reader of the site needs; sources of the project are no part of it.
SUFFIXES = {
    *("", ".css", ".gz", ".html", ".jpg", ".js", ".json", ".map", ".md", ".png", ".svg", ".txt"),
    *(".wasm", ".woff", ".woff2", ".xml"),
}
CUT_CODE = """() => [...document.querySelectorAll("pre, pre code")]
    .filter((block) => block.scrollWidth > block.clientWidth + 1)
    .map((block) => block.textContent.slice(0, 60))"""
CUT_TABLES = """() => [...document.querySelectorAll("article .md-typeset__scrollwrap")]
    .filter((table) => table.scrollWidth > table.clientWidth + 1)
    .map((table) => table.textContent.trim().slice(0, 60))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Builds the site of a copy of docs/, with warnings as errors."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    command = [f"{sys.prefix}/bin/zensical", "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Serves the site."""
    handler = partial(_QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Prints nothing."""


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """A tab of a browser, as wide as that of a laptop."""
    own = next(filter(None, map(shutil.which, CHROMES)), None)
    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=own)
        except Error as error:
            pytest.skip(f"no browser runs here: {str(error).splitlines()[0]}")
        yield browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        browser.close()


@pytest.fixture(scope="module")
def measured(site, address, tab) -> dict[str, tuple[int, list[str], list[str]]]:
    """Height, cut code and cut tables of each page, by its path in the site."""
    found = {}
    for file in sorted(site.rglob("index.html")):
        path = file.parent.relative_to(site).as_posix()
        tab.goto(f"{address}{path}/")
        height = tab.evaluate("document.documentElement.scrollHeight")
        found[path] = (height, tab.evaluate(CUT_CODE), tab.evaluate(CUT_TABLES))
    return found


def test_the_site_contains_no_sources_of_the_project(site):
    suffixes = {path.suffix for path in site.rglob("*") if path.is_file()}
    assert suffixes <= SUFFIXES


def test_no_page_shows_code_that_is_cut_at_the_width_of_a_laptop(measured):
    assert {path: code for path, (_, code, _) in measured.items() if code} == {}


def test_no_page_shows_a_table_that_is_cut_at_the_width_of_a_laptop(measured):
    assert {path: tables for path, (_, _, tables) in measured.items() if tables} == {}


def test_no_page_is_longer_than_a_reader_scrolls(measured):
    tall = {path: height for path, (height, *_) in measured.items() if height >= MAX_PAGE_HEIGHT}
    assert tall == {} and len(measured) > 40


def test_the_navigation_lists_every_page_once():
    text = (ROOT / "zensical.toml").read_text()
    listed = re.findall(r'= "([\w/-]+\.md)"', text)
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(listed) == pages and len(listed) == len(pages)
    assert tomllib.loads(text)["project"]["nav"]


# What a reader searches for, and the page that explains it as the search shows it.
TERMS = {
    "retry": "Overload and retries",
    "timeout": "Overload and retries",
    "cache": "Overload and retries",
    "lease": "Overload and retries",
    "circuit breaker": "Overload and retries",
    "concurrency limit": "Overload and retries",
    "TLS": "Security",
    "backup": "Job database and backup",
    "rate limit": "Security",
    "throttling": "Security",
    "SSL": "Security",
    "horizontal scaling": "Overload and retries",
    "graceful shutdown": "Overload and retries",
    "health check": "API clients in other languages",
}


@pytest.mark.parametrize("term", TERMS)
def test_a_searcher_finds_the_page_that_explains_a_term(address, tab, term):
    tab.goto(address)
    tab.get_by_role("button", name="Search").first.click()
    tab.get_by_placeholder("Search").first.fill(term)
    found = tab.get_by_role("option").filter(has_text=TERMS[term])
    expect(found.first).to_be_attached(timeout=30_000)
