"""Generates docs/performance.md from the results of the benchmarks."""

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tools import ROOT
from tools.reference import transport
from tools.reference.tables import code, table

BENCHMARKS = ROOT / "benchmarks"
MET = {True: "met", False: "**missed**", None: ""}
PLOTS = {
    "transport": "Core time of a hop by the side of its picture",
    "startup": "Time until a service answers",
    "goals": "Goals met and missed",
}
HEAD = """# Performance

Claims about speed and quality with the measured values, including missed goals. `make bench` runs
the benchmarks; `make bench-report` generates this page from `benchmarks/results/`; do not edit.

*Theirs* is the alternative named in the description of each benchmark. *Ours* is this system,
measured alternately with theirs in one run. *Ratio* is ours divided by theirs. Times are medians on
one machine, mostly with two cores that other programs used too: *busy* is the number of processes
that were running or waiting for a core when the run began. Ratios and core seconds depend less on
that than seconds do.

"""
PROFILE = """## Where the time goes

Profiles of one ad of 1024 x 1024 pixels with the embedded engines, each stage alone on one core,
minimum of many runs: background about 8 s, nearly all of it rendering; segmentation 220 ms,
including GrabCut (56 ms) and edge filters (37 ms); finishing 59 ms, including PNG encoding (35 ms);
inpainting 27 ms; compositing 7 ms. Stages exchange raw pixels, so no image is encoded between them.
The remaining cost between stages is copying: from an array into a message, over the connection, and
back. The gateway spends its time on the bytes that pass through it and on the SHA-256 of each
result.

Hot spots that were removed, with identical output:

| operation | before | after | cause |
| --- | --- | --- | --- |
| finishing one file, core ms | 77 | 59 | locked pixels were copied channel by channel |
| interceptors per call, p50 ms beyond gRPC | 0.18 | 0.12 | methods were wrapped in each call |
| one tracing span, core us | 22 | 14 | the tracer was looked up each time |
| check for a remote engine, core us | 7 | 0 | isinstance() on a Protocol in each call |
| startup of `cyclorama --help`, core ms | 253 | 129 | gRPC was imported |
| startup of the background stage, core s | 2.1 | 0.8 | unused torch was imported, if installed |
| its test for a compiler, core s | 1.6 | 0.6, or 0 without a compiler | the same |
| `import cyclorama`, core ms | 150 | 22 | gRPC was imported; now on first use |
"""
BenchmarkResult = Mapping[str, Any]


def render_page() -> str:
    """Returns the page as Markdown."""
    results = read_results()
    parts = [HEAD + _summary(results), _plot_images()]
    return "\n".join([*parts, PROFILE, *map(_section, results)])


def read_results() -> Sequence[BenchmarkResult]:
    """Returns the result of the last full run of each benchmark, sorted by name."""
    paths = sorted((BENCHMARKS / "results").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def count_goals(result: BenchmarkResult) -> tuple[int, int]:
    """Returns how many goals were met, and how many were missed."""
    met = [row["met"] for row in result["rows"] if row["met"] is not None]
    return sum(met), len(met) - sum(met)


def _summary(results: Sequence[BenchmarkResult]) -> str:
    heads = ["benchmark", "met", "missed", "busy", "commit"]
    rows = [
        (
            _link(each["name"]),
            *map(str, count_goals(each)),
            _format_busy(each),
            code(each["commit"]),
        )
        for each in results
    ]
    return table(heads, rows)


def _plot_images() -> str:
    images = [f"![{words}](plots/{name}.svg)\n" for name, words in PLOTS.items()]
    return "\n".join(images)


def _section(result: BenchmarkResult) -> str:
    name = result["name"]
    rows = [
        (
            *(row["claim"], row["unit"]),
            *(_format_number(row[figure]) for figure in ("theirs", "ours", "ratio")),
            *(row["bound"], MET[row["met"]]),
        )
        for row in result["rows"]
    ]
    parts = [
        f"## {name}\n\n{_describe_benchmark(name)}\n",
        f"{code(f'python -m benchmarks.{name}')} on {_describe_machine(result)}\n",
        table(["claim", "unit", "theirs", "ours", "ratio", "goal", ""], rows),
    ]
    more = [transport.explain_defaults(result)] if name == "transport" else []
    return "\n".join([*parts, *more])


def _describe_benchmark(name: str) -> str:
    """Returns the first paragraph of the script's docstring."""
    text = ast.get_docstring(ast.parse((BENCHMARKS / f"{name}.py").read_text())) or ""
    return " ".join(text.split("\n\n")[0].split())


def _describe_machine(result: BenchmarkResult) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {versions}."


def _format_busy(result: BenchmarkResult) -> str:
    busy = result["machine"].get("busy")
    return "not recorded" if busy is None else f"{busy:.1f}"


def _link(name: str) -> str:
    return f"[{name}](#{name})"


def _format_number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1000 else f"{value:.4g}"
