"""Cost of models in the stage's own process, compared with the plain pipelines of diffusers.

python -m benchmarks.diffusers [--quick]

The weights are tiny and random, but with a GPU also those of Stable Diffusion 1.5 and XL at their
full size, which are random too: nothing is fetched. Theirs is the plain pipeline, or one process
or one image at a time where the claim says so.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import structlog
import torch

from benchmarks.diffusers_full_size import measure_full_size
from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import read_resident_mib, start_process
from cyclorama.v1 import background_pb2, background_pb2_grpc, image_pb2
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.in_process.generator import ModelGenerator
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import SamplingOptions
from tools.doubles.diffusion_model import build_model

# An image of the tiny model takes about 0.5 s on one core.
SIDE, STEPS = 256, 20
TIMEOUT_SECONDS = 300
# Callers of each process: one image runs while the next request waits.
CALLERS = 2
WARM_IMAGES = 20
# Of the images whose memory is measured: so large that one that is kept shows. MiB of a mean one.
MEMORY_SIDES = (256, 384, 512)
IMAGE_MIB = sum(3 * side**2 for side in MEMORY_SIDES) / len(MEMORY_SIDES) / 2**20
# Half of an image, as caches and gaps between allocations settle too. Larger: a leak may hide.
MAX_KEPT_MIB = IMAGE_MIB / 2


def main() -> None:
    """Measures replicas, cancellation, overhead, memory, batches, and full-size models on a GPU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    quick = parse_arguments(parser).quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        model = build_model(Path(folder) / "tiny")
        rows = [
            measure_replicas(model, 4 if quick else 16, 1 if quick else 5),
            measure_overhead(model, 3 if quick else 15),
            measure_cancellation(model, 3 if quick else 15),
            measure_memory(model, 20 if quick else 100),
            *measure_batches(model, 2 if quick else 6),
        ]
    if torch.cuda.is_available():
        rows += measure_full_size(quick)
    write_report("diffusers", rows, quick, ["diffusers", "torch", "transformers", "accelerate"])


def measure_replicas(model: Path, images: int, rounds: int) -> BenchmarkRow:
    """Measures images per second of two stage processes and of one, with a thread each, in turns.

    images: of each round.
    """
    settings = {
        "CYCLORAMA_BACKGROUND_ENGINES": "diffusers",
        "CYCLORAMA_DIFFUSERS_MODEL": str(model),
        "CYCLORAMA_DIFFUSERS_THREADS": "1",
    }
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        addresses = [
            stack.enter_context(
                start_process("services.background", [cores[number % len(cores)]], **settings)
            )[0]
            for number in range(2)
        ]
        channels = [stack.enter_context(grpc.insecure_channel(each)) for each in addresses]
        stubs = [background_pb2_grpc.BackgroundServiceStub(each) for each in channels]
        rates = measure_rates((stubs[:1], stubs), images, rounds)
    claim = "two processes against one, a thread each"
    return BenchmarkRow(claim, "pictures/s", *rates, goal=1.9, bounded="ratio")


