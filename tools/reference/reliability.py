"""Updates the measured values in docs/reliability.md, which is otherwise written by hand.

Of a table the last cell of a row is replaced, of the text one paragraph.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools import ROOT
from tools.reference.results import read_results

PAGE = ROOT / "docs" / "reliability.md"
Rows = Sequence[Mapping[str, Any]]
# The paragraph about files made to exhaust a decoder starts with this, and ends with the other.
BOMBS_START, BOMBS_END = "In the [recorded run](benchmarks/bombs.md), ", " Since that run"


def render_page() -> str:
    """Returns the page with the values of the last full runs."""
    results = {result["name"]: result["rows"] for result in read_results()}
    text = PAGE.read_text()
    for (name, start), describe in CELLS.items():
        text = replace_last_cell(text, start, describe(results[name]))
    return _replace_between(text, BOMBS_START, BOMBS_END, describe_bombs(results["bombs"]))


def replace_last_cell(text: str, start: str, cell: str) -> str:
    """Replaces the last cell of the table row that starts with some words.

    Raises ValueError if there is not exactly one such row.
    """
    pattern = re.compile(rf"^(\| {re.escape(start)}.*\| ).*( \|)$", re.MULTILINE)
    changed, count = pattern.subn(lambda row: f"{row[1]}{cell}{row[2]}", text)
    if count != 1:
        raise ValueError(f"{count} rows start with {start!r}")
    return changed


def select(rows: Rows, pattern: str, unit: str = "") -> Rows:
    """Returns the rows whose claim matches a pattern; unit: only those in it.

    Raises ValueError if there is none, as after a claim was renamed.
    """
    found = [row for row in rows if re.search(pattern, row["claim"]) and unit in ("", row["unit"])]
    if not found:
        raise ValueError(f"no claim matches {pattern!r}")
    return found


def format_value(rows: Rows, digits: int = 1) -> str:
    """Returns the value of a row with its unit, or the range of several; bold if one was missed."""
    values = sorted({f"{row['ours']:.{digits}f}" for row in rows}, key=float)
    text = f"{' to '.join(dict.fromkeys((values[0], values[-1])))} {rows[0]['unit']}"
    return f"**{text}**" if any(row["met"] is False for row in rows) else text


def describe_failed(rows: Rows) -> str:
    """Returns how many calls failed."""
    return f"{sum(row['ours'] for row in rows):.0f} failed"


def describe_growth(rows: Rows) -> str:
    """Returns by how much the memory of services grew, as in "1.01 x (121, then 122 MiB)"."""
    ratios = [
        f"**{row['ratio']:.2f} x**" if not row["met"] else f"{row['ratio']:.2f} x" for row in rows
    ]
    sizes = [f"{row['theirs']:,.0f}, then {row['ours']:,.0f}" for row in rows]
    return f"{', '.join(dict.fromkeys(ratios))} ({'; '.join(sizes)} MiB)"


def describe_bombs(rows: Rows) -> str:
    """Returns a paragraph about files that were made to exhaust a decoder."""
    answered = select(rows, ": answered$")
    late = [row for row in answered if not row["met"]]
    peaks = select(rows, r"^(?!.*(64 megapixels|4 at once)).*: peak$")
    valid = select(rows, r"^(?!.*(alpha|scans)).* of 64 megapixels: peak$")
    alpha = select(rows, "alpha.* of 64 megapixels: peak$")
    slow = "".join(
        f", and `{row['claim'].removesuffix(': answered')}` after {row['ours']:.2f} s"
        for row in late
    )
    return (
        f"{len(answered) - len(late)} of the {len(answered)} bombs were answered within 2 s of "
        f"processor time{slow}. A refused file took at most {_format_highest(peaks)} MiB; four of "
        f"the files of 34 bytes at once took {_format_highest(select(rows, '4 at once, webp'))} "
        f"MiB. Valid files of 64 megapixels took {min(row['ours'] for row in valid):.0f} to "
        f"{_format_highest(valid)} MiB, but {_format_highest(alpha)} MiB with alpha, because the "
        "cut-out is then as large as the photo."
    )


# By benchmark and the words that start a row of the page.
CELLS: Mapping[tuple[str, str], Callable[[Rows], str]] = {
    ("chaos", "one of two replicas of a stage killed"): lambda rows: (
        f"{describe_failed(select(rows, 'killed: failed'))}; with a plain gRPC channel up to "
        f"{max(row['theirs'] for row in select(rows, 'killed: failed')):.0f}"
    ),
    ("chaos", "one of two replicas frozen"): lambda rows: describe_failed(
        select(rows, "^one of two")
    ),
    ("chaos", "SIGTERM of each service"): lambda rows: (
        f"{describe_failed(select(rows, '^SIGTERM', 'calls'))}, ended within "
        f"{format_value(select(rows, '^SIGTERM', 's'))}"
    ),
    ("chaos", "three times the capacity"): lambda rows: format_value(select(rows, "refusals, p95")),
    ("chaos", "... p95 of accepted calls"): lambda rows: format_value(
        select(rows, "accepted calls"), 2
    ),
    ("chaos", "... memory, relative to before"): lambda rows: format_value(
        select(rows, "the load: memory"), 2
    ),
    ("chaos", "... time until latency is normal"): lambda rows: format_value(
        select(rows, "until it was normal")
    ),
    ("chaos", "time until an engine stops"): lambda rows: format_value(
        select(rows, "^(?!segmentation).*: (went on|continued) after"), 2
    ),
    ("chaos", "... segmentation, at 4096"): lambda rows: format_value(
        select(rows, "^segmentation: (went on|continued) after"), 2
    ),
    ("webhooks", "1,000 [webhooks]"): lambda rows: (
        f"{select(rows, ': lost')[0]['ours']:.0f} lost, "
        f"{select(rows, 'more than once')[0]['ours']:.0f} arrived twice or more"
    ),
    ("recovery", "gateway killed with -9 in segmentation"): lambda rows: (
        f"{format_value(select(rows, '^killed in .*: beyond work'))} more than the remaining work, "
        "its start included"
    ),
    ("recovery", "one of two gateways on a Postgres"): lambda rows: format_value(
        select(rows, "^killed (beside|next to) another: beyond work")
    ),
    ("recovery", "jobs lost; stages"): lambda rows: (
        f"{sum(row['ours'] for row in select(rows, ': lost')):.0f}; "
        f"{sum(max(row['ours'], 0) for row in select(rows, ': done stages again')):.0f}"
    ),
    ("mixed", "resident memory after 500 files"): lambda rows: describe_growth(
        select(rows, "^segmentation: memory")
    ),
    ("mixed", "... background | 1.05 x"): lambda rows: describe_growth(
        select(rows, "^background: memory")
    ),
    ("mixed", "... compositing, inpainting | 1.05 x"): lambda rows: describe_growth(
        select(rows, "^(compositing|inpainting): memory")
    ),
    ("mixed", "... gateway | 1.05 x"): lambda rows: describe_growth(
        select(rows, "^gateway: memory")
    ),
}


def _replace_between(text: str, start: str, end: str, middle: str) -> str:
    """Replaces what is between two texts that occur once."""
    before, found, rest = text.partition(start)
    _, end_found, after = rest.partition(end)
    if not (found and end_found):
        raise ValueError(f"the page lacks {start!r} or {end!r}")
    return f"{before}{start}{middle}{end}{after}"


def _format_highest(rows: Rows) -> str:
    """Returns the largest value without decimals, bold if a goal was missed."""
    highest = f"{max(row['ours'] for row in rows):,.0f}"
    return f"**{highest}**" if any(row["met"] is False for row in rows) else highest
