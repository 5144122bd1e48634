"""Measures a picture in every way and sums the measurements up in a report."""

from collections.abc import Sequence

from cyclorama.v1 import finishing_pb2
from services.finishing.quality import (
    brief,
    composition,
    contact,
    contrast,
    cutout,
    glow,
    leftovers,
    lettering,
    light,
    outline,
    pose,
    shadow,
    sharpness,
    size,
    surroundings,
    tones,
    view,
)
from services.finishing.quality.measurement import UNKNOWN, AdMeasurement
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.score import (
    ScoreModel,
    cost_of,
    predict_flaw,
    predict_mark,
    read_model,
)

# In the order of the report.
MODULES = (
    cutout,
    leftovers,
    outline,
    brief,
    contact,
    pose,
    view,
    size,
    light,
    shadow,
    glow,
    tones,
    sharpness,
    composition,
    surroundings,
    contrast,
    lettering,
)
MEASUREMENTS = tuple(judge for module in MODULES for judge in module.MEASUREMENTS)
# Cost in marks from which on a measurement is named among the reasons. Larger: shorter reasons.
MIN_NAMED_COST = 0.1


def report_quality(picture: AssessedPicture) -> finishing_pb2.QualityReport:
    """Returns every measurement of a picture with its verdict, and the mark to be expected.

    picture: its pixels, and what is known besides.
    """
    return sum_up([measure(picture) for measure in MEASUREMENTS], read_model())


def sum_up(measurements: Sequence[AdMeasurement], model: ScoreModel) -> finishing_pb2.QualityReport:
    """Returns the report on a picture with these measurements."""
    mark = predict_mark(measurements, model)
    return finishing_pb2.QualityReport(
        findings=[each.to_message(cost_of(each, model)) for each in measurements],
        score=round(mark, 1),
        reasons=_list_reasons(measurements, model),
        flaw_probability=predict_flaw(mark, measurements, model),
    )


def _list_reasons(measurements: Sequence[AdMeasurement], model: ScoreModel) -> str:
    """Returns what costs marks, most first, and how many measurements are not known."""
    known = [each for each in measurements if each.verdict != UNKNOWN]
    costs = sorted(((cost_of(each, model), each) for each in known), key=lambda pair: -pair[0])
    reasons = [
        f"{each.name} {each.measured} costs {cost:.1f}"
        for cost, each in costs
        if cost >= MIN_NAMED_COST
    ]
    if unknown := len(measurements) - len(known):
        reasons.append(f"{unknown} measurement{'s' if unknown > 1 else ''} not known")
    return "; ".join(reasons) or "no issues found"
