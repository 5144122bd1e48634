"""Measures how fast a server generates, and derives the timeout of its next image."""

# Weight of the newest image in the moving average. Larger: follows a server that slows down
# faster, and is thrown off more by a single slow image.
NEWEST_WEIGHT = 0.3
# In seconds, also for tiny images: a server may load a model first.
MIN_TIMEOUT = 60.0
# Times the estimate. Larger: a hanging server is detected later; smaller: a slow image looks hung.
TIMEOUT_FACTOR = 4.0


class ServerPace:
    """Moving average of seconds per megapixel and sampling step."""

    def __init__(self) -> None:
        self._average: float | None = None

    @property
    def seconds_per_megapixel_step(self) -> float | None:
        """The average; None before the first image."""
        return self._average

    def estimate_seconds(self, megapixel_steps: float) -> float | None:
        """Returns the seconds that an image should take; None before the first one.

        megapixel_steps: the work of the image: megapixels times sampling steps.
        """
        return None if self._average is None else self._average * megapixel_steps

    def compute_timeout(self, megapixel_steps: float, max_seconds: float) -> float:
        """Returns the seconds after which the server counts as hung: 4 x the estimate, 60 or more.

        megapixel_steps: the work of the image: megapixels times sampling steps.
        max_seconds: the maximum, and the timeout of the first image, for which there is no
            estimate.
        """
        return choose_timeout(self.estimate_seconds(megapixel_steps), max_seconds)

    def record_image(self, seconds: float, megapixel_steps: float) -> None:
        """Updates the moving average of the server's speed with an image that it generated.

        seconds: time that the image took.
        megapixel_steps: its work: megapixels times sampling steps, above 0.
        """
        seconds_per_step = seconds / megapixel_steps
        previous = seconds_per_step if self._average is None else self._average
        self._average = previous + NEWEST_WEIGHT * (seconds_per_step - previous)


def choose_timeout(estimate: float | None, max_seconds: float) -> float:
    """Returns the seconds after which a server counts as hung: 4 x the estimate, 60 or more.

    estimate: seconds that an image should take; None if unknown.
    max_seconds: the maximum, and the timeout without an estimate.
    """
    if estimate is None:
        return max_seconds
    return min(max_seconds, max(MIN_TIMEOUT, TIMEOUT_FACTOR * estimate))
