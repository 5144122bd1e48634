"""A short run of the faults of jobs in `make chaos`."""

import pytest

from benchmarks.chaos_jobs import (
    measure_kill,
    measure_lost_database,
    measure_stalled_streams,
    start_job_gateway,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def gateway(tmp_path):
    with start_job_gateway(tmp_path) as running:
        yield running


def test_every_ad_of_a_job_that_was_answered_is_made_once_after_a_kill(gateway, tmp_path):
    assert measure_kill(gateway, tmp_path).ours == 0


def test_stalled_streams_and_a_lost_database_do_not_stop_other_calls(gateway, tmp_path):
    failed, memory = measure_stalled_streams(gateway, tmp_path, readers=4, watchers=8)
    assert failed.ours == 0 and memory.met
    down, back = measure_lost_database(gateway, tmp_path)
    assert down.ours < 30 and back.ours < 60
