"""How well the quality report sees what is wrong with ads.

python -m benchmarks.assessment [--quick] [--folder FOLDER] [--marked FOLDER...]

Good ads are made of photos with known masks in stored sets, then degraded by one fault at a time,
in five strengths from barely visible to obvious (benchmarks.ad_degradation). A fault counts as
noticed when a measurement that must see it warns or fails, and did not for the good ad. The first
FOLDER contains photos/, gt/ and manifest.json, and in ads/ ads that a reviewer marked; the default
is $CYCLORAMA_EVAL. Without it, and in a quick run, all products are rendered ones. The others
contain marked ads of today's system, as tools.calibrate_score reads them. Theirs is the report of
the release before, measured then.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from benchmarks.ad_degradation import DEGRADATIONS, AdDegradation
from benchmarks.ad_recipes import AdMaker, AdRecipe, MadeAd
from benchmarks.good_ads import list_pair_recipes, list_photo_recipes, list_true_pictures
from benchmarks.marked_ads import compare_with_marks
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.v1 import finishing_pb2
from services.finishing.quality.measurement import FAIL, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import report_quality
from services.runtime.errors import ProductNotFound
from services.segmentation.engines import SegmentationSettings, find_network, open_engine

# One rendered product in so many in a quick run.
QUICK_STEP = 4
# Number of the strength that an attentive eye sees.
ATTENTIVE = 2
# Side in pixels of the ad that is timed, and how often; the least time counts.
TIMED_SIDE, REPEATS = 1024, 5
# What the report before this one (commit 9678aa2) reached by the same rules, on eight of these ads
# and all strengths; its score ran from 0 to 100.
BEFORE = {"noticed": 0.37, "false": 0.056, "alarmed": 0.375, "ranking": 0.47, "ms": 43.0}
# Goals for the rank correlation with marks of the ads in the folder of photos, and of other ads.
MARKS_GOAL, UNSEEN_MARKS_GOAL = 0.7, 0.6
PACKAGES = ("numpy", "opencv-python-headless", "scipy", "onnxruntime")


@dataclass(frozen=True)
class AssessedAd:
    """What the report says about an ad.

    alarms: the names of the measurements that warn or fail. known: of those that are known.
    """

    score: float
    alarms: frozenset[str]
    known: frozenset[str]


@dataclass(frozen=True)
class DegradedAd:
    """An assessed ad with a fault.

    strength: 1 to 5. report: None where nothing of the product is left, which stage 1 reports.
    good: the same ad without the fault.
    """

    recipe: str
    degradation: AdDegradation
    strength: int
    good: AssessedAd
    report: AssessedAd | None

    @property
    def is_judged(self) -> bool:
        """Whether a measurement that must see the fault passes the good ad."""
        return not self.good.alarms.issuperset(self.degradation.measurements)

    @property
    def is_noticed(self) -> bool:
        """Whether such a measurement warns or fails."""
        if self.report is None:
            return True
        new_alarms = self.report.alarms - self.good.alarms
        return not new_alarms.isdisjoint(self.degradation.measurements)


def main() -> None:
    """Makes and assesses all ads, and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three products, second strength")
    parser.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    parser.add_argument("--marked", type=Path, nargs="*", default=(), metavar="FOLDER")
    arguments = parse_arguments(parser)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    recipes = list(list_pair_recipes())
    if arguments.quick:
        recipes = recipes[::QUICK_STEP]
    elif arguments.folder:
        recipes += list_photo_recipes(arguments.folder)
    network = find_network(SegmentationSettings())
    maker = AdMaker(network.estimate_probability if network else None)
    strengths = (ATTENTIVE,) if arguments.quick else range(1, 6)
    good, degraded = {}, []
    for name, picture in list_true_pictures():
        good[f"{name}, rendered"] = assess_picture(picture)
    for recipe in recipes:
        made = maker.make_ad(recipe)
        good[recipe.name] = assess_picture(made.picture)
        degraded += degrade_recipe(recipe, made, good[recipe.name], maker, strengths)
        print_recipe(recipe.name, good[recipe.name], degraded)
    print_degradations(degraded)
    seconds = time_report(made.picture)
    rows = list(build_rows(good, degraded, seconds))
    if not arguments.quick and (arguments.folder or arguments.marked):
        rows += compare_all_marks(arguments.folder, arguments.marked)
    measured = {"noticed": measure_shares(degraded), "false alarms": count_alarms(good.values())}
    write_report("assessment", rows, arguments.quick, PACKAGES, measured)


def assess_picture(picture: AssessedPicture) -> AssessedAd:
    """Returns what the report says about a picture."""
    report = report_quality(picture)
    unknown = finishing_pb2.VERDICT_UNKNOWN
    return AssessedAd(
        report.score,
        frozenset(each.name for each in report.findings if each.verdict in (WARN, FAIL)),
        frozenset(each.name for each in report.findings if each.verdict != unknown),
    )


def degrade_recipe(
    recipe: AdRecipe, made: MadeAd, good: AssessedAd, maker: AdMaker, strengths: Sequence[int]
) -> Iterator[DegradedAd]:
    """Yields the assessed ads with each fault that shows in a recipe's, at these strengths.

    made, good: the ad without a fault, and what the report says about it.
    """
    for degradation in DEGRADATIONS:
        if degradation.suits and not degradation.suits(recipe, made):
            continue
        for strength in strengths:
            value = degradation.strengths[strength - 1]
            try:
                faulty = degradation.degrade_ad(recipe, made, value, maker)
                if faulty is None:
                    continue
                report = assess_picture(faulty.picture)
            except ProductNotFound:
                report = None
            yield DegradedAd(recipe.name, degradation, strength, good, report)


