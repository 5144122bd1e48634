"""A short run of `python -m benchmarks.webhooks`, and the full one."""

import pytest

from benchmarks.webhooks import measure_webhooks

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("events", "kills"), [(60, 2), (1000, 5)])
def test_no_event_is_lost_while_the_receiver_fails_and_the_gateway_is_killed(
    tmp_path, events, kills
):
    lost, _, rejected, _ = measure_webhooks(tmp_path, events, kills)
    # A sender without retries loses half of them.
    assert lost.theirs > events / 4
    assert lost.ours == rejected.ours == 0
