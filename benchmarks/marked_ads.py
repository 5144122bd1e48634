"""Rows on ads that reviewers marked: whether the score ranks them, and what it misses."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks.report import BenchmarkRow
from services.finishing.quality.score import FLAWED_MARK
from services.segmentation.engine import SegmentationEngine
from tools.calibrate_score import predict_unseen
from tools.marked_ads import MARKS_FILE, measure_marked_ads

# A score from which on an ad is not looked at. Larger: fewer flawed ads pass unseen.
UNSEEN_SCORE = 8.0
# Largest share of flawed ads that may score so well.
MISSED_GOAL = 0.05
# Of the score of the release before, from 0 to 100, for each point of a mark.
POINTS_PER_MARK = 10.0


def compare_with_marks(
    goals: Mapping[Path, float], engine: SegmentationEngine
) -> Iterator[BenchmarkRow]:
    """Yields the rows on folders of marked ads; theirs is the score that marks.json recorded.

    Each ad is scored by a model that was fitted to the ads of all other photos in all folders.

    goals: of the rank correlation, by folder. engine: finds the product in ads without a manifest.
    """
    ads = {folder: list(measure_marked_ads(folder, engine)) for folder in goals}
    predicted = iter(predict_unseen([ad for group in ads.values() for ad in group]))
    for folder, group in ads.items():
        recorded = read_recorded_scores(folder)
        yield from compare_scores(
            folder.name,
            marks=np.array([ad.mark for ad in group]),
            theirs=np.array([recorded.get(ad.name, np.nan) for ad in group]),
            ours=np.array([next(predicted) for _ in group]),
            goal=goals[folder],
        )


def compare_scores(
    name: str, marks: np.ndarray, theirs: np.ndarray, ours: np.ndarray, goal: float
) -> Iterator[BenchmarkRow]:
    """Yields the rows on marked ads, whose marks and scores are float (n,), NaN if not known.

    name: of their folder. goal: of the rank correlation.
    """
    correlations = [correlate_ranks(scores, marks) for scores in (theirs, ours)]
    yield BenchmarkRow(f"rank correlation with marks, {name}", "rho", *correlations, goal)
    missed = [measure_missed_share(scores, marks) for scores in (theirs, ours)]
    claim = f"flawed ads that score {UNSEEN_SCORE:g} or more, {name}"
    yield BenchmarkRow(claim, "share", *missed, MISSED_GOAL, lower_is_better=True)


def correlate_ranks(scores: np.ndarray, marks: np.ndarray) -> float:
    """Returns the rank correlation of scores and marks, float (n,); 0 where no score is known."""
    known = ~np.isnan(scores)
    if np.count_nonzero(known) < 2 or np.ptp(scores[known]) == 0:
        return 0.0
    return float(spearmanr(scores[known], marks[known]).statistic)


def measure_missed_share(scores: np.ndarray, marks: np.ndarray) -> float:
    """Returns the share of flawed ads that score too well to be looked at; arrays of float (n,)."""
    flawed = (marks <= FLAWED_MARK) & ~np.isnan(scores)
    return float(np.mean(scores[flawed] >= UNSEEN_SCORE)) if flawed.any() else 0.0


def read_recorded_scores(folder: Path) -> dict[str, float]:
    """Returns the scores that the ads had when they were marked, 0 to 10, by name of the file."""
    entries: Sequence[dict] = json.loads((folder / MARKS_FILE).read_text())
    return {
        entry["ad"]: entry["own_score"] / POINTS_PER_MARK
        for entry in entries
        if "own_score" in entry
    }
