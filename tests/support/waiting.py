"""Waiting for conditions that other processes and threads bring about."""

import threading
import time

import pytest

SECONDS = 60


def wait_until(condition, description: str):
    """Polls a condition and returns its first true value; fails after a minute."""
    pause, end = threading.Event(), time.monotonic() + SECONDS
    while time.monotonic() < end:
        if value := condition():
            return value
        pause.wait(0.02)
    pytest.fail(f"{description} did not happen within {SECONDS} s")
