"""Runs doubles of Stable Diffusion servers as processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.doubles.a1111.kinds import MODEL
from tools.doubles.process import DoubleProcess


class ServerDouble(DoubleProcess):
    """A running double of a Stable Diffusion server, with faults that a test sets."""

    module = "tools.doubles.a1111"

    def queue_others(self, count: int) -> None:
        """Puts jobs of other clients into the queue of stable-diffusion.cpp."""
        self.send_command(others=count)

    def load_model(self, model: str) -> None:
        """Loads another model, as a restart with one would."""
        self.send_command(model=model)

    def restart(self) -> None:
        """Kills its process and starts another one at the same address."""
        self.kill()
        self.start(self.port)

    def state(self) -> dict[str, Any]:
        """Returns the requests for images, the seconds that each image took, and counts.

        The counts are started, finished, interrupts, cancels, dropped (jobs that were canceled in
        the queue), in_flight, max_in_flight, image_connections, and control_requests, which are all
        requests for lists, progress and the state of jobs.
        """
        counts = ("started", "finished", "interrupts", "cancels", "dropped", "in_flight")
        return dict.fromkeys((*counts, "max_in_flight", "control_requests"), 0) | super().state()


@contextmanager
def run_double(
    kind: str = "a1111",
    seconds: float = 0,
    auth: str = "",
    model: str = MODEL,
    has_jobs: bool = True,
) -> Iterator[ServerDouble]:
    """Runs a double on a free port of the loopback interface.

    kind: one of KINDS. seconds: the time for one image. auth: user:password, or "" for none.
    model: the loaded model; "" if the double does not report it. has_jobs: whether sdcpp has its
    own API, which older versions lack.
    """
    options = {"kind": kind, "seconds": seconds, "auth": auth, "model": model}
    with ServerDouble(*([] if has_jobs else ["--no-jobs"]), **options) as double:
        yield double
