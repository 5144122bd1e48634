"""A measurement of an ad with its verdict."""

from dataclasses import dataclass

from cyclorama.v1 import finishing_pb2

PASS = finishing_pb2.VERDICT_PASS
WARN = finishing_pb2.VERDICT_WARN
FAIL = finishing_pb2.VERDICT_FAIL
UNKNOWN = finishing_pb2.VERDICT_UNKNOWN


@dataclass(frozen=True)
class AdMeasurement:
    """The fields of the contract's Finding.

    measured: the measured value, in words.
    verdict: PASS, WARN, FAIL or UNKNOWN.
    limit: the limit that it was compared with, in words.
    """

    name: str
    measured: str
    verdict: finishing_pb2.Verdict
    limit: str = ""
    note: str = ""

    def to_message(self) -> finishing_pb2.Finding:
        """Returns the measurement as the contract's Finding message."""
        return finishing_pb2.Finding(
            name=self.name,
            measured=self.measured,
            limit=self.limit,
            verdict=self.verdict,
            note=self.note,
        )


def format_number(value: float) -> str:
    """Formats a number with at most four decimals and no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
