"""Estimates how long a model takes for an image, from the first one on."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from services.diffusion.pace import ServerPace, choose_timeout
from services.diffusion.request import DiffusionRequest

# Images below, 256 x 256, say little about larger ones: their steps take the time that each step
# takes whatever its size. Smaller: estimates follow small images.
MIN_MEGAPIXELS = 0.065


@dataclass(frozen=True)
class ImageTimes:
    """Seconds that an image took.

    seconds: for all of it. sampling_seconds: for its steps alone, without encoding and decoding;
    None where it had a single one, which cannot be told apart from them.
    """

    seconds: float
    sampling_seconds: float | None = None


class SamplingClock:
    """Times an image and its steps, by what its sampler reports."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Starts with the image; clock: returns a time in seconds."""
        self._clock = clock
        self._started = clock()
        # Shares of the steps done, 0 to 1, and when: of the first step that ended, and of the last.
        self._first: tuple[float, float] | None = None
        self._last = 0.0, 0.0

    def record_step(self, fraction: float) -> None:
        """Records the end of a step, or with a fraction of 0 that the image begins, or again.

        fraction: of the steps done, 0 to 1.
        """
        now = self._clock()
        if fraction == 0:
            self._started, self._first = now, None
        else:
            self._last = fraction, now
            self._first = self._first or self._last

    def measure(self) -> ImageTimes:
        """Returns the times of the image, which is just done."""
        seconds = self._clock() - self._started
        if self._first is None or self._first == self._last:
            return ImageTimes(seconds)
        # The time of the first step is that of the others: it began with the text encoders.
        share, between = (last - first for first, last in zip(self._first, self._last, strict=True))
        return ImageTimes(seconds, min(seconds, between / share))


class _AreaTime:
    """The time of a part of the work: a fixed one, and one that grows with the image."""

    def __init__(self) -> None:
        self._fixed_seconds = 0.0
        self._growth = ServerPace()

    def calibrate(self, small: tuple[float, float], large: tuple[float, float]) -> None:
        """Adopts the first two measurements, each in megapixels and seconds.

        Nothing if the larger image took no longer: other load hid the difference.
        """
        area, growth = large[0] - small[0], large[1] - small[1]
        if growth > 0:
            self._growth.record_image(growth, area)
            self._fixed_seconds = max(0.0, small[1] - growth / area * small[0])

    def record(self, megapixels: float, seconds: float) -> None:
        """Updates the part that grows with a measurement."""
        self._growth.record_image(max(0.0, seconds - self._fixed_seconds), megapixels)

    def estimate(self, megapixels: float) -> float | None:
        """Returns the expected seconds; None before any were measured."""
        growth = self._growth.estimate_seconds(megapixels)
        return None if growth is None else self._fixed_seconds + growth


class ImagePace:
    """The time of a sampling step, and of what an image takes besides: encoding and decoding."""

    def __init__(self) -> None:
        self._step, self._rest = _AreaTime(), _AreaTime()

    def calibrate(
        self,
        small: DiffusionRequest,
        large: DiffusionRequest,
        measure: Callable[[DiffusionRequest], ImageTimes],
    ) -> None:
        """Measures the pace with two images that differ in size only, and forgets earlier ones.

        measure: generates an image of two steps or more, and returns its times.
        """
        steps: list[tuple[float, float]] = []
        rests: list[tuple[float, float]] = []
        for request in (small, large):
            # The faster of two, as other load of the machine only ever adds time.
            parts = [_split(measure(request), request) for _ in range(2)]
            step, rest = (min(each) for each in zip(*parts, strict=True))
            steps.append((request.megapixels, step))
            rests.append((request.megapixels, rest))
        step_time, rest_time = _AreaTime(), _AreaTime()
        step_time.calibrate(*steps)
        rest_time.calibrate(*rests)
        self._step, self._rest = step_time, rest_time

    def record_image(self, request: DiffusionRequest, times: ImageTimes) -> None:
        """Updates the pace with an image, unless it is small."""
        area = request.megapixels
        if area < MIN_MEGAPIXELS:
            return
        step = self._step.estimate(area)
        if times.sampling_seconds is None and step is not None:
            self._rest.record(area, times.seconds - step)
            return
        step, rest = _split(times, request)
        self._step.record(area, step)
        self._rest.record(area, rest)

    def estimate_seconds(self, request: DiffusionRequest) -> float | None:
        """Returns the seconds that an image should take; None before any was measured."""
        step = self._step.estimate(request.megapixels)
        rest = self._rest.estimate(request.megapixels) or 0.0
        return None if step is None else step * _count_steps(request) + rest

    def compute_timeout(self, request: DiffusionRequest, max_seconds: float) -> float:
        """Returns the seconds after which a model counts as hung, as of a server.

        max_seconds: the maximum, and the timeout while the pace is unknown.
        """
        return choose_timeout(self.estimate_seconds(request), max_seconds)


def _split(times: ImageTimes, request: DiffusionRequest) -> tuple[float, float]:
    """Returns the seconds of a step of an image, and of all besides its steps.

    Of a single step, all the time is its own.
    """
    sampling = times.seconds if times.sampling_seconds is None else times.sampling_seconds
    return sampling / _count_steps(request), times.seconds - sampling


def _count_steps(request: DiffusionRequest) -> float:
    """Returns the number of sampling steps that run for a request."""
    return request.megapixel_steps / request.megapixels
