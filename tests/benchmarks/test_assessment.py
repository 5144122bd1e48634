"""The benchmark of the report counts noticed faults, and ranks scores by strength."""

import pytest

from benchmarks.ad_degradation import DEGRADATIONS
from benchmarks.assessment import (
    AssessedAd,
    DegradedAd,
    build_rows,
    count_alarms,
    measure_ranking,
    measure_shares,
)

FAULT = DEGRADATIONS[0]
MATCHING = FAULT.measurements[0]
KNOWN = frozenset({*FAULT.measurements, "other"})
GOOD = AssessedAd(8.0, frozenset(), KNOWN)


def assess(*alarms, score=5.0):
    return AssessedAd(score, frozenset(alarms), KNOWN)


def degrade(report, strength=2, good=GOOD):
    return DegradedAd("box", FAULT, strength, good, report)


@pytest.mark.parametrize(
    ("report", "noticed"),
    [(assess(MATCHING), True), (assess(), False), (assess("other"), False), (None, True)],
)
def test_a_fault_is_noticed_by_a_matching_measurement(report, noticed):
    assert degrade(report).is_noticed == noticed


def test_a_warning_of_the_good_ad_does_not_count():
    doubted = assess(*FAULT.measurements)
    assert not degrade(doubted, good=doubted).is_judged
    assert not degrade(doubted, good=doubted).is_noticed


def test_shares_are_listed_by_strength():
    ads = [degrade(assess(MATCHING)), degrade(assess()), degrade(assess(MATCHING), strength=5)]
    assert measure_shares(ads)[FAULT.name] == {"2": 0.5, "5": 1.0}


@pytest.mark.parametrize(("scores", "ranking"), [((7, 6), 1.0), ((9, 10), -1.0), ((8, 8), 0.0)])
def test_scores_that_fall_with_the_strength_rank_it(scores, ranking):
    ads = [degrade(assess(score=score), 1 + number) for number, score in enumerate(scores)]
    assert measure_ranking(ads) == pytest.approx(ranking)


def test_alarms_are_counted_by_measurement():
    good = [assess("other"), assess("other", MATCHING), GOOD]
    assert count_alarms(good) == {"other": 2, MATCHING: 1}


def test_false_alarms_are_counted_by_measurement_and_by_ad():
    good = {"one": assess("other"), "two": GOOD}
    rows = {row.claim: row for row in build_rows(good, [degrade(assess(MATCHING))], seconds=0.1)}
    assert rows["faults noticed, second strength"].ours == 1
    assert rows["measurements of good ads that warn"].ours == 1 / (2 * len(KNOWN))
    assert rows["good ads with a warning"].ours == 0.5
    assert rows["quality report at 1024 px on one core"].ours == 100
