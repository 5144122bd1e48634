"""How well and how fast stage 1 cuts products out without weights, beside plain GrabCut.

python -m benchmarks.cutout [--quick] [--address HOST:PORT] [--folder FOLDER]

FOLDER holds photos/, gt/, manifest.json and evaluate.py, which does the scoring; default is
$CYCLORAMA_EVAL. Without an address a service is started on one core.
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

from benchmarks.report import Row, report
from benchmarks.serving import service
from cyclorama import Client, CycloramaError

BOX = 0.95
GRABCUT_ROUNDS = 5
SMALL_SIDE = 320
REPEATS = 2
# Where a product ends up that is photographed off center: so far from the left and upper edge.
OFF_CENTER = 0.06

Cut = Callable[[np.ndarray], tuple[np.ndarray, float]]


def main() -> None:
    """Scores ours and theirs, photo by photo in turns."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="every fourth photo, no full-size run")
    words.add_argument("--address", help="of a running segmentation service")
    words.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    asked = words.parse_args()
    if not asked.folder:
        raise SystemExit("name a folder of photos: --folder, or the variable CYCLORAMA_EVAL")
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    cv2.setNumThreads(1)
    own = nullcontext(asked.address) if asked.address else service("services.segmentation", {core})
    with own as address, Client(address) as client, tempfile.TemporaryDirectory() as scratch:
        run(asked.folder, client, Path(scratch), asked.quick)


def run(folder: Path, client: Client, scratch: Path, quick: bool) -> None:
    """Scores the photos, then the same products off center, and reports."""
    entries = json.loads((folder / "manifest.json").read_text())[:: 4 if quick else 1]
    cuts = {"ours": ours(client), "small": grabcut_small}
    if not quick:
        cuts["fine"] = ours(client, edge="EDGE_FINE")
        cuts["toy"] = grabcut
    whole = copy_set(scratch / "whole", folder, entries)
    scores, seconds = score(whole, cuts, evaluate=folder / "evaluate.py")
    products = [entry for entry in entries if entry["kind"] == "product"]
    moved = move_off_center(copy_set(scratch / "moved", folder, products))
    off, _ = score(moved, {k: cuts[k] for k in ("ours", "small")}, folder / "evaluate.py", 1)
    for name, told in scores.items():
        kinds = ((kind, told["by_kind"].get(kind)) for kind in ("product", "animal", "person"))
        texts = [f"{k} {v['iou']:.3f}/{v['bf']:.3f}" for k, v in kinds if v]
        print(f"{name:6} all {told['all']['iou']:.3f}/{told['all']['bf']:.3f}  {'  '.join(texts)}")
    report("cutout", list(rows(scores, seconds, off)), quick, ["opencv-python-headless", "numpy"])


def rows(scores: dict, seconds: dict, off: dict) -> Iterable[Row]:
    """The claims; theirs is GrabCut with the same box at 320 px."""
    theirs, mine = scores["small"], scores["ours"]
    for claim, kind, iou, bf in (
        ("products", lambda s: s["by_kind"]["product"], 0.945, 0.80),
        ("products on studio backdrops", lambda s: s["product_by_bg"]["studio"], 0.97, 0.89),
        ("all photos", lambda s: s["all"], 0.88, 0.73),
    ):
        yield Row(claim, "IoU", kind(theirs)["iou"], kind(mine)["iou"], iou)
        yield Row(claim, "boundary F", kind(theirs)["bf"], kind(mine)["bf"], bf)
    lost = [told["by_kind"]["product"]["lt50"] for told in (theirs, mine)]
    yield Row("products below IoU 0.5", "share", *lost, goal=0, lower_is_better=True)
    moved = [off[name]["by_kind"]["product"]["iou"] for name in ("small", "ours")]
    yield Row("products off center", "IoU", *moved, goal=0.94)
    pace = [float(np.median(seconds[name])) for name in ("small", "ours")]
    ratio = float(np.median(np.divide(seconds["ours"], seconds["small"])))
    yield Row("one core", "s/MP", pace[0], pace[0] * ratio, 1.4, "ratio", lower_is_better=True)


def score(
    folder: Path, cuts: dict[str, Cut], evaluate: Path, repeats: int = REPEATS
) -> tuple[dict[str, dict], dict[str, list[float]]]:
    """Runs all methods in turns: what evaluate.py says of each, and its seconds a megapixel."""
    seconds: dict[str, list[float]] = {name: [] for name in cuts}
    for name in cuts:
        (folder / name).mkdir()
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = cv2.imread(str(folder / entry["photo"]))
        taken: dict[str, list[float]] = {name: [] for name in cuts}
        for _ in range(repeats):
            for name, cut in cuts.items():
                if name in ("toy", "fine") and taken[name]:
                    continue
                alpha, spent = cut(photo)
                taken[name].append(spent)
                cv2.imwrite(str(folder / name / f"{entry['name']}.png"), alpha)
        megapixels = photo.shape[0] * photo.shape[1] / 1e6
        for name, spans in taken.items():
            seconds[name].append(min(spans) / megapixels)
        print(entry["name"], {k: f"{v[-1]:.2f} s/MP" for k, v in seconds.items()}, flush=True)
    told = {}
    for name in cuts:
        command = [sys.executable, evaluate, folder / name, "--evalset", folder]
        told[name] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told, seconds


def ours(client: Client, **options: object) -> Cut:
    """The service; seconds are those that it says it took, decoding included."""

    def cut(photo: np.ndarray) -> tuple[np.ndarray, float]:
        data = cv2.imencode(".png", photo)[1].tobytes()
        alpha, start = np.zeros(photo.shape[:2], np.uint8), time.perf_counter()
        try:
            found = client.segment(data, options={"engine": {"name": "classic"}, **options})
        except CycloramaError:
            return alpha, time.perf_counter() - start
        box = found.reply.bounds
        own = cv2.imdecode(np.frombuffer(found.data, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
        part = alpha[box.y : box.y + box.height, box.x : box.x + box.width]
        part[:] = cv2.resize(own, part.shape[::-1])
        return alpha, found.reply.run.elapsed.ToNanoseconds() / 1e9

    return cut


def grabcut(photo: np.ndarray) -> tuple[np.ndarray, float]:
    """GrabCut from a centered box over 95 % of each side, at full size."""
    start = time.perf_counter()
    height, width = photo.shape[:2]
    left, top = round(width * (1 - BOX) / 2), round(height * (1 - BOX) / 2)
    labels = np.zeros((height, width), np.uint8)
    box = (left, top, width - 2 * left, height - 2 * top)
    cv2.grabCut(photo, labels, box, None, None, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    return (labels & 1) * 255, time.perf_counter() - start


def grabcut_small(photo: np.ndarray) -> tuple[np.ndarray, float]:
    """The same at 320 px, enlarged again."""
    start = time.perf_counter()
    scale = min(1.0, SMALL_SIDE / max(photo.shape))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask, _ = grabcut(small)
    return cv2.resize(mask, photo.shape[1::-1]), time.perf_counter() - start


def copy_set(folder: Path, source: Path, entries: list[dict]) -> Path:
    """Copies photos and truths into a folder of the same layout."""
    for part in ("photos", "gt"):
        (folder / part).mkdir(parents=True)
    for entry in entries:
        for part in ("photo", "gt"):
            shutil.copyfile(source / entry[part], folder / entry[part])
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def move_off_center(folder: Path) -> Path:
    """Crops photos and truths at the left and the top, so that the product is near them."""
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
