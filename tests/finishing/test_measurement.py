"""Measurements become Finding messages; their numbers have at most four decimals."""

import pytest

from services.finishing.measurement import WARN, AdMeasurement, format_number


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (0.85, "0.85"), (1 / 3, "0.3333"), (0.00004, "0"), (1200.5, "1200.5"), (10, "10")],
)
def test_numbers_have_no_trailing_zeros(value, text):
    assert format_number(value) == text


def test_every_field_of_a_measurement_is_in_the_message():
    message = AdMeasurement("halo", "5.1", WARN, "below 4", "a note").to_message()
    assert (message.name, message.measured, message.verdict) == ("halo", "5.1", WARN)
    assert (message.limit, message.note) == ("below 4", "a note")
