from services.diffusion.pace import Pace


def test_the_timeout_is_four_times_what_is_expected_and_at_least_a_minute():
    pace = Pace()
    assert pace.timeout(10, most=300) == 300 and pace.expected_seconds(10) is None
    pace.record(20, 10)
    assert pace.expected_seconds(10) == 20 and pace.timeout(10, 300) == 80
    assert pace.timeout(1, 300) == 60 and pace.timeout(10, 30) == 30


def test_the_pace_follows_a_server_that_slows_down():
    pace = Pace()
    for seconds in (1, 1, 9, 9, 9, 9, 9, 9):
        pace.record(seconds, 1)
    assert 7 < pace.seconds_per_work < 9
