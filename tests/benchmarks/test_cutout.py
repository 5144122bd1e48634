import json
import math

import cv2
import numpy as np
import pytest

from benchmarks.cutout import (
    ScoredRun,
    degrade_truth,
    drop_unknown,
    move_off_center,
    read_photos,
    select_half,
    summarize_confidence,
    summarize_runs,
)
from benchmarks.cutout_methods import CutoutRun, EvalPhoto, cut_with_small_grabcut
from benchmarks.cutout_metrics import CutoutScore, score_cutout


@pytest.fixture
def folder(tmp_path):
    """A folder with two photos of a dark disc, right of the center and low."""
    mask = cv2.circle(np.zeros((300, 400), np.uint8), (250, 190), 60, 255, -1)
    pixels = np.where(mask[..., np.newaxis] > 0, np.uint8([30, 60, 120]), np.uint8(225))
    cv2.imwrite(str(tmp_path / "photo.png"), pixels)
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    entry = {"photo": "photo.png", "gt": "mask.png", "kind": "product", "bg": "studio"}
    entries = [entry | {"name": name} for name in ("first", "second")]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    return tmp_path


def score_run(photo: EvalPhoto, iou: float, confidence: float = 1.0) -> ScoredRun:
    """Returns a run with given scores; a confidence below 0.5 is flagged."""
    run = CutoutRun(photo.truth, 0.5, 100.0, confidence, confidence < 0.5)
    return ScoredRun(photo, run, CutoutScore(iou, iou, iou))


def test_photos_are_read_with_their_true_masks(folder):
    first, second = read_photos(folder)
    assert (first.name, first.kind, first.setting) == ("first", "product", "studio")
    assert second.number == 1 and second.truth.sum() == pytest.approx(math.pi * 60**2, rel=0.02)
    # RGB, as everywhere but in OpenCV's files.
    assert list(first.pixels[190, 250]) == [120, 60, 30]


def test_a_product_off_center_is_near_two_edges_and_whole(folder):
    photo = read_photos(folder)[0]
    moved = move_off_center(photo)
    assert moved.truth.sum() == photo.truth.sum()
    rows, columns = np.nonzero(moved.truth)
    assert rows.min() == pytest.approx(0.06 * len(moved.truth), abs=1)
    assert columns.min() == pytest.approx(0.06 * moved.truth.shape[1], abs=1)
    decoded = cv2.imdecode(np.frombuffer(moved.data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(decoded, moved.pixels)


def test_a_simple_product_is_cut_out_by_grabcut(folder):
    photo = read_photos(folder)[0]
    run = cut_with_small_grabcut(photo)
    assert score_cutout(run.mask, photo.truth).iou > 0.97 and run.core_seconds > 0


def test_degraded_masks_are_the_same_in_every_run(folder):
    photo = read_photos(folder)[0]
    first, second = (list(degrade_truth(photo, [0.5, 1])) for _ in range(2))
    assert len(first) == 8 and np.array_equal(first, second)


def test_halves_are_even_and_odd_photos(folder):
    runs = [score_run(photo, 0.9) for photo in read_photos(folder)]
    assert [run.photo.name for run in select_half(runs, (1,))] == ["second"]


def test_confidence_is_judged_by_usable_cutouts(folder):
    photo = read_photos(folder)[0]
    runs = [
        score_run(photo, iou, c) for iou, c in ((0.95, 0.9), (0.92, 0.4), (0.5, 0.45), (0.3, 0.7))
    ]
    figures = summarize_confidence(runs)
    assert (figures["bad flagged"], figures["good flagged"], figures["AUC"]) == (0.5, 0.5, 0.5)


def test_a_method_is_summarized_by_kind_and_setting(folder):
    first, second = read_photos(folder)
    figures = summarize_runs([score_run(first, 0.9), score_run(second, 0.7)], [])
    assert figures["product IoU"] == figures["studio IoU"] == pytest.approx(0.8)
    assert (figures["failed"], figures["core-s"], figures["MiB"]) == (0.5, 0.5, 100)
    assert math.isnan(figures["moved IoU"])
    assert "moved IoU" not in drop_unknown({"onnx": figures})["onnx"]
