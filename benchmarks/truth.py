"""Ads compared with the truth: the same products rendered inside the same sets.

python -m benchmarks.truth [--quick]

Products of known shape are rendered as photos from known cameras, and inside sets that follow those
photos. The ad that the pipeline makes of photo and empty set is compared with the true picture, and
so are a naive paste, the drop shadow of the compositing recipe, and every engine of stage 4 that
renders shadows itself; each claim says which of them is theirs. The photos' outlines are known too,
so that errors of segmentation count only for glass and in the rows that say so. `python -m
tools.truth` renders photos and truths.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.truth_files import TruthPair, list_pair_names, read_pair
from benchmarks.truth_metrics import (
    find_shadow,
    find_surroundings,
    measure_balanced_error_rate,
    measure_glass_error,
    measure_linear_error,
)
from services.compositing.engine import CompositeOptions, CompositeResult
from services.compositing.engines.opencv import OpenCVCompositing
from services.inpainting.engine import InpaintingEngine, InpaintingRequest
from services.inpainting.engines.grounding import GroundingInpainting
from services.inpainting.engines.studio import StudioInpainting
from services.runtime.errors import ProductNotFound
from services.segmentation.engine import SegmentationEngine, SegmentationPrompt
from services.segmentation.engines import SegmentationSettings
from services.segmentation.engines import open_engine as open_segmentation
from services.segmentation.glass import show_background_through

# Engines of stage 4 to compare, best first. The sets are in no photographed places.
COMPARED = (StudioInpainting, GroundingInpainting)
# Shadows of stage 3 by method; engines get a composite without one.
RECIPES = {"naive": "none", "drop": "drop"}
# Pairs of a quick run: the first dozen shows every set and every product.
QUICK_PAIRS = 12
# Largest ratio of ours to the drop shadow and to grounding, of shadow errors, and inside glass.
DROP_GOAL, GROUNDING_GOAL, SHADOW_GOAL, GLASS_GOAL = 0.4, 0.6, 0.7, 0.5


@dataclass(frozen=True)
class TruthErrors:
    """How far one ad is from the truth.

    surroundings: RMSE of linear light around the product, 0 to 1.
    shadow: balanced error rate of the shadow, 0 to 1; None where the truth has no shadow.
    glass: mean CIEDE2000 inside glass; None without glass.
    """

    surroundings: float
    shadow: float | None
    glass: float | None


Measured = Mapping[str, TruthErrors]
"""Errors of a pair by method."""


def main() -> None:
    """Makes the ads of the stored pairs and measures them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first dozen of pairs")
    quick = parse_arguments(parser).quick
    names = list_pair_names()[: QUICK_PAIRS if quick else None]
    engines: Mapping[str, InpaintingEngine] = {each.name: each() for each in COMPARED}
    segmentation = open_segmentation("classic", SegmentationSettings())
    known, cut = [], []
    for name in names:
        pair = read_pair(name)
        known.append(measure_pair(pair, cut_known_outline(pair), engines))
        print_errors(name, known[-1])
        if pair.glass is not None or not quick:
            cut += measure_segmented(pair, segmentation, engines)
    write_report("truth", list(build_rows(known, cut, quick)), quick, ["mitsuba", "numpy"])


def cut_known_outline(pair: TruthPair) -> np.ndarray:
    """Returns the cut-out by the known outline of the photo: uint8 RGBA (h, w, 4)."""
    return np.dstack([pair.photo, pair.photo_mask])


def measure_segmented(
    pair: TruthPair, segmentation: SegmentationEngine, engines: Mapping[str, InpaintingEngine]
) -> Iterator[Measured]:
    """Yields the errors of a pair whose product is cut out by an engine; none if it finds none."""
    try:
        prompt = SegmentationPrompt(product=pair.words)
        result = segmentation.segment(pair.photo, prompt)
        cutout = show_background_through(pair.photo, result, prompt).cutout
    except ProductNotFound as error:
        print(f"{pair.name}: {error}")
        return
    measured = measure_pair(pair, cutout, engines)
    print_errors(f"{pair.name}, segmented", measured)
    yield measured


