"""Plots benchmark results as SVG files that are readable on light and dark pages."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools import ROOT
from tools.reference.performance import PLOTS
from tools.reference.results import count_goals, read_results

FOLDER = ROOT / "docs" / "plots"
# Medium brightness, readable on white and on black.
INK, BLUE, ORANGE, GREEN, RED = "#808080", "#3b8ad8", "#d9822b", "#3a9d5d", "#cc5a5a"
WAYS = {"raw": BLUE, "PNG": ORANGE, "WebP": RED, "by reference": GREEN}
Rows = Sequence[Mapping[str, Any]]


def write_plots() -> None:
    """Writes all plots to docs/plots."""
    FOLDER.mkdir(exist_ok=True)
    for name in PLOTS:
        _save_plot(name, PLOT_FUNCTIONS[name])


def hash_plot_data(name: str) -> str:
    """Returns the SHA-256 of the data of a plot, which the SVG file contains as its description."""
    return hashlib.sha256(json.dumps(_read_data(name)).encode()).hexdigest()


def _read_data(name: str) -> Any:
    results = read_results()
    if name == "goals":
        return {result["name"]: count_goals(result) for result in results}
    return next(result["rows"] for result in results if result["name"] == name)


def _plot_transport(axes, rows: Rows) -> None:
    hop = re.compile(r".+ at (\d+) px, (.+)")
    for way, color in WAYS.items():
        found = [
            (int(match[1]), row["ours"])
            for row in rows
            if row["unit"] == "core ms" and (match := hop.match(row["claim"])) and match[2] == way
        ]
        axes.plot(*zip(*found, strict=True), "o-", color=color, label=way)
    axes.set(xscale="log", yscale="log", xlabel="side, pixels", ylabel="core ms")
    axes.set_xticks([side for side, _ in found], [str(side) for side, _ in found])
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.legend(frameon=False, labelcolor=INK)


def _plot_startup(axes, rows: Rows) -> None:
    waited = [row for row in rows if row["unit"] == "s"][::-1]
    names = [row["claim"] for row in waited]
    axes.barh(names, [row["ours"] for row in waited], color=BLUE)
    axes.plot([row["theirs"] for row in waited], names, "|", color=ORANGE, ms=14, mew=3)
    axes.set(xlabel="seconds; orange: third-party libraries only")


def _plot_goals(axes, counts: Mapping[str, Sequence[int]]) -> None:
    names = list(counts)[::-1]
    met = [counts[name][0] for name in names]
    axes.barh(names, met, color=GREEN, label="met")
    axes.barh(names, [counts[name][1] for name in names], left=met, color=RED, label="missed")
    axes.set(xlabel="goals")
    axes.legend(frameon=False, labelcolor=INK)


PLOT_FUNCTIONS: Mapping[str, Callable] = {
    "transport": _plot_transport,
    "startup": _plot_startup,
    "goals": _plot_goals,
}


def _save_plot(name: str, draw_on: Callable) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    colored = ["axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "text.color"]
    style = dict.fromkeys(colored, INK) | {"svg.fonttype": "none", "svg.hashsalt": name}
    style |= {"axes.spines.top": False, "axes.spines.right": False, "font.family": "sans-serif"}
    with matplotlib.rc_context(style):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.4), layout="constrained")
        draw_on(axes, _read_data(name))
        metadata = {"Date": None, "Description": hash_plot_data(name)}
        figure.savefig(FOLDER / f"{name}.svg", transparent=True, metadata=metadata)
        pyplot.close(figure)
