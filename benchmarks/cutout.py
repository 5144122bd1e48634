"""Quality and speed of the classic segmentation engine, compared with plain GrabCut.

python -m benchmarks.cutout [--quick] [--address HOST:PORT] [--folder FOLDER]

FOLDER contains photos/, gt/, manifest.json and evaluate.py, which computes the scores; the default
is $CYCLORAMA_EVAL. Without --address, a service is started on one core.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import BenchmarkRow, write_report
from benchmarks.serving import start_service
from cyclorama import Client, CycloramaError

# Theirs: side of the centered box, iterations, and longest side of the reduced photo in pixels.
BOX = 0.95
GRABCUT_ITERATIONS = 5
SMALL_SIDE = 320
REPEATS = 2
# Distance of an off-center product from the left and upper edges, as a share of the side.
OFF_CENTER = 0.06

CutMethod = Callable[[np.ndarray], tuple[np.ndarray, float]]


def main() -> None:
    """Scores ours and theirs alternately, photo by photo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth photo, no full-size run")
    parser.add_argument("--address", help="address of a running segmentation service")
    parser.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    arguments = parser.parse_args()
    if not arguments.folder:
        raise SystemExit("set a folder of photos with --folder or CYCLORAMA_EVAL")
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    cv2.setNumThreads(1)
    own = (
        nullcontext(arguments.address)
        if arguments.address
        else start_service("services.segmentation", {core})
    )
    with own as address, Client(address) as client, tempfile.TemporaryDirectory() as scratch:
        run_benchmark(arguments.folder, client, Path(scratch), arguments.quick)


def run_benchmark(folder: Path, client: Client, scratch: Path, quick: bool) -> None:
    """Scores the photos, then the same products off center, and writes the report."""
    entries = json.loads((folder / "manifest.json").read_text())[:: 4 if quick else 1]
    cuts = {"ours": cut_with_service(client), "small": cut_with_small_grabcut}
    if not quick:
        cuts["fine"] = cut_with_service(client, edge="EDGE_FINE")
        cuts["toy"] = cut_with_grabcut
    whole = copy_photo_set(scratch / "whole", folder, entries)
    scores, seconds = score_methods(whole, cuts, evaluate=folder / "evaluate.py")
    products = [entry for entry in entries if entry["kind"] == "product"]
    moved = move_off_center(copy_photo_set(scratch / "moved", folder, products))
    off, _ = score_methods(
        moved, {k: cuts[k] for k in ("ours", "small")}, folder / "evaluate.py", 1
    )
    for name, result in scores.items():
        kinds = ((kind, result["by_kind"].get(kind)) for kind in ("product", "animal", "person"))
        texts = [f"{k} {v['iou']:.3f}/{v['bf']:.3f}" for k, v in kinds if v]
        print(
            f"{name:6} all {result['all']['iou']:.3f}/{result['all']['bf']:.3f}  {'  '.join(texts)}"
        )
    write_report(
        "cutout", list(build_rows(scores, seconds, off)), quick, ["opencv-python-headless", "numpy"]
    )


def build_rows(scores: dict, seconds: dict, off: dict) -> Iterable[BenchmarkRow]:
    """Yields the claims; theirs is GrabCut with the same box at 320 px."""
    theirs, mine = scores["small"], scores["ours"]
    for claim, kind, iou, bf in (
        ("products", lambda s: s["by_kind"]["product"], 0.945, 0.80),
        ("products on studio backdrops", lambda s: s["product_by_bg"]["studio"], 0.97, 0.89),
        ("all photos", lambda s: s["all"], 0.88, 0.73),
    ):
        yield BenchmarkRow(claim, "IoU", kind(theirs)["iou"], kind(mine)["iou"], iou)
        yield BenchmarkRow(claim, "boundary F", kind(theirs)["bf"], kind(mine)["bf"], bf)
    lost = [result["by_kind"]["product"]["lt50"] for result in (theirs, mine)]
    yield BenchmarkRow("products below IoU 0.5", "share", *lost, goal=0, lower_is_better=True)
    moved = [off[name]["by_kind"]["product"]["iou"] for name in ("small", "ours")]
    yield BenchmarkRow("products off center", "IoU", *moved, goal=0.94)
    speed = float(np.median(seconds["small"]))
    ratio = float(np.median(np.divide(seconds["ours"], seconds["small"])))
    yield BenchmarkRow("one core", "s/MP", speed, speed * ratio, 1.4, "ratio", lower_is_better=True)