def measure_pair(
    pair: TruthPair, cutout: np.ndarray, engines: Mapping[str, InpaintingEngine]
) -> Measured:
    """Returns the errors of every method's ad; cutout: uint8 RGBA (h, w, 4)."""
    composites, ads = create_ads(pair, cutout, engines)
    true_shadow = find_shadow(pair.truth, pair.background)
    region = find_surroundings(composites["naive"].mask, pair.truth_mask)
    return {
        name: TruthErrors(
            measure_linear_error(ad, pair.truth, region),
            measure_balanced_error_rate(find_shadow(ad, pair.background), true_shadow, region),
            None
            if pair.glass is None
            else measure_glass_error(ad, pair.truth, composites["naive"].mask, pair.glass),
        )
        for name, ad in ads.items()
    }


def create_ads(
    pair: TruthPair, cutout: np.ndarray, engines: Mapping[str, InpaintingEngine]
) -> tuple[dict[str, CompositeResult], dict[str, np.ndarray]]:
    """Returns the composites and the ads of every method; an ad is uint8 RGB (H, W, 3).

    cutout: of the photo, uint8 RGBA (h, w, 4).
    """
    composites = {
        name: OpenCVCompositing().composite(
            cutout, pair.background, pair.scene, (), CompositeOptions(shadow=shadow)
        )
        for name, shadow in RECIPES.items()
    }
    bare = composites["naive"]
    request = InpaintingRequest(bare.pixels, bare.mask, replace(pair.scene, stance="standing"))
    ads = {name: made.pixels for name, made in composites.items()}
    for name, engine in engines.items():
        *_, made = engine.inpaint(request)
        ads[name] = made.pixels
    return composites, ads


def build_rows(
    known: Sequence[Measured], cut: Sequence[Measured], quick: bool
) -> Iterator[BenchmarkRow]:
    """Yields the claims.

    known: errors with the known outline; cut: with the cut-out of an engine, of glass at least.
    """
    ours = COMPARED[0].name
    goals = {"naive": None, "drop": DROP_GOAL, "grounding": GROUNDING_GOAL}
    for theirs, goal in goals.items():
        claim, numbers = f"surroundings, theirs: {theirs}", (theirs, ours, "surroundings")
        yield _compare(claim, "linear RMSE", known, *numbers, goal)
    yield _compare("shadow", "balanced error", known, "grounding", ours, "shadow", SHADOW_GOAL)
    if any(each["naive"].glass is not None for each in known):
        yield BenchmarkRow(
            "inside glass, theirs: opaque",
            "CIEDE2000",
            average_errors(known, "naive", "glass"),
            average_errors(cut, ours, "glass"),
            GLASS_GOAL,
            bounded="ratio",
            lower_is_better=True,
        )
    if not quick:
        claim = "surroundings, own cut-out, theirs: drop"
        yield _compare(claim, "linear RMSE", cut, "drop", ours, "surroundings", DROP_GOAL)


def _compare(
    claim: str,
    unit: str,
    measured: Sequence[Measured],
    theirs: str,
    ours: str,
    field: str,
    goal: float | None,
) -> BenchmarkRow:
    """Returns the row of an error's mean over the pairs that have it, theirs and ours."""
    means = [average_errors(measured, method, field) for method in (theirs, ours)]
    return BenchmarkRow(claim, unit, *means, goal, bounded="ratio", lower_is_better=True)


def average_errors(measured: Sequence[Measured], method: str, field: str) -> float:
    """Returns the mean of an error, a field of TruthErrors, over the pairs that have it."""
    values = [getattr(each[method], field) for each in measured]
    return float(np.mean([value for value in values if value is not None]))


def print_errors(name: str, measured: Measured) -> None:
    """Prints the errors of a pair, method by method."""
    texts = []
    for method, errors in measured.items():
        shadow = "-" if errors.shadow is None else f"{errors.shadow:.2f}"
        glass = "" if errors.glass is None else f" glass {errors.glass:.1f}"
        texts.append(f"{method} {errors.surroundings:.4f} shadow {shadow}{glass}")
    print(f"{name}: {'; '.join(texts)}", flush=True)


if __name__ == "__main__":
    main()
