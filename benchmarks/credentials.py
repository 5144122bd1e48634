"""Content Credentials: bytes and core time that signing adds, pixels changed, flipped bits found.

python -m benchmarks.credentials [--quick]

Theirs is the C2PA library as its examples use it: default settings, which add a thumbnail, and no
word on stages, models or pixels. Both sign the same files of five formats with the same trial
certificate, in turns on one core; medians. An independent process with the library alone then
reads every file.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import c2pa
import cv2
import numpy as np
from PIL import Image

from benchmarks.finishing import SIDE, draw_ad
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.v1 import finishing_pb2, image_pb2
from services.credentials.reader import TRUSTED, read_credentials
from services.credentials.signer import TRIAL, CredentialsSigner, SignerFiles
from services.credentials.store import STORE_MARK
from services.finishing.engine import FileOptions, FinishedFile, FinishingRequest
from services.finishing.engines.pillow import PillowFinishing
from services.finishing.lock import create_pixel_lock
from services.finishing.metadata import FileMetadata
from services.finishing.provenance import Provenance
from services.finishing.signing import AdSigning
from services.runtime.formats import AVIF, JPEG, PNG, TIFF, WEBP, name_from_format
from tools.certs import choose_dates, create_ca, write_signer_folder

FORMATS = (PNG, JPEG, WEBP, AVIF, TIFF)
# What an ad of the default engines says of its stages; the lengths of the names count.
STUDIO = "4-mitsuba3.9.1-oidn2.5.1.0-places589306-film2-scalar_rgb"
STAGES = (
    ("segmentation", "onnx", "2-u2netp-309c8469-onnxruntime1.32.0-cpu", "u2netp"),
    ("background", "studio", STUDIO, ""),
    ("compositing", "opencv", "3-opencv5.0.0", ""),
    ("inpainting", "studio", STUDIO, ""),
)
# The goals: KiB that credentials add, without a timestamp and those of the photo, and core time.
ADDED_KIB, SIGNING_MS = 4, 10
REPEATS, FLIPS = 31, 200
VERSIONS = ["c2pa-python", "cryptography", "pillow"]
# Reads files with the library alone, in its own process; prints the state of each as JSON.
INDEPENDENT_READER = """
import c2pa, json, pathlib, sys
anchors, *paths = sys.argv[1:]
trust = {"trust": {"trust_anchors": pathlib.Path(anchors).read_text()}}
states = []
for path in paths:
    reader = c2pa.Reader(path, context=c2pa.Context.from_dict(trust))
    states.append(reader.get_validation_state())
print(json.dumps(states))
"""


@dataclass(frozen=True)
class SignedPair:
    """A file before signing, and signed by theirs and ours."""

    plain: bytes
    theirs: bytes
    ours: bytes
    their_ms: float
    our_ms: float


def main() -> None:
    """Signs an ad in every format, reads it back, and flips bits of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and flipped bits")
    quick = parse_arguments(parser).quick
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        authority = create_ca()
        write_signer_folder(folder, authority, choose_dates(authority))
        pairs = {fmt: sign_both(fmt, folder, 5 if quick else REPEATS) for fmt in FORMATS}
        rows = [row for fmt, pair in pairs.items() for row in compare_pair(fmt, pair)]
        rows.append(count_changed_pixels(pairs))
        anchors = (folder / "ca.pem").read_text()
        rows.append(count_found_flips(pairs, anchors, 20 if quick else FLIPS))
        rows.append(read_independently(pairs, folder))
    write_report("credentials", rows, quick, VERSIONS)


def sign_both(fmt: image_pb2.ImageFormat, folder: Path, repeats: int) -> SignedPair:
    """Signs an ad in a format with both, in turns.

    folder: contains certificate and key. repeats: of which the core times are medians.
    """
    engine, (ad, mask) = PillowFinishing(), draw_ad()
    request = FinishingRequest(
        ad, mask, ad, FileOptions(fmt), FileMetadata(record="0" * 64), provenance=build_provenance()
    )
    file = engine.finish(request)
    written = np.asarray(Image.open(io.BytesIO(file.data)).convert("RGB"))
    lock = create_pixel_lock(ad, mask, ad, written)
    signing = AdSigning(CredentialsSigner(SignerFiles(folder / "cert.pem", folder / "key.pem")))
    works = (
        lambda: sign_with_defaults(file, folder),
        lambda: signing.sign(engine, request, file, lock).file.data,
    )
    (theirs, their_ms), (ours, our_ms) = take_turns(works, repeats)
    return SignedPair(file.data, theirs, ours, their_ms, our_ms)


