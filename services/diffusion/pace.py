"""Measures how fast a server generates, and derives the timeout of its next image."""

# Weight of the newest image in the moving average. Larger: follows a server that slows down
# faster, and is thrown off more by a single slow image.
NEWEST_WEIGHT = 0.3
# In seconds, also for tiny images: a server may load a model first.
MIN_TIMEOUT = 60.0
# Times the estimate. Larger: a hanging server is detected later; smaller: a slow image looks hung.
TIMEOUT_FACTOR = 4.0
# In seconds: what a GPU takes for one step of a megapixel.
INITIAL_SECONDS = 0.05


class ServerPace:
    """Moving average of seconds per megapixel and sampling step."""

    def __init__(self) -> None:
        self._average: float | None = None

    @property
    def seconds_per_megapixel_step(self) -> float:
        """The average, or that of a GPU before the first image, so that new servers get tried."""
        return INITIAL_SECONDS if self._average is None else self._average

    def estimate_seconds(self, megapixel_steps: float) -> float | None:
        """Returns the seconds that an image should take; None before the first one."""
        return None if self._average is None else self._average * megapixel_steps

    def compute_timeout(self, megapixel_steps: float, max_seconds: float) -> float:
        """Returns the seconds after which the server counts as hung: 4 x the estimate, 60 or more.

        The first image may take `max_seconds`, as the server may have to load a model.
        """
        estimate = self.estimate_seconds(megapixel_steps)
        if estimate is None:
            return max_seconds
        return min(max_seconds, max(MIN_TIMEOUT, TIMEOUT_FACTOR * estimate))

    def record_image(self, seconds: float, megapixel_steps: float) -> None:
        """Updates the average with an image that was generated."""
        newest = seconds / megapixel_steps
        average = newest if self._average is None else self._average
        self._average = average + NEWEST_WEIGHT * (newest - average)
