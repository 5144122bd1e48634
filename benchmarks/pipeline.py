"""A whole ad, and many: this system beside a script that follows the stages' description.

python -m benchmarks.pipeline [--quick] [--seconds OF A PICTURE] [--servers COUNT]

Both cut out with the engine classic and draw at the same doubles of Stable Diffusion servers, which
take a set time for a picture. Theirs is one process that does one thing after the other at one
server, with requests, Pillow and float32 arrays; it is in benchmarks/literal.py.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.literal import Script
from benchmarks.report import Row, report, seconds
from benchmarks.serving import NOOP, gateway_settings, service
from cyclorama import Client
from cyclorama.jobs import Job
from cyclorama.stages import STAGES
from tools.doubles.a1111.process import double

SAMPLES = Path(__file__).parents[1] / "clients/samples"
PROMPTS = [
    f"{place}, {light}"
    for place in ("on a marble table", "on a wooden desk", "a sandy beach", "concrete steps")
    for light in ("soft morning light", "warm evening", "hard noon sun")
]
SIZES = [(1024, 1024), (768, 1024), (1024, 768)]
STAGE_SECONDS = 0.5


def main() -> None:
    """Measures one ad, ads of one product, ads of many products, and the gateway alone."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="4 ads in place of 12, fewer rounds")
    words.add_argument("--seconds", type=float, default=0.5, help="for a picture, at the doubles")
    words.add_argument("--servers", type=int, default=2, help="doubles that ours shares out to")
    asked = words.parse_args()
    rounds, many = (2, 4) if asked.quick else (7, 12)
    with system(asked.seconds, asked.servers) as (client, servers):
        script = Script(servers[0])
        rows = [
            one_ad(script, client, rounds),
            one_product(script, client, many),
            many_products(script, client, many),
            *campaign(client, many),
        ]
    rows.append(gateway_alone(rounds))
    report("pipeline", rows, asked.quick, ["grpcio", "dbos", "requests", "pillow", "numpy"])


@contextmanager
def system(seconds: float, count: int) -> Iterator[tuple[Client, list[str]]]:
    """The five services before doubles; yields a client and the doubles' addresses."""
    with ExitStack() as stack:
        servers = [stack.enter_context(double(seconds=seconds)).url for _ in range(count)]
        engines = {
            "segmentation": {"CYCLORAMA_ENGINES": "classic"},
            "background": {"CYCLORAMA_ENGINES": "a1111", "CYCLORAMA_A1111_URL": ",".join(servers)},
            "compositing": {},
            "inpainting": {"CYCLORAMA_ENGINES": "a1111", "CYCLORAMA_A1111_URL": ",".join(servers)},
        }
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = gateway_settings("", folder)
        for stage, own in engines.items():
            address = stack.enter_context(service(f"services.{stage}", **own))
            settings[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = address
        gateway = stack.enter_context(service("gateway", **settings))
        yield stack.enter_context(Client(gateway)), servers


def one_ad(script: Script, client: Client, rounds: int) -> Row:
    """The same photo, from its file to the finished one, in turns."""
    photo, spans = SAMPLES / "bottle.jpg", []
    for seed in range(rounds):
        theirs = seconds(lambda seed=seed: script.make_ad(photo, PROMPTS[0], seed))
        ours = seconds(lambda seed=seed: client.create_ad(photo, PROMPTS[0], seed=seed))
        spans.append((theirs, ours))
    theirs, ours = map(statistics.median, zip(*spans, strict=True))
    return Row("one ad at 1024 px", "s", theirs, ours, 1 / 1.3, "ratio", True)


def one_product(script: Script, client: Client, many: int) -> Row:
    """A photo with many prompts."""
    photo, prompts = SAMPLES / "bottle.jpg", PROMPTS[:many]
    theirs = seconds(lambda: [script.make_ad(photo, prompt, 1) for prompt in prompts])
    ours = seconds(lambda: finished(client, [photo], prompts, seed=1))
    return Row(f"{many} ads of one product", "s", theirs, ours, 1 / 3, "ratio", True)


def many_products(script: Script, client: Client, many: int) -> Row:
    """Many photos with one prompt; they differ in size, so that each has to be cut out."""
    with tempfile.TemporaryDirectory() as folder:
        photos = list(different(many, Path(folder)))
        theirs = seconds(lambda: [script.make_ad(photo, PROMPTS[1], 2) for photo in photos])
        ours = seconds(lambda: finished(client, photos, [PROMPTS[1]], seed=2))
    return Row(f"{many} products, an ad of each", "s", theirs, ours, 1.0, "ratio", True)


def campaign(client: Client, many: int) -> Iterator[Row]:
    """One job of prompts and formats beside as many single calls of this system."""
    photo, prompts = SAMPLES / "jar.jpg", PROMPTS[: max(2, many // 3)]
    sizes = SIZES[: many // len(prompts)]
    count = len(prompts) * len(sizes)
    cases = [(prompt, size) for prompt in prompts for size in sizes]
    theirs = seconds(
        lambda: [client.create_ad(photo, prompt, size=size, seed=3) for prompt, size in cases]
    )
    jobs: list[Job] = []
    ours = seconds(lambda: jobs.append(finished(client, [photo], prompts, seed=4, sizes=sizes)))
    cut_out, _ = jobs[0].stages["segmentation"]
    name = f"{count} ads as one campaign"
    yield Row(f"{name}, beside single calls", "s", theirs, ours, 1 / 2.5, "ratio", True)
    yield Row(f"{name}: segmentations", "count", count, cut_out, 1, "ours", True)


def gateway_alone(rounds: int) -> Row:
    """What the gateway and the ways to and from it add to stages that take a set time."""
    # Segmentation and background work at the same time.
    work = (len(STAGES) - 1) * STAGE_SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        service("benchmarks.noop", CYCLORAMA_NOOP_DELAY_SECONDS=str(STAGE_SECONDS)) as stages,
        service("gateway", **gateway_settings(stages, folder)) as address,
        Client(address) as client,
    ):
        photo = SAMPLES / "bottle.jpg"
        spans = [
            seconds(lambda seed=seed: client.create_ad(photo, "x", seed=seed, options=NOOP))
            for seed in range(rounds)
        ]
    ours = statistics.median(spans)
    claim = f"gateway, beside {len(STAGES)} stages of {STAGE_SECONDS} s"
    return Row(claim, "s", work, ours, 1.05, "ratio", True)


def finished(client: Client, photos: Sequence[Path], prompts: Sequence[str], **wishes) -> Job:
    """Runs a job to its end and fetches its ads, as whoever wants them would."""
    job = client.jobs.submit(photos, prompts, **wishes)
    *_, last = client.jobs.watch(job.name)
    if last.state != "succeeded":
        raise SystemExit(f"the job has {last.state}: {[ad.error for ad in last.ads if ad.error]}")
    for ad in last.ads:
        client.jobs.fetch(ad.artifact)
    return last


def different(many: int, folder: Path) -> Iterator[Path]:
    """Copies of the sample photos, each cropped a little further."""
    from PIL import Image

    samples = [SAMPLES / f"{name}.jpg" for name in ("bottle", "box", "jar")]
    for at in range(many):
        with Image.open(samples[at % len(samples)]) as photo:
            cut = 2 * (at // len(samples))
            path = folder / f"{at}.jpg"
            photo.crop((cut, cut, photo.width - cut, photo.height - cut)).save(path, quality=95)
        yield path


if __name__ == "__main__":
    main()
