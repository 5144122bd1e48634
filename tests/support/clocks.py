"""A clock that a test sets by hand."""


class ManualClock:
    """Returns `now`, in seconds, when called."""

    now = 0.0

    def __call__(self) -> float:
        return self.now