def measure_shares(degraded: Sequence[DegradedAd]) -> dict[str, dict[str, float]]:
    """Returns the share of ads whose fault is noticed, by degradation and strength."""
    shares: dict[str, dict[str, float]] = {}
    for degradation in DEGRADATIONS:
        ads = [ad for ad in degraded if ad.degradation is degradation and ad.is_judged]
        found = {ad.strength: 0.0 for ad in ads}
        shares[degradation.name] = {
            str(strength): round(
                float(np.mean([ad.is_noticed for ad in ads if ad.strength == strength])), 3
            )
            for strength in sorted(found)
        }
    return shares


def count_alarms(good: Iterable[AssessedAd]) -> dict[str, int]:
    """Returns how many good ads each measurement warns of, by name, most first."""
    return dict(Counter(name for ad in good for name in sorted(ad.alarms)).most_common())


def measure_ranking(degraded: Sequence[DegradedAd]) -> float:
    """Returns how well scores rank the strengths of a fault: 1 if each stronger one scores less.

    It is the mean rank correlation, with its sign changed, of score and strength within the ads of
    a recipe and a degradation, the good ad included; equal scores count as no correlation.
    """
    series: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for ad in degraded:
        points = series.setdefault((ad.recipe, ad.degradation.name), [(0, ad.good.score)])
        points.append((ad.strength, ad.report.score if ad.report else 1.0))
    correlations = []
    for points in series.values():
        strengths, scores = zip(*points, strict=True)
        varies = len(set(scores)) > 1
        correlations.append(-spearmanr(strengths, scores).statistic if varies else 0.0)
    return float(np.mean(correlations))


def time_report(picture: AssessedPicture) -> float:
    """Returns the CPU seconds that the report on a picture of TIMED_SIDE takes."""
    size = (TIMED_SIDE, TIMED_SIDE)
    large = replace(
        picture,
        ad=cv2.resize(picture.ad, size),
        mask=cv2.resize(picture.mask, size),
        composite=cv2.resize(picture.composite, size),
    )
    spans = []
    for _ in range(REPEATS):
        start = time.process_time()
        # A new one each time, as a picture remembers what was measured on it.
        report_quality(replace(large))
        spans.append(time.process_time() - start)
    return min(spans)


def build_rows(
    good: Mapping[str, AssessedAd], degraded: Sequence[DegradedAd], seconds: float
) -> Iterator[BenchmarkRow]:
    """Yields the claims; theirs is the report of the release before."""
    judged = [ad for ad in degraded if ad.is_judged]
    noticed = [ad.is_noticed for ad in judged if ad.strength == ATTENTIVE]
    yield BenchmarkRow(
        "faults noticed, second strength", "share", BEFORE["noticed"], average(noticed), 0.9
    )
    less = {"lower_is_better": True}
    alarms = sum(len(ad.alarms) for ad in good.values())
    false_alarms = alarms / sum(len(ad.known) for ad in good.values())
    yield BenchmarkRow(
        "measurements of good ads that warn", "share", BEFORE["false"], false_alarms, **less
    )
    alarmed = average([bool(ad.alarms) for ad in good.values()])
    yield BenchmarkRow("good ads with a warning", "share", BEFORE["alarmed"], alarmed, 0.05, **less)
    if len({ad.strength for ad in degraded}) > 1:
        ranking = measure_ranking(degraded)
        yield BenchmarkRow(
            "scores in the order of the strengths", "rho", BEFORE["ranking"], ranking
        )
    yield BenchmarkRow(
        "quality report at 1024 px on one core", "ms", BEFORE["ms"], 1000 * seconds, 150, **less
    )


def compare_all_marks(folder: Path | None, others: Sequence[Path]) -> Iterator[BenchmarkRow]:
    """Yields the rows on marked ads: those in the folder of photos, if there is one, and others."""
    goals = {folder / "ads": MARKS_GOAL} if folder else {}
    goals |= dict.fromkeys(others, UNSEEN_MARKS_GOAL)
    yield from compare_with_marks(goals, open_engine("onnx", SegmentationSettings()))


def average(values: Sequence[bool]) -> float:
    """Returns the share of true values; NaN without values."""
    return float(np.mean(values)) if values else float("nan")


def print_recipe(name: str, good: AssessedAd, degraded: Sequence[DegradedAd]) -> None:
    """Prints what the report says about a good ad, and how many faults of its ads it noticed."""
    ads = [ad for ad in degraded if ad.recipe == name and ad.strength == ATTENTIVE]
    noticed = sum(ad.is_noticed for ad in ads)
    alarms = ", ".join(sorted(good.alarms)) or "no alarm"
    print(f"{name}: {good.score:.1f}, {alarms}; {noticed} of {len(ads)} noticed", flush=True)


def print_degradations(degraded: Sequence[DegradedAd]) -> None:
    """Prints the share that is noticed of each degradation, by strength."""
    for name, shares in measure_shares(degraded).items():
        print(f"{name:20}" + "".join(f"{share:7.2f}" for share in shares.values()))


if __name__ == "__main__":
    main()
