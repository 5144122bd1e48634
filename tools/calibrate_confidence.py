"""Fits the confidence of cut-outs to photos with known masks.

python -m tools.calibrate_confidence [--folder FOLDER] [--out FILE]

FOLDER contains photos as benchmarks.cutout takes them; the default is $CYCLORAMA_EVAL. FILE is the
calibration that services.segmentation.confidence reads, unless another is named. Photos with an
even number are fitted, in color and in gray; those with an odd number test the fit. The network is
the one that the settings of the environment name.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.cutout import (
    STRENGTHS,
    Figures,
    ScoredRun,
    degrade_truth,
    read_photos,
    summarize_confidence,
)
from benchmarks.cutout_methods import (
    CutoutRun,
    EvalPhoto,
    cut_with_network,
    cut_with_small_grabcut,
)
from benchmarks.cutout_metrics import score_cutout
from services.runtime.errors import ProductNotFound
from services.segmentation.confidence import (
    CALIBRATION_FILE,
    USABLE,
    WORK_SIDE,
    Measurements,
    Model,
    look_at_product,
    predict_usable,
    render_mask,
)
from services.segmentation.engine import SegmentationEngine, SegmentationPrompt
from services.segmentation.engines import SegmentationSettings, open_network
from services.segmentation.engines.classic import ClassicSegmentation
from services.segmentation.engines.onnx import OnnxSegmentation
from services.segmentation.network import SegmentationNetwork
from services.segmentation.reliability import NetworkView, measure_against_network, measure_rim
from services.segmentation.scale import shrink_to_side

# Measurements that need no network.
BY_COLOR = ("alike", "base_alike")
# Weight of the penalty on squared weights (L2). Larger: measurements that say the same share their
# weight more evenly, and confidence is closer to one half.
PENALTY = 3.0
# Newton steps, of which about ten reach the optimum.
NEWTON_STEPS = 50
# Scores beyond it would overflow, and are as certain as probabilities get.
MAX_SCORE = 50
# Added to standard deviations, so that none is 0 with the file's digits.
MIN_SCALE = 1e-4
# Digits after the point in the file: of means and scales, and of weights.
DIGITS, WEIGHT_DIGITS = 5, 4


@dataclass(frozen=True)
class MeasuredRun:
    """A cut-out with its score against the true mask and its measurements, by name."""

    scored: ScoredRun
    measurements: Measurements


def main() -> None:
    """Cuts out and measures all photos, writes the calibration and prints how well it predicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    parser.add_argument("--out", type=Path, default=CALIBRATION_FILE)
    arguments = parser.parse_args()
    if not arguments.folder:
        raise SystemExit("set a folder of photos with --folder or CYCLORAMA_EVAL")
    network = open_network(SegmentationSettings())
    fitted, tested = measure_photos(read_photos(arguments.folder), network)
    calibration = fit_calibration(fitted)
    arguments.out.write_text(json.dumps(calibration, indent=2) + "\n")
    for name, model in calibration.items():
        figures = evaluate_model(tested, model)
        print(name, {key: round(value, 3) for key, value in figures.items()})


def measure_photos(
    photos: Sequence[EvalPhoto], network: SegmentationNetwork
) -> tuple[list[MeasuredRun], list[MeasuredRun]]:
    """Cuts out all photos in all ways; returns the measured runs to fit and those to test."""
    fitted: list[MeasuredRun] = []
    tested: list[MeasuredRun] = []
    for photo in photos:
        print(photo.name, flush=True)
        if photo.number % 2:
            tested += measure_photo(photo, network)
        else:
            fitted += measure_photo(photo, network)
            fitted += measure_photo(remove_colors(photo), network)
    return fitted, tested


def measure_photo(photo: EvalPhoto, network: SegmentationNetwork) -> Iterator[MeasuredRun]:
    """Yields the scored and measured cut-outs of a photo, good ones and bad ones."""
    small = shrink_to_side(photo.pixels, WORK_SIDE)
    view = look_at_product(photo.pixels, small.shape, network.estimate_probability)
    for mask in cut_in_all_ways(photo, network):
        scored = ScoredRun(photo, CutoutRun(mask, 0.0), score_cutout(mask, photo.truth))
        yield MeasuredRun(scored, measure_mask(small, mask, view))