def build_provenance() -> Provenance:
    """Returns what an ad of the default engines says of its stages and its photo."""
    runs = [
        finishing_pb2.StageRun(stage=stage, engine=engine, version=version, model=model)
        for stage, engine, version, model in STAGES
    ]
    return Provenance(runs, photo_sha256="ab" * 32)


def sign_with_defaults(file: FinishedFile, folder: Path) -> bytes:
    """Signs a file as the examples of the library do."""
    signed = io.BytesIO()
    info = c2pa.C2paSignerInfo(
        b"es256", (folder / "cert.pem").read_bytes(), (folder / "key.pem").read_bytes(), None
    )
    media_type = f"image/{name_from_format(file.format).lower()}"
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(json.dumps(TRIAL), c2pa.Context()) as builder,
    ):
        builder.sign(signer, media_type, io.BytesIO(file.data), signed)
    return signed.getvalue()


def take_turns(works: tuple[Callable[[], bytes], ...], repeats: int) -> list[tuple[bytes, float]]:
    """Returns the last result of each work, and its median core milliseconds."""
    spent: list[list[float]] = [[] for _ in works]
    results = [b"" for _ in works]
    for _ in range(repeats):
        for index, work in enumerate(works):
            start = time.process_time()
            results[index] = work()
            spent[index].append(1000 * (time.process_time() - start))
    return [
        (result, statistics.median(spans)) for result, spans in zip(results, spent, strict=True)
    ]


def compare_pair(fmt: image_pb2.ImageFormat, pair: SignedPair) -> tuple[BenchmarkRow, BenchmarkRow]:
    """Returns rows with the bytes and the core time that signing adds to a file."""
    name = name_from_format(fmt)
    added = [(len(signed) - len(pair.plain)) / 2**10 for signed in (pair.theirs, pair.ours)]
    return (
        BenchmarkRow(f"{name} at {SIDE} px: added", "KiB", *added, ADDED_KIB, lower_is_better=True),
        BenchmarkRow(
            f"{name} at {SIDE} px: signing",
            "core ms",
            pair.their_ms,
            pair.our_ms,
            SIGNING_MS,
            lower_is_better=True,
        ),
    )


def count_changed_pixels(pairs: Mapping[image_pb2.ImageFormat, SignedPair]) -> BenchmarkRow:
    """Counts the pixels of all formats that signing changed."""
    theirs, ours = (
        sum(count_differing(pair.plain, getattr(pair, name)) for pair in pairs.values())
        for name in ("theirs", "ours")
    )
    return BenchmarkRow("pixels changed", "pixels", theirs, ours, 0, lower_is_better=True)


def count_differing(plain: bytes, signed: bytes) -> int:
    """Counts the pixels in which two files differ."""
    before, after = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in (plain, signed)
    )
    return int(np.count_nonzero((before != after).any(axis=2)))


def count_found_flips(
    pairs: Mapping[image_pb2.ImageFormat, SignedPair], anchors: str, flips: int
) -> BenchmarkRow:
    """Measures the share of files with one flipped bit, of the ad in any format, that is found.

    flips: at random places of each file outside its credentials, whose signature leaves out the
    zeros that are reserved for it.
    """
    at_random, found = random.Random(1), {"theirs": 0, "ours": 0}
    for pair in pairs.values():
        for name in found:
            signed = getattr(pair, name)
            for place in at_random.sample(list_places(pair.plain, signed), flips):
                changed = bytearray(signed)
                changed[place] ^= 1 << at_random.randrange(8)
                found[name] += read_credentials(bytes(changed), anchors).state != TRUSTED
    shares = [count / (flips * len(pairs)) for count in found.values()]
    return BenchmarkRow("files with one flipped bit found by the signature", "share", *shares, 1)


def list_places(plain: bytes, signed: bytes) -> list[int]:
    """Returns the positions of a signed file that are not in its credentials."""
    start = signed.index(STORE_MARK)
    end = start + len(signed) - len(plain)
    return [place for place in range(len(signed)) if not start <= place < end]


def read_independently(
    pairs: Mapping[image_pb2.ImageFormat, SignedPair], folder: Path
) -> BenchmarkRow:
    """Counts the formats that the library accepts in a process without our code."""
    counts = []
    for name in ("theirs", "ours"):
        paths = []
        for fmt, pair in pairs.items():
            path = folder / f"{name}.{name_from_format(fmt).lower()}"
            path.write_bytes(getattr(pair, name))
            paths.append(str(path))
        command = [sys.executable, "-I", "-c", INDEPENDENT_READER, str(folder / "ca.pem"), *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
        counts.append(json.loads(done.stdout).count("Trusted"))
    return BenchmarkRow("accepted by an independent reader", "formats", *counts, len(pairs))


if __name__ == "__main__":
    main()
