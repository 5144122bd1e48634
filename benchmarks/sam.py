"""How fast Segment Anything answers, beside segment-anything's own predictor in float32.

python -m benchmarks.sam [--quick] [--model vit_l] [--checkpoint FILE] [--rounds 3]

Without a checkpoint weights are drawn at random: the work is the same, and masks are noise around
the threshold, so that agreement is at its worst. Each run is a process of its own, in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Row, report

WORKER = "benchmarks.sam_worker"
KINDS = ("stock", "float32", "bfloat16")
# Beside the predictor as it comes, the predictor within torch.autocast.
GPU_KINDS = ("stock", "autocast", "bfloat16")
PHOTO = Path("clients/samples/bottle.jpg")
GIB = 2**30
# On the CPU bfloat16 pays where the CPU has instructions for it.
BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


def main() -> None:
    """Runs stock and ours in turns, and reports medians."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="vit_b, one round")
    words.add_argument("--model", default="vit_l", choices=["vit_b", "vit_l", "vit_h"])
    words.add_argument("--checkpoint", type=Path, help="a file of Meta's weights")
    words.add_argument("--photo", type=Path, default=PHOTO)
    words.add_argument("--rounds", type=int, default=3)
    asked = words.parse_args()
    if asked.quick:
        asked.model, asked.rounds = "vit_b", 1
    with tempfile.TemporaryDirectory() as scratch:
        weights = asked.checkpoint or draw_weights(asked.model, Path(scratch))
        figures: dict[str, list[dict]] = defaultdict(list)
        for number in range(asked.rounds):
            for kind in kinds():
                out = Path(scratch) / f"{kind}-{number}.npz"
                figures[kind].append(run(kind, weights, asked.photo, out))
                print(kind, json.dumps(figures[kind][-1]), flush=True)
        agreement = {
            kind: agree(Path(scratch) / "stock-0.npz", Path(scratch) / f"{kind}-0.npz")
            for kind in figures
        }
    gpu = "autocast" in figures
    found = gpu_rows(figures, agreement) if gpu else rows(figures, agreement)
    name = "sam_gpu" if gpu else "sam"
    report(name, list(found), asked.quick, ["torch", "segment-anything"])


def kinds() -> Sequence[str]:
    """What can be measured here."""
    if on_gpu():
        return GPU_KINDS
    if any(flag in Path("/proc/cpuinfo").read_text() for flag in BFLOAT16_FLAGS):
        return KINDS
    print("neither a GPU nor a CPU with bfloat16 here: those figures are left out")
    return KINDS[:2]


def on_gpu() -> bool:
    """Whether torch sees a GPU, asked in a process of its own."""
    ask = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([sys.executable, "-c", ask]).returncode == 0


def draw_weights(model: str, folder: Path) -> Path:
    """Writes a checkpoint of random weights with everything in it that a trained one has."""
    path = folder / "weights.pth"
    subprocess.run([sys.executable, "-m", WORKER, "draw", model, path], check=True)
    return path


def run(kind: str, weights: Path, photo: Path, out: Path) -> dict[str, float]:
    """One process: loads, answers, answers again, and says what it took."""
    command = [sys.executable, "-m", WORKER, "measure", kind, weights, photo, out]
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return json.loads(done.stdout.splitlines()[-1])


def agree(theirs: Path, ours: Path) -> float:
    """The least overlap (IoU) of the three masks."""
    pairs = zip(np.load(theirs)["masks"], np.load(ours)["masks"], strict=True)
    return min(float((a & b).sum() / (a | b).sum()) for a, b in pairs)


def middle(figures: dict[str, list[dict]], kind: str, name: str) -> float:
    """The median of a figure."""
    return float(np.median([each[name] for each in figures[kind]]))


def rows(figures: dict[str, list[dict]], agreement: dict[str, float]) -> Iterator[Row]:
    """The claims on a CPU."""
    for kind, speed in (("float32", 2.6), ("bfloat16", 5.5)):
        if kind not in figures:
            continue

        def both(name: str, kind: str = kind, by: float = 1) -> list[float]:
            return [middle(figures, each, name) / by for each in ("stock", kind)]

        first = both("seconds")
        yield Row(f"one photo, {kind}", "cpu-s", *first, 1 / speed, "ratio", lower_is_better=True)
        yield Row(f"masks, {kind}", "IoU with stock", 1.0, agreement[kind], 0.995)
        again = both("again")
        yield Row(f"same photo again, {kind}", "cpu-s", *again, 0.2, lower_is_better=True)
        peak = both("peak_bytes", by=GIB)
        yield Row(f"peak memory, {kind}", "GiB", *peak, 1.8, lower_is_better=True)
        load = both("load")
        yield Row(f"import and load, {kind}", "s", *load, 2.5, lower_is_better=True)


def gpu_rows(figures: dict[str, list[dict]], agreement: dict[str, float]) -> Iterator[Row]:
    """The claims on a GPU, beside the predictor in float32 and within autocast."""
    for kind, one, eight in (("stock", 6.0, 7.0), ("autocast", 2.0, 2.0)):

        def both(name: str, kind: str = kind, by: float = 1) -> list[float]:
            return [middle(figures, each, name) / by for each in (kind, "bfloat16")]

        yield Row(f"one photo, {kind}", "s", *both("seconds"), 1 / one, "ratio", True)
        yield Row(f"eight at once, {kind}", "s", *both("batch_seconds"), 1 / eight, "ratio", True)
        yield Row(f"peak, eight, {kind}", "GiB", *both("peak_bytes", by=GIB), 4.0, "ours", True)
        yield Row(f"load and record, {kind}", "s", *both("load"), 60, "ours", True)
        yield Row(f"masks, {kind}", "IoU", agreement[kind], agreement["bfloat16"], 0.995)
    again = [middle(figures, each, "again") for each in ("stock", "bfloat16")]
    yield Row("same photo again", "s", *again, 0.1, "ratio", lower_is_better=True)


if __name__ == "__main__":
    main()
