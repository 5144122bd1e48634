"""Summarizes the calls of load tests, as a table and as CSV."""

import csv
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
    milliseconds, by percentile and at most. failures: failed calls by status. sent, received: MiB
    per second. cores, memory_mib: mean CPU use and peak memory of the stage, None if it runs on
    another machine.
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
    successful = sorted(call.seconds * 1000 for call in calls if call.status == OK)
    p50, p95, p99 = (compute_percentile(successful, share) for share in (0.50, 0.95, 0.99))
    return LoadSummary(
        load=load,
        calls=len(calls),
        rate=len(successful) / duration,
        p50=p50,
        p95=p95,
        p99=p99,
        most=successful[-1] if successful else float("nan"),
        sent=sum(call.sent for call in calls) / duration / MIB,
        received=sum(call.received for call in calls) / duration / MIB,
        failures=Counter(call.status for call in calls if call.status != OK),
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


def format_summaries(summaries: Sequence[LoadSummary]) -> str:
    """Returns summaries of loads as a table of text: a header, then a line for each load."""
    head = f"{'load':26} {'calls':>6} {'per s':>7} {'p50':>8} {'p95':>8} {'p99':>8} {'max ms':>8}"
    lines = [f"{head} {'MiB/s in':>8} {'out':>6} {'cores':>6} {'MiB':>6}  failures"]
    for row in summaries:
        latencies = " ".join(f"{value:8.1f}" for value in (row.p50, row.p95, row.p99, row.most))
        usage = " ".join(
            f"{'-' if value is None else f'{value:.1f}':>6}"
            for value in (row.cores, row.memory_mib)
        )
        failures = ", ".join(f"{status} {count}" for status, count in row.failures.items())
        lines.append(
            f"{row.load:26} {row.calls:6} {row.rate:7.1f} {latencies} "
            f"{row.sent:8.1f} {row.received:6.1f} {usage}  {failures or 'none'}"
        )
    return "\n".join(lines)


def write_summaries(summaries: Sequence[LoadSummary], path: Path) -> None:
    """Writes summaries of loads, at least one, to a CSV file with a column for each field."""
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(vars(summaries[0])))
        lines.writeheader()
        for summary in summaries:
            failures = " ".join(f"{status}={count}" for status, count in summary.failures.items())
            lines.writerow(vars(summary) | {"failures": failures})
