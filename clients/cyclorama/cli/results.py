"""The table of what became of each photo of a campaign, for spreadsheets and programs."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

COLUMNS = ("photo", "prompt", "size", "state", "file", "error")


def kept(reports: Iterable[dict[str, Any]], path: Path) -> Iterator[dict[str, Any]]:
    """The reports as they come, each ad of them a line of a .csv file as soon as it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for report in reports:
            lines.writerows(map(_line, report["ads"]))
            file.flush()
            yield report


def _line(ad: dict[str, Any]) -> dict[str, Any]:
    size = "x".join(map(str, ad["size"])) if ad["size"] else ""
    return ad | {"size": size, "file": ad["file"] or ""}
