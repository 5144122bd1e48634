"""The pages that are made from the code, `make reference`, and from what was measured.

The latter are written by `make bench-report`.
"""

from collections.abc import Callable, Mapping

from tools import ROOT
from tools.reference import (
    capacity,
    client,
    command_line,
    contract,
    errors,
    licences,
    limits,
    performance,
    profiles,
    settings,
)

DOCS = ROOT / "docs"
FOLDER = DOCS / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": contract.page,
    "client.md": client.page,
    "command-line.md": command_line.page,
    "errors.md": errors.page,
    "limits.md": limits.page,
    "profiles.md": profiles.page,
    "settings.md": settings.page,
}
# Made from what is installed, and so not the same everywhere.
INSTALLED: Mapping[str, Callable[[], str]] = {"licences.md": licences.page}
REPORTS: Mapping[str, Callable[[], str]] = {
    "performance.md": performance.page,
    "capacity.md": capacity.page,
}
