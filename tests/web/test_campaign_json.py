"""The JSON of campaigns, in which jobs with a common label are one."""

from dataclasses import replace
from datetime import datetime

import pytest

from cyclorama.jobs import Job, JobAd
from cyclorama.results import Measurement, ProfileReport
from cyclorama.web.campaign_json import ads_to_json, campaign_to_json, review_to_json
from cyclorama.web.campaigns import CampaignReport, combine_states
from cyclorama.web.placed_ads import PlacedAd

TIME = datetime(2026, 11, 28, 9, 30)
FAILED = JobAd(
    *("sand", (64, 32), 7, "ff", "failed", "", "", "photo: is black; send a lighter one"),
    photo_name="can.png",
    error_reason="PRODUCT_NOT_FOUND",
    error_status="FAILED_PRECONDITION",
    error_stage="segmentation",
)
GOOD = JobAd(
    "sand",
    (64, 32),
    7,
    "ff",
    "succeeded",
    "jobs/ab/artifacts/aa",
    "jobs/ab/artifacts/ef",
    "",
    score=9,
    reasons="none",
)


def test_a_campaign_counts_the_ads_of_all_of_its_jobs():
    counts = {"succeeded": 2, "failed": 1, "waiting": 3}
    later = TIME.replace(hour=10)
    jobs = (
        Job("jobs/b", "running", later, later, (), counts, {}, display_name="Spring"),
        Job("jobs/a", "succeeded", TIME, TIME, (), {"succeeded": 4}, {}, display_name="Spring"),
    )
    sent = campaign_to_json(CampaignReport("ab", jobs))
    assert (sent["id"], sent["name"]) == ("ab", "Spring")
    assert (sent["created"], sent["ended"]) == ("2026-11-28T09:30:00Z", False)
    assert (sent["total"], sent["succeeded"], sent["failed"]) == (10, 6, 1)


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["queued", "queued"], "queued"),
        (["queued", "failed"], "running"),
        (["succeeded", "succeeded"], "succeeded"),
        (["succeeded", "failed"], "partially_succeeded"),
        (["succeeded", "cancelled"], "cancelled"),
    ],
)
def test_the_state_of_a_campaign_follows_from_those_of_its_jobs(states, state):
    assert combine_states(states) == state


def test_an_ad_that_failed_has_its_whole_reason_and_an_address_to_retry():
    (sent,) = ads_to_json([(12, PlacedAd("jobs/ab", 3, FAILED))])
    assert (sent["at"], sent["job"], sent["position"]) == (12, "ab", 3)
    assert (sent["photo"], sent["picture"], sent["preview"]) == ("can.png", "", "")
    error = sent["error"]
    assert error["title"] == "No product was found" and error["stage"] == "segmentation"
    assert error["text"] == "The photo is black; send a lighter one."
    assert "stands out" in error["advice"]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("", ""),
        ("OUT_OF_TIME", "It took too long"),
        ("STAGE_UNREACHABLE", "A step does not answer"),
    ],
)
def test_an_ad_that_is_made_again_says_why_in_plain_words(reason, cause):
    again = replace(GOOD, state="running", artifact="", attempt=2, retry_reason=reason)
    (sent,) = ads_to_json([(0, PlacedAd("jobs/ab", 0, again))])
    assert (sent["attempt"], sent["retry_cause"]) == (2, cause)


def test_a_finished_ad_has_addresses_of_its_picture_and_preview():
    ad = replace(GOOD, preview="jobs/ab/artifacts/cd")
    (sent,) = ads_to_json([(0, PlacedAd("jobs/ab", 3, ad))])
    assert (sent["picture"], sent["preview"]) == ("campaigns/ab/3", "previews/ab/cd")
    assert sent["card"] == "cards/ab/aa"
    assert sent["brief"] == "briefs/ab/ef"
    assert sent["error"] is None


def test_an_ended_campaign_says_which_ads_to_look_at():
    halo = Measurement("halo", "9 px", "at most 4 px", "fail", "a rim", 9.0, "px", "mask it")
    poor = replace(GOOD, score=3.5, flaw_probability=0.7, measurements=(halo,))
    review = review_to_json([FAILED, poor, GOOD])
    assert (review["look_at"], review["rest"]) == ([1], [2])
    assert review["text"] == "Look at 1 of 2 ads first. The other one is ready."
    (ad,) = ads_to_json([(1, PlacedAd("jobs/ab", 1, poor))])
    assert ad["mark"].startswith("3.5 of 10 ") and ad["reasons"] == "None."
    assert not ad["ready"]
    assert ad["verdict"] == (
        "Look at this: a rim of the old background is left around the product."
    )
    assert [(each["name"], each["weight"]) for each in ad["looks"]] == [("halo", 1.0)]
    (good, failed) = ads_to_json(
        enumerate([PlacedAd("jobs/a", 0, GOOD), PlacedAd("jobs/a", 1, FAILED)])
    )
    assert good["ready"] and good["verdict"] == "Ready"
    assert not failed["ready"] and failed["verdict"] == ""
    assert [each["label"] for each in ad["quality"]] == ["Old edge"] and ad["profile"] is None


def test_a_doubted_cut_out_is_a_quiet_line_of_an_ad_that_is_ready():
    rim = (10, 20, 30, 40)
    doubt = Measurement("leftovers", "9", "", "warn", "", 9.0, "", "", cost=0.4, box=rim)
    doubted = replace(GOOD, measurements=(doubt,))
    (ad,) = ads_to_json([(0, PlacedAd("jobs/ab", 0, doubted))])
    assert ad["ready"] and ad["verdict"] == "Ready. Check the cut-out." and ad["looks"] == []
    review = review_to_json([doubted, GOOD, doubted])
    assert review["text"] == "All 3 ads are ready. 2 have something small to check."


def test_rules_of_a_platform_are_no_matter_of_looks():
    rule = Measurement("width", "9", "", "fail", "", 9.0, "", "")
    broken = replace(GOOD, profile=ProfileReport("amazon-main", "", "", (rule,), passed=False))
    (ad,) = ads_to_json([(0, PlacedAd("jobs/ab", 0, broken))])
    assert [each["name"] for each in ad["looks"]] == [""] and not ad["ready"]
