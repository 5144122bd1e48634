"""Ends the command line in order on signals, so that it records and stops what it began."""

import signal
import sys
from types import FrameType


def end_on_signals() -> None:
    """Makes SIGTERM and SIGHUP end this process as an exit does; `nohup` keeps its effect."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has only the first.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    """Exits with the status that shells report for a signal."""
    sys.exit(128 + number)
