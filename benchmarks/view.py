"""Camera pitch from product photos, compared with an ellipse at the lower edge alone.

python -m benchmarks.view [--quick]

Draws known products from known cameras of 0 to 75 degrees, and estimates the pitch with the focal
length and without. The products have other proportions than those that the estimate was tuned on,
and some are of other kinds. Theirs fits half an ellipse to the lowest pixel of each column.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.view_photos import KnownPhoto, draw_known_photos
from benchmarks.view_products import HELD_OUT_FAMILIES
from services.imaging.pitch import estimate_pitch
from services.runtime.limits import FOLLOWED_CONFIDENCE

# Photos of each kind of product, and the seed of those that nothing was tuned on.
PER_FAMILY, QUICK_PER_FAMILY, SEED = 20, 3, 2027
# Degrees from which on a pitch is wrong, by contract (View.pitch_confidence).
TOLERANCE = 8.0
# The ellipse at the lower edge: pitches in degrees and misfit as a share of the width up to which
# it is believed, and the share of the half width that is fitted.
LOWEST, HIGHEST, MISFIT, FITTED = 3.0, 40.0, 0.012, 0.92
REPEATS = 3


@dataclass(frozen=True)
class PitchError:
    """What an estimate says about a photo: whether it is to be followed, and errors in degrees."""

    photo: KnownPhoto
    is_answered: bool
    camera: float
    ground: float

    @property
    def is_wrong(self) -> bool:
        """Whether one of the angles is off by more than 8 degrees."""
        return max(self.camera, self.ground) > TOLERANCE


def main() -> None:
    """Estimates the pitch of every photo in three ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 photos of each kind of product")
    quick = parse_arguments(parser).quick
    # Timed on one core.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    count = len(HELD_OUT_FAMILIES) * (QUICK_PER_FAMILY if quick else PER_FAMILY)
    photos = list(draw_known_photos(SEED, count, HELD_OUT_FAMILIES))
    known = [measure_error(photo, photo.focal_length_mm) for photo in photos]
    assumed = [measure_error(photo, None) for photo in photos]
    edge = [measure_edge_error(photo) for photo in photos]
    print_families(known, assumed)
    spent = np.median([time_estimates(photo) for photo in photos[::7]], axis=0).tolist()
    rows = [*build_rows("known lens", edge, known, 1.0), *build_rows("assumed", edge, assumed, 3.0)]
    claim = "view of a photo of 1024 px on one core"
    speed = BenchmarkRow(claim, "ms", *spent, 60, lower_is_better=True)
    write_report("view", [*rows, speed], quick, ["opencv-python-headless", "numpy"])


def measure_error(photo: KnownPhoto, focal_length_mm: float | None) -> PitchError:
    """Estimates the pitch of a photo, with its focal length in millimeters or without one."""
    found = estimate_pitch(photo.cutout[..., 3], photo.box, photo.photo_size, focal_length_mm)
    if found is None:
        return PitchError(photo, False, 0, 0)
    return PitchError(
        photo,
        found.confidence >= FOLLOWED_CONFIDENCE,
        abs(found.camera_pitch - photo.camera_pitch),
        abs(found.ground_pitch - photo.ground_pitch),
    )


def measure_edge_error(photo: KnownPhoto) -> PitchError:
    """Estimates the pitch by the lower edge, which shows the angle at the ground alone."""
    found = fit_lower_edge(photo.cutout[..., 3] >= 128)
    error = abs((found or 0) - photo.ground_pitch)
    return PitchError(photo, found is not None, error, error)


def fit_lower_edge(solid: np.ndarray) -> float | None:
    """Fits half an ellipse to the lowest pixel of each column, of solid, bool (h, w).

    Returns the arcsine of its axes' ratio in degrees; None if the edge is no ellipse.
    """
    lowest = np.where(solid, np.arange(len(solid))[:, None], -1).max(axis=0)
    columns = np.flatnonzero(lowest >= 0)
    half = (columns[-1] - columns[0] + 1) / 2
    across = (columns - columns[0] + 0.5 - half) / half
    inner = np.abs(across) < FITTED
    bow = 1 - np.sqrt(1 - across[inner] ** 2)
    rise = lowest.max() - lowest[columns[inner]].astype(float)
    semi_axis = float(bow @ rise / (bow @ bow))
    misfit = float(np.sqrt(np.mean((rise - semi_axis * bow) ** 2)))
    pitch = float(np.degrees(np.arcsin(np.clip(semi_axis / half, 0, 1))))
    is_round = misfit < max(MISFIT * 2 * half, 1.0) and LOWEST < pitch < HIGHEST
    return pitch if is_round else None


def time_estimates(photo: KnownPhoto) -> tuple[float, float]:
    """Returns the processor's milliseconds for an estimate by the lower edge, and for ours."""
    alpha = photo.cutout[..., 3]
    edge = measure_processor_time(lambda: fit_lower_edge(alpha >= 128))
    ours = measure_processor_time(lambda: estimate_pitch(alpha, photo.box, photo.photo_size))
    return edge, ours


def measure_processor_time(work: Callable[[], object]) -> float:
    """Returns the least of several times in milliseconds, whatever else keeps the cores busy."""
    spent = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - start))
    return min(spent)


def print_families(known: Sequence[PitchError], assumed: Sequence[PitchError]) -> None:
    """Prints share answered, median error and share wrong of every kind of product."""
    for name in sorted({error.photo.product.name for error in known}):
        line = f"{name:10}"
        for errors in (known, assumed):
            own = [error for error in errors if error.photo.product.name == name]
            answered = [error for error in own if error.is_answered]
            median = np.median([error.camera for error in answered]) if answered else np.nan
            wrong = sum(error.is_wrong for error in answered)
            line += f" {len(answered):3} of {len(own)}, median {median:5.2f}, wrong {wrong:2};"
        print(line)


def build_rows(
    lens: str, theirs: Sequence[PitchError], ours: Sequence[PitchError], median: float
) -> list[BenchmarkRow]:
    """Returns the claims about one kind of lens; `median` is the goal for the median error."""

    def claim(name: str, unit: str, goal: float, lower: bool, *figures: float) -> BenchmarkRow:
        return BenchmarkRow(f"{lens}: {name}", unit, *figures, goal, lower_is_better=lower)

    both = [summarize_errors(errors) for errors in (theirs, ours)]
    goals = (
        ("answered", "share", 0.85, False),
        ("median error of the pitch", "degrees", median, True),
        ("error in 9 of 10", "degrees", 5.0, True),
        ("off by over 8 degrees", "share", 0.03, True),
    )
    return [claim(*goal, *figures) for goal, *figures in zip(goals, *both, strict=True)]


def summarize_errors(errors: Sequence[PitchError]) -> tuple[float, float, float, float]:
    """Returns share answered, median and 90th percentile of the error, and share wrong.

    Only products that show the pitch should be answered; wrong answers count for all.
    """
    shown = [error.is_answered for error in errors if error.photo.product.has_pitch]
    answered = [error for error in errors if error.is_answered]
    degrees = [error.camera for error in answered]
    middle, high = np.percentile(degrees, [50, 90])
    wrong = np.mean([error.is_wrong for error in answered])
    return float(np.mean(shown)), float(middle), float(high), float(wrong)


if __name__ == "__main__":
    main()
