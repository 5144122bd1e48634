"""Words for measurements and rules, for the page and the campaign's report."""

from collections.abc import Iterable

from cyclorama.results import Measurement

# Worst first.
VERDICTS = ("fail", "warn", "unknown", "pass")


def sort_by_verdict(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Returns measurements with those that fail first, then warnings, unknown and passed ones."""
    return sorted(measurements, key=lambda each: VERDICTS.index(each.verdict))


def label_measurement(measurement: Measurement) -> str:
    """Returns the name of a measurement in words, such as "Contact gap"."""
    return measurement.name.replace("_", " ").capitalize()


def format_measured(measurement: Measurement) -> str:
    """Returns what was measured and the limit, if it has one, such as "Measured 7 px; ..."."""
    if not measurement.limit:
        return measurement.measured
    return f"Measured {measurement.measured}; good is {measurement.limit}"


def end_sentence(text: str) -> str:
    """Returns a text with a capital letter and a full stop; an empty one stays empty."""
    sentence = text[:1].upper() + text[1:]
    return f"{sentence}." if sentence and sentence[-1] not in ".?!" else sentence
