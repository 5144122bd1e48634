"""Limits that a load test must meet, such as p95<200, so that a build fails where they are not."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cyclorama.load.summary import LoadSummary

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# What can be limited, and its unit.
UNITS = {
    "p50": "ms",
    "p95": "ms",
    "p99": "ms",
    "max": "ms",
    "rate": "calls/s",
    "failures": "%",
}
PATTERN = re.compile(rf"\s*({'|'.join(UNITS)})\s*([<>]=?)\s*([\d.]+)\s*(?:%|ms|/s)?\s*")


@dataclass(frozen=True)
class Threshold:
    """A limit of one value of a load: its name, a comparison such as "<", and the number."""

    name: str
    comparison: str
    limit: float

    def is_met(self, summary: LoadSummary) -> bool:
        """Whether a load meets the limit; a latency without a successful call does not."""
        # Without one it is not a number, of which no comparison is true.
        return COMPARISONS[self.comparison](self.measure(summary), self.limit)

    def measure(self, summary: LoadSummary) -> float:
        """Returns the value of a load, in the unit of UNITS."""
        match self.name:
            case "failures":
                return 100 * sum(summary.failures.values()) / summary.calls
            case "max":
                return summary.most
            case name:
                return float(getattr(summary, name))

    def describe(self, summary: LoadSummary) -> str:
        """Returns in one line the value of a load, the limit, and whether it is met."""
        verdict = "met" if self.is_met(summary) else "NOT MET"
        value, unit = self.measure(summary), UNITS[self.name]
        required = f"required {self.comparison} {self.limit:g}"
        return f"{verdict}: {summary.load}: {self.name} {value:.1f} {unit}, {required}"


def parse_threshold(text: str) -> Threshold:
    """Parses a limit such as "p95<200", "rate>=5" or "failures<1%"; ValueError for other texts."""
    found = PATTERN.fullmatch(text)
    if not found:
        raise ValueError(f"{text}: write one of {', '.join(UNITS)}, such as 'p95<200'")
    return Threshold(found[1], found[2], float(found[3]))
