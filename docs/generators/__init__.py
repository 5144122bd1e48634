"""The pages of docs/reference/ that are made from the code: `make reference`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generators import (
    client,
    command_line,
    contract,
    errors,
    licences,
    limits,
    profiles,
    settings,
)

FOLDER = Path(__file__).parents[1] / "reference"
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