def score_methods(
    folder: Path, cuts: dict[str, CutMethod], evaluate: Path, repeats: int = REPEATS
) -> tuple[dict[str, dict], dict[str, list[float]]]:
    """Runs all methods alternately: the scores by evaluate.py, and seconds per megapixel."""
    seconds: dict[str, list[float]] = {name: [] for name in cuts}
    for name in cuts:
        (folder / name).mkdir()
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = cv2.imread(str(folder / entry["photo"]))
        durations: dict[str, list[float]] = {name: [] for name in cuts}
        for _ in range(repeats):
            for name, cut in cuts.items():
                if name in ("toy", "fine") and durations[name]:
                    continue
                alpha, spent = cut(photo)
                durations[name].append(spent)
                cv2.imwrite(str(folder / name / f"{entry['name']}.png"), alpha)
        megapixels = photo.shape[0] * photo.shape[1] / 1e6
        for name, spans in durations.items():
            seconds[name].append(min(spans) / megapixels)
        print(entry["name"], {k: f"{v[-1]:.2f} s/MP" for k, v in seconds.items()}, flush=True)
    scores = {}
    for name in cuts:
        command = [sys.executable, evaluate, folder / name, "--evalset", folder]
        scores[name] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return scores, seconds


def cut_with_service(client: Client, **options: object) -> CutMethod:
    """Returns a method that calls the service; seconds as it reports them, decoding included."""

    def cut(photo: np.ndarray) -> tuple[np.ndarray, float]:
        data = cv2.imencode(".png", photo)[1].tobytes()
        alpha, start = np.zeros(photo.shape[:2], np.uint8), time.perf_counter()
        try:
            cutout = client.segment(data, options={"engine": {"name": "classic"}, **options})
        except CycloramaError:
            return alpha, time.perf_counter() - start
        box = cutout.reply.bounds
        own = cv2.imdecode(np.frombuffer(cutout.data, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
        part = alpha[box.y : box.y + box.height, box.x : box.x + box.width]
        part[:] = cv2.resize(own, part.shape[::-1])
        return alpha, cutout.reply.run.elapsed.ToNanoseconds() / 1e9

    return cut


def cut_with_grabcut(photo: np.ndarray) -> tuple[np.ndarray, float]:
    """Runs GrabCut from a centered box of 95 % of each side: uint8 alpha (H, W), and seconds.

    photo: uint8 BGR (H, W, 3).
    """
    start = time.perf_counter()
    height, width = photo.shape[:2]
    left, top = round(width * (1 - BOX) / 2), round(height * (1 - BOX) / 2)
    labels = np.zeros((height, width), np.uint8)
    box = (left, top, width - 2 * left, height - 2 * top)
    cv2.grabCut(photo, labels, box, None, None, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    return (labels & 1) * 255, time.perf_counter() - start


def cut_with_small_grabcut(photo: np.ndarray) -> tuple[np.ndarray, float]:
    """Runs GrabCut at 320 px and enlarges the mask: uint8 alpha (H, W), and seconds."""
    start = time.perf_counter()
    scale = min(1.0, SMALL_SIDE / max(photo.shape))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask, _ = cut_with_grabcut(small)
    return cv2.resize(mask, photo.shape[1::-1]), time.perf_counter() - start


def copy_photo_set(folder: Path, source: Path, entries: list[dict]) -> Path:
    """Copies photos and ground truth into a folder of the same layout."""
    for part in ("photos", "gt"):
        (folder / part).mkdir(parents=True)
    for entry in entries:
        for part in ("photo", "gt"):
            shutil.copyfile(source / entry[part], folder / entry[part])
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def move_off_center(folder: Path) -> Path:
    """Crops photos and ground truth at the left and the top, so that products are near them."""
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = cv2.imread(str(folder / entry["photo"]))
        truth = cv2.imread(str(folder / entry["gt"]), cv2.IMREAD_GRAYSCALE)
        x, y, _, _ = cv2.boundingRect((truth > 127).astype(np.uint8))
        top, left = (
            max(0, round((at - OFF_CENTER * side) / (1 - OFF_CENTER)))
            for at, side in zip((y, x), truth.shape, strict=True)
        )
        quality = [cv2.IMWRITE_JPEG_QUALITY, 98]
        cv2.imwrite(str(folder / entry["photo"]), photo[top:, left:], quality)
        cv2.imwrite(str(folder / entry["gt"]), truth[top:, left:])
    return folder


if __name__ == "__main__":
    main()