def measure_rates(
    fleets: Sequence[Sequence[background_pb2_grpc.BackgroundServiceStub]], images: int, rounds: int
) -> list[float]:
    """Returns the images per second of several sets of processes: the median of rounds in turns."""
    rates = defaultdict(list)
    for round_number in range(rounds + 1):
        for number, fleet in enumerate(fleets):
            callers = list(fleet) * CALLERS
            with ThreadPoolExecutor(len(callers)) as threads:
                start = time.perf_counter()
                list(threads.map(request_background, callers * (images // len(callers))))
                seconds = time.perf_counter() - start
            # The first round allocates memory.
            if round_number:
                rates[number].append(images / seconds)
    return [statistics.median(rates[number]) for number, _ in enumerate(fleets)]


def request_background(stub: background_pb2_grpc.BackgroundServiceStub) -> None:
    """Has a stage generate an image of the usual size and steps."""
    request = background_pb2.GenerateBackgroundRequest(
        prompt="a beach", size=image_pb2.Size(width=SIDE, height=SIDE), seed=1
    )
    request.options.diffusion.steps = STEPS
    *_, _last = stub.GenerateBackground(request, timeout=TIMEOUT_SECONDS)


def measure_overhead(model: Path, repeats: int) -> BenchmarkRow:
    """Measures the seconds of an image of the engine and of the plain pipeline, in turns."""
    generator, spent = open_generator(model), defaultdict(list)
    pipeline = generator._model._pipelines.txt2img

    def generate_plainly() -> None:
        pipeline(
            "a beach",
            width=SIDE,
            height=SIDE,
            num_inference_steps=STEPS,
            generator=torch.Generator().manual_seed(1),
        )

    for _ in range(repeats + 1):
        spent["theirs"].append(measure_seconds(generate_plainly))
        spent["ours"].append(measure_seconds(lambda: list(generator.generate(create_request(1)))))
    # The first of each allocates memory.
    figures = (1e3 * statistics.median(spent[name][1:]) for name in ("theirs", "ours"))
    claim = f"image of a diffusion model, {SIDE} px and {STEPS} steps"
    return BenchmarkRow(claim, "ms", *figures, 1.15, bounded="ratio", lower_is_better=True)


def measure_cancellation(model: Path, repeats: int) -> BenchmarkRow:
    """Measures how many steps a model is busy after its caller left; the plain pipeline runs on."""
    generator = open_generator(model)
    step_seconds = measure_seconds(lambda: list(generator.generate(create_request(1)))) / STEPS
    spent = []
    for seed in range(repeats):
        work = generator.generate(create_request(seed))
        next(step for step in work if step.fraction)
        start = time.perf_counter()
        work.close()
        while generator._model._batcher.is_busy:
            time.sleep(step_seconds / 20)
        spent.append((time.perf_counter() - start) / step_seconds)
    claim = "busy after a cancellation, median"
    ours = statistics.median(spent)
    return BenchmarkRow(claim, "steps", float(STEPS), ours, 1, lower_is_better=True)


def measure_memory(model: Path, images: int) -> BenchmarkRow:
    """Measures the growth of memory over images of changing sizes, some of them cancelled."""
    generator = open_generator(model)

    def generate_many(count: int) -> None:
        for number in range(count):
            work = generator.generate(create_request(number, MEMORY_SIDES[number % 3], steps=1))
            if number % 5 == 4:
                next(work)
                work.close()
            else:
                list(work)

    generate_many(WARM_IMAGES)
    before = read_resident_mib(os.getpid())
    generate_many(images)
    grown = (read_resident_mib(os.getpid()) - before) / images
    claim = f"memory kept of each of {images} images"
    return BenchmarkRow(claim, "MiB", IMAGE_MIB, grown, MAX_KEPT_MIB, lower_is_better=True)


def measure_batches(model: Path, repeats: int) -> Iterator[BenchmarkRow]:
    """Measures seconds per image in batches of 2 and 4, and alone, in turns."""
    alone = open_generator(model)
    largest = 4
    batched = open_generator(model, diffusers_max_batch=largest)
    spent = defaultdict(list)
    for _ in range(repeats + 1):
        for size in (1, 2, largest):
            used = alone if size == 1 else batched
            spent[size].append(measure_seconds(lambda s=size, g=used: generate_batch(g, s)) / size)
    single = statistics.median(spent[1][1:])
    for size in (2, largest):
        ours = statistics.median(spent[size][1:])
        yield BenchmarkRow(f"seconds per image in a batch of {size}", "s", single, ours)


def generate_batch(generator: ModelGenerator, size: int) -> None:
    """Generates images that share a batch."""
    jobs = [generator._model.submit(create_request(seed), size) for seed in range(size)]
    for job in jobs:
        job.result.result(TIMEOUT_SECONDS)


def open_generator(model: Path, **settings: object) -> ModelGenerator:
    """Opens the engine's generator for the model in a folder."""
    return ModelGenerator(GeneratorSettings(diffusers_model=str(model), **settings), "txt2img")


def create_request(seed: int, side: int = SIDE, steps: int = STEPS) -> DiffusionRequest:
    """Returns a request for a square image."""
    return DiffusionRequest("a beach", "", side, side, seed, SamplingOptions(steps=steps))


if __name__ == "__main__":
    main()
