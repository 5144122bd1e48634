"""The stages of ads in flight: watchers are woken when an ad gets on, and for nothing less."""

from gateway.jobs.ad_stages import AdStage, AdStages


def test_watchers_are_woken_for_another_stage_and_for_growth_that_shows():
    woken = []
    stages = AdStages(woken.append)
    stages.note("job", 0, AdStage("background"))
    stages.note("job", 0, AdStage("background", 0.04))
    assert woken == ["job"]
    stages.note("job", 0, AdStage("background", 0.06))
    stages.note("job", 0, AdStage("inpainting"))
    assert woken == ["job"] * 3
    assert stages.list_stages("job") == {0: AdStage("inpainting")}
    stages.note("job", 0, AdStage("background", 0.5, 1))
    stages.note("job", 0, AdStage("background", 0.0, 2, "OUT_OF_TIME"))
    assert woken == ["job"] * 5


def test_an_ad_that_is_no_longer_in_flight_is_forgotten():
    stages = AdStages(lambda job: None)
    stages.note("job", 0, AdStage("background"))
    stages.end("job", 0)
    stages.end("job", 1)
    assert stages.list_stages("job") == {} == stages.list_stages("other")
