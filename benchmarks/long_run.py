"""Memory of every service over a thousand mixed ads, valid and refused, of 256 to 768 px.

python -m benchmarks.long_run [--quick] [--ads COUNT] [--callers COUNT]

The services run as processes with the embedded engines. Theirs is the resident memory after EARLY
ads, ours the most at any later reading, one every EVERY ads.
"""

import argparse
import itertools
import random
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos_rig import Replica
from benchmarks.mixed import MAX_MEMORY_GROWTH, start_services
from benchmarks.mixed_files import KINDS, shuffle_kinds
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama import Client, CycloramaError

# Ads between two readings, and those before the first one that counts: until then, caches fill and
# every thread meets its first pictures.
EVERY, EARLY = 100, 200
SIDES = (256, 384, 512, 640, 768)
PROMPTS = (
    "white studio",
    "on a marble table, soft morning light",
    "wooden table in a garden",
    "on wet slate, dark, dramatic light",
    "beach at sunset",
    "kitchen counter with herbs",
)
FORMATS = ("png", "jpeg", "webp")
# How often the caller supplies the background as a color, and lets cached results be used.
BACKDROP_SHARE, REUSE_SHARE, SEEDS = 0.25, 0.5, 4
TIMEOUT = 900.0
# The memory of each container in docker-compose.yml, by which services bound what is in flight.
MEMORY_MIB = "4096"


@dataclass(frozen=True)
class MixedAd:
    """What one call sends: a file of KINDS and its seed, and the arguments of Client.create_ad."""

    kind: str
    file_seed: int
    prompt: str
    arguments: Mapping[str, object]


@dataclass
class MemoryLog:
    """Resident memory of each service in MiB, by the number of ads before the reading."""

    running: Mapping[str, Replica]
    readings: dict[int, dict[str, float]] = field(default_factory=dict)

    def read(self, ads: int) -> None:
        """Reads the memory of all services now."""
        mib = {name: round(replica.memory_mib, 1) for name, replica in self.running.items()}
        self.readings[ads] = mib
        print(ads, mib, flush=True)


@dataclass
class AdCounts:
    """How many calls had which outcome: created, refused as expected, or failed."""

    created: int = 0
    refused: int = 0
    failed: int = 0


def main() -> None:
    """Creates the ads and compares memory over time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30 ads instead of 1000")
    parser.add_argument("--ads", type=int, default=1000)
    parser.add_argument("--callers", type=int, default=4)
    arguments = parse_arguments(parser)
    ads = 30 if arguments.quick else arguments.ads
    every, early = (10, 10) if arguments.quick else (EVERY, EARLY)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_services(Path(folder), CYCLORAMA_MEMORY_MIB=MEMORY_MIB) as running,
    ):
        log = MemoryLog(running)
        counts = create_ads(log, ads, every, arguments.callers)
    rows = [*check_counts(counts, ads), *check_memory(log, early)]
    readings = {"mib": {str(number): mib for number, mib in log.readings.items()}}
    packages = ["pillow", "numpy", "sqlalchemy", "grpcio"]
    write_report("long_run", rows, arguments.quick, packages, readings)


def create_ads(log: MemoryLog, ads: int, every: int, callers: int) -> AdCounts:
    """Creates ads from concurrent callers; reads the memory after every `every` ads.

    Callers wait for each other before a reading, so that no call is in flight.
    """
    mixed_ads, counts, lock = build_mixed_ads(ads), AdCounts(), threading.Lock()
    gateway = log.running["gateway"].address
    log.read(0)
    for done in range(every, ads + 1, every):
        batch = iter(list(itertools.islice(mixed_ads, every)))

        def work(batch: Iterator[MixedAd] = batch) -> None:
            with Client(gateway, timeout=TIMEOUT, max_retries=0) as client:
                while True:
                    with lock:
                        recipe = next(batch, None)
                    if recipe is None:
                        return
                    outcome = create_ad(client, recipe)
                    with lock:
                        setattr(counts, outcome, getattr(counts, outcome) + 1)

        threads = [threading.Thread(target=work) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.read(done)
    return counts


def build_mixed_ads(count: int, seed: int = 0) -> Iterator[MixedAd]:
    """Yields what to send: files of every kind, with random arguments."""
    rng = random.Random(seed)
    for number, kind in enumerate(shuffle_kinds(count, seed)):
        options: dict[str, object] = {"reuse": rng.random() < REUSE_SHARE}
        if rng.random() < BACKDROP_SHARE:
            color = {name: rng.randrange(256) for name in ("red", "green", "blue")}
            options["backdrop"] = {"color": color}
        arguments = {
            "size": (rng.choice(SIDES), rng.choice(SIDES)),
            # Few seeds, so that some results are cached.
            "seed": rng.randrange(SEEDS),
            "format": rng.choice(FORMATS),
            "options": options,
        }
        yield MixedAd(kind, number, rng.choice(PROMPTS), arguments)


def create_ad(client: Client, recipe: MixedAd) -> str:
    """Creates an ad; returns the field of AdCounts that counts it."""
    kind = KINDS[recipe.kind]
    # A missing file is sent as an empty one.
    photo = kind.create(recipe.file_seed) or b""
    reason = kind.reason if photo else KINDS["empty"].reason
    try:
        client.create_ad(photo, recipe.prompt, **recipe.arguments)
    except CycloramaError as error:
        if reason and reason in str(error):
            return "refused"
        print(f"unexpected for {recipe}: {error}", flush=True)
        return "failed"
    return "failed" if reason else "created"


def check_counts(counts: AdCounts, ads: int) -> Iterator[BenchmarkRow]:
    """Checks that every valid file became an ad, and that every other one was refused."""
    yield BenchmarkRow("ads created", "ads", ads, counts.created)
    yield BenchmarkRow("files refused with their reason", "files", ads, counts.refused)
    yield BenchmarkRow("other outcomes", "ads", ads, counts.failed, 0, "ours", True)


def check_memory(log: MemoryLog, early: int) -> Iterator[BenchmarkRow]:
    """Compares the memory of each service at every later reading with that after `early` ads."""
    later = [mib for number, mib in log.readings.items() if number >= early]
    for name, before in later[0].items():
        most = max(mib[name] for mib in later)
        claim = f"{name}: most memory later"
        yield BenchmarkRow(claim, "MiB", before, most, MAX_MEMORY_GROWTH, "ratio", True)


if __name__ == "__main__":
    main()
