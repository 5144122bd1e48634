"""Generates docs/reference from the code, and the performance pages from benchmark results.

`make reference` writes the former, `make bench-report` the latter.
"""

from collections.abc import Callable, Mapping
from functools import partial

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
    results,
    sets,
    settings,
    troubleshooting,
)

DOCS = ROOT / "docs"
FOLDER = DOCS / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "api/index.md": contract.render_index,
    **{f"api/{page}.md": partial(contract.render_page, page) for page in contract.list_pages()},
    "client/index.md": client.render_index,
    **{f"client/{page}.md": partial(client.render_page, page) for page in client.PAGES},
    "cli/index.md": command_line.render_index,
    **{f"cli/{page}.md": partial(command_line.render_page, page) for page in command_line.PAGES},
    "errors.md": errors.render_page,
    "limits.md": limits.render_page,
    "measurements.md": measurements.render_page,
    "profiles.md": profiles.render_page,
    "request-limits.md": limits.render_requests,
    "sets.md": sets.render_page,
    "settings.md": settings.render_page,
    "../troubleshooting.md": troubleshooting.render_page,
}
# Depends on the installed packages.
INSTALLED: Mapping[str, Callable[[], str]] = {"licenses.md": licenses.render_page}
REPORTS: Mapping[str, Callable[[], str]] = {
    "performance.md": performance.render_page,
    "benchmarks.md": benchmarks.render_index,
    **{
        f"benchmarks/{name}.md": partial(benchmarks.render_page, name)
        for name in results.list_benchmarks()
    },
    "capacity.md": capacity.render_page,
    "reliability.md": reliability.render_page,
}