def cut_in_all_ways(photo: EvalPhoto, network: SegmentationNetwork) -> Iterator[np.ndarray]:
    """Yields masks of a photo, bool (H, W): of engines, simpler methods, and degraded true ones."""
    by_color = ClassicSegmentation()
    rough = [photo.truth, *degrade_truth(photo, STRENGTHS)]
    ways: list[tuple[SegmentationEngine, SegmentationPrompt]] = [
        (OnnxSegmentation(network), SegmentationPrompt()),
        (by_color, SegmentationPrompt()),
        *((by_color, SegmentationPrompt(mask=mask)) for mask in rough if mask.any()),
    ]
    height, width = photo.truth.shape
    for engine, prompt in ways:
        with suppress(ProductNotFound):
            result = engine.segment(photo.pixels, prompt)
            yield render_mask(result, (0, 0, width, height), photo.truth.shape)
    yield cut_with_network(photo, network).mask
    yield cut_with_small_grabcut(photo).mask


def measure_mask(small: np.ndarray, mask: np.ndarray, view: NetworkView) -> dict[str, float]:
    """Returns all measurements of a mask, bool (H, W), by name.

    small: the photo at working size, uint8 RGB (h, w, 3). view: of the network, of that size.
    """
    size = small.shape[1::-1]
    shrunk = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return measure_against_network(shrunk, view) | measure_rim(small, shrunk)


def remove_colors(photo: EvalPhoto) -> EvalPhoto:
    """Returns a photo in shades of gray, in which product and surroundings differ less."""
    gray = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    return replace(photo, pixels=cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB))


def fit_calibration(runs: Sequence[MeasuredRun]) -> dict[str, Model]:
    """Returns the models "with_network" and "by_color", as the calibration file contains them."""
    return {
        "with_network": fit_model(runs, list(runs[0].measurements)),
        "by_color": fit_model(runs, BY_COLOR),
    }


def fit_model(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Model:
    """Fits the probability that a cut-out is usable to the measurements with these names.

    Ends the program if all cut-outs are usable or none is.
    """
    values = np.array([[run.measurements[name] for name in names] for run in runs])
    usable = np.array([run.scored.score.usable for run in runs])
    if usable.all() or not usable.any():
        raise SystemExit("add photos: a fit needs usable cut-outs and others")
    mean, scale = values.mean(axis=0), values.std(axis=0) + MIN_SCALE
    *weights, bias = fit_logistic_regression((values - mean) / scale, usable)
    features = {
        name: {
            "mean": round(float(mean[index]), DIGITS),
            "scale": round(float(scale[index]), DIGITS),
            "weight": round(float(weights[index]), WEIGHT_DIGITS),
        }
        for index, name in enumerate(names)
    }
    return {"features": features, "bias": round(float(bias), WEIGHT_DIGITS)}


def fit_logistic_regression(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the weights and, last, the bias of a logistic regression, float64 (columns + 1,).

    Newton's method minimizes the log loss plus half of PENALTY times the squared weights.

    values: standardized, float64 (rows, columns). labels: bool (rows,), of both kinds.
    """
    rows = np.column_stack([values, np.ones(len(values))])
    penalty = PENALTY * np.eye(rows.shape[1])
    penalty[-1, -1] = 0  # The bias is free.
    solution = np.zeros(rows.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ solution, -MAX_SCORE, MAX_SCORE)))
        gradient = rows.T @ (chance - labels) + penalty @ solution
        curvature = (rows * (chance * (1 - chance))[:, np.newaxis]).T @ rows + penalty
        solution -= np.linalg.solve(curvature, gradient)
    return solution


def evaluate_model(runs: Sequence[MeasuredRun], model: Model) -> Figures:
    """Returns how well a model predicts which cut-outs are usable, as the benchmark reports it."""
    return summarize_confidence([predict_run(run, model) for run in runs])


def predict_run(run: MeasuredRun, model: Model) -> ScoredRun:
    """Returns a run with the confidence that a model predicts, flagged if that is low."""
    confidence = predict_usable(run.measurements, model)
    judged = replace(run.scored.run, confidence=confidence, flagged=confidence < USABLE)
    return replace(run.scored, run=judged)


if __name__ == "__main__":
    main()
