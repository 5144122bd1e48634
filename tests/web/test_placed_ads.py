"""The order of a campaign's ads when photos are replaced."""

from dataclasses import replace
from datetime import datetime

from cyclorama.job_results import JobAd, JobReport
from cyclorama.web.campaigns import CampaignReport
from cyclorama.web.placed_ads import PLACE_LABEL, REPLACES_LABEL, label_photo, place_ads

TIME = datetime(2026, 11, 29, 9)
OLD, NEW, NEWEST = ("a" * 64, "b" * 64, "c" * 64)


def build_ad(photo: str, prompt: str, state: str = "succeeded") -> JobAd:
    return JobAd(prompt, (64, 32), 7, photo, state, "", "", "")


def build_job(name: str, hour: int, *ads: JobAd, replaces: str = "") -> JobReport:
    labels = {REPLACES_LABEL: label_photo(replaces)} if replaces else {}
    time = TIME.replace(hour=hour)
    return JobReport(f"jobs/{name}", "failed", time, time, ads, {}, {}, labels=labels)


FIRST = build_job(
    *("first", 9, build_ad(OLD, "sand", "failed"), build_ad("d" * 64, "sand")),
    build_ad(OLD, "snow", "failed"),
)
SECOND = build_job("second", 10, build_ad(NEW, "sand"), build_ad(NEW, "snow", "failed"))
SECOND = replace(SECOND, labels={REPLACES_LABEL: label_photo(OLD)})


def test_the_ads_of_a_replaced_photo_are_in_the_places_of_its_ads():
    placed = place_ads([SECOND, FIRST])
    assert [(each.job, each.position) for each in placed] == [
        ("jobs/second", 0),
        ("jobs/first", 1),
        ("jobs/second", 1),
    ]


def test_a_photo_that_was_replaced_is_replaced_once_more():
    third = build_job("third", 11, build_ad(NEWEST, "snow"), replaces=NEW)
    assert [each.ad.photo for each in place_ads([third, SECOND, FIRST])] == [
        NEW,
        "d" * 64,
        NEWEST,
    ]


def test_state_and_counts_are_those_of_the_ads_that_are_shown():
    report = CampaignReport("ab", (FIRST, SECOND))
    assert report.counts == {"succeeded": 2, "failed": 1}
    assert report.state == "partially_succeeded"


def edit_ad(name: str, hour: int, number: int, *ads: JobAd) -> JobReport:
    """Returns a job with an ad that was edited; number: of the ad in the campaign."""
    return replace(build_job(name, hour, *ads), labels={PLACE_LABEL: str(number)})


def test_an_edited_ad_takes_the_place_of_the_one_that_was_opened():
    edited = edit_ad("edited", 11, 1, build_ad(NEWEST, "another scene"))
    assert [each.ad.prompt for each in place_ads([edited, FIRST])] == [
        "sand",
        "another scene",
        "snow",
    ]
    again = edit_ad("again", 12, 1, build_ad(NEWEST, "a third scene"))
    assert place_ads([again, edited, FIRST])[1].job == "jobs/again"
    assert CampaignReport("ab", (FIRST, edited)).counts == {"succeeded": 1, "failed": 2}


def test_an_edited_ad_without_a_place_leaves_the_campaign_as_it_is():
    beyond = edit_ad("beyond", 11, 7, build_ad(NEWEST, "sand"))
    assert place_ads([beyond, edit_ad("listed", 11, 0), FIRST]) == place_ads([FIRST])
