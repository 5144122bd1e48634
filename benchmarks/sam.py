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
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.report import Row, report

WORKER = "benchmarks.sam_worker"
KINDS = ("stock", "float32", "bfloat16")
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
    report("sam", list(rows(figures, agreement)), asked.quick, ["torch", "segment-anything"])


def kinds() -> list[str]:
    """What can be measured here."""
    if on_gpu() or any(flag in Path("/proc/cpuinfo").read_text() for flag in BFLOAT16_FLAGS):
        return list(KINDS)
    print("neither a GPU nor a CPU with bfloat16 here: those figures are left out")
    return ["stock", "float32"]


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


def rows(figures: dict[str, list[dict]], agreement: dict[str, float]) -> Iterator[Row]:
    """The claims."""

    def middle(kind: str, name: str) -> float:
        return float(np.median([each[name] for each in figures[kind]]))

    gpu = "batch_seconds" in figures["stock"][0]
    for kind, speed in (("float32", 2.6), ("bfloat16", 6.0 if gpu else 5.5)):
        if kind not in figures:
            continue
        unit = "s" if gpu else "cpu-s"
        first = [middle(each, "seconds") for each in ("stock", kind)]
        yield Row(f"one photo, {kind}", unit, *first, 1 / speed, "ratio", lower_is_better=True)
        yield Row(f"masks, {kind}", "IoU with stock", 1.0, agreement[kind], 0.995)
        again = [middle(each, "again") for each in ("stock", kind)]
        yield Row(f"same photo again, {kind}", unit, *again, 0.2, lower_is_better=True)
        peak = [middle(each, "peak_bytes") / GIB for each in ("stock", kind)]
        yield Row(f"peak memory, {kind}", "GiB", *peak, 1.8, lower_is_better=True)
        load = [middle(each, "load") for each in ("stock", kind)]
        yield Row(f"import and load, {kind}", "s", *load, 2.5, lower_is_better=True)
        if gpu:
            batch = [middle(each, "batch_seconds") for each in ("stock", kind)]
            yield Row(f"eight photos at once, {kind}", "s", *batch, 1 / 7, "ratio", True)


if __name__ == "__main__":
    main()
