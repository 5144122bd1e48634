"""Generates docs/reference from the code, and the performance pages from benchmark results.

`make reference` writes the former, `make bench-report` the latter.
"""

from collections.abc import Callable, Mapping

from tools import ROOT
from tools.reference import (
    benchmarks,
    capacity,
    client,
    command_line,
    contract,
    errors,
    licenses,
    limits,
    measurements,
    performance,
    profiles,
    reliability,
    sets,
    settings,
)

DOCS = ROOT / "docs"
FOLDER = DOCS / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": contract.render_page,
    "client.md": client.render_page,
    "command-line.md": command_line.render_page,
    "errors.md": errors.render_page,
    "limits.md": limits.render_page,
    "measurements.md": measurements.render_page,
    "profiles.md": profiles.render_page,
    "sets.md": sets.render_page,
    "settings.md": settings.render_page,
}
# Depends on the installed packages.
INSTALLED: Mapping[str, Callable[[], str]] = {"licences.md": licenses.render_page}
REPORTS: Mapping[str, Callable[[], str]] = {
    "performance.md": performance.render_page,
    "benchmarks.md": benchmarks.render_page,
    "capacity.md": capacity.render_page,
    "reliability.md": reliability.render_page,
}
