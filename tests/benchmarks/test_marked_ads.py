"""Scores are compared with the marks of reviewers by rank, and by what they miss."""

import json

import numpy as np
import pytest

from benchmarks.marked_ads import compare_scores, read_recorded_scores

MARKS = np.array([2.0, 4.0, 6.0, 8.0])


def compare(ours, theirs=(np.nan,) * 4):
    return list(compare_scores("ads", MARKS, np.array(theirs), np.array(ours), goal=0.7))


def test_scores_in_the_order_of_the_marks_correlate():
    ranked, _ = compare(ours=[3.0, 3.5, 5.0, 9.0], theirs=[9.0, 8.0, 7.0, 6.0])
    assert (ranked.ours, ranked.theirs) == pytest.approx((1, -1))


def test_flawed_ads_with_high_scores_are_missed():
    _, missed = compare(ours=[8.0, 3.0, 9.0, 9.0])
    assert missed.ours == 0.5 and not missed.met


def test_unknown_or_equal_scores_do_not_correlate():
    ranked, missed = compare(ours=[5.0] * 4)
    assert (ranked.ours, ranked.theirs, missed.theirs) == (0, 0, 0)


def test_recorded_scores_are_read_on_the_scale_of_marks(tmp_path):
    entries = [{"ad": "a.jpg", "mark": 3, "own_score": 92}, {"ad": "b.jpg", "mark": 4}]
    (tmp_path / "marks.json").write_text(json.dumps(entries))
    assert read_recorded_scores(tmp_path) == {"a.jpg": 9.2}
