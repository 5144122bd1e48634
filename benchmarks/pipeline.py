"""One ad and many ads: this system compared with a straightforward script.

python -m benchmarks.pipeline [--quick] [--seconds PER_IMAGE] [--servers COUNT]

Both use the classic segmentation engine without a network, and the same doubles of Stable Diffusion
servers, with a constant time per image. Theirs is benchmarks/literal.py: one process that runs the
stages one after another on one server, with requests, Pillow and float32 arrays. It has no fifth
stage: no lock on the product's pixels, certificate, report or manifest, which are in ours. The
camera is given, so that backgrounds do not wait for cut-outs. Both make an ad before: our stages
test a server first. What the images alone take is in rows of its own. The gateway is measured next
to the time that its five stages wait: four times, as two wait at once.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.literal import SequentialScript
from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import NOOP, build_gateway_settings, start_service
from cyclorama import Client
from cyclorama.jobs import Job
from cyclorama.stages import STAGES
from tools.doubles.a1111.process import run_double

SAMPLES = Path(__file__).parents[1] / "clients/samples"
PROMPTS = [
    f"{place}, {light}"
    for place in ("on a marble table", "on a wooden desk", "a sandy beach", "concrete steps")
    for light in ("soft morning light", "warm evening", "hard noon sun")
]
SIZES = [(1024, 1024), (768, 1024), (1024, 768)]
STAGE_SECONDS = 0.5
# A background, and the scene around the product; every one occupies a double.
IMAGES_PER_AD = 2
# Ours could not be faster if nothing but the images took time.
LIMIT = "time of the images alone"
# The camera of the scene, as most of the photos have it.
CAMERA = {"background": {"camera_pitch": 8.0}}


def main() -> None:
    """Measures one ad, ads of one product, ads of many products, and the gateway's overhead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4 ads instead of 12, fewer rounds")
    parser.add_argument("--seconds", type=float, default=0.5, help="time of a double for one image")
    parser.add_argument("--servers", type=int, default=2, help="number of doubles for ours")
    arguments = parse_arguments(parser)
    rounds, many = (2, 4) if arguments.quick else (7, 12)
    with start_system(arguments.seconds, arguments.servers) as (client, servers):
        script = SequentialScript(servers[0])
        script.make_ad(SAMPLES / "box.jpg", PROMPTS[0], 0)
        # As many as there are servers, for each stage that uses them.
        run_job(client, [SAMPLES / "box.jpg"], PROMPTS[: 2 * arguments.servers], seed=0)
        rows = [
            measure_one_ad(script, client, rounds),
            *measure_one_product(script, client, many, arguments.seconds / arguments.servers),
            measure_many_products(script, client, many),
            *measure_campaign(client, many, arguments.seconds / arguments.servers),
        ]
    rows.append(measure_gateway(rounds))
    write_report(
        "pipeline", rows, arguments.quick, ["grpcio", "sqlalchemy", "requests", "pillow", "numpy"]
    )


