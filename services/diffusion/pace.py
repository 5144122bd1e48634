"""How fast a server has been, and how long it may therefore take."""

NEWEST_SHARE = 0.3
SHORTEST_TIMEOUT = 60.0
TIMEOUT_FACTOR = 4.0
# A GPU takes 0.05 s for a step of a megapixel.
UNKNOWN_PACE = 0.05


class Pace:
    """A moving average of seconds per unit of work (a megapixel for one step)."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    @property
    def seconds_per_work(self) -> float:
        """For comparing servers; one that has not drawn yet counts as fast, so that it is tried."""
        return UNKNOWN_PACE if self._seconds is None else self._seconds

    def expected_seconds(self, work: float) -> float | None:
        """Seconds that the work should take; None before the first picture."""
        return None if self._seconds is None else self._seconds * work

    def timeout(self, work: float, most: float) -> float:
        """Seconds after which the server must hang: 4 times what is expected, at least 60.

        The first picture may take as long as `most`, for the server may have a model to load.
        """
        expected = self.expected_seconds(work)
        if expected is None:
            return most
        return min(most, max(SHORTEST_TIMEOUT, TIMEOUT_FACTOR * expected))

    def record(self, seconds: float, work: float) -> None:
        """Learns from a picture that was drawn."""
        now = seconds / work
        before = now if self._seconds is None else self._seconds
        self._seconds = before + NEWEST_SHARE * (now - before)
