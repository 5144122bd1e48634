"""What a call is advised to do for more time depends on what limits it."""

import pytest

from services.diffusion import deadline
from services.diffusion.deadline import CallDeadline
from services.diffusion.errors import DiffusionTimeout


@pytest.mark.parametrize(
    ("caller_seconds", "timeout", "remedy"),
    [
        (None, 0.0, "raise CYCLORAMA_DIFFUSION_TIMEOUT_SECONDS"),
        (100.0, 0.0, "raise CYCLORAMA_DIFFUSION_TIMEOUT_SECONDS"),
        (0.0, 300.0, "set a later one"),
    ],
)
def test_an_image_that_is_late_says_whose_limit_to_raise(
    monkeypatch, caller_seconds, timeout, remedy
):
    monkeypatch.setattr(deadline, "get_remaining_seconds", lambda: caller_seconds)
    limit = CallDeadline(timeout)
    assert limit.remedy == remedy
    with pytest.raises(DiffusionTimeout, match=f"no picture came until the deadline; {remedy}, or"):
        limit.check()
