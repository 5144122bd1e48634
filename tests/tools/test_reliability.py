"""The page about reliability shows the values of the last full runs."""

import pytest

from tools.reference.reliability import (
    CELLS,
    describe_growth,
    format_value,
    render_page,
    replace_last_cell,
    select,
)
from tools.reference.reliability import PAGE as PAGE_FILE
from tools.reference.results import read_results

PAGE = "| what | goal | measured |\n| a call | 1 s | 0.2 s |\n| a job | 2 s | 0.3 s |\n"


def build_row(claim: str, ours: float, *, unit: str = "s", met: bool = True) -> dict:
    return {
        "claim": claim,
        "unit": unit,
        "theirs": 2.0,
        "ours": ours,
        "ratio": ours / 2,
        "met": met,
    }


def test_only_the_last_cell_of_its_row_is_replaced():
    changed = replace_last_cell(PAGE, "a call", "0.4 s")
    assert changed == PAGE.replace("0.2 s", "0.4 s")
    for start in ("a", "missing"):
        with pytest.raises(ValueError, match=f"rows start with '{start}'"):
            replace_last_cell(PAGE, start, "x")


def test_a_claim_that_was_renamed_is_reported():
    rows = [build_row("stopped", 0.1), build_row("failed", 0, unit="calls")]
    assert select(rows, "stop|fail", "calls") == rows[1:]
    with pytest.raises(ValueError, match="no claim matches 'ended'"):
        select(rows, "ended")


def test_a_missed_goal_is_bold_and_several_values_are_a_range():
    near, far = build_row("a", 0.11), build_row("b", 0.44, met=False)
    assert format_value([near]) == "0.1 s"
    assert format_value([far, near], 2) == "**0.11 to 0.44 s**"
    assert describe_growth([near, far]) == "0.06 x, **0.22 x** (2, then 0; 2, then 0 MiB)"


def test_values_of_another_run_replace_those_of_the_page(monkeypatch):
    slower = [
        result | {"rows": [row | {"ours": row["ours"] + 7000} for row in result["rows"]]}
        for result in read_results()
    ]
    monkeypatch.setattr("tools.reference.reliability.read_results", lambda: slower)
    lines = PAGE_FILE.read_text().splitlines()
    changed = [line for line in render_page().splitlines() if line not in lines]
    # The other is the paragraph about files made to exhaust a decoder.
    assert len(changed) == len(CELLS) + 1
