"""Generates docs/benchmarks.md: every row that the benchmarks have recorded."""

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

Everything that the benchmarks behind [performance](performance.md) have recorded, each with its
machine. *Ours* is this system. *Theirs* is what the description names: mostly an alternative, which
was measured alternately in the same run, elsewhere an estimate or the goal itself. *Ratio* is ours
divided by theirs. Times are medians unless the description differs.
Generated from `benchmarks/results/` by `make bench-report`; do not edit.

`make bench` records them all again, and `make bench ONLY="sam pipeline"` some. It refuses a working
tree with uncommitted changes, except in results and documents, as each result names its commit.
"""


def render_page() -> str:
    """Returns the page as Markdown."""
    return "\n".join([HEAD, *map(_section, read_results())])


def _section(result: BenchmarkResult) -> str:
    name = result["name"]
    rows = [
        (
            *(row["claim"], row["unit"]),
            *(format_number(row[figure]) for figure in ("theirs", "ours", "ratio")),
            *(row["bound"], MET[row["met"]]),
        )
        for row in result["rows"]
    ]
    parts = [
        f"## {name}\n\n{describe_benchmark(name)}\n",
        f"{code(f'python -m benchmarks.{find_script(name)}')} on {_describe_run(result)}\n",
        table(["claim", "unit", "theirs", "ours", "ratio", "goal", ""], rows),
    ]
    more = [transport.explain_defaults(result)] if name == "transport" else []
    return "\n".join([*parts, *more])


def _describe_run(result: BenchmarkResult) -> str:
    """Returns the machine and the versions."""
    versions = [f"{name} {version}" for name, version in result["versions"].items()]
    python = f"Python {result['machine']['python']}"
    return f"{describe_machine(result)}; {', '.join([python, *versions])}."
