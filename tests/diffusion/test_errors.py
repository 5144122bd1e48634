import pytest

from services.diffusion import errors
from services.diffusion.errors import (
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InitIgnored,
    InvalidOutput,
    MaskIgnored,
    ProxyTimeout,
    ServerBusy,
    ServerRefused,
    ServerUnreachable,
    Unauthorized,
    compute_backoff,
)


@pytest.mark.parametrize("error", [ServerUnreachable("x"), ServerBusy("x")])
def test_a_request_is_sent_again_twice_with_increasing_backoff(error):
    first, second = (
        compute_backoff(error, retries, sends=retries + 1, untried_servers=0) for retries in (0, 1)
    )
    assert 0.2 <= first <= 0.4 < second <= 0.8
    assert compute_backoff(error, 2, sends=3, untried_servers=0) is None


def test_a_server_may_be_away_for_as_long_as_a_restart_takes(monkeypatch):
    monkeypatch.setattr(errors, "JITTER", (min(errors.JITTER),) * 2)
    backoffs, gone = [], ServerUnreachable("x")
    while (backoff := compute_backoff(gone, len(backoffs), sends=1, untried_servers=0)) is not None:
        backoffs.append(backoff)
    assert 5 < sum(backoffs) < 10 and max(backoffs) <= 2


def test_the_backoff_respects_retry_after():
    assert compute_backoff(ServerBusy("x", 7.0), 0, 1, untried_servers=0) == 7


@pytest.mark.parametrize(
    "kind", [InvalidOutput, InitIgnored, MaskIgnored, DiffusionOutOfMemory, ServerUnreachable]
)
def test_another_server_is_tried_without_backoff(kind):
    assert compute_backoff(kind("x"), 0, 1, untried_servers=1) == 0


@pytest.mark.parametrize("kind", [InvalidOutput, InitIgnored, MaskIgnored, DiffusionOutOfMemory])
def test_errors_that_would_repeat_are_not_retried_on_the_same_server(kind):
    assert compute_backoff(kind("x"), 0, 1, untried_servers=0) is None


@pytest.mark.parametrize("kind", [DiffusionTimeout, ServerRefused, Unauthorized])
@pytest.mark.parametrize("others", [0, 1])
def test_timeouts_and_refusals_are_never_retried(kind, others):
    assert compute_backoff(kind("x"), 0, 1, others) is None


def test_a_proxy_timeout_is_retried_only_on_an_idle_server():
    error = ProxyTimeout("x")
    assert compute_backoff(error, 0, 1, untried_servers=0) is None
    error.server_is_idle = True
    assert compute_backoff(error, 0, 1, untried_servers=0) == 0
