"""Fits the expected mark of the quality report to ads that reviewers marked.

python -m tools.calibrate_score FOLDER... [--out FILE]

Each FOLDER contains marks.json, a list of {"ad": file name, "mark": 1 to 10}, and the files. The
manifest of an ad is the .json file of its name; without it, engine "onnx" of segmentation finds the
product. FILE is the calibration that services.finishing.quality.score reads, unless another is
named. Prints how well the marks of photos are predicted that the fit does not contain.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear
from scipy.stats import spearmanr

from services.finishing.quality.score import (
    CALIBRATION_FILE,
    HIGHEST_MARK,
    LOWEST_MARK,
    ScoreModel,
    predict_mark,
)
from services.segmentation.engines import SegmentationSettings, open_network
from services.segmentation.engines.onnx import OnnxSegmentation
from tools.marked_ads import MarkedAd, measure_marked_ads

# Marks that a fault with severity 1 costs where marked ads say nothing about it.
PRIOR_COST = 0.5
# Marked ads that outweigh the prior of a measurement when all of them have its fault. Larger: costs
# are closer to PRIOR_COST, and differ less from one folder of ads to another.
PRIOR_WEIGHT = 8.0
# Marks that any fault costs at least. Larger: faults that these ads say little about count more.
LEAST_COST = 0.3
# The same where it is known better: a changed product spoils an ad whatever else it shows, and the
# others follow how often reviewers name a fault among those that spoil a picture.
PRIOR_COSTS = {
    "pixel_lock": 6.0,
    "place": 1.6,
    "things": 1.2,
    "empty_share": 1.2,
    "leftovers": 1.0,
    "floating_base": 1.0,
    "transparency": 1.0,
    "base_slope": 0.8,
    "contrast": 0.8,
    "cutout_confidence": 0.8,
    "light_agreement": 0.8,
    "glow": 0.7,
    "enlargement": 0.6,
    "pose": 0.6,
    "soft_leftovers": 0.6,
    "view_mismatch": 0.6,
    "softness": 0.4,
}
# Digits after the point in the file.
DIGITS = 3


def main() -> None:
    """Fits the model to all ads of the folders, writes it, and prints how well it predicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=CALIBRATION_FILE)
    arguments = parser.parse_args()
    engine = OnnxSegmentation(open_network(SegmentationSettings()))
    ads = [ad for folder in arguments.folders for ad in measure_marked_ads(folder, engine)]
    marks, predicted = np.array([ad.mark for ad in ads]), predict_unseen(ads)
    spread = float(np.sqrt(np.mean((predicted - marks) ** 2)))
    model = fit_model(ads, spread)
    arguments.out.write_text(json.dumps(asdict(model), indent=2) + "\n")
    print(f"{len(ads)} ads, mean mark {marks.mean():.2f}, standard deviation {marks.std():.2f}")
    print(f"unseen photos: rank correlation {spearmanr(predicted, marks).statistic:.2f}")
    print(f"unseen photos: standard error {spread:.2f} marks")


def fit_model(ads: Sequence[MarkedAd], spread: float) -> ScoreModel:
    """Returns the model with the least squared error of the marks; each cost is LEAST_COST or more.

    Each cost is drawn to its prior as if by PRIOR_WEIGHT ads (ridge regression: A. E. Hoerl,
    R. W. Kennard, Technometrics 12(1), 1970).

    ads: with equally many measurements each. spread: standard deviation of marks around the
    predicted ones.
    """
    names = [each.name for each in ads[0].measurements]
    severities = np.array(
        [[np.nan if m.severity is None else m.severity for m in ad.measurements] for ad in ads]
    )
    known = ~np.isnan(severities)
    count = np.maximum(known.sum(axis=0), 1)
    average = np.where(known, severities, 0).sum(axis=0) / count
    deviation = np.sqrt(np.where(known, (severities - average) ** 2, 0).sum(axis=0) / count)
    filled = np.where(known, severities, average + deviation)
    prior = np.array([PRIOR_COSTS.get(name, PRIOR_COST) for name in names])
    pull = np.sqrt(PRIOR_WEIGHT) * np.eye(len(names))
    matrix = np.block([[np.ones((len(ads), 1)), -filled], [np.zeros((len(names), 1)), pull]])
    targets = np.concatenate([[ad.mark for ad in ads], pull @ prior])
    lowest = np.array([LOWEST_MARK, *np.full(len(names), LEAST_COST)])
    highest = np.array([HIGHEST_MARK, *np.full(len(names), HIGHEST_MARK)])
    mark, *costs = lsq_linear(matrix, targets, (lowest, highest)).x
    return ScoreModel(
        mark=round(float(mark), DIGITS),
        costs=_round_values(names, costs),
        average=_round_values(names, average),
        deviation=_round_values(names, deviation),
        spread=round(spread, DIGITS),
    )


def predict_unseen(ads: Sequence[MarkedAd]) -> np.ndarray:
    """Returns the mark of each ad, float (n,), by a model of the ads of all other photos."""
    predicted = np.zeros(len(ads))
    for photo in {ad.photo for ad in ads}:
        model = fit_model([ad for ad in ads if ad.photo != photo], spread=1.0)
        for index, ad in enumerate(ads):
            if ad.photo == photo:
                predicted[index] = predict_mark(ad.measurements, model)
    return predicted


def _round_values(names: Sequence[str], values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Returns values by name, rounded to DIGITS."""
    return {name: round(float(value), DIGITS) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
