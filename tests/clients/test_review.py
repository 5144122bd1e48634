"""Which ads of a campaign need a person, and what is promised of the others."""

from dataclasses import replace

import pytest

from cyclorama.results import Ad, Measurement, ProfileReport
from cyclorama.review import (
    MAX_WARNING_COST,
    has_failed,
    is_ready,
    plan_review,
)


def create_measurement(verdict: str, cost: float = 0.0) -> Measurement:
    return Measurement("halo", "3", "at most 4", verdict, "a rim", 3.0, "px", "", cost=cost)


def create_ad(flaw_probability: float, verdict: str = "pass", **fields) -> Ad:
    """Returns an ad with one measurement; the likelier it is flawed, the lower its score.

    A warning costs enough to need a person.
    """
    measurement = create_measurement(verdict, MAX_WARNING_COST if verdict == "warn" else 0.0)
    mark = 10 - 9 * flaw_probability
    ad = Ad(b"", "png", 1, 1, measurements=(measurement,), score=mark)
    return replace(ad, flaw_probability=flaw_probability, **fields)


def test_the_likeliest_flawed_are_taken_out_until_few_of_the_rest_are():
    ads = [create_ad(p) for p in (0.02, 0.5, 0.04, 0.3, 0.06)]
    review = plan_review(ads, 0.05)
    assert review.look_at == (1, 3) and review.rest == (0, 2, 4)
    assert review.flawed_share == pytest.approx(0.04)
    # A looser promise: (0.02 + 0.04 + 0.06 + 0.3) / 4 = 0.105.
    assert plan_review(ads, 0.105).look_at == (1,)
    assert plan_review(ads, 1).look_at == ()


def test_no_smaller_choice_meets_the_promise():
    ads = [create_ad(p / 100) for p in range(40)]
    review = plan_review(ads, 0.1)
    rest = [*review.rest, review.look_at[-1]]
    assert sum(ads[at].flaw_probability for at in rest) / len(rest) > 0.1 >= review.flawed_share


def test_what_fails_comes_first_however_likely_it_is_good():
    broken = ProfileReport("amazon-main", "", "", (), passed=False)
    ads = [
        create_ad(0.9, "warn"),
        create_ad(0.0, "fail"),
        create_ad(0.01, profile=broken),
        create_ad(0.0),
    ]
    review = plan_review(ads)
    assert review.look_at == (2, 1, 0) and review.rest == (3,)
    assert [has_failed(ad) for ad in ads] == [False, True, True, False]


def test_without_a_share_those_that_are_not_ready_are_looked_at_however_low_their_mark():
    ads = [create_ad(0.6), create_ad(0.5, "warn"), create_ad(0.3), create_ad(0.9, "warn")]
    review = plan_review(ads)
    assert review.look_at == (3, 1) and review.rest == (2, 0)
    assert review.flawed_share == pytest.approx(0.45)


def test_an_ad_is_ready_until_its_warnings_cost_too_much_together():
    half = create_measurement("warn", MAX_WARNING_COST / 2)
    passed = create_measurement("pass", 3.0)
    assert is_ready([half, passed]) and not is_ready([half, half])
    assert not is_ready([create_measurement("fail")])


def test_doubts_about_the_cut_out_are_to_be_checked_and_leave_an_ad_ready():
    doubt = Measurement("leftovers", "9", "", "warn", "", 9.0, "", "", cost=MAX_WARNING_COST - 0.1)
    assert is_ready([doubt, doubt]) and not is_ready([replace(doubt, cost=MAX_WARNING_COST)])
    assert not is_ready([replace(doubt, verdict="fail")])
    ads = [create_ad(0.1, measurements=(doubt,)), create_ad(0.1)]
    review = plan_review(ads)
    assert review.look_at == () and review.to_check == 1


def test_an_ad_of_which_little_is_known_is_not_ready():
    known, unknown = create_measurement("pass"), create_measurement("unknown", 1.0)
    assert is_ready([known, unknown]) and not is_ready([known, unknown, unknown])


def test_met_rules_alone_need_nobody():
    met = ProfileReport("amazon-main", "", "", (), passed=True)
    assert plan_review([create_ad(0.9, profile=met)]).look_at == ()


def test_the_promise_holds_where_probabilities_are_calibrated():
    # Of a hundred ads with a probability of 7 %, seven are flawed.
    ads = [create_ad(p / 100) for p in range(100) for _ in range(100)]
    flawed = [copy < p for p in range(100) for copy in range(100)]
    review = plan_review(ads, 0.05)
    share = sum(flawed[at] for at in review.rest) / len(review.rest)
    assert share == pytest.approx(review.flawed_share, abs=1e-3) and share > 0.04
