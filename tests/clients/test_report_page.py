"""The report of a campaign as one HTML file."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cyclorama.jobs import JobAd
from cyclorama.report_page import MAX_PREVIEWS, ReportedAd, render_report
from cyclorama.results import Measurement, ProfileReport
from cyclorama.review import Review, plan_review
from tests.support.hostile import MARKUP

GAP = Measurement("contact_gap", "7 px", "at most 2 px", "fail", "a gap", 7.0, "px", "mask it")
GROUND = Measurement("white_ground", "243", "255", "fail", "", 243.0, "", "make it white")
DULL = Measurement("contrast", "9", "at least 12", "warn", "", 9.0, "", "", cost=0.6)
BROKEN = ProfileReport("amazon-main", "", "", (GROUND,), passed=False)


def report_ad(number: int, flaw_probability: float, **fields) -> ReportedAd:
    """Returns a finished ad of a job with a small preview."""
    ad = JobAd("sand", (64, 32), 7, "", "succeeded", "a", "m", "", reasons="contact_gap 5 px")
    ad = replace(ad, score=10 - 9 * flaw_probability, flaw_probability=flaw_probability, **fields)
    return ReportedAd(ad, "photos/can.png", f"{number:04d}.png", b"\xff\xd8x")


def render(*ads: ReportedAd, unfinished: tuple[ReportedAd, ...] = ()) -> str:
    return render_report(ads, plan_review([each.ad for each in ads]), unfinished)


def extract_text(page: str) -> str:
    """Returns what a reader of the page's body sees, with single spaces."""
    texts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = texts.append
    parser.feed(page.partition("<body>")[2])
    return " ".join("".join(texts).split())


def test_the_report_opens_with_the_promise_then_the_ads_that_need_a_person():
    page = render(
        report_ad(1, 0.01),
        report_ad(2, 0.9, measurements=(DULL,)),
        report_ad(3, 0.1, measurements=(GAP,)),
    )
    text = extract_text(page)
    assert text.startswith("Look at 2 of 3 ads first. The other one is ready.")
    assert text.index("0003.png") < text.index("0002.png") < text.index("The others, the best")
    fault = "he product, or a part of it, floats above the ground or its shadow."
    assert f"Stands on the ground. T{fault} Mask it.Measured 7 px; good is at most 2 px" in text
    # As the page says it, without a mark.
    assert f"0003.png Look at this: t{fault}" in text and "Ready 0001.png" in text
    assert "of 10" not in text
    assert 'href="0003.png"' in page and 'href="0003.json" aria-label="Manifest 0003.json"' in page


def test_broken_rules_and_ads_that_were_not_made_have_their_reason():
    failed = JobAd("sea", (0, 0), 0, "", "failed", "", "", "photo: is empty")
    cancelled = JobAd("sea", (64, 32), 0, "", "cancelled", "", "", "")
    unfinished = (ReportedAd(failed, "b.png"), ReportedAd(cancelled))
    text = extract_text(render(report_ad(1, 0.0, profile=BROKEN), unfinished=unfinished))
    assert "White ground. Make it white.Measured 243; good is 255" in text
    assert "2 more could not be made." in text
    assert "sea · b.pngPhoto: is empty." in text and "sea · 64 x 32Cancelled." in text


@pytest.mark.parametrize("words", MARKUP)
def test_texts_never_become_a_part_of_the_page(words):
    hostile = Measurement(words, words, words, "fail", words, None, words, words)
    fields = {"prompt": words, "reasons": words, "measurements": (hostile,)}
    failed = JobAd(words, (1, 1), 0, "", "failed", "", "", words)
    page = render(report_ad(1, 0.5, **fields), unfinished=(ReportedAd(failed, words),))
    tags = set(re.findall(r"<([a-z0-9]+)", page.partition("<body>")[2]))
    assert tags <= {
        *("main", "h1", "h2", "h3", "p", "small", "section", "ol", "ul", "li"),
        *("div", "span", "strong", "img", "a"),
    }
    assert page.count("<img ") == 1


def test_the_report_needs_nothing_from_elsewhere():
    page = render(report_ad(1, 0.01), report_ad(2, 0.9))
    assert not re.search(r"https?://|<script|<link|@import|url\(", page)
    assert page.count("data:image/jpeg;base64,/9h4") == 2
    assert "default-src 'none'" in page and "prefers-color-scheme: dark" in page


def test_a_report_of_any_number_of_ads_stays_small():
    ads = [report_ad(number, 0.0) for number in range(MAX_PREVIEWS + 5)]
    page = render_report(ads, Review((0,), tuple(range(1, len(ads))), 0.0))
    assert (
        page.count("<img ") == MAX_PREVIEWS and page.count("<strong>Ready</strong>") == len(ads) - 1
    )


def test_a_manifest_in_a_folder_of_its_own_is_linked_there():
    page = render(replace(report_ad(1, 0.9, measurements=(DULL,)), manifest="proof/0001.json"))
    assert 'href="proof/0001.json"' in page and 'href="0001.json"' not in page


def test_an_ad_without_a_preview_is_still_listed():
    bare = ReportedAd(report_ad(1, 0.0).ad, file="0001.png")
    page = render(bare)
    assert "<img" not in page and "0001.png" in extract_text(page)
