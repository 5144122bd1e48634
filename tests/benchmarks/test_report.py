"""Rows and the last line of a benchmark report."""

import json

import pytest

from benchmarks.report import BenchmarkRow, write_report


@pytest.mark.parametrize(
    ("ours", "goal", "bounded", "lower", "met"),
    [
        (0.9, 0.8, "ours", False, True),
        (0.7, 0.8, "ours", False, False),
        (0.0, 0.0, "ours", True, True),
        (3.0, 1.4, "ratio", True, False),
        (2.6, 1.4, "ratio", True, True),
    ],
)
def test_a_goal_is_an_upper_or_a_lower_bound(ours, goal, bounded, lower, met):
    assert BenchmarkRow("it", "s", 2.0, ours, goal, bounded, lower).met == met


def test_the_last_line_is_a_json_object_with_every_row(capsys):
    write_report("trial", [BenchmarkRow("speed", "s", 2.0, 1.0, 0.6, "ratio", True)], quick=True)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    row = {"claim": "speed", "unit": "s", "theirs": 2.0, "ours": 1.0, "ratio": 0.5, "goal": 0.6}
    assert last == {"name": "trial", "rows": [row | {"bound": "ratio <= 0.6", "met": True}]}


def test_a_row_without_a_goal_is_neither_met_nor_missed():
    row = BenchmarkRow("it", "s", 2.0, 1.0)
    assert row.met is None and row.bound == ""
