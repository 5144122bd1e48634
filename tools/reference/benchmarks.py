"""Generates docs/benchmarks.md and a page per benchmark: every row that was recorded."""

from collections.abc import Sequence
from typing import Any

from tools.reference import transport
from tools.reference.results import (
    BenchmarkResult,
    describe_benchmark,
    describe_machine,
    find_script,
    format_number,
    read_results,
)
from tools.reference.tables import code, table

MET = {True: "met", False: "**missed**", None: ""}
HEAD = """# Benchmarks

One page per benchmark has everything that its last full run recorded. *Ours* is this system.
*Theirs* is what the description names: mostly an alternative, which was measured alternately in the
same run, elsewhere an estimate or the goal itself. *Ratio* is ours divided by theirs. Times are
medians unless the description differs. [Performance](performance.md) summarizes the results.
Generated from `benchmarks/results/` by `make bench-report`; do not edit.

`make bench` records them all again, and `make bench ONLY="sam pipeline"` some. It refuses a working
tree with uncommitted changes, except in results and documents, as each result names its commit.

## Runs

*Load* is the number of processes that ran or waited for a core when the run began: above 0.5 other
programs took part, and seconds are too high. *Minutes* is how long `make bench ONLY=NAME` takes
there.

"""
MISSED = """## Missed goals

"""
PAGE_HEAD = """# Benchmark: {name}

Generated from `benchmarks/results/{name}.json` by `make bench-report`; do not edit.
[Benchmarks](../benchmarks.md) explains the columns.

"""


def render_index() -> str:
    """Returns the page that lists all runs and all missed goals, as Markdown."""
    results = read_results()
    return f"{HEAD}{_run_table(results)}\n{MISSED}{_missed_table(results)}"


def render_page(name: str) -> str:
    """Returns the page of one benchmark as Markdown."""
    (result,) = (each for each in read_results() if each["name"] == name)
    rows = [
        (
            *(row["claim"], row["unit"]),
            *(format_number(row[figure]) for figure in ("theirs", "ours", "ratio")),
            *(row["bound"], MET[row["met"]]),
        )
        for row in result["rows"]
    ]
    parts = [
        PAGE_HEAD.format(name=name) + describe_benchmark(name) + "\n",
        f"{code(f'python -m benchmarks.{find_script(name)}')} on {_describe_run(result)}\n",
        table(["claim", "unit", "theirs", "ours", "ratio", "goal", ""], rows),
    ]
    more = [transport.explain_defaults(result)] if name == "transport" else []
    return "\n".join([*parts, *more])


def _run_table(results: Sequence[BenchmarkResult]) -> str:
    heads = ["benchmark", "machine", "load", "minutes", "commit"]
    rows = [
        (
            _link(each["name"]),
            describe_machine(each),
            _format_known(each["machine"].get("busy"), 1),
            _format_known(each.get("seconds"), 60),
            code(each["commit"]),
        )
        for each in results
    ]
    return table(heads, rows)


def _missed_table(results: Sequence[BenchmarkResult]) -> str:
    rows = [
        (_link(result["name"]), row["claim"], *_format_missed(row))
        for result in results
        for row in result["rows"]
        if row["met"] is False
    ]
    return table(["benchmark", "what", "measured", "goal"], rows)


def _format_missed(row: dict[str, Any]) -> tuple[str, str]:
    """Returns the measured value and the goal, both a ratio or with their unit."""
    if row["bound"].startswith("ratio"):
        return f"ratio {format_number(row['ratio'])}", row["bound"]
    return f"{format_number(row['ours'])} {row['unit']}", f"{row['bound']} {row['unit']}"


def _format_known(value: float | None, unit: float) -> str:
    return "not recorded" if value is None else f"{value / unit:.1f}"


def _link(name: str) -> str:
    return f"[{name}](benchmarks/{name}.md)"


def _describe_run(result: BenchmarkResult) -> str:
    """Returns the machine and the versions."""
    versions = [f"{name} {version}" for name, version in result["versions"].items()]
    python = f"Python {result['machine']['python']}"
    return f"{describe_machine(result)}; {', '.join([python, *versions])}."
