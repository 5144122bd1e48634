"""A measurement of a picture, compared with its limits."""

import math
from dataclasses import dataclass, replace

from cyclorama.v1 import finishing_pb2
from services.imaging.box import Box, box_to_message
from services.runtime.shape_checks import format_number

PASS = finishing_pb2.VERDICT_PASS
WARN = finishing_pb2.VERDICT_WARN
FAIL = finishing_pb2.VERDICT_FAIL
UNKNOWN = finishing_pb2.VERDICT_UNKNOWN

# Severity from which on a fault does not get worse. Larger: one extreme value decides the score.
MAX_SEVERITY = 1.5


@dataclass(frozen=True)
class AdMeasurement:
    """A measured value with its verdict.

    measured: the value, in words.
    verdict: PASS, WARN, FAIL or UNKNOWN.
    limit: what it was compared with, in words.
    note: what it means. remedy: what to do unless it passed; in sentences.
    value, unit: the value as a number, None where there is none.
    severity: how bad it is, from 0, the best, to 1 where it starts to fail and MAX_SEVERITY; None
        if it is not known.
    box: where in the picture it is worst: x, y, width, height in pixels of it; None where it
        passed, and where it concerns the picture as a whole.
    """

    name: str
    measured: str
    verdict: finishing_pb2.Verdict
    limit: str = ""
    note: str = ""
    remedy: str = ""
    value: float | None = None
    unit: str = ""
    severity: float | None = None
    box: Box | None = None

    @classmethod
    def unknown(cls, name: str, reason: str, note: str, remedy: str = "") -> "AdMeasurement":
        """Returns the measurement of a value that is not known; reason: why, in words."""
        return cls(name, reason, UNKNOWN, note=note, remedy=remedy)

    def at(self, box: Box | None) -> "AdMeasurement":
        """Returns the measurement with the place of what it found; without one where it passed.

        box: x, y, width, height in pixels of the picture; None if it has no place.
        """
        is_found = self.verdict in (WARN, FAIL)
        return replace(self, box=box if is_found and box and box[2] and box[3] else None)

    def to_message(self, cost: float = 0.0) -> finishing_pb2.Finding:
        """Returns the measurement as the contract's Finding message.

        cost: by how many marks it lowers the score.
        """
        return finishing_pb2.Finding(
            name=self.name,
            measured=self.measured,
            limit=self.limit,
            verdict=self.verdict,
            note=self.note,
            remedy=self.remedy,
            value=self.value,
            unit=self.unit,
            cost=cost,
            box=None if self.box is None else box_to_message(self.box),
        )


@dataclass(frozen=True)
class JudgingScale:
    """What a measurement is called, and how its values are judged.

    best: the value from which on nothing is better.
    good: the worst value that passes.
    bad: the worst value that is only warned of. Above `good` where less is better, else below.
    unit: of the values; empty for shares, counts and plain numbers.
    note: what the measurement means, in a sentence.
    remedy: what to do when the value is not good, in a sentence.
    """

    name: str
    best: float
    good: float
    bad: float
    unit: str
    note: str
    remedy: str

    def judge(self, value: float, remedy: str = "") -> AdMeasurement:
        """Returns the measurement of a value; unknown if that is no finite number.

        remedy: what to do about this very value, in place of the scale's.
        """
        if not math.isfinite(value):
            return self.skip("cannot be measured")
        lower_is_better = self.bad > self.good
        is_within = (value <= self.good, value <= self.bad)
        if not lower_is_better:
            is_within = (value >= self.good, value >= self.bad)
        verdict = PASS if is_within[0] else WARN if is_within[1] else FAIL
        severity = (value - self.best) / (self.bad - self.best)
        return AdMeasurement(
            name=self.name,
            measured=self._format(value),
            verdict=verdict,
            limit=f"at {'most' if lower_is_better else 'least'} {self._format(self.good)}",
            note=self.note,
            remedy="" if verdict == PASS else remedy or self.remedy,
            value=value,
            unit=self.unit,
            severity=min(max(severity, 0.0), MAX_SEVERITY),
        )

    def skip(self, reason: str, remedy: str = "") -> AdMeasurement:
        """Returns the measurement of a value that is not known.

        reason: why, in words, such as "no product known". remedy: what to do to know it.
        """
        return AdMeasurement.unknown(self.name, reason, self.note, remedy)

    def pass_over(self, reason: str) -> AdMeasurement:
        """Returns the measurement of what cannot be wrong with this picture: it passes.

        reason: why, in words, such as "does not stand".
        """
        return AdMeasurement(self.name, reason, PASS, note=self.note, severity=0.0)

    def _format(self, value: float) -> str:
        return f"{format_number(round_value(value))} {self.unit}".rstrip()


def round_value(value: float) -> float:
    """Returns a number with as many digits as readers need: three that count, whole from 100 on."""
    return float(f"{value:.3g}") if abs(value) < 100 else round(value)
