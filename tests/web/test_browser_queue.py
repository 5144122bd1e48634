"""Many ads at once in a real browser: their places in the queue, and attempts with a reason."""

import json
import threading

import pytest
from playwright.sync_api import expect

from cyclorama.stages import STAGES
from tests.support.browsers import MILLISECONDS, open_tab, request_ad, wait_until_finished
from tests.support.engines import Flat
from tests.support.system import serve_system_in_thread
from tests.web.conftest import serve_page

pytestmark = pytest.mark.slow

LATE = {
    "kind": "error",
    "title": "It took too long",
    "text": "Did not finish in time.",
    "advice": "Wait.",
    "stage": "background",
    "can_retry": True,
}


@pytest.fixture(scope="module")
def background():
    """An engine that waits until it may go."""
    return Flat(threading.Event())


@pytest.fixture(scope="module")
def address(background):
    """A page in front of a gateway that makes one ad at a time."""
    with (
        serve_system_in_thread(background=background, max_concurrent_ads=1) as system,
        serve_page(system.address) as address,
    ):
        yield address


def test_ads_and_sizes_that_wait_show_how_many_come_before(browser, address, background, photo):
    background.go.set()
    with (
        open_tab(browser, address, 1280, 900) as first,
        open_tab(browser, address, 390, 844) as second,
    ):
        request_ad(second, photo, "an ad with sizes")
        wait_until_finished(second)
        background.go.clear()
        request_ad(first, photo, "an ad that is slow")
        expect(first.locator("#doing")).to_have_text("Making the scene", timeout=MILLISECONDS)
        second.click("#export-open")
        second.click("#export-make")
        states = second.locator(".export-state")
        expect(states.first).to_have_text("1 ad before yours", timeout=MILLISECONDS)
        # The others wait in the browser, which has few connections.
        assert states.all_inner_texts()[1:] == ["Waiting"] * 3
        with open_tab(browser, address, 390, 844) as third:
            request_ad(third, photo, "an ad that waits")
            expect(third.locator("#share")).to_have_text("2 ads before yours")
            expect(third.locator("#doing")).to_have_text("Waiting")
            for stage in STAGES:
                assert third.get_attribute(f'[data-stage="{stage}"]', "data-state") == "waiting"
            background.go.set()
            expect(third.locator("#announcement")).to_have_text("The ad is ready.", timeout=90_000)
        wait_until_finished(first)
        expect(second.locator("#export-download")).to_have_text("Download 4 as zip", timeout=60_000)


def test_a_size_that_is_made_again_says_why(browser, address, background, photo):
    background.go.set()
    with open_tab(browser, address, 1280, 900) as tab:
        request_ad(tab, photo, "an ad that comes late")
        wait_until_finished(tab)
        tab.click("#export-open")
        tab.select_option("#export-set", label="Meta stories and reels, 1 size")
        tab.route("**/api/ads", lambda route: route.fulfill(body=json.dumps(LATE) + "\n"), times=1)
        background.go.clear()
        tab.click("#export-make")
        state = tab.locator(".export-state")
        expect(state).to_have_text("Second try: it took too long", timeout=MILLISECONDS)
        background.waiting.clear()
        assert background.waiting.wait(MILLISECONDS / 1000)
        # Still there while the second try is being made.
        expect(state).to_have_text("Second try: it took too long")
        background.go.set()
        expect(tab.locator("#export-download")).to_be_visible(timeout=60_000)