@contextmanager
def start_system(seconds: float, count: int) -> Iterator[tuple[Client, list[str]]]:
    """Starts the system in front of doubles: a client, and the URLs of the doubles."""
    with ExitStack() as stack:
        servers = [stack.enter_context(run_double(seconds=seconds)).url for _ in range(count)]
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        classic = {"CYCLORAMA_ENGINES": "classic", "CYCLORAMA_SEGMENTATION_MODELS": folder}
        engines = {
            "segmentation": classic,
            "background": {"CYCLORAMA_ENGINES": "a1111", "CYCLORAMA_A1111_URL": ",".join(servers)},
            "compositing": {},
            "inpainting": {"CYCLORAMA_ENGINES": "a1111", "CYCLORAMA_A1111_URL": ",".join(servers)},
        }
        settings = build_gateway_settings("", folder)
        for stage, own in engines.items():
            address = stack.enter_context(start_service(f"services.{stage}", **own))
            settings[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = address
        gateway = stack.enter_context(start_service("gateway", **settings))
        yield stack.enter_context(Client(gateway)), servers


def measure_one_ad(script: SequentialScript, client: Client, rounds: int) -> BenchmarkRow:
    """Measures one ad of one photo, alternately, from file to file."""
    photo, spans = SAMPLES / "bottle.jpg", []
    for seed in range(rounds):
        theirs = measure_seconds(lambda seed=seed: script.make_ad(photo, PROMPTS[0], seed))
        ours = measure_seconds(lambda seed=seed: make_ad(client, photo, PROMPTS[0], seed=seed))
        spans.append((theirs, ours))
    theirs, ours = map(statistics.median, zip(*spans, strict=True))
    return BenchmarkRow("one ad at 1024 px", "s", theirs, ours, 1 / 1.3, "ratio", True)


def measure_one_product(
    script: SequentialScript, client: Client, many: int, image_seconds: float
) -> Iterator[BenchmarkRow]:
    """Measures ads of one photo with many prompts, and the lower limit of ours.

    image_seconds: time for one image divided by the number of doubles.
    """
    photo, prompts = SAMPLES / "bottle.jpg", PROMPTS[:many]
    theirs = measure_seconds(lambda: [script.make_ad(photo, prompt, 1) for prompt in prompts])
    ours = measure_seconds(lambda: run_job(client, [photo], prompts, seed=1))
    claim = f"{many} ads of one product"
    yield BenchmarkRow(claim, "s", theirs, ours, 1 / 3, "ratio", True)
    yield BenchmarkRow(f"{claim}, {LIMIT}", "s", theirs, IMAGES_PER_AD * many * image_seconds)


def measure_many_products(script: SequentialScript, client: Client, many: int) -> BenchmarkRow:
    """Measures ads of many photos with one prompt; photos differ, so that none is cached."""
    with tempfile.TemporaryDirectory() as folder:
        photos = list(write_distinct_photos(many, Path(folder)))
        theirs = measure_seconds(lambda: [script.make_ad(photo, PROMPTS[1], 2) for photo in photos])
        ours = measure_seconds(lambda: run_job(client, photos, [PROMPTS[1]], seed=2))
    return BenchmarkRow(f"{many} products, an ad of each", "s", theirs, ours, 1.0, "ratio", True)


def measure_campaign(client: Client, many: int, image_seconds: float) -> Iterator[BenchmarkRow]:
    """Compares one job of prompts and sizes with as many single calls of this system.

    image_seconds: time for one image divided by the number of doubles.
    """
    photo, prompts = SAMPLES / "jar.jpg", PROMPTS[: max(2, many // 3)]
    sizes = SIZES[: many // len(prompts)]
    count = len(prompts) * len(sizes)
    cases = [(prompt, size) for prompt in prompts for size in sizes]
    theirs = measure_seconds(
        lambda: [make_ad(client, photo, prompt, size=size, seed=3) for prompt, size in cases]
    )
    jobs: list[Job] = []
    ours = measure_seconds(
        lambda: jobs.append(run_job(client, [photo], prompts, seed=4, sizes=sizes))
    )
    cut_out, _ = jobs[0].stages["segmentation"]
    name = f"{count} ads as one campaign"
    yield BenchmarkRow(f"{name}, theirs single calls", "s", theirs, ours, 1 / 2.5, "ratio", True)
    yield BenchmarkRow(f"{name}, {LIMIT}", "s", theirs, IMAGES_PER_AD * count * image_seconds)
    yield BenchmarkRow(f"{name}: segmentations", "count", count, cut_out, 1, "ours", True)


def measure_gateway(rounds: int) -> BenchmarkRow:
    """Measures what the gateway adds to stages of constant duration."""
    # Segmentation and background run concurrently.
    work = (len(STAGES) - 1) * STAGE_SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        start_service("benchmarks.noop", CYCLORAMA_NOOP_DELAY_SECONDS=str(STAGE_SECONDS)) as stages,
        start_service("gateway", **build_gateway_settings(stages, folder)) as address,
        Client(address) as client,
    ):
        photo = SAMPLES / "bottle.jpg"
        spans = [
            measure_seconds(lambda seed=seed: client.create_ad(photo, "x", seed=seed, options=NOOP))
            for seed in range(rounds)
        ]
    ours = statistics.median(spans)
    claim = f"{len(STAGES)} stages of {STAGE_SECONDS} s, two at once, and gateway"
    return BenchmarkRow(claim, "s", work, ours, 1.05, "ratio", True)


def make_ad(client: Client, photo: Path, prompt: str, **options) -> None:
    """Makes an ad in one call."""
    client.create_ad(photo, prompt, options=CAMERA, **options)


def run_job(client: Client, photos: Sequence[Path], prompts: Sequence[str], **options) -> Job:
    """Runs a job to its end and downloads its ads."""
    job = client.jobs.submit(photos, prompts, options=CAMERA, **options)
    *_, last = client.jobs.watch(job.name)
    if last.state != "succeeded":
        raise SystemExit(f"the job has {last.state}: {[ad.error for ad in last.ads if ad.error]}")
    for ad in last.ads:
        client.jobs.fetch(ad.artifact)
    return last


def write_distinct_photos(many: int, folder: Path) -> Iterator[Path]:
    """Writes copies of the sample photos, each cropped a little further."""
    from PIL import Image

    samples = [SAMPLES / f"{name}.jpg" for name in ("bottle", "box", "jar")]
    for index in range(many):
        with Image.open(samples[index % len(samples)]) as photo:
            cut = 2 * (index // len(samples))
            path = folder / f"{index}.jpg"
            photo.crop((cut, cut, photo.width - cut, photo.height - cut)).save(path, quality=95)
        yield path


if __name__ == "__main__":
    main()
