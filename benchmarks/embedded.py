"""Whole ads with the embedded engines: new photo, new set, photo's camera, ray-traced grounding.

python -m benchmarks.embedded [--quick]

Ours runs gateway and stages as processes, on the first cores of the machine. Theirs is
benchmarks/embedded_script.py on the same cores: one process that calls the same engines one after
another, without certificate and report. It has no drafts, and shows nothing before the end. Every
ad has a photo, a prompt and a seed of its own, so that no stage reuses anything, except where the
claim says that it is another draft of one photo. The set is rendered by Mitsuba as pip installs it,
and once more compiled through LLVM where that works. Where one process serves background and
inpainting, it draws a set's textures once; theirs is then two processes.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from benchmarks.embedded_script import EmbeddedScript
from benchmarks.pipeline import PROMPTS, write_distinct_photos
from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import build_gateway_settings, read_core_seconds, start_process
from cyclorama import Ad, Client, Event
from services.studio.variant import COMPILED_VARIANT, SCALAR_VARIANT, is_compiled_variant_usable

# Cores that the claims are about; and those whose seconds per ad are measured besides.
CORES = 2
MEASURED_CORES = (1, 2)
SIDE, SMALL_SIDE = 1024, 512
# Goals in seconds: of an ad with Mitsuba as pip installs it and compiled through LLVM, of its first
# preview, of a small ad, and of a draft.
AD_SECONDS, COMPILED_AD_SECONDS, PREVIEW_SECONDS, SMALL_SECONDS, DRAFT_SECONDS = 9, 5, 1.0, 3, 2
# A draft differs from its reduced ad by at most this share of what another seed does. Larger: a
# draft that shows another composition passes.
DRAFT_APART = 0.5
# Share of an ad's core seconds that is left where background and inpainting share a process.
# Larger: it hardly pays.
TOGETHER_SHARE = 0.95
# Stages that run in processes of their own; compositing serves finishing too.
PROCESSES = ("segmentation", "background", "compositing", "inpainting")
VERSIONS = ["grpcio", "mitsuba", "pyoidn", "onnxruntime", "opencv-python-headless", "numpy"]


@dataclass(frozen=True)
class TimedAd:
    """One ad and what it took.

    seconds: from the call to the ad. preview_seconds: to the first preview of the scene.
    core_seconds: by process.
    """

    ad: Ad
    seconds: float
    preview_seconds: float
    core_seconds: Mapping[str, float]


class Requests:
    """Draws arguments for ads: each time another photo, prompt and seed."""

    def __init__(self, photos: Sequence[Path]) -> None:
        self._photos = photos
        self._numbers = count()

    def draw(self) -> tuple[Path, str, int]:
        """Returns the path of a photo, a prompt and a seed."""
        number = next(self._numbers)
        # Neighbors in the list of prompts have the same place.
        prompt = PROMPTS[5 * number % len(PROMPTS)]
        return self._photos[number % len(self._photos)], prompt, 1000 + number


@dataclass
class EmbeddedSystem:
    """A gateway and stages as processes, in which ads are timed."""

    client: Client
    pids: Mapping[str, int]

    def create_ad(self, photo: Path, prompt: str, seed: int, side: int, draft: bool) -> TimedAd:
        """Creates a square ad and times it."""
        previews: list[float] = []

        def keep_preview(event: Event) -> None:
            if event.stage == "background" and event.preview:
                previews.append(time.perf_counter() - start)

        before = {name: read_core_seconds(pid) for name, pid in self.pids.items()}
        start = time.perf_counter()
        ad = self.client.create_ad(
            photo, prompt, seed=seed, size=(side, side), draft=draft, on_event=keep_preview
        )
        seconds = time.perf_counter() - start
        used = {name: read_core_seconds(pid) - before[name] for name, pid in self.pids.items()}
        return TimedAd(ad, seconds, previews[0], used)


def main() -> None:
    """Measures ads, small ads and drafts on two cores, and what they take on one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, two cores only")
    quick = parse_arguments(parser).quick
    rounds = 1 if quick else 3
    available = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        requests = Requests(list(write_distinct_photos(40, Path(folder))))
        # Before the engines are opened, as threads keep the cores that they started with.
        os.sched_setaffinity(0, available[:CORES])
        rows = list(compare_variants(available[:CORES], requests, rounds))
        measured = {
            f"{cores} cores": measure_cases(available[:cores], requests, rounds)
            for cores in (() if quick else MEASURED_CORES)
            if cores <= len(available)
        }
    write_report("embedded", rows, quick, VERSIONS, measured)


