from services.diffusion.pace import ServerPace


def test_the_timeout_is_four_times_the_estimate_and_at_least_a_minute():
    pace = ServerPace()
    assert pace.compute_timeout(10, max_seconds=300) == 300 and pace.estimate_seconds(10) is None
    pace.record_image(20, 10)
    assert pace.estimate_seconds(10) == 20 and pace.compute_timeout(10, 300) == 80
    assert pace.compute_timeout(1, 300) == 60 and pace.compute_timeout(10, 30) == 30


def test_the_average_follows_a_server_that_slows_down():
    pace = ServerPace()
    for seconds in (1, 1, 9, 9, 9, 9, 9, 9):
        pace.record_image(seconds, 1)
    assert 7 < pace.seconds_per_megapixel_step < 9
