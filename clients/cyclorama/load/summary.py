"""Summarizes the calls of load tests, as a table and as CSV."""

import csv
import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.load.calls import OK, TimedCall

MIB = 2**20  # Bytes.


@dataclass(frozen=True)
class LoadSummary:
    """The summary of one kind of load.

    rate: successful calls per second. p50, p95, p99, most: latency of successful calls in
    milliseconds, by percentile and at most. failures: failed calls by status. errors: what was said
    of the first failure of each status. sent, received: MiB per second of successful calls. cores,
    memory_mib: mean CPU use and peak memory of the stage, None if it runs on another machine.
    """

    load: str
    calls: int
    rate: float
    p50: float
    p95: float
    p99: float
    most: float
    sent: float
    received: float
    failures: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    cores: float | None = None
    memory_mib: float | None = None


def summarize_calls(
    load: str, calls: Sequence[TimedCall], cores: float | None, memory: float | None
) -> LoadSummary:
    """Returns throughput, latency percentiles (ms) and failures of the calls of one load test.

    load: its name in the table. calls: sorted by start. cores, memory: the stage's mean CPU use and
    its peak memory in MiB; None if it runs on another machine.

    Raises SystemExit when there are no calls.
    """
    if not calls:
        raise SystemExit(f"no call was made ({load}); see what locust says above")
    duration = max(call.start + call.seconds for call in calls) - calls[0].start
    done = [call for call in calls if call.status == OK]
    failed = [call for call in calls if call.status != OK]
    successful = sorted(call.seconds * 1000 for call in done)
    p50, p95, p99 = (compute_percentile(successful, share) for share in (0.50, 0.95, 0.99))
    return LoadSummary(
        load=load,
        calls=len(calls),
        rate=len(successful) / duration,
        p50=p50,
        p95=p95,
        p99=p99,
        most=successful[-1] if successful else float("nan"),
        sent=sum(call.sent for call in done) / duration / MIB,
        received=sum(call.received for call in done) / duration / MIB,
        failures=Counter(call.status for call in failed),
        errors={call.status: call.error for call in reversed(failed)},
        cores=cores,
        memory_mib=memory,
    )


def compute_percentile(ordered: Sequence[float], share: float) -> float:
    """Returns a percentile: the value below which a share of the values lies; NaN without values.

    ordered: the values, ascending. share: 0.01 to 0.99, such as 0.95; whole percents.
    """
    if len(ordered) < 2:
        return ordered[0] if ordered else float("nan")
    return statistics.quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1]


def summarize_sizes(calls: Sequence[TimedCall]) -> list[LoadSummary]:
    """Returns a summary of the calls of each size of pictures, smallest first.

    calls: sorted by start. A payload is named by its size first, as in "512 px, png in, png out".
    """
    by_size: dict[str, list[TimedCall]] = {}
    for call in calls:
        by_size.setdefault(call.payload.partition(",")[0], []).append(call)
    sizes = sorted(by_size, key=lambda size: (len(size), size))
    return [summarize_calls(size, by_size[size], None, None) for size in sizes]


# Headings of the columns of numbers, each as wide as its widest usual value.
HEADINGS = (
    *("calls", "per s", " p50 ms", " p95 ms", " p99 ms", " max ms"),
    *("MiB/s in", "MiB/s out", "cores", "  MiB"),
)
NAME_WIDTH = 28


def format_summaries(summaries: Sequence[LoadSummary]) -> str:
    """Returns summaries of loads as a table of text: a header, then a line for each load."""
    lines = [f"{'load':{NAME_WIDTH}} {' '.join(f'{each:>7}' for each in HEADINGS)}  failures"]
    for row in summaries:
        values = (row.rate, row.p50, row.p95, row.p99, row.most, row.sent, row.received)
        numbers = [str(row.calls), *map(_format_number, (*values, row.cores, row.memory_mib))]
        cells = " ".join(
            f"{number:>{max(7, len(heading))}}"
            for number, heading in zip(numbers, HEADINGS, strict=True)
        )
        failures = ", ".join(f"{status} {count}" for status, count in row.failures.items())
        lines.append(f"{row.load:{NAME_WIDTH}} {cells}  {failures or 'none'}")
    return "\n".join(lines)


def _format_number(value: float | None) -> str:
    """Returns a number with one decimal, or a dash where it was not measured."""
    return "-" if value is None or math.isnan(value) else f"{value:.1f}"


def write_summaries(summaries: Sequence[LoadSummary], path: Path) -> None:
    """Writes summaries of loads, at least one, to a CSV file with a column for each field."""
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(vars(summaries[0])))
        lines.writeheader()
        for summary in summaries:
            failures = " ".join(f"{status}={count}" for status, count in summary.failures.items())
            errors = "; ".join(dict.fromkeys(summary.errors.values()))
            lines.writerow(vars(summary) | {"failures": failures, "errors": errors})
