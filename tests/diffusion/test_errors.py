import pytest

from services.diffusion.errors import (
    InitIgnored,
    InvalidOutput,
    MaskIgnored,
    ProxyTimeout,
    Refused,
    ServerBusy,
    ServerOutOfMemory,
    TimedOut,
    Unauthorized,
    Unreachable,
    pause_before_retry,
)


@pytest.mark.parametrize("error", [Unreachable("x"), ServerBusy("x")])
def test_what_passes_is_tried_again_ever_later_and_at_most_twice(error):
    first, second = (pause_before_retry(error, retries, others=0) for retries in (0, 1))
    assert 0.2 <= first <= 0.4 < second <= 0.8
    assert pause_before_retry(error, 2, others=0) is None


def test_the_pause_that_a_server_asks_for_is_kept():
    assert pause_before_retry(ServerBusy("x", 7.0), 0, others=0) == 7


@pytest.mark.parametrize(
    "kind", [InvalidOutput, InitIgnored, MaskIgnored, ServerOutOfMemory, Unreachable]
)
def test_another_server_is_tried_at_once(kind):
    assert pause_before_retry(kind("x"), 0, others=1) == 0


@pytest.mark.parametrize("kind", [InvalidOutput, InitIgnored, MaskIgnored, ServerOutOfMemory])
def test_the_same_server_would_fail_again(kind):
    assert pause_before_retry(kind("x"), 0, others=0) is None


@pytest.mark.parametrize("kind", [TimedOut, Refused, Unauthorized])
@pytest.mark.parametrize("others", [0, 1])
def test_what_may_still_run_or_was_refused_is_never_sent_again(kind, others):
    assert pause_before_retry(kind("x"), 0, others) is None


def test_after_a_proxys_timeout_only_an_idle_server_is_asked_again():
    error = ProxyTimeout("x")
    assert pause_before_retry(error, 0, others=0) is None
    error.settled = True
    assert pause_before_retry(error, 0, others=0) == 0
