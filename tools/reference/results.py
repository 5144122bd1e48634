"""Reads the results of the benchmarks, and what their scripts say about themselves."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools import ROOT

BENCHMARKS = ROOT / "benchmarks"
BenchmarkResult = Mapping[str, Any]
# Words of claims in older results, and those that benchmarks use since.
FORMER_WORDS = {"beside ": "next to ", "spoilt ": "invalid "}
# Ends the name of a result on a GPU, which is next to that of the same script on CPUs.
GPU_SUFFIX = re.compile(r"[-_](gpu|cuda)$")


def read_results() -> Sequence[BenchmarkResult]:
    """Returns the result of the last full run of each benchmark, sorted by name.

    Claims of older results have the words of newer ones.
    """
    paths = sorted((BENCHMARKS / "results").glob("*.json"))
    results = [json.loads(path.read_text()) for path in paths]
    for row in (row for result in results for row in result["rows"]):
        for old, new in FORMER_WORDS.items():
            row["claim"] = row["claim"].replace(old, new)
    return results


def list_benchmarks() -> Sequence[str]:
    """Returns the names of all benchmarks that have a result."""
    return sorted(path.stem for path in (BENCHMARKS / "results").glob("*.json"))


def find_script(name: str) -> str:
    """Returns the name of the script that wrote a result."""
    return GPU_SUFFIX.sub("", name)


def describe_benchmark(name: str) -> str:
    """Returns the docstring of the script that wrote a result, without how it is started."""
    path = BENCHMARKS / f"{find_script(name)}.py"
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    paragraphs = [each for each in text.split("\n\n") if not each.startswith("python -m ")]
    return "\n\n".join(paragraphs)


def summarize_benchmark(name: str) -> str:
    """Returns the first sentence of the docstring of the script that wrote a result."""
    first = " ".join(describe_benchmark(name).split("\n\n")[0].split())
    return re.split(r"[.:] ", first)[0].removesuffix(".")


def count_goals(result: BenchmarkResult) -> tuple[int, int]:
    """Returns how many goals were met, and how many were missed."""
    met = [row["met"] for row in result["rows"] if row["met"] is not None]
    return sum(met), len(met) - sum(met)


def describe_machine(result: BenchmarkResult) -> str:
    """Returns processor, cores, instruction sets and GPU, as in "AMD EPYC, 2 cores, avx512f"."""
    machine = result["machine"]
    parts = [machine["cpu"], f"{machine['cores']} cores", " ".join(machine.get("flags", []))]
    return ", ".join(filter(None, [*parts, machine.get("gpu", "")]))


def format_number(value: float | None) -> str:
    """Returns four digits of a number, or all before its point; empty for None."""
    if value is None:
        return ""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1000 else f"{value:.4g}"