def compare_variants(
    cores: Sequence[int], requests: Requests, rounds: int
) -> Iterator[BenchmarkRow]:
    """Yields the rows of the renderer as pip installs it, then with LLVM where that works."""
    yield from compare_variant(SCALAR_VARIANT, compare, cores, requests, rounds)
    if is_compiled_variant_usable():
        yield from compare_variant(COMPILED_VARIANT, compare_compiled, cores, requests, rounds)
    else:
        print("no libLLVM that Mitsuba can use: ads with LLVM are skipped")


def compare_variant(
    variant: str,
    compare_both: Callable[[EmbeddedSystem, EmbeddedScript, Requests, int], Iterator[BenchmarkRow]],
    cores: Sequence[int],
    requests: Requests,
    rounds: int,
) -> Iterator[BenchmarkRow]:
    """Yields the rows of `compare_both` with one variant of Mitsuba, after a warm-up."""
    script = EmbeddedScript(variant)
    with start_embedded(cores, variant) as system:
        warm_up(system, script, requests)
        yield from compare_both(system, script, requests, rounds)


@contextmanager
def start_embedded(
    cores: Sequence[int], variant: str = SCALAR_VARIANT, together: bool = False
) -> Iterator[EmbeddedSystem]:
    """Starts gateway and stages on some cores, with the engines that need no model or server.

    variant: of Mitsuba, with which sets are rendered. together: whether the process of background
    serves inpainting too.
    """
    own = {
        "segmentation": {"CYCLORAMA_ENGINES": "onnx,classic"},
        "background": {
            "CYCLORAMA_MITSUBA_VARIANT": variant,
            "CYCLORAMA_BACKGROUND_SERVE_INPAINTING": str(together),
        },
    }
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings, pids = build_gateway_settings("", folder), {}
        others = {"finishing": "compositing"} | ({"inpainting": "background"} if together else {})
        for stage in PROCESSES:
            if stage in others:
                continue
            address, process = stack.enter_context(
                start_process(f"services.{stage}", cores, **own.get(stage, {}))
            )
            settings[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = address
            pids[stage] = process.pid
        for stage, server in others.items():
            settings[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = settings[
                f"CYCLORAMA_GATEWAY_{server.upper()}_ADDRESS"
            ]
        gateway, process = stack.enter_context(start_process("gateway", cores, **settings))
        client = stack.enter_context(Client(gateway))
        yield EmbeddedSystem(client, pids | {"gateway": process.pid})


def warm_up(system: EmbeddedSystem, script: EmbeddedScript, requests: Requests) -> None:
    """Makes a small ad with both, so that neither loads anything while it is timed."""
    system.create_ad(*requests.draw(), side=SMALL_SIDE, draft=False)
    script.make_ad(*requests.draw(), side=SMALL_SIDE)


def compare(
    system: EmbeddedSystem, script: EmbeddedScript, requests: Requests, rounds: int
) -> Iterator[BenchmarkRow]:
    """Yields a row for each claim about Mitsuba as pip installs it."""
    full, ads = time_ads(system, script, requests, SIDE, rounds)
    small, small_ads = time_ads(system, script, requests, SMALL_SIDE, rounds)
    drafts, next_drafts = [], []
    for _ in range(rounds):
        photo, prompt, seed = requests.draw()
        drafts.append(system.create_ad(photo, prompt, seed, SIDE, draft=True))
        _, prompt, seed = requests.draw()
        next_drafts.append(system.create_ad(photo, prompt, seed, SIDE, draft=True))
    previews = [each.preview_seconds for each in ads]
    for claim, their_seconds, our_seconds, goal in (
        (f"ad at {SIDE} px", full, read_seconds(ads), AD_SECONDS),
        (f"its first preview at {SIDE} px", full, statistics.median(previews), PREVIEW_SECONDS),
        (f"ad at {SMALL_SIDE} px", small, read_seconds(small_ads), SMALL_SECONDS),
        (f"draft of {SIDE} px", full, read_seconds(drafts), DRAFT_SECONDS),
        ("another draft of the photo", full, read_seconds(next_drafts), DRAFT_SECONDS),
    ):
        yield BenchmarkRow(claim, "s", their_seconds, our_seconds, goal, lower_is_better=True)
    yield compare_draft_with_ad(system, *requests.draw())
    with start_embedded(sorted(os.sched_getaffinity(0)), together=True) as joined:
        yield compare_processes(system, joined, requests, rounds)


def compare_compiled(
    system: EmbeddedSystem, script: EmbeddedScript, requests: Requests, rounds: int
) -> Iterator[BenchmarkRow]:
    """Yields the rows of an ad, for whose set a program is compiled, and of its preview."""
    theirs, ads = time_ads(system, script, requests, SIDE, rounds)
    previews = [each.preview_seconds for each in ads]
    for claim, seconds, goal in (
        (f"ad at {SIDE} px with LLVM", read_seconds(ads), COMPILED_AD_SECONDS),
        (f"its first preview at {SIDE} px with LLVM", statistics.median(previews), PREVIEW_SECONDS),
    ):
        yield BenchmarkRow(claim, "s", theirs, seconds, goal, lower_is_better=True)


def time_ads(
    system: EmbeddedSystem, script: EmbeddedScript, requests: Requests, side: int, rounds: int
) -> tuple[float, list[TimedAd]]:
    """Returns the script's median seconds for an ad, and ours; both take turns."""
    theirs, ours = [], []
    for _ in range(rounds):
        drawn = requests.draw()
        theirs.append(measure_seconds(lambda d=drawn: script.make_ad(*d, side)))
        ours.append(system.create_ad(*requests.draw(), side=side, draft=False))
    return statistics.median(theirs), ours


def compare_processes(
    apart: EmbeddedSystem, together: EmbeddedSystem, requests: Requests, rounds: int
) -> BenchmarkRow:
    """Measures what small ads take with background and inpainting in two processes and in one."""
    together.create_ad(*requests.draw(), side=SMALL_SIDE, draft=False)
    used: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        order = requests.draw()
        for is_together, system in ((False, apart), (True, together)):
            timed = system.create_ad(*order, side=SMALL_SIDE, draft=False)
            used[is_together].append(sum(timed.core_seconds.values()))
    theirs, ours = (statistics.median(used[each]) for each in (False, True))
    claim = f"ad at {SMALL_SIDE} px, background and inpainting in one process"
    return BenchmarkRow(
        claim, "core s", theirs, ours, TOGETHER_SHARE, "ratio", lower_is_better=True
    )


def compare_draft_with_ad(
    system: EmbeddedSystem, photo: Path, prompt: str, seed: int
) -> BenchmarkRow:
    """Measures how far a draft is from its ad, next to the draft with another seed."""
    draft, other = (
        decode_file(system.create_ad(photo, prompt, each, SIDE, draft=True).ad)
        for each in (seed, seed + 1)
    )
    ad = decode_file(system.create_ad(photo, prompt, seed, SIDE, draft=False).ad)
    reduced = cv2.resize(ad, draft.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)
    ours, theirs = (float(np.abs(each - reduced).mean()) for each in (draft, other))
    claim = "draft and its ad, apart as another seed"
    return BenchmarkRow(claim, "levels", theirs, ours, DRAFT_APART, "ratio", lower_is_better=True)


def measure_cases(cores: Sequence[int], requests: Requests, rounds: int) -> dict[str, object]:
    """Returns what ads, small ads and drafts take on some cores, as plain JSON values.

    For each: the median seconds, those to the first preview, and by stage the engine, the median
    seconds inside it, and the core seconds of its process.
    """
    cases = {"ad": (SIDE, False), "small ad": (SMALL_SIDE, False), "draft": (SIDE, True)}
    with start_embedded(cores) as system:
        system.create_ad(*requests.draw(), side=SMALL_SIDE, draft=False)
        return {
            name: summarize(
                [system.create_ad(*requests.draw(), side=side, draft=draft) for _ in range(rounds)]
            )
            for name, (side, draft) in cases.items()
        }


def summarize(timed: Sequence[TimedAd]) -> dict[str, object]:
    """Returns the medians of several ads, in seconds, as plain JSON values."""
    stages = [stage["stage"] for stage in timed[0].ad.manifest["stages"]]
    return {
        "size": [timed[0].ad.width, timed[0].ad.height],
        "seconds": round(read_seconds(timed), 3),
        "preview_seconds": round(statistics.median(each.preview_seconds for each in timed), 3),
        "stages": {
            name: {
                "engine": timed[0].ad.manifest["stages"][index]["engine"],
                "seconds": round(
                    statistics.median(
                        each.ad.manifest["stages"][index]["elapsed_ms"] / 1000 for each in timed
                    ),
                    3,
                ),
            }
            for index, name in enumerate(stages)
        },
        "core_seconds": {
            name: round(statistics.median(each.core_seconds[name] for each in timed), 3)
            for name in timed[0].core_seconds
        },
    }


def read_seconds(timed: Sequence[TimedAd]) -> float:
    """Returns the median seconds of several ads."""
    return statistics.median(each.seconds for each in timed)


def decode_file(ad: Ad) -> np.ndarray:
    """Decodes an ad: uint8 BGR (height, width, 3)."""
    return cv2.imdecode(np.frombuffer(ad.data, np.uint8), cv2.IMREAD_COLOR)


if __name__ == "__main__":
    main()
