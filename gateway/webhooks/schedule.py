"""Computes when a failed delivery is attempted again."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Pauses between the attempts, in seconds, as Standard Webhooks recommends them: eight attempts in
# 27.6 hours.
RETRY_SECONDS = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0)
# Share by which a pause is longer at most, so that what failed together is not sent together.
JITTER = 0.2
# Longest pause that a server can ask for. Larger: a wrong header delays deliveries for longer.
MAX_RETRY_AFTER_SECONDS = 86_400.0


def compute_retry_seconds(
    tries: int, pauses: Sequence[float], retry_after: float | None = None
) -> float | None:
    """Returns the pause before the next attempt; None when no other one follows.

    tries: number of attempts, from 1. pauses: between the attempts, in seconds. retry_after:
    seconds that the server asked for; the pause is at least as long.
    """
    if tries > len(pauses):
        return None
    pause = pauses[tries - 1] * random.uniform(1, 1 + JITTER)
    return max(pause, retry_after or 0.0)


def parse_retry_after(value: str) -> float | None:
    """Returns the seconds that a header Retry-After asks for, a number or a date.

    None for one that is invalid. At most MAX_RETRY_AFTER_SECONDS.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Longer numbers have no meaning, and take long to convert.
        seconds = float(text[:10])
    else:
        try:
            time = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        seconds = (time - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
