"""Describes the measurements of an ad in plain language."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from cyclorama.measurement_texts import (
    end_sentence,
    format_measured,
    label_measurement,
    sort_by_verdict,
)
from cyclorama.results import Assessment, Measurement, ProfileReport
from cyclorama.review import weigh
from cyclorama.web.flaw_texts import describe_verdict, rank_fault
from cyclorama.web.quality_texts import TEXTS, word_mark, word_score

# Title of what describe_pixel_lock says of an ad whose product is as it was placed.
UNCHANGED = "Your product is unchanged"
# Follows it where the product takes on some of the light's color, as only locked colors prevent.
TINTED = " Its colors take on a little of the scene's light; nothing else is changed."


def describe_quality(
    measurements: Iterable[Measurement],
    has_backdrop: bool = False,
    places: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Describes an ad's measurements in plain language, each as JSON for the page, worst first.

    Of equal verdicts, they are in the order of rank_fault. Leaves out mild doubts about the cut-out
    that have no place, and pixel_lock, whether the product's pixels are unchanged, which
    describe_pixel_lock describes.

    has_backdrop: whether the ad has the user's own backdrop in place of a described scene. places:
    of locate_measurements.
    """
    by_cost = sorted(measurements, key=rank_fault)
    return [
        {**_describe_quality(measurement, has_backdrop), **places.get(measurement.name, {})}
        for measurement in sort_by_verdict(by_cost)
        if measurement.name != "pixel_lock" and not _is_vague(measurement, places)
    ]


def _is_vague(measurement: Measurement, places: Mapping[str, Any]) -> bool:
    """Returns whether a measurement only doubts the cut-out a little and cannot show where."""
    is_doubt = measurement.name == "cutout_confidence" and measurement.verdict == "warn"
    return is_doubt and measurement.name not in places and not weigh(measurement)


def describe_profile(report: ProfileReport | None) -> dict[str, Any] | None:
    """Describes whether an ad meets its platform's rules, as JSON for the page.

    Returns None for None, when no platform was requested.
    """
    if report is None:
        return None
    return {
        "name": report.profile,
        "passed": report.passed,
        "rules": [_describe_measurement(rule) for rule in sort_by_verdict(report.measurements)],
        "checked": report.checked,
    }


def assessment_to_json(assessment: Assessment) -> dict[str, Any]:
    """Returns the assessment of a picture as JSON for the page, with its verdict in words."""
    return {
        "kind": "assessment",
        **describe_verdict(assessment.measurements),
        "mark": word_mark(assessment.score),
        "reasons": word_score(assessment.reasons),
        "quality": describe_quality(assessment.measurements),
    }


def describe_pixel_lock(
    certificate: Mapping[str, Any], *, is_tinted: bool = False
) -> dict[str, str]:
    """Describes whether an ad shows the product's pixels unchanged: a verdict, a title and a text.

    certificate: `pixel_lock` of the ad's manifest. Locked pixels are the opaque ones of the
    product, which no stage may change once it is placed. is_tinted: whether it then had some of the
    color of the scene's light.
    """
    tinted = TINTED if is_tinted else ""
    locked, differing = certificate["locked_pixels"], certificate["differing_pixels"]
    if differing:
        text = f"{differing:,} of its {locked:,} pixels are not as they were placed."
        return {"verdict": "fail", "title": "The product was changed", "text": text}
    if certificate["lossless"]:
        text = f"Every pixel of it in this file was checked: all {locked:,} are exactly as placed."
        return {"verdict": "pass", "title": UNCHANGED, "text": text + tinted}
    # CIE color differences; 1 is just noticeable.
    mean, most = certificate["delta_e_mean"], certificate["delta_e_max"]
    text = (
        f"Every pixel of it was checked before the file was written: all {locked:,} were as "
        f"placed. This type of file then shifts colors a little: by {mean:.1f} on average and "
        f"{most:.1f} at most, where 1 is the least that the eye can see. PNG keeps them exactly."
    )
    return {"verdict": "pass", "title": UNCHANGED, "text": text + tinted}


def is_tinted(measurements: Iterable[Measurement]) -> bool:
    """Returns whether the product took on some of the color of the scene's light."""
    return any(each.name == "color_shift" and (each.value or 0) > 0 for each in measurements)


def _describe_quality(measurement: Measurement, has_backdrop: bool) -> dict[str, str]:
    """Describes a measurement in the page's words, or in its own if the page has none for it.

    Values and limits are numbers of engineers, which the ad's record has; what could not be
    measured keeps the reason. has_backdrop: as of describe_quality.
    """
    words = TEXTS.get(measurement.name)
    if words is None:
        return _describe_measurement(measurement)
    is_unknown = measurement.verdict == "unknown"
    is_faulty = measurement.verdict in ("fail", "warn")
    says_value = is_unknown or (is_faulty and words.says_value)
    advice = (has_backdrop and words.on_backdrop) or words.advice
    return {
        "name": measurement.name,
        "verdict": measurement.verdict,
        "label": words.label,
        "text": words.fault if is_faulty else words.meaning,
        "remedy": advice if is_faulty else "",
        "detail": end_sentence(measurement.measured) if says_value else "",
    }


def _describe_measurement(measurement: Measurement) -> dict[str, str]:
    """Describes a measurement or a rule: its name, verdict, label, meaning, remedy and value."""
    return {
        "name": measurement.name,
        "verdict": measurement.verdict,
        "label": label_measurement(measurement),
        "text": end_sentence(measurement.note),
        "remedy": end_sentence(measurement.remedy),
        "detail": format_measured(measurement),
    }
