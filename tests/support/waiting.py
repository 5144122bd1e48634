"""Waits for what other processes and threads do in their own time."""

import threading
import time

import pytest

SECONDS = 60


def eventually(true, what: str):
    """Returns the first true answer; fails when none comes within a minute."""
    pause, end = threading.Event(), time.monotonic() + SECONDS
    while time.monotonic() < end:
        if answer := true():
            return answer
        pause.wait(0.02)
    pytest.fail(f"{what} did not happen within {SECONDS} s")
