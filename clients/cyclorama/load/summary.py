"""What a load test found: one row for each kind of load, as a table and as CSV."""

import csv
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.load.calls import OK, Call

MIB = 2**20


@dataclass(frozen=True)
class Row:
    """One kind of load.

    rate: answered calls a second. p50, p95, p99, most: milliseconds of answered calls. failures:
    calls by status. sent, received: MiB a second. cores, memory_mib: what the stage used on average
    and at most; empty where it runs elsewhere.
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


def summarize(load: str, calls: Sequence[Call], cores: float | None, memory: float | None) -> Row:
    """Sums calls up; SystemExit when none was made."""
    if not calls:
        raise SystemExit(f"no call was made ({load}); see what locust says above")
    lasted = max(call.start + call.seconds for call in calls) - calls[0].start
    answered = sorted(call.seconds * 1000 for call in calls if call.status == OK)
    p50, p95, p99 = (percentile(answered, share) for share in (0.50, 0.95, 0.99))
    return Row(
        load=load,
        calls=len(calls),
        rate=len(answered) / lasted,
        p50=p50,
        p95=p95,
        p99=p99,
        most=answered[-1] if answered else float("nan"),
        sent=sum(call.sent for call in calls) / lasted / MIB,
        received=sum(call.received for call in calls) / lasted / MIB,
        failures=Counter(call.status for call in calls if call.status != OK),
        cores=cores,
        memory_mib=memory,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of sorted values lies; not a number when there are none."""
    if len(ordered) < 2:
        return ordered[0] if ordered else float("nan")
    return statistics.quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1]


def table(rows: Sequence[Row]) -> str:
    """Rows for people."""
    head = f"{'load':26} {'calls':>6} {'per s':>7} {'p50':>8} {'p95':>8} {'p99':>8} {'max ms':>8}"
    lines = [f"{head} {'MiB/s in':>8} {'out':>6} {'cores':>6} {'MiB':>6}  failures"]
    for row in rows:
        figures = " ".join(f"{value:8.1f}" for value in (row.p50, row.p95, row.p99, row.most))
        used = " ".join(
            f"{'-' if v is None else f'{v:.1f}':>6}" for v in (row.cores, row.memory_mib)
        )
        failures = ", ".join(f"{status} {count}" for status, count in row.failures.items())
        lines.append(
            f"{row.load:26} {row.calls:6} {row.rate:7.1f} {figures} "
            f"{row.sent:8.1f} {row.received:6.1f} {used}  {failures or 'none'}"
        )
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Rows for programs."""
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(vars(rows[0])))
        lines.writeheader()
        for row in rows:
            failures = " ".join(f"{status}={count}" for status, count in row.failures.items())
            lines.writerow(vars(row) | {"failures": failures})
