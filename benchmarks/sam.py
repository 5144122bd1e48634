"""Speed of Segment Anything, compared with the predictor of the segment-anything package.

python -m benchmarks.sam [--quick] [--model vit_l] [--checkpoint FILE] [--rounds 3]

Theirs runs in float32. Without a checkpoint, weights are random: the work is the same, and masks
are noise around the threshold, the worst case for agreement. Each run is a process of its own;
runs alternate. On a CPU ours is also compared with the limit of the machine (sam_limit.py), which
is measured between the runs; results on a GPU have a file of their own.
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

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.segmentation.engines import TORCH_ENVIRONMENT

WORKER = "benchmarks.sam_worker"
LIMIT = "benchmarks.sam_limit"
MODEL = "Segment Anything"
VARIANTS = ("stock", "float32", "bfloat16")
# Includes the predictor within torch.autocast.
GPU_VARIANTS = ("stock", "autocast", "bfloat16")
PHOTO = Path("clients/samples/bottle.jpg")
GIB = 2**30
# bfloat16 is faster only on CPUs with instructions for it.
BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")
# Goals on a CPU: at most so many times the machine's limit, GiB, and seconds to import and load.
MAX_TIMES_LIMIT = {"float32": 1.25, "bfloat16": 1.5}
MAX_PEAK, MAX_LOAD = 2.0, 2.5
# The same of the package's time in float32. CPUs with AMX multiply bfloat16 about ten times as fast
# as float32, others twice as fast.
MAX_RATIOS = {"float32": 0.6, "bfloat16": 0.35}
MAX_RATIOS_WITH_AMX = {"float32": 0.6, "bfloat16": 0.12}


def main() -> None:
    """Runs stock and ours alternately, and reports medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="vit_b, one round")
    parser.add_argument("--model", default="vit_l", choices=["vit_b", "vit_l", "vit_h"])
    parser.add_argument("--checkpoint", type=Path, help="file with trained weights")
    parser.add_argument("--photo", type=Path, default=PHOTO)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parse_arguments(parser)
    if arguments.quick:
        arguments.model, arguments.rounds = "vit_b", 1
    with tempfile.TemporaryDirectory() as scratch:
        variants = list_variants()
        gpu = variants is GPU_VARIANTS
        weights = arguments.checkpoint or write_random_weights(arguments.model, Path(scratch))
        figures: dict[str, list[dict]] = defaultdict(list)
        for number in range(arguments.rounds):
            for kind in variants:
                out = Path(scratch) / f"{kind}-{number}.npz"
                figures[kind].append(run_worker(kind, weights, arguments.photo, out))
                print(kind, json.dumps(figures[kind][-1]), flush=True)
                if kind in MAX_TIMES_LIMIT and not gpu:
                    figures[kind][-1] |= measure_limit(arguments.model, kind)
        agreement = {
            kind: measure_agreement(Path(scratch) / "stock-0.npz", Path(scratch) / f"{kind}-0.npz")
            for kind in figures
        }
    found = build_gpu_rows(figures, agreement) if gpu else build_cpu_rows(figures, agreement)
    name = "sam_gpu" if gpu else "sam"
    packages = ["torch", "segment-anything"]
    write_report(name, list(found), arguments.quick, packages, list_rates(figures))


def list_variants() -> Sequence[str]:
    """Returns the variants that this machine can run."""
    if has_gpu():
        return GPU_VARIANTS
    if has_flag(*BFLOAT16_FLAGS):
        return VARIANTS
    print("no GPU and no CPU with bfloat16: these variants are skipped")
    return VARIANTS[:2]


def has_flag(*flags: str) -> bool:
    """Whether Linux lists any of these flags of the CPU."""
    return not set(flags).isdisjoint(Path("/proc/cpuinfo").read_text().split())


def has_gpu() -> bool:
    """Whether torch finds a GPU; checked in another process."""
    code = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def write_random_weights(model: str, folder: Path) -> Path:
    """Writes a checkpoint with random weights."""
    path = folder / "weights.pth"
    subprocess.run([sys.executable, "-m", WORKER, "weights", model, path], check=True)
    return path


def run_worker(kind: str, weights: Path, photo: Path, out: Path) -> dict[str, float]:
    """Runs one variant in another process, and returns its measurements."""
    return run_module(WORKER, "measure", kind, str(weights), str(photo), str(out))


def measure_limit(model: str, kind: str) -> dict[str, float]:
    """Returns the core-seconds and GFLOP/s at this CPU's limit, measured in another process."""
    found = run_module(LIMIT, model, kind)
    print("limit", kind, json.dumps(found), flush=True)
    return {"limit": found["seconds"], "gflops": found["rate"] / 1e9}


