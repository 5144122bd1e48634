import threading

import pytest
from sqlalchemy.exc import OperationalError

from gateway.jobs import polling
from gateway.jobs.polling import IDLE_POLL_SECONDS, POLL_SECONDS, PollingPace
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def without_delay(monkeypatch):
    """A queue counts as idle at once."""
    monkeypatch.setattr(polling, "IDLE_AFTER_SECONDS", 0.01)


def test_an_empty_queue_is_polled_seldom_until_an_ad_is_queued():
    intervals, has_ads = [], threading.Event()
    pace = PollingPace(intervals.append, has_ads.is_set)
    wait_until(lambda: intervals == [IDLE_POLL_SECONDS], "the idle interval")
    has_ads.set()
    pace.note_queued_ad()
    wait_until(lambda: intervals[1:] == [POLL_SECONDS], "the short interval")
    has_ads.clear()
    wait_until(lambda: intervals[2:] == [IDLE_POLL_SECONDS], "the idle interval again")
    pace.close()


def test_an_unavailable_database_does_not_end_the_adaption():
    intervals, failures = [], [OperationalError("", {}, Exception())]

    def has_ads():
        if failures:
            raise failures.pop()
        return False

    pace = PollingPace(intervals.append, has_ads)
    wait_until(lambda: intervals == [IDLE_POLL_SECONDS], "the idle interval")
    pace.close()
