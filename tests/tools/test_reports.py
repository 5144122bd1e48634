"""The pages about benchmark results show the committed results."""

import subprocess

import pytest

from benchmarks.report import FOLDER as BENCHMARKS
from tests.support.checkout import has_changes
from tools.reference import DOCS, REPORTS
from tools.reference.performance import PLOTS
from tools.reference.plots import FOLDER, hash_plot_data
from tools.reference.results import read_results


@pytest.fixture
def _committed_results() -> None:
    """Skips where a benchmark has just written results of this machine."""
    if has_changes(BENCHMARKS / "results"):
        pytest.skip("benchmarks/results has changed; `make bench-report` updates the pages")


@pytest.mark.usefixtures("_committed_results")
@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_generated_from_the_results(name):
    assert (DOCS / name).read_text() == REPORTS[name](), "run `make bench-report`"


@pytest.mark.usefixtures("_committed_results")
@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_generated_from_the_results(name):
    assert hash_plot_data(name) in (FOLDER / f"{name}.svg").read_text(), "run `make bench-report`"


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_can_be_generated_from_any_results(name):
    assert REPORTS[name]().startswith("#")


def test_every_claim_says_on_its_page_whether_the_goal_was_met():
    for result in read_results():
        lines = REPORTS[f"benchmarks/{result['name']}.md"]().splitlines()
        for row in result["rows"]:
            shown = [
                line for line in lines if line.startswith(f"| {row['claim']} | {row['unit']} ")
            ]
            missed = row["met"] is False
            assert any(("**missed**" in line) == missed for line in shown), row["claim"]


def test_results_of_a_new_benchmark_run_count_as_changes(tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    (results / "sam.json").write_text("{}\n")
    assert not has_changes(results)
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"]
    for command in (["init"], ["add", "."], [*identity, "commit", "--message=results"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    assert not has_changes(results)
    (results / "sam.json").write_text('{"rows": []}\n')
    assert has_changes(results)
