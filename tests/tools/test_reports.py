"""The pages about what was measured, and that they tell the results that are kept."""

import pytest

from tools.reference import DOCS, REPORTS
from tools.reference.performance import PLOTS, read_results
from tools.reference.plots import FOLDER, hash_plot_data


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_as_the_results_are(name):
    assert (DOCS / name).read_text() == REPORTS[name](), "run `make bench-report`"


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_as_the_results_are(name):
    assert hash_plot_data(name) in (FOLDER / f"{name}.svg").read_text(), "run `make bench-report`"


def test_every_claim_is_on_the_page_whether_its_goal_was_met_or_missed():
    lines = (DOCS / "performance.md").read_text().splitlines()
    for result in read_results():
        for row in result["rows"]:
            told = [line for line in lines if line.startswith(f"| {row['claim']} | {row['unit']} ")]
            missed = row["met"] is False
            assert any(("**missed**" in line) == missed for line in told), row["claim"]
