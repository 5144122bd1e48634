"""The process of all noop stages, with which benchmarks and chaos runs measure the gateway."""

from benchmarks.noop import STAGES, NoopSettings, open_noop_services


def test_every_stage_opens_with_the_settings_of_the_noop_process():
    services = open_noop_services(NoopSettings())
    assert [each.name for each in services] == [each.service_name for each in STAGES]
