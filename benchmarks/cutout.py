"""Quality and cost of all segmentation engines, compared with GrabCut and a network alone.

python -m benchmarks.cutout [--quick] [--folder FOLDER]

FOLDER contains photos/, gt/ and manifest.json; the default is $CYCLORAMA_EVAL. A service is started
on one core with the settings of the environment, so that CYCLORAMA_SEGMENTATION_CHECKPOINT adds
sam. The confidence is tested with true masks that were degraded in the ways in which cut-outs fail,
too. Photos with an odd number are the test half; nothing may be tuned on them. Theirs is
the network alone, or GrabCut where there is none; of the confidence, that of a guess; of flagged
cut-outs, the share of the other kind.
"""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.cutout_methods import (
    PRODUCT_ALPHA,
    CutMethod,
    CutoutRun,
    EvalPhoto,
    ServiceMethods,
    cut_with_grabcut,
    cut_with_small_grabcut,
    encode_png,
    open_network_method,
)
from benchmarks.cutout_metrics import CutoutScore, measure_auc, score_cutout
from benchmarks.mask_degradation import DEGRADATIONS, degrade_mask
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.serving import start_process

# How often each photo is cut; the least CPU time counts. Full-size GrabCut takes too long for more.
REPEATS = 2
ONCE = "grabcut"
# Distance of an off-center product from the left and upper edges, as a share of the side.
OFF_CENTER = 0.06
# Photos below this IoU have failed.
FAILED_IOU = 0.8
# Strengths at which each kind of mistake is made: most masks stay usable with the first.
STRENGTHS = (0.0, 0.5, 1.0)
# Engines that start from a rough mask, and so are tested with degraded ones.
MASK_ENGINES = ("classic", "onnx")
# A quick run takes one photo in so many; an odd number, so that both halves are in it.
QUICK_STEP = 7
# The two methods that the goals compare, and the finer edge of the second.
THEIRS, OURS, FINE = "network", "onnx", "onnx, fine"

Figures = dict[str, float]


@dataclass(frozen=True)
class ScoredRun:
    """A run on a photo and the score of its mask."""

    photo: EvalPhoto
    run: CutoutRun
    score: CutoutScore


