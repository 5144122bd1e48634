"""What a measurement says, and how it reads on the wire."""

from dataclasses import dataclass

from cyclorama.v1 import finishing_pb2

PASS = finishing_pb2.VERDICT_PASS
WARN = finishing_pb2.VERDICT_WARN
FAIL = finishing_pb2.VERDICT_FAIL
UNKNOWN = finishing_pb2.VERDICT_UNKNOWN


@dataclass(frozen=True)
class Finding:
    """As in the contract's Finding."""

    name: str
    measured: str
    verdict: int
    limit: str = ""
    note: str = ""

    def message(self) -> finishing_pb2.Finding:
        """Writes a Finding message."""
        return finishing_pb2.Finding(
            name=self.name,
            measured=self.measured,
            limit=self.limit,
            verdict=self.verdict,
            note=self.note,
        )


def figure(value: float) -> str:
    """A number as people write it: no more than four decimals, no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
