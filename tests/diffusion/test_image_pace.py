import pytest

from services.diffusion.in_process.image_pace import ImagePace, ImageTimes, SamplingClock
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import SamplingOptions


def request(side, steps=2):
    return DiffusionRequest("a beach", "", side, side, 1, SamplingOptions(steps=steps))


def measure(each, other_load=0.0):
    """A model that takes 1 s per step and 10 s per step and megapixel; 2 s and 5 s besides."""
    steps = each.sampling.steps
    sampling_seconds = steps * (1.0 + 10.0 * each.megapixels)
    seconds = sampling_seconds + 2.0 + 5.0 * each.megapixels
    return ImageTimes(seconds + other_load, sampling_seconds if steps > 1 else None)


@pytest.fixture
def pace():
    pace = ImagePace()
    pace.calibrate(request(64), request(128), measure)
    return pace


def expect_image(pace, each, **tolerance):
    expected = pytest.approx(measure(each).seconds, **tolerance)
    assert pace.estimate_seconds(each) == expected


def test_two_small_images_predict_a_large_one_with_more_or_fewer_steps(pace):
    assert ImagePace().estimate_seconds(request(1024, 20)) is None
    expect_image(pace, request(1024, 20))
    expect_image(pace, request(1024, 1))


def test_other_load_during_one_measurement_changes_nothing():
    pace, spikes = ImagePace(), iter((50.0, 0.0, 0.0, 50.0))
    pace.calibrate(request(64), request(128), lambda each: measure(each, next(spikes)))
    expect_image(pace, request(512))


def test_measurements_without_a_difference_lead_to_no_estimate():
    pace = ImagePace()
    pace.calibrate(request(64), request(128), lambda each: ImageTimes(1.0, 0.5))
    assert pace.estimate_seconds(request(512)) is None
    assert pace.compute_timeout(request(512), 300) == 300
    # Nor do single steps stay without one.
    pace.record_image(request(512, 1), ImageTimes(3.0))
    assert pace.estimate_seconds(request(512, 1)) == pytest.approx(3.0)


def test_large_images_correct_the_pace_and_small_ones_do_not(pace):
    for _ in range(20):
        pace.record_image(request(512), ImageTimes(100.0, 90.0))
    assert pace.estimate_seconds(request(512)) == pytest.approx(100, rel=0.01)
    assert pace.estimate_seconds(request(512, 4)) == pytest.approx(190, rel=0.01)
    assert pace.compute_timeout(request(512), 300) == 300
    pace.record_image(request(64), ImageTimes(1000.0, 900.0))
    assert pace.estimate_seconds(request(512)) == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("times", [ImageTimes(300.0), ImageTimes(300.0, 2 * (1 + 10 * 4.194304))])
def test_slow_decoding_of_a_large_image_does_not_count_for_each_step_of_another(pace, times):
    steps = 1 if times.sampling_seconds is None else 2
    pace.record_image(request(2048, steps), times)
    expect_image(pace, request(512, 150), rel=0.05)


def test_steps_are_separated_from_what_comes_before_and_after_them():
    now = 0.0
    clock = SamplingClock(lambda: now)
    # Two attempts: the first runs out of memory. The text encoders take 5 s, decoding 7 s.
    for events in (((10, 0.0), (12, 0.5)), ((20, 0.0), (27, 0.25), (29, 0.5), (33, 1.0))):
        for now, fraction in events:  # noqa: B007
            clock.record_step(fraction)
    now = 40.0
    assert clock.measure() == ImageTimes(20.0, 8.0)


def test_the_time_of_a_single_step_is_unknown():
    times = iter((0.0, 0.0, 3.0, 4.0))
    clock = SamplingClock(lambda: next(times))
    clock.record_step(0.0)
    clock.record_step(1.0)
    assert clock.measure() == ImageTimes(4.0, None)
