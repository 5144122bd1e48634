"""Runs doubles of ComfyUI as processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.doubles.comfyui.options import DoubleOptions
from tools.doubles.process import DoubleProcess


class ComfyDouble(DoubleProcess):
    """A running double of ComfyUI, with faults that a test sets."""

    module = "tools.doubles.comfyui"

    def state(self) -> dict[str, Any]:
        """Returns what it did: counts, and lists of what it received and has.

        The counts are started, finished, interrupts, in_flight, max_in_flight, uploads, and
        control_requests, which are all requests but those to /prompt, /ws, /upload and /view.
        The lists are image_requests (the parameters of each sampling), prompts (the bodies sent to
        /prompt), interrupted (the client of each running job that was stopped), frees (the bodies
        sent to /free), sockets (client ids) and files (paths by folder).
        """
        counts = ("started", "finished", "interrupts", "max_in_flight", "uploads")
        return dict.fromkeys((*counts, "control_requests"), 0) | super().state()

    def add_other_jobs(self, count: int, hang: bool = False) -> None:
        """Adds jobs of another client; with `hang` they end when misbehave() is called."""
        self.send_command(other_jobs=count, hang=hang)

    def change_options(self, **options: object) -> None:
        """Sets options of DoubleOptions until the reset, such as version, seconds or model."""
        self.send_command(options=options)

    def restart(self, **options: object) -> None:
        """Loses jobs, history, cache and sockets, as a restart with other options would."""
        self.send_command(restart=options)

    def remove_nodes(self, *names: str) -> None:
        """Removes classes of nodes until the reset."""
        self.send_command(missing_nodes=names)


@contextmanager
def run_double(**options: object) -> Iterator[ComfyDouble]:
    """Runs a double on a free port of the loopback interface, with options of DoubleOptions."""
    given = vars(DoubleOptions(**options))
    flags = ["--previews"] if given.pop("previews") else []
    with ComfyDouble(*flags, **given) as double:
        yield double
