"""The fit of the confidence, with a tiny network and two drawn photos."""

import json

import cv2
import numpy as np
import pytest

from benchmarks.cutout_methods import EvalPhoto
from services.segmentation.confidence import CALIBRATION_FILE, predict_usable
from services.segmentation.network import SegmentationNetwork
from tests.support.drawings import DARK, draw_box, draw_disc, paint_product
from tests.support.networks import make_card, write_network
from tools.calibrate_confidence import (
    evaluate_model,
    fit_calibration,
    fit_logistic_regression,
    measure_photos,
    remove_colors,
)

pytestmark = pytest.mark.slow


def draw_photo(number: int) -> EvalPhoto:
    truth = np.maximum(draw_disc(100 + 20 * number, 90, 45), draw_box(90, 100, 130, 160))
    photo = paint_product(truth, DARK)
    return EvalPhoto(number, f"photo {number}", "product", "studio", b"", photo, truth > 0.5)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    network = SegmentationNetwork(make_card(), write_network(tmp_path_factory.mktemp("network")))
    return measure_photos([draw_photo(0), draw_photo(1)], network)


def list_names(calibration) -> dict:
    """The names of a calibration's models, their measurements and figures."""
    return {
        model: {name: list(figures) for name, figures in fields["features"].items()} | {"bias": []}
        for model, fields in calibration.items()
    }


def test_the_calibration_has_the_structure_of_the_one_in_use(measured):
    fitted, _ = measured
    calibration = fit_calibration(fitted)
    in_use = json.loads(CALIBRATION_FILE.read_text())
    assert list_names(calibration) == list_names(in_use)
    assert list(calibration["with_network"]["features"]) == list(in_use["with_network"]["features"])


def test_photos_with_odd_numbers_test_the_fit(measured):
    fitted, tested = measured
    assert {run.scored.photo.number for run in fitted} == {0}
    assert {run.scored.photo.number for run in tested} == {1}
    # In color and in gray.
    assert len(fitted) == 2 * len(tested) and len(tested) >= 16
    figures = evaluate_model(tested, fit_calibration(fitted)["with_network"])
    assert figures["AUC"] > 0.9 and figures["cut-outs"] == len(tested)
    assert 0.2 < figures["usable"] < 0.9
    assert figures["bad flagged"] > 0.5 > figures["good flagged"]


def test_a_fit_needs_cutouts_of_both_kinds(measured):
    usable = [run for run in measured[0] if run.scored.score.usable]
    with pytest.raises(SystemExit, match="usable cut-outs and others"):
        fit_calibration(usable)


def test_gray_photos_keep_their_brightness_and_mask():
    photo = draw_photo(0)
    gray = remove_colors(photo)
    assert np.ptp(gray.pixels, axis=2).max() == 0 and gray.truth is photo.truth
    assert np.array_equal(gray.pixels[..., 0], cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY))


def test_the_regression_finds_the_weights_that_made_the_labels():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20000, 2))
    chances = 1 / (1 + np.exp(-(values @ [2, -1] + 0.5)))
    found = fit_logistic_regression(values, rng.random(20000) < chances)
    assert found == pytest.approx([2, -1, 0.5], abs=0.1)


def test_labels_that_values_separate_have_finite_weights():
    values = np.linspace(-1, 1, 10)[:, np.newaxis]
    weight, bias = fit_logistic_regression(values, values[:, 0] > 0)
    assert 0 < weight < 5 and abs(bias) < 0.1
    model = {"features": {"x": {"mean": 0, "scale": 1, "weight": weight}}, "bias": bias}
    assert predict_usable({"x": 1}, model) > 0.5 > predict_usable({"x": -1}, model)
