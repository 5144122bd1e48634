"""The page about what was measured, from the results that benchmarks keep."""

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

What is claimed about speed and quality, and what was measured, missed goals too. `make bench`
measures it, `make bench-report` writes this page from `benchmarks/results/`.

*Theirs* is what a user would do instead, as the first lines of each script in `benchmarks/` tell;
*ours* is this system, in turns with theirs in one run; *ratio* is ours by theirs. Times are medians
and those of one machine, most of them of two cores that other programs used too: *busy* is how many
processes wanted a core when a run began. Ratios and core seconds bear that better than seconds.

"""
PROFILE = """## Where the time goes

Profiles of one ad of 1024 pixels with the embedded engines, each stage alone on one core, the least
of many runs: background about 8 s, of which nearly all is rendering; segmentation 220 ms, of which
GrabCut 56 and the outlines' filters 37; finishing 59 ms, of which the PNG 35; inpainting 27 ms;
compositing 7 ms. No stage encodes a picture for another one, and channels are swapped in the codec
only. What is left between stages is copying: from an array into a message, onto the wire, and back.
The gateway's own time is that of the bytes which pass through it, and the SHA-256 of each result.

What stood out was mended; pictures, certificates and answers stayed the same, byte by byte:

| what | before | after | why |
| --- | --- | --- | --- |
| a finished file, core ms | 77 | 59 | locked pixels were picked channel by channel |
| guards of an empty call, p50 ms beyond gRPC | 0.18 | 0.12 | methods were wrapped in each call |
| a span of tracing, core us | 22 | 14 | its tracer was looked up each time |
| whether an engine leans on a server, core us | 7 | 0 | told from its methods each time |
| `cyclorama --help` until it can begin, core ms | 253 | 129 | gRPC was loaded |
| start of the background stage, core s | 2.1 | 0.8 | torch, where installed, came along unused |
| its trial of a compiler, core s | 1.6 | 0.6, or 0 without a compiler | the same |
| `import cyclorama`, core ms | 150 | 22 | gRPC was loaded; it now is with the first use |
"""
Result = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    results = read_results()
    parts = [HEAD + _summary(results), _pictures()]
    return "\n".join([*parts, PROFILE, *map(_section, results)])


def read_results() -> Sequence[Result]:
    """What the last full run of each benchmark found, by name."""
    paths = sorted((BENCHMARKS / "results").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def counted(result: Result) -> tuple[int, int]:
    """How many goals were met and missed."""
    met = [row["met"] for row in result["rows"] if row["met"] is not None]
    return sum(met), len(met) - sum(met)


def _summary(results: Sequence[Result]) -> str:
    heads = ["benchmark", "met", "missed", "busy", "commit"]
    rows = [
        (_link(each["name"]), *map(str, counted(each)), _busy(each), code(each["commit"]))
        for each in results
    ]
    return table(heads, rows)


def _pictures() -> str:
    shown = [f"![{words}](plots/{name}.svg)\n" for name, words in PLOTS.items()]
    return "\n".join(shown)


def _section(result: Result) -> str:
    name = result["name"]
    rows = [
        (
            *(row["claim"], row["unit"]),
            *(_number(row[figure]) for figure in ("theirs", "ours", "ratio")),
            *(row["bound"], MET[row["met"]]),
        )
        for row in result["rows"]
    ]
    parts = [
        f"## {name}\n\n{_first_line(name)}\n",
        f"{code(f'python -m benchmarks.{name}')} on {_machine(result)}\n",
        table(["claim", "unit", "theirs", "ours", "ratio", "goal", ""], rows),
    ]
    more = [transport.defaults(result)] if name == "transport" else []
    return "\n".join([*parts, *more])


def _first_line(name: str) -> str:
    """What the script says that it is for."""
    text = ast.get_docstring(ast.parse((BENCHMARKS / f"{name}.py").read_text())) or ""
    return " ".join(text.split("\n\n")[0].split())


def _machine(result: Result) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {versions}."


def _busy(result: Result) -> str:
    busy = result["machine"].get("busy")
    return "not noted" if busy is None else f"{busy:.1f}"


def _link(name: str) -> str:
    return f"[{name}](#{name})"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1000 else f"{value:.4g}"
