"""Predicts a reviewer's mark of an ad from its measurements.

The mark is a linear model of the severities with costs that are not negative (C. L. Lawson, R. J.
Hanson: "Solving Least Squares Problems", 1974, chapter 23), so that no fault ever raises it.
tools/calibrate_score.py fits it on ads that reviewers marked.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.finishing.quality.measurement import AdMeasurement

CALIBRATION_FILE = Path(__file__).parent / "calibration.json"
LOWEST_MARK, HIGHEST_MARK = 1.0, 10.0
# A mark up to which an ad is flawed; marks are whole, so that half a mark more is the border.
FLAWED_MARK = 4


@dataclass(frozen=True)
class ScoreModel:
    """How measurements make a mark.

    mark: of an ad without a fault.
    costs: of a fault with severity 1, by name of the measurement.
    average, deviation: mean and standard deviation of the severities, by name of the measurement.
    spread: standard deviation of marks around the predicted one, if all measurements are known.
    """

    mark: float
    costs: Mapping[str, float]
    average: Mapping[str, float]
    deviation: Mapping[str, float]
    spread: float


@cache
def read_model(path: Path = CALIBRATION_FILE) -> ScoreModel:
    """Returns the model of a calibration file; cached."""
    return ScoreModel(**json.loads(path.read_text()))


def cost_of(measurement: AdMeasurement, model: ScoreModel) -> float:
    """Returns how many marks a measurement costs.

    An unknown one costs what it costs at one standard deviation above the average.
    """
    severity, name = measurement.severity, measurement.name
    if severity is None:
        severity = model.average[name] + model.deviation[name]
    return model.costs[name] * severity


def predict_mark(measurements: Sequence[AdMeasurement], model: ScoreModel) -> float:
    """Returns the mark, 1 to 10, that a reviewer is expected to give."""
    mark = model.mark - sum(cost_of(each, model) for each in measurements)
    return min(max(mark, LOWEST_MARK), HIGHEST_MARK)


def predict_flaw(mark: float, measurements: Sequence[AdMeasurement], model: ScoreModel) -> float:
    """Returns the probability, 0 to 1, of a reviewer's mark of FLAWED_MARK or less.

    Marks are distributed normally around the expected one, more widely for each measurement that is
    not known.

    mark: the expected one.
    """
    unknown = [each.name for each in measurements if each.severity is None]
    doubts = [model.costs[name] * model.deviation[name] for name in unknown]
    distance = (FLAWED_MARK + 0.5 - mark) / math.hypot(model.spread, *doubts)
    return (1 + math.erf(distance / math.sqrt(2))) / 2
