"""Quality of grounding, compared with a naive paste and a plain drop shadow.

python -m benchmarks.grounding [--quick]

Combines 16 prompts with the bundled photos: rendered samples and real products. The naive paste has
neither tint nor shadow; the plain drop shadow is the blurred silhouette of the compositing stage
alone, and theirs in the rows.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.grounding_metrics import GroundingMetrics, measure_grounding
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama import Client, Cutout
from services.imaging.scene import Scene, scene_from_message
from services.inpainting.engine import InpaintingRequest
from services.inpainting.engines.grounding import GroundingInpainting
from tools.pictures.stage_ads import (
    PROMPTS,
    StageAd,
    create_ad,
    cut_out_products,
    decode_rgb,
    generate_background,
    list_photos,
    start_stages,
)

# Goals for the metrics of a grounded product; see grounding_metrics. Products that are rendered in
# their sets have a contact of 0.1 to 0.4 there; a little more reads as contact in thumbnails too.
CONTACT, ATTACH, HALO = (0.2, 0.8), 0.02, 1.0
PLAIN = {"tint": 0.0, "shadow_opacity": 0.0}
TIMED_SIDE, REPEATS, BLUR = 1024, 5, 75
VARIANTS = ("naive", "drop", "ours")


@dataclass(frozen=True)
class GroundingCase:
    """One ad: the metrics of three variants, and the core seconds of two of them."""

    name: str
    metrics: dict[str, GroundingMetrics]
    seconds: dict[str, float]

    @property
    def missed_goals(self) -> list[str]:
        """The goals that our variant misses."""
        ours, naive = self.metrics["ours"], self.metrics["naive"]
        gates = {
            "contact": CONTACT[0] <= ours.contact <= CONTACT[1],
            "attach": ours.attach <= ATTACH,
            "halo": ours.halo <= naive.halo + HALO,
            "locked": ours.locked == 0,
        }
        return [name for name, kept in gates.items() if not kept]


def main() -> None:
    """Creates the ads and measures them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth prompt and photo")
    arguments = parse_arguments(parser)
    step = 4 if arguments.quick else 1
    with start_stages() as clients:
        # The services use all cores; this process is timed on one.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        cv2.setNumThreads(1)
        cutouts = cut_out_products(clients["segmentation"], list_photos()[::step])
        numbered = list(enumerate(PROMPTS))[::step]
        cases = [case for each in numbered for case in measure_prompt(clients, cutouts, *each)]
    print_metrics(cases)
    write_report(
        "grounding", build_rows(cases), arguments.quick, ["opencv-python-headless", "numpy"]
    )


def measure_prompt(
    clients: dict[str, Client], cutouts: dict[str, Cutout], number: int, prompt: str
) -> Iterator[GroundingCase]:
    """Measures every photo on one background, except products that are cropped at the bottom."""
    background = generate_background(clients, prompt, number)
    for name, cutout in cutouts.items():
        made = create_ad(clients, prompt, name, cutout, background)
        mask = decode_mask(made.composite.mask.data)
        if mask[-1].any():
            continue
        naive = clients["compositing"].composite(cutout, background, options=PLAIN)
        case = measure_case(made, mask, decode_rgb(naive.data))
        print(f"{prompt}, {name}: {case.missed_goals or 'all goals met'}", flush=True)
        yield case


def measure_case(made: StageAd, mask: np.ndarray, naive: np.ndarray) -> GroundingCase:
    """Measures one ad and times its grounding at 1024 px."""
    bare, composite = (decode_rgb(p.data) for p in (made.background, made.composite))
    pictures = {"naive": naive, "drop": composite, "ours": made.ad}
    locked = {"naive": naive, "drop": composite, "ours": composite}
    metrics = {
        name: measure_grounding(picture, bare, locked[name], mask)
        for name, picture in pictures.items()
    }
    large = (TIMED_SIDE, TIMED_SIDE)
    picture, alpha = cv2.resize(composite, large), cv2.resize(mask, large)
    scene = scene_from_message(made.background.reply.scene)
    return GroundingCase(made.photo, metrics, time_grounding(picture, alpha, scene))


def time_grounding(picture: np.ndarray, mask: np.ndarray, scene: Scene) -> dict[str, float]:
    """Returns the least core seconds of several runs of a plain drop shadow and of the engine."""
    engine, order = GroundingInpainting(), InpaintingRequest(picture, mask, scene)
    spent: dict[str, list[float]] = {"drop": [], "ours": []}
    for _ in range(REPEATS):
        for name, work in (
            ("drop", lambda: paint_drop_shadow(picture, mask)),
            ("ours", lambda: list(engine.inpaint(order))),
        ):
            start = time.thread_time()
            work()
            spent[name].append(time.thread_time() - start)
    return {name: min(spans) for name, spans in spent.items()}


def paint_drop_shadow(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Paints the silhouette, moved and blurred, at 30 % opacity: uint8 RGB (H, W, 3).

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W).
    """
    moved = np.roll(mask, (20, 20), (0, 1))
    shade = cv2.GaussianBlur(moved, (BLUR, BLUR), 0).astype(np.float32) / 255 * 0.3
    free = 1 - mask.astype(np.float32) / 255
    return (picture * (1 - shade * free)[..., None]).astype(np.uint8)


def print_metrics(cases: Sequence[GroundingCase]) -> None:
    """Prints the median and range of every metric of the three variants."""
    for figure in ("contact", "attach", "halo"):
        for variant in VARIANTS:
            values = [getattr(case.metrics[variant], figure) for case in cases]
            spread = f"{np.median(values):.3f} [{min(values):.3f} .. {max(values):.3f}]"
            print(f"{figure:8} {variant:6} {spread}")


def build_rows(cases: Sequence[GroundingCase]) -> list[BenchmarkRow]:
    """Returns the claims; theirs is the plain drop shadow."""

    def median(variant: str, figure: str) -> float:
        return float(np.median([getattr(case.metrics[variant], figure) for case in cases]))

    def share(variant: str, kept: Callable[[GroundingCase, GroundingMetrics], bool]) -> float:
        return float(np.mean([kept(case, case.metrics[variant]) for case in cases]))

    gates = {
        f"contact within {CONTACT[0]} and {CONTACT[1]}": lambda _, f: (
            CONTACT[0] <= f.contact <= CONTACT[1]
        ),
        f"darkest within {ATTACH} heights": lambda _, f: f.contact > 0 and f.attach <= ATTACH,
        f"halo at most the naive paste's + {HALO:g}": lambda case, f: (
            f.halo <= case.metrics["naive"].halo + HALO
        ),
    }
    rows = [
        BenchmarkRow(claim, "share of pictures", share("drop", kept), share("ours", kept), 1.0)
        for claim, kept in gates.items()
    ]
    rows.append(
        BenchmarkRow("contact", "median", median("drop", "contact"), median("ours", "contact"), 0.4)
    )
    locked = [max(case.metrics[v].locked for case in cases) for v in ("drop", "ours")]
    rows.append(BenchmarkRow("product pixels changed", "levels", *locked, 0, lower_is_better=True))
    spent = [float(np.median([1000 * c.seconds[v] for c in cases])) for v in ("drop", "ours")]
    rows.append(
        BenchmarkRow(
            "grounding at 1024 px on one core", "core ms", *spent, 25, lower_is_better=True
        )
    )
    return rows


def decode_mask(data: bytes) -> np.ndarray:
    """Decodes a mask file: uint8 (height, width)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


if __name__ == "__main__":
    main()
