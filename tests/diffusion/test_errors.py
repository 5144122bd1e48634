import pytest

from services.diffusion.errors import (
    InitIgnored,
    InvalidOutput,
    MaskIgnored,
    ProxyTimeout,
    ServerBusy,
    ServerOutOfMemory,
    ServerRefused,
    ServerTimeout,
    ServerUnreachable,
    Unauthorized,
    compute_backoff,
)


@pytest.mark.parametrize("error", [ServerUnreachable("x"), ServerBusy("x")])
def test_temporary_errors_are_retried_twice_with_increasing_backoff(error):
    first, second = (compute_backoff(error, retries, untried_servers=0) for retries in (0, 1))
    assert 0.2 <= first <= 0.4 < second <= 0.8
    assert compute_backoff(error, 2, untried_servers=0) is None


def test_the_backoff_respects_retry_after():
    assert compute_backoff(ServerBusy("x", 7.0), 0, untried_servers=0) == 7


@pytest.mark.parametrize(
    "kind", [InvalidOutput, InitIgnored, MaskIgnored, ServerOutOfMemory, ServerUnreachable]
)
def test_another_server_is_tried_without_backoff(kind):
    assert compute_backoff(kind("x"), 0, untried_servers=1) == 0


@pytest.mark.parametrize("kind", [InvalidOutput, InitIgnored, MaskIgnored, ServerOutOfMemory])
def test_errors_that_would_repeat_are_not_retried_on_the_same_server(kind):
    assert compute_backoff(kind("x"), 0, untried_servers=0) is None


@pytest.mark.parametrize("kind", [ServerTimeout, ServerRefused, Unauthorized])
@pytest.mark.parametrize("others", [0, 1])
def test_timeouts_and_refusals_are_never_retried(kind, others):
    assert compute_backoff(kind("x"), 0, others) is None


def test_a_proxy_timeout_is_retried_only_on_an_idle_server():
    error = ProxyTimeout("x")
    assert compute_backoff(error, 0, untried_servers=0) is None
    error.server_is_idle = True
    assert compute_backoff(error, 0, untried_servers=0) == 0
