"""The foreshortening of the ground by the pitch of the camera."""

import pytest

from services.imaging.foreshortening import MIN_SINE, sine_of_pitch


def test_the_foreshortening_is_the_sine_of_the_pitch_and_never_0():
    assert sine_of_pitch(30) == pytest.approx(0.5) and sine_of_pitch(90) == pytest.approx(1)
    assert sine_of_pitch(0) == MIN_SINE
