"""How fast a server has been, and how long it may therefore take."""

NEWEST_SHARE = 0.3
LEAST_PATIENCE = 60.0
SLACK = 4.0
UNKNOWN = 0.05


class Pace:
    """A moving average of seconds per unit of work (a megapixel for one step)."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    @property
    def seconds_per_work(self) -> float:
        """For comparing servers; one that has not drawn yet counts as quick, so that it is tried.

        A GPU takes 0.05 s for a step of a megapixel.
        """
        return UNKNOWN if self._seconds is None else self._seconds

    def expected(self, work: float) -> float | None:
        """Seconds that the work should take; None before the first picture."""
        return None if self._seconds is None else self._seconds * work

    def patience(self, work: float, most: float) -> float:
        """Seconds after which the server must be stuck: 4 times what is expected, at least 60.

        The first picture may take as long as `most`, for the server may have a model to load.
        """
        expected = self.expected(work)
        return most if expected is None else min(most, max(LEAST_PATIENCE, SLACK * expected))

    def took(self, seconds: float, work: float) -> None:
        """Learns from a picture that was drawn."""
        now = seconds / work
        before = now if self._seconds is None else self._seconds
        self._seconds = before + NEWEST_SHARE * (now - before)
