"""Rows and the last line of a benchmark report."""

import argparse
import ast
import json
import subprocess
import sys

import pytest

from benchmarks.all import NAMES, run_benchmarks
from benchmarks.report import (
    FOLDER,
    BenchmarkRow,
    list_changes,
    parse_arguments,
    require_commit,
    write_report,
)


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


@pytest.fixture
def repository(tmp_path):
    """A repository with code, a result and a page."""
    for name in ("benchmarks/results/sam.json", "docs/performance.md", "services/engine.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old\n")
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"]
    for command in (["init"], ["add", "."], [*identity, "commit", "--message=all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("services/engine.py", ["services/engine.py"]),
        ("benchmarks/results/sam.json", []),
        ("docs/performance.md", []),
        ("out.log", []),
    ],
)
def test_code_that_differs_from_the_commit_counts_as_changed(repository, file, changes):
    assert list_changes(repository) == []
    (repository / file).write_text("new\n")
    assert list_changes(repository) == changes


def test_a_full_run_with_changes_is_refused_before_it_starts(monkeypatch):
    monkeypatch.setattr("benchmarks.report.list_changes", lambda root: ["a.py", "b.py"])
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    monkeypatch.setattr(sys, "argv", ["sam", "--quick"])
    assert parse_arguments(parser).quick
    monkeypatch.setattr(sys, "argv", ["sam"])
    with pytest.raises(SystemExit, match=r"a\.py, b\.py"):
        parse_arguments(parser)


@pytest.mark.parametrize(("level", "option"), [("1", " QUICK=--quick,"), (None, " --quick,")])
def test_a_refused_run_names_the_option_that_its_user_can_type(monkeypatch, level, option):
    monkeypatch.setattr("benchmarks.report.list_changes", lambda root: ["a.py"])
    monkeypatch.delenv("MAKELEVEL", raising=False)
    if level:
        monkeypatch.setenv("MAKELEVEL", level)
    with pytest.raises(SystemExit, match=option):
        require_commit()


def test_every_script_that_writes_results_is_listed():
    scripts = {path.stem for path in FOLDER.glob("*.py") if "write_report(" in path.read_text()}
    assert set(NAMES) == scripts - {"report"}


def test_each_benchmark_is_announced_with_how_many_are_left(monkeypatch, capsys):
    codes = {"benchmarks.sam": 1, "benchmarks.jobs": 0}

    def run(command):
        return subprocess.CompletedProcess(command, codes[command[2]])

    monkeypatch.setattr(subprocess, "run", run)
    assert list(run_benchmarks(["sam", "jobs"], quick=False)) == ["sam"]
    assert capsys.readouterr().out.split("\n")[1::2] == [
        "Benchmark 1 of 2: sam, then 1 left.",
        "Benchmark 2 of 2: jobs, then 0 left.",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_refuses_changes_when_it_reads_its_arguments(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert {"parse_arguments", "write_report"} <= called


def test_an_unknown_benchmark_is_refused_with_the_known_ones():
    command = [sys.executable, "-m", "benchmarks.all", "--quick", "sam", "nope"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "no benchmark nope; there are cutout, " in done.stderr
