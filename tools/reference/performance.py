"""Generates docs/performance.md: what a user gets, by the results of the benchmarks."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tools.reference.ad_times import render_ad_times, render_stage_times
from tools.reference.results import (
    BenchmarkResult,
    count_goals,
    find_script,
    format_number,
    read_results,
    summarize_benchmark,
)
from tools.reference.tables import table

PLOTS = {
    "transport": "Core time of a hop by the side of its picture",
    "startup": "Time until a service answers",
    "goals": "Goals met and missed",
}
# Units of time and of rates, such as core ms and jobs/s; results before "core s" have "cpu-s".
SPEED_UNIT = re.compile(r"(core |cpu-)?m?s|\w+/s")
HEAD = """# Performance

How long an ad takes, which goals were met, and how this system compares with what you would use
instead. Generated from `benchmarks/results/` by `make bench-report`; do not edit.
[Benchmarks](benchmarks.md) lists every run, every missed goal and every measured value.
[Capacity](capacity.md) has replicas and costs for a rate of ads.

## Seconds per ad

"""
GOALS = """## Goals

Every benchmark compares its results with goals that were set before it ran. The
[missed goals](benchmarks.md#missed-goals) are listed with their values.

"""
RATIOS = """## Compared with alternatives

Both were measured alternately in one run. *Speedup* is how many times as fast this system is: below
1 it is slower. It depends less than seconds on other programs on the machine. *core s* and
*core ms* are the processor time of all cores together; s and ms are elapsed time.

"""


class Alternative(NamedTuple):
    """What a user would use instead, and patterns of the claims and units that compare both."""

    name: str
    claims: str = ""
    units: re.Pattern[str] = SPEED_UNIT


# By script, those about whole ads first.
ALTERNATIVES = {
    "embedded": Alternative("one script that calls the same engines in turn", "^ad at"),
    "pipeline": Alternative(
        "a script with requests and Pillow that runs the stages in turn",
        "^(one ad|12 ads of one|12 products)",
    ),
    "jobs": Alternative(
        "single calls, which are not durable", "^(durable jobs|ads of one durable job)"
    ),
    "sam": Alternative(
        "the predictor of the segment-anything package", "^(?!.*limit of the machine)"
    ),
    # Of 512 x 512 the time of Mitsuba is estimated.
    "studio": Alternative(
        "Mitsuba alone, with as little noise",
        r"^(studio, (new set of|another image at) )?(1024|256) x",
        re.compile("s"),
    ),
    "compositing": Alternative(
        "the same steps in float32 on whole frames", "^(composite|compositing of an ad) at"
    ),
    "transport": Alternative(
        "PNG in the same messages", "1024 px, (raw|by reference)", re.compile("core ms")
    ),
    "diffusers": Alternative("the pipelines of diffusers", "(image|picture) of"),
}


def render_page() -> str:
    """Returns the page as Markdown."""
    results = read_results()
    embedded = next((each for each in results if each["name"] == "embedded"), None)
    stages = render_stage_times(embedded)
    parts = [
        HEAD + render_ad_times(embedded),
        *([f"## Where the time goes\n\n{stages}"] if stages else []),
        GOALS + _goal_table(results),
        RATIOS + _ratio_table(results),
        _plot_images(),
    ]
    return "\n".join(parts)


def list_compared_rows(result: BenchmarkResult) -> Iterator[dict[str, Any]]:
    """Yields the rows of a result that compare speed with what a user would use instead."""
    alternative = ALTERNATIVES[find_script(result["name"])]
    for row in result["rows"]:
        if alternative.units.fullmatch(row["unit"]) and re.search(alternative.claims, row["claim"]):
            yield row


def compute_speedup(row: dict[str, Any]) -> float:
    """Returns how many times as fast ours is."""
    is_rate = row["unit"].endswith("/s")
    return row["ours"] / row["theirs"] if is_rate else row["theirs"] / row["ours"]


def _ratio_table(results: Sequence[BenchmarkResult]) -> str:
    compared = [each for each in results if find_script(each["name"]) in ALTERNATIVES]
    compared.sort(key=lambda each: list(ALTERNATIVES).index(find_script(each["name"])))
    rows = [
        (
            row["claim"],
            ALTERNATIVES[find_script(result["name"])].name,
            f"{format_number(row['theirs'])} {row['unit']}",
            f"{format_number(row['ours'])} {row['unit']}",
            f"{compute_speedup(row):.3g} x",
            _link(result["name"]),
        )
        for result in compared
        for row in list_compared_rows(result)
    ]
    return table(["what", "instead", "theirs", "ours", "speedup", "benchmark"], rows)


def _goal_table(results: Sequence[BenchmarkResult]) -> str:
    rows = [
        (_link(each["name"]), summarize_benchmark(each["name"]), *map(str, count_goals(each)))
        for each in results
    ]
    met, missed = (sum(counts) for counts in zip(*map(count_goals, results), strict=True))
    rows.append(("all", "", str(met), str(missed)))
    return table(["benchmark", "what it measures", "met", "missed"], rows)


def _plot_images() -> str:
    images = [f"![{words}](plots/{name}.svg)\n" for name, words in PLOTS.items()]
    return "\n".join(images)


def _link(name: str) -> str:
    return f"[{name}](benchmarks/{name}.md)"