def main() -> None:
    """Scores all methods alternately, photo by photo, and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few photos, one strength")
    parser.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    arguments = parse_arguments(parser)
    if not arguments.folder:
        raise SystemExit("set a folder of photos with --folder or CYCLORAMA_EVAL")
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    cv2.setNumThreads(1)
    photos = read_photos(arguments.folder)[:: QUICK_STEP if arguments.quick else 1]
    with start_process("services.segmentation", {core}) as (address, process):
        measured = run_benchmark(photos, ServiceMethods(address, process.pid), arguments.quick)
    packages = ["opencv-python-headless", "numpy", "onnxruntime"]
    rows = list(build_rows(measured))
    write_report("cutout", rows, arguments.quick, packages, drop_unknown(measured))


def run_benchmark(
    photos: Sequence[EvalPhoto], service: ServiceMethods, quick: bool
) -> dict[str, dict]:
    """Scores all methods and the confidence; prints a table and returns its figures.

    The result has "methods": the figures of each method by its name, and "confidence"; both for
    all photos and for each half.
    """
    engines = service.list_engines()
    methods = build_methods(service, engines, quick)
    runs = {name: [] for name in methods}
    for photo in photos:
        for name, scored in score_photo(photo, methods, REPEATS).items():
            runs[name].append(scored)
    products = [move_off_center(photo) for photo in photos if photo.kind == "product"]
    quicker = {name: method for name, method in methods.items() if name != ONCE}
    moved = {name: [] for name in methods}
    for photo in products:
        for name, scored in score_photo(photo, quicker, 1).items():
            moved[name].append(scored)
    judged = [scored for name in engines for scored in runs[name]]
    strengths = STRENGTHS[1:2] if quick else STRENGTHS
    masked = [name for name in MASK_ENGINES if name in engines]
    judged += score_degraded_masks(photos, service, masked, strengths)
    measured: dict[str, dict] = {"methods": {}, "confidence": {}}
    for half, numbers in (("all", (0, 1)), ("tuning", (0,)), ("test", (1,))):
        pick = partial(select_half, numbers=numbers)
        figures = {n: summarize_runs(pick(runs[n]), pick(moved[n])) for n in methods}
        measured["methods"][half] = figures
        measured["confidence"][half] = summarize_confidence(pick(judged))
        print_figures(half, figures)
        print("confidence", {k: round(v, 3) for k, v in measured["confidence"][half].items()})
    return measured


def build_methods(
    service: ServiceMethods, engines: Sequence[str], quick: bool
) -> dict[str, CutMethod]:
    """Returns all methods by name: theirs, the ready engines, and the fine edge of one of them."""
    methods: dict[str, CutMethod] = {"small grabcut": cut_with_small_grabcut}
    if not quick:
        methods[ONCE] = cut_with_grabcut
    methods |= {name: partial(service.cut, engine=name) for name in reversed(engines)}
    if OURS in engines:
        methods[THEIRS] = open_network_method()
        methods[FINE] = partial(service.cut, engine=OURS, edge="EDGE_FINE")
    return methods


def score_photo(
    photo: EvalPhoto, methods: Mapping[str, CutMethod], repeats: int
) -> dict[str, ScoredRun]:
    """Runs all methods alternately on a photo; returns a run of each with the least CPU time."""
    runs: dict[str, CutoutRun] = {}
    for turn in range(repeats):
        for name, method in methods.items():
            if turn and name == ONCE:
                continue
            run = method(photo)
            least = min(run.core_seconds, runs.get(name, run).core_seconds)
            runs[name] = replace(run, core_seconds=least)
    scored = {n: ScoredRun(photo, r, score_cutout(r.mask, photo.truth)) for n, r in runs.items()}
    texts = (f"{n} {s.score.iou:.3f}/{s.score.boundary:.3f}" for n, s in scored.items())
    print(photo.name, *texts, sep="  ", flush=True)
    return scored


def score_degraded_masks(
    photos: Sequence[EvalPhoto],
    service: ServiceMethods,
    engines: Sequence[str],
    strengths: Sequence[float],
) -> list[ScoredRun]:
    """Sends true masks, degraded at several strengths, to engines; scores what they return."""
    return [
        ScoredRun(photo, run, score_cutout(run.mask, photo.truth))
        for photo in photos
        for mask in degrade_truth(photo, strengths)
        for engine in engines
        for run in (service.cut(photo, engine, mask),)
    ]


def degrade_truth(photo: EvalPhoto, strengths: Sequence[float]) -> Iterator[np.ndarray]:
    """Yields a photo's true mask, bool (H, W), with each kind of mistake at each strength."""
    for number, kind in enumerate(DEGRADATIONS):
        for strength in strengths:
            generator = np.random.default_rng((photo.number, number, round(100 * strength)))
            yield degrade_mask(photo.truth, photo.pixels, kind, strength, generator)


def select_half(runs: Iterable[ScoredRun], numbers: Sequence[int]) -> list[ScoredRun]:
    """Returns the runs on photos whose number, divided by 2, leaves one of `numbers`."""
    return [scored for scored in runs if scored.photo.number % 2 in numbers]


def summarize_runs(runs: Sequence[ScoredRun], moved: Sequence[ScoredRun]) -> Figures:
    """Returns a method's mean scores, share of failed photos, CPU time and memory.

    moved: the runs on products off center. A figure without photos is NaN.
    """
    products = [scored for scored in runs if scored.photo.kind == "product"]
    studio = [scored for scored in products if scored.photo.setting == "studio"]
    figures = {}
    for name, group in (("product", products), ("studio", studio), ("all", runs)):
        figures[f"{name} IoU"] = _mean(scored.score.iou for scored in group)
        figures[f"{name} F"] = _mean(scored.score.boundary for scored in group)
    return figures | {
        "failed": _mean(scored.score.iou < FAILED_IOU for scored in runs),
        "contact": _mean(scored.score.contact for scored in runs),
        "moved IoU": _mean(scored.score.iou for scored in moved),
        "core-s": _mean(scored.run.core_seconds for scored in runs),
        "MiB": max((scored.run.peak_mib for scored in runs), default=float("nan")),
    }


def summarize_confidence(runs: Sequence[ScoredRun]) -> Figures:
    """Returns how well confidence and LOW_CONFIDENCE predict whether a cut-out is usable."""
    usable = [scored for scored in runs if scored.score.usable]
    unusable = [scored for scored in runs if not scored.score.usable]
    return {
        "AUC": measure_auc([s.run.confidence for s in runs], [s.score.usable for s in runs]),
        "bad flagged": _mean(scored.run.flagged for scored in unusable),
        "good flagged": _mean(scored.run.flagged for scored in usable),
        "usable": len(usable) / max(1, len(runs)),
        "cut-outs": len(runs),
    }


