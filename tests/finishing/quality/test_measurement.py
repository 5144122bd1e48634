"""Measurements and the scales that judge them."""

import pytest

from services.finishing.quality.measurement import (
    FAIL,
    MAX_SEVERITY,
    PASS,
    UNKNOWN,
    WARN,
    JudgingScale,
)
from services.runtime.shape_checks import format_number

GAP = JudgingScale("gap", best=0.0, good=2.0, bad=4.0, unit="px", note="A gap.", remedy="Close it.")
SHARE = JudgingScale(
    "share", best=1.0, good=0.8, bad=0.5, unit="", note="A share.", remedy="Grow it."
)


@pytest.mark.parametrize(
    ("scale", "value", "verdict", "severity"),
    [
        (GAP, 0, PASS, 0),
        (GAP, 2, PASS, 0.5),
        (GAP, 3, WARN, 0.75),
        (GAP, 5, FAIL, 1.25),
        (GAP, 99, FAIL, MAX_SEVERITY),
        (SHARE, 1, PASS, 0),
        (SHARE, 0.7, WARN, 0.6),
        (SHARE, 0.4, FAIL, 1.2),
    ],
)
def test_a_scale_judges_values_on_either_side_of_its_limits(scale, value, verdict, severity):
    judged = scale.judge(value)
    assert judged.verdict == verdict and judged.severity == pytest.approx(severity)
    assert bool(judged.remedy) == (verdict != PASS)


def test_a_measurement_becomes_a_finding_with_value_unit_limit_and_remedy():
    finding = GAP.judge(3.25).to_message()
    assert (finding.measured, finding.value, finding.unit) == ("3.25 px", 3.25, "px")
    assert (finding.limit, finding.verdict, finding.remedy) == ("at most 2 px", WARN, "Close it.")
    assert finding.note == "A gap."


@pytest.mark.parametrize(
    ("value", "text"),
    [(15.7473, "15.7 px"), (0.012345, "0.0123 px"), (1234.56, "1235 px"), (3, "3 px"), (0, "0 px")],
)
def test_values_are_written_with_three_digits_and_kept_in_full(value, text):
    assert (GAP.judge(value).measured, GAP.judge(value).value) == (text, value)


def test_an_unknown_value_has_neither_value_nor_severity():
    unknown = GAP.skip("no product known", "Send a mask.")
    assert (unknown.verdict, unknown.severity, unknown.remedy) == (UNKNOWN, None, "Send a mask.")
    assert not unknown.to_message().HasField("value")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_unknown(value):
    assert GAP.judge(value).verdict == UNKNOWN


def test_what_cannot_be_wrong_passes():
    passed = GAP.pass_over("does not stand")
    assert (passed.verdict, passed.severity) == (PASS, 0)


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.25, "0.25"), (1 / 3, "0.3333"), (0, "0"), (100.0, "100")]
)
def test_numbers_have_at_most_four_decimals(value, text):
    assert format_number(value) == text