def run_module(*command: str) -> dict[str, float]:
    """Runs a module of Python with arguments, and returns the JSON of its last line."""
    env = os.environ | TORCH_ENVIRONMENT | {"OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-m", *command], check=True, stdout=subprocess.PIPE, text=True, env=env
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure_agreement(theirs: Path, ours: Path) -> float:
    """Returns the smallest IoU of the three masks."""
    pairs = zip(np.load(theirs)["masks"], np.load(ours)["masks"], strict=True)
    return min(float((a & b).sum() / (a | b).sum()) for a, b in pairs)


def median_of(figures: dict[str, list[dict]], kind: str, name: str) -> float:
    """Returns the median of a measurement of one variant."""
    return float(np.median([each[name] for each in figures[kind]]))


def list_rates(figures: dict[str, list[dict]]) -> dict[str, float]:
    """Returns the GFLOP/s of linear layers on one core, which the limits were computed with."""
    return {
        f"{kind} GFLOP/s": round(median_of(figures, kind, "gflops"), 1)
        for kind in figures
        if "gflops" in figures[kind][0]
    }


def build_cpu_rows(
    figures: dict[str, list[dict]], agreement: dict[str, float]
) -> Iterator[BenchmarkRow]:
    """Yields the claims on a CPU."""
    max_ratios = MAX_RATIOS_WITH_AMX if has_flag("amx_bf16") else MAX_RATIOS
    for kind, most in MAX_TIMES_LIMIT.items():
        if kind not in figures:
            continue

        def both(name: str, kind: str = kind, by: float = 1) -> list[float]:
            return [median_of(figures, each, name) / by for each in ("stock", kind)]

        first = both("seconds")
        yield BenchmarkRow(
            f"{MODEL}, one photo, {kind}", "core s", *first, max_ratios[kind], "ratio", True
        )
        yield BenchmarkRow(
            f"{MODEL}, one photo, {kind}, next to the limit of the machine",
            "core s",
            median_of(figures, kind, "limit"),
            first[1],
            most,
            "ratio",
            lower_is_better=True,
        )
        yield BenchmarkRow(f"{MODEL}, masks, {kind}", "IoU with stock", 1.0, agreement[kind], 0.995)
        again = both("again")
        yield BenchmarkRow(
            f"{MODEL}, same photo again, {kind}", "core s", *again, 0.2, lower_is_better=True
        )
        peak = both("peak_bytes", by=GIB)
        yield BenchmarkRow(
            f"{MODEL}, peak memory, {kind}", "GiB", *peak, MAX_PEAK, lower_is_better=True
        )
        load = both("load")
        yield BenchmarkRow(
            f"{MODEL}, import and load, {kind}", "s", *load, MAX_LOAD, lower_is_better=True
        )


def build_gpu_rows(
    figures: dict[str, list[dict]], agreement: dict[str, float]
) -> Iterator[BenchmarkRow]:
    """Yields the claims on a GPU; theirs is the predictor in float32 and within autocast."""
    on_gpu = f"{MODEL} on a GPU"
    for kind, encoder, one, eight in (("stock", 10.0, 6.0, 7.0), ("autocast", 3.0, 2.0, 2.0)):

        def both(name: str, kind: str = kind, by: float = 1) -> list[float]:
            return [median_of(figures, each, name) / by for each in (kind, "bfloat16")]

        yield BenchmarkRow(
            f"{on_gpu}, encoder, theirs {kind}", "s", *both("encoder"), 1 / encoder, "ratio", True
        )
        yield BenchmarkRow(
            f"{on_gpu}, one photo, theirs {kind}", "s", *both("seconds"), 1 / one, "ratio", True
        )
        yield BenchmarkRow(
            f"{on_gpu}, eight at once, theirs {kind}",
            "s",
            *both("batch_seconds"),
            1 / eight,
            "ratio",
            True,
        )
        yield BenchmarkRow(
            f"{on_gpu}, peak memory of eight, theirs {kind}",
            "GiB",
            *both("peak_bytes", by=GIB),
            4.0,
            "ours",
            True,
        )
        yield BenchmarkRow(
            f"{on_gpu}, load and record, theirs {kind}", "s", *both("load"), 60, "ours", True
        )
        yield BenchmarkRow(
            f"{on_gpu}, masks, theirs {kind}", "IoU", agreement[kind], agreement["bfloat16"], 0.995
        )
    again = [median_of(figures, each, "again") for each in ("stock", "bfloat16")]
    yield BenchmarkRow(
        f"{on_gpu}, same photo again", "s", *again, 0.1, "ratio", lower_is_better=True
    )


if __name__ == "__main__":
    main()
