"""How well stages 3 and 4 ground products, beside a naive paste and a plain drop shadow.

python -m benchmarks.grounding [--quick]

Every prompt of the gallery with every photo: the bundled samples, and the product photos of
$CYCLORAMA_EVAL where there are any. The naive paste has neither tint nor shadow; the plain drop
shadow is the blurred silhouette of stage 3 alone.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.grounding_metrics import Figures, measure
from benchmarks.report import Row, report
from cyclorama import Client, Cutout
from services.imaging.scene import Scene, scene_from_message
from services.inpainting.engine import Order
from services.inpainting.engines.grounding import Grounding
from tools.pictures.gallery import PROMPTS, Made, cut_out, photos, pixels_of, set_in, stage, stages

CONTACT, ATTACH, HALO = (0.6, 0.95), 0.02, 1.0
PLAIN = {"tint": 0.0, "shadow_opacity": 0.0}
TIMED_SIDE, REPEATS, BLUR = 1024, 5, 75
VARIANTS = ("naive", "drop", "ours")


@dataclass(frozen=True)
class Case:
    """One picture of the gallery in three variants, and how long grounding took, in seconds."""

    name: str
    figures: dict[str, Figures]
    seconds: dict[str, float]

    @property
    def faults(self) -> list[str]:
        """Which gates our picture misses."""
        ours, naive = self.figures["ours"], self.figures["naive"]
        gates = {
            "contact": CONTACT[0] <= ours.contact <= CONTACT[1],
            "attach": ours.attach <= ATTACH,
            "halo": ours.halo <= naive.halo + HALO,
            "locked": ours.locked == 0,
        }
        return [name for name, kept in gates.items() if not kept]


def main() -> None:
    """Makes the gallery's pictures and measures them."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="every fourth prompt and photo")
    asked = words.parse_args()
    step = 4 if asked.quick else 1
    with stages() as clients:
        # The services keep all cores; what is timed here has one.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        cv2.setNumThreads(1)
        cutouts = cut_out(clients["segmentation"], photos()[::step])
        numbered = list(enumerate(PROMPTS))[::step]
        cases = [case for each in numbered for case in cases_of(clients, cutouts, *each)]
    print_figures(cases)
    report("grounding", rows(cases), asked.quick, ["opencv-python-headless", "numpy"])


def cases_of(
    clients: dict[str, Client], cutouts: dict[str, Cutout], number: int, prompt: str
) -> Iterator[Case]:
    """Every photo before one prompt's background; those without ground in the picture are left."""
    background = stage(clients, prompt, number)
    for name, cutout in cutouts.items():
        made = set_in(clients, prompt, name, cutout, background)
        mask = gray_of(made.composite.mask.data)
        if mask[-1].any():
            continue
        naive = clients["compositing"].composite(cutout, background, options=PLAIN)
        case = case_of(made, mask, pixels_of(naive.data))
        print(f"{prompt}, {name}: {case.faults or 'all gates kept'}", flush=True)
        yield case


def case_of(made: Made, mask: np.ndarray, naive: np.ndarray) -> Case:
    """Measures one picture and times its grounding at 1024 pixels."""
    bare, composite = (pixels_of(p.data) for p in (made.background, made.composite))
    pictures = {"naive": naive, "drop": composite, "ours": made.ad}
    locked = {"naive": naive, "drop": composite, "ours": composite}
    figures = {
        name: measure(picture, bare, locked[name], mask) for name, picture in pictures.items()
    }
    large = (TIMED_SIDE, TIMED_SIDE)
    picture, alpha = cv2.resize(composite, large), cv2.resize(mask, large)
    scene = scene_from_message(made.background.reply.scene)
    return Case(made.photo, figures, time_both(picture, alpha, scene))


def time_both(picture: np.ndarray, mask: np.ndarray, scene: Scene) -> dict[str, float]:
    """Seconds, best of some turns, of a plain drop shadow and of the grounding engine."""
    engine, order = Grounding(), Order(picture, mask, scene)
    spent: dict[str, list[float]] = {"drop": [], "ours": []}
    for _ in range(REPEATS):
        for name, work in (
            ("drop", lambda: drop_shadow(picture, mask)),
            ("ours", lambda: list(engine.inpaint(order))),
        ):
            start = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - start)
    return {name: min(spans) for name, spans in spent.items()}


def drop_shadow(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """What a user would write: the silhouette, moved and blurred, at 30 % opacity."""
    moved = np.roll(mask, (20, 20), (0, 1))
    shade = cv2.GaussianBlur(moved, (BLUR, BLUR), 0).astype(np.float32) / 255 * 0.3
    free = 1 - mask.astype(np.float32) / 255
    return (picture * (1 - shade * free)[..., None]).astype(np.uint8)


def print_figures(cases: Sequence[Case]) -> None:
    """The three variants side by side: median and range of every figure."""
    for figure in ("contact", "attach", "halo"):
        for variant in VARIANTS:
            values = [getattr(case.figures[variant], figure) for case in cases]
            spread = f"{np.median(values):.3f} [{min(values):.3f} .. {max(values):.3f}]"
            print(f"{figure:8} {variant:6} {spread}")


def rows(cases: Sequence[Case]) -> list[Row]:
    """The claims; theirs is the plain drop shadow."""

    def median(variant: str, figure: str) -> float:
        return float(np.median([getattr(case.figures[variant], figure) for case in cases]))

    def share(variant: str, kept: Callable[[Case, Figures], bool]) -> float:
        return float(np.mean([kept(case, case.figures[variant]) for case in cases]))

    gates = {
        f"contact within {CONTACT[0]} and {CONTACT[1]}": lambda _, f: (
            CONTACT[0] <= f.contact <= CONTACT[1]
        ),
        f"darkest within {ATTACH} heights": lambda _, f: f.contact > 0 and f.attach <= ATTACH,
        f"halo at most the naive paste's + {HALO:g}": lambda case, f: (
            f.halo <= case.figures["naive"].halo + HALO
        ),
    }
    found = [
        Row(claim, "share of pictures", share("drop", kept), share("ours", kept), 1.0)
        for claim, kept in gates.items()
    ]
    found.append(
        Row("contact", "median", median("drop", "contact"), median("ours", "contact"), 0.6)
    )
    locked = [max(case.figures[v].locked for case in cases) for v in ("drop", "ours")]
    found.append(Row("product pixels changed", "levels", *locked, 0, lower_is_better=True))
    spent = [float(np.median([1000 * c.seconds[v] for c in cases])) for v in ("drop", "ours")]
    found.append(Row("1024 px on one core", "ms", *spent, 25, lower_is_better=True))
    return found


def gray_of(data: bytes) -> np.ndarray:
    """Decodes a mask: uint8 (height, width)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


if __name__ == "__main__":
    main()
