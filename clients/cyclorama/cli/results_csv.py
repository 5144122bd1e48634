"""Writes results.csv, a table with a row for each ad of a campaign."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cyclorama.file_replacement import replace_file

COLUMNS = (
    *("line", "photo", "prompt", "size", "state", "file", "error"),
    *("mark", "flaw_probability", "needs_review", "reasons", "engines"),
)


def write_results_csv(ads: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Writes a row for each ad; other programs never see half of the file.

    ads: as the report of a campaign has them. path: of the file, whose folder is created.
    """
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    lines.writeheader()
    lines.writerows(map(_format_csv_row, ads))
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.getvalue().encode(errors="surrogateescape"))


def _format_csv_row(ad: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an ad of a report as a row of results.csv.

    Its size and engines are texts, whether it needs a review is "yes" or "no", nothing is None.
    """
    needs_review = {True: "yes", False: "no", None: ""}[ad.get("needs_review")]
    size = "x".join(map(str, ad["size"] or ()))
    texts = {"size": size, "needs_review": needs_review, "engines": _format_engines(ad["engines"])}
    row = {**ad, **texts, "mark": ad["score"]}
    return {name: "" if value is None else value for name, value in row.items()}


def _format_engines(engines: Mapping[str, str]) -> str:
    """Returns engines by stage as a text, such as "background: studio, inpainting: grounding"."""
    return ", ".join(f"{stage}: {engine}" for stage, engine in engines.items())
