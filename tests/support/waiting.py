"""Waiting for conditions that other processes and threads bring about."""

import threading
import time

import pytest

SECONDS = 60


def wait_until(true, what: str):
    """Polls a condition and returns its first true value; fails after a minute."""
    pause, end = threading.Event(), time.monotonic() + SECONDS
    while time.monotonic() < end:
        if answer := true():
            return answer
        pause.wait(0.02)
    pytest.fail(f"{what} did not happen within {SECONDS} s")
