"""Generates docs/reference/measurements.md from the measurements of the quality report."""

import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import MEASUREMENTS, MODULES
from services.finishing.quality.score import read_model
from services.runtime.shape_checks import format_number
from tools.reference.tables import code, table

HEAD = """# Measurements

What the quality report measures, in its order: the limit up to which a value passes, the limit from
which on it fails, and the marks that a value at that limit costs. Generated from
`services/finishing/quality/` by `make reference`; do not edit.

"""


def render_page() -> str:
    """Returns the page as Markdown."""
    scales = {
        scale.name: scale
        for module in MODULES
        for scale in vars(module).values()
        if isinstance(scale, JudgingScale)
    }
    # Without product and record, each measurement says what it is, and that it is not known.
    blank = AssessedPicture(np.zeros((64, 64, 3), np.uint8))
    rows = [_describe(judge(blank), scales) for judge in MEASUREMENTS]
    return HEAD + table(["measurement", "meaning", "passes", "fails", "costs"], rows)


def _describe(measurement: AdMeasurement, scales: dict[str, JudgingScale]) -> tuple[str, ...]:
    """Returns the row of a measurement."""
    scale = scales.get(measurement.name)
    cost = read_model().costs.get(measurement.name, 0.0)
    limits = ("", "")
    if scale:
        lower_is_better = scale.bad > scale.good
        signs = ("<=", ">") if lower_is_better else (">=", "<")
        limits = tuple(
            f"{sign} {format_number(value)} {scale.unit}".rstrip()
            for sign, value in zip(signs, (scale.good, scale.bad), strict=True)
        )
    return code(measurement.name), measurement.note, *limits, f"{cost:.1f}"
