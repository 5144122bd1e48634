"""The assessment of any picture in a real browser."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsers import (
    MILLISECONDS,
    download_file,
    find_violations,
    request_ad,
    wait_until_finished,
)

pytestmark = pytest.mark.slow


def assess(tab: Page) -> None:
    tab.click("#assess")
    verdict = re.compile("Ready|Look at this: ")
    expect(tab.locator("#quality h2")).to_contain_text(verdict, timeout=MILLISECONDS)


def test_the_empty_view_says_what_it_does_in_plain_words(tab):
    tab.click("text=Assess")
    expect(tab.locator("#form")).to_be_hidden()
    expect(tab.locator("#assess-empty")).to_contain_text("What is wrong")
    shown = tab.inner_text("#assess-form") + tab.inner_text("#assess-view")
    for word in (".json", "manifest", "measure", "%"):
        assert word not in shown, word
    # The pickers of the browser are behind those of the page.
    for picker in tab.locator("#assess-form input[type=file]").all():
        assert picker.evaluate("each => getComputedStyle(each).opacity") == "0"
    assert find_violations(tab) == []


def test_any_picture_is_assessed(tab, photo, tmp_path):
    tab.click("text=Assess")
    tab.click("#assess")
    assert tab.inner_text("#picture-wrong") == "Choose a picture first."
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    tab.set_input_files("#picture", notes)
    expect(tab.locator("#picture-wrong")).to_contain_text("notes.txt: This is no picture.")
    tab.set_input_files("#picture", photo)
    expect(tab.locator("#picture-name")).to_have_text(photo.name)
    expect(tab.locator("#picture-shown")).to_be_visible()
    expect(tab.locator("#picture-wrong")).to_be_empty()
    assess(tab)
    assert tab.locator("#assessment details").count() > 0
    assert find_violations(tab) == []
    tab.set_input_files("#manifest", {"name": "x.json", "mimeType": "", "buffer": b"no proof"})
    tab.click("#assess")
    expect(tab.locator("#assess-failure .failure")).to_be_visible(timeout=MILLISECONDS)


def test_an_ad_and_its_proof_are_dropped_together(tab, photo, tmp_path):
    request_ad(tab, photo, "assessed")
    wait_until_finished(tab)
    ad, proof = tmp_path / "shelf.png", tmp_path / "shelf.json"
    ad.write_bytes(download_file(tab, "#download"))
    proof.write_bytes(download_file(tab, "#record"))
    assert json.loads(proof.read_bytes())["ad"]["width"] == 1024
    tab.click("text=Assess")
    at = tab.locator("#assess-form .drop").first.bounding_box()
    where = {"x": at["x"] + 20, "y": at["y"] + 20}
    data = {"items": [], "files": [str(ad), str(proof)], "dragOperationsMask": 1}
    session = tab.context.new_cdp_session(tab)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})
    expect(tab.locator("#picture-name")).to_have_text("shelf.png")
    expect(tab.locator("#proof-name")).to_have_text("shelf.json")
    assess(tab)
    tab.click("#proof-remove")
    assert tab.evaluate("() => document.activeElement.id") == "manifest"
    expect(tab.locator("#proof-name")).to_have_text("Add its proof")
    # Another picture has another proof.
    tab.set_input_files("#manifest", proof)
    tab.set_input_files("#picture", photo)
    expect(tab.locator("#proof-name")).to_have_text("Add its proof")


def test_a_phone_shows_the_pickers_and_the_report(phone, photo):
    phone.click("text=Assess")
    phone.set_input_files("#picture", photo)
    assess(phone)
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    assert find_violations(phone) == []