def build_rows(measured: Mapping[str, dict]) -> Iterator[BenchmarkRow]:
    """Yields the claims; theirs is the network alone, or GrabCut where there is no network."""
    methods = measured["methods"]["all"]
    theirs = methods.get(THEIRS, methods["small grabcut"])
    ours = methods.get(OURS, methods["classic"])
    for claim, name, unit, goal in (
        ("products", "product IoU", "IoU", 0.983),
        ("products", "product F", "boundary F", 0.92),
        ("products on studio backdrops", "studio IoU", "IoU", 0.97),
        ("products on studio backdrops", "studio F", "boundary F", 0.89),
        ("all photos", "all IoU", "IoU", 0.97),
        ("all photos", "all F", "boundary F", 0.89),
        ("contact zone", "contact", "IoU", 0.96),
        ("products off center", "moved IoU", "IoU", 0.94),
    ):
        yield BenchmarkRow(claim, unit, theirs[name], ours[name], goal)
    # Two of 56 photos.
    lost = theirs["failed"], ours["failed"]
    yield BenchmarkRow("photos below IoU 0.8", "share", *lost, 0.036, lower_is_better=True)
    cost = theirs["core-s"], ours["core-s"]
    yield BenchmarkRow("one photo", "core s", *cost, 1.2, lower_is_better=True)
    if FINE in methods:
        extra = methods[FINE]["core-s"] - ours["core-s"]
        row = "fine edge, more than normal", "core s", ours["core-s"], extra, 1.5
        yield BenchmarkRow(*row, lower_is_better=True)
    confidence = measured["confidence"]["test"]
    # Without any knowledge the AUC is 0.5, and as many bad ones are flagged as good ones.
    yield BenchmarkRow("confidence, test half", "AUC", 0.5, confidence["AUC"], 0.92)
    good, bad = confidence["good flagged"], confidence["bad flagged"]
    yield BenchmarkRow("unusable cut-outs flagged, test half", "share", good, bad, 0.9)
    yield BenchmarkRow(
        "usable cut-outs flagged, test half", "share", bad, good, 0.1, lower_is_better=True
    )


def drop_unknown(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Returns nested figures without those that are NaN, which JSON lacks."""
    return {
        name: drop_unknown(value) if isinstance(value, Mapping) else value
        for name, value in figures.items()
        if value == value
    }


def print_figures(title: str, figures: Mapping[str, Figures]) -> None:
    """Prints a table of all methods side by side."""
    columns = list(next(iter(figures.values())))
    print(f"\n{title:16}" + "".join(f"{column:>13}" for column in columns))
    for name, values in figures.items():
        print(f"{name:16}" + "".join(f"{values[column]:13.3f}" for column in columns))


def read_photos(folder: Path) -> list[EvalPhoto]:
    """Reads all photos of a folder with their true masks."""
    photos = []
    for number, entry in enumerate(json.loads((folder / "manifest.json").read_text())):
        data = (folder / entry["photo"]).read_bytes()
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        truth = cv2.imread(str(folder / entry["gt"]), cv2.IMREAD_GRAYSCALE) >= PRODUCT_ALPHA
        about = entry["name"], entry["kind"], entry["bg"]
        photos.append(EvalPhoto(number, *about, data, pixels, truth))
    return photos


def move_off_center(photo: EvalPhoto) -> EvalPhoto:
    """Crops a photo at the left and the top, so that the product is near them."""
    rows, columns = (np.flatnonzero(photo.truth.any(axis=axis)) for axis in (1, 0))
    top, left = (
        max(0, round((first - OFF_CENTER * side) / (1 - OFF_CENTER)))
        for first, side in zip((rows[0], columns[0]), photo.truth.shape, strict=True)
    )
    pixels = np.ascontiguousarray(photo.pixels[top:, left:])
    data = encode_png(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return replace(photo, data=data, pixels=pixels, truth=photo.truth[top:, left:])


def _mean(values: Iterable[float]) -> float:
    """Returns the mean; NaN without values."""
    known = list(values)
    return float(np.mean(known)) if known else float("nan")


if __name__ == "__main__":
    main()
