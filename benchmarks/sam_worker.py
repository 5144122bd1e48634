"""One process of benchmarks.sam: either way of running Segment Anything, measured alone."""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

START = time.perf_counter()

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from services.segmentation.engines.sam.choosing import centered_box  # noqa: E402
from services.segmentation.engines.sam.model import Model, Question  # noqa: E402
from services.segmentation.engines.sam.package import import_package  # noqa: E402

SPREAD = 0.02
BATCH = 8


class Stock:
    """segment-anything's own predictor, in float32 or within torch.autocast."""

    def __init__(self, weights: Path, autocast: bool) -> None:
        package = import_package()
        state = torch.load(weights, mmap=True, weights_only=True)
        width = state["image_encoder.pos_embed"].shape[-1]
        name = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}[width]
        del state
        model = package.sam_model_registry[name](str(weights))
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._predictor = package.SamPredictor(model.to(device))
        self._context = torch.autocast(device, torch.bfloat16, enabled=autocast)

    def answer(self, photo: np.ndarray) -> np.ndarray:
        """The photo's three masks, bool (3, H, W), for the box that covers 95 % of each side."""
        box = centered_box(*photo.shape[:2], 0.95)
        with self._context:
            self._predictor.set_image(photo)
        # Within autocast its prediction would fail, for numpy has no bfloat16.
        self._predictor.features = self._predictor.features.float()
        return self._predictor.predict(box=box, multimask_output=True)[0]


class Ours:
    """The model as the service runs it."""

    def __init__(self, weights: Path, precision: str) -> None:
        self._model = Model(weights, precision=precision, embedding_bytes=2**26)

    def answer(self, photo: np.ndarray) -> np.ndarray:
        """As Stock.answer."""
        embedding = self._model.embed(photo)
        logits, _ = self._model.ask(embedding, Question(centered_box(*photo.shape[:2], 0.95)))
        return np.stack([self._model.enlarge(e, embedding, photo.shape[:2]) > 0 for e in logits])


def measure(kind: str, weights: Path, photo_path: Path, out: Path) -> None:
    """Prints one JSON line of figures and keeps the masks."""
    photo = cv2.cvtColor(cv2.imread(str(photo_path)), cv2.COLOR_BGR2RGB)
    stock = kind in ("stock", "autocast")
    model = Stock(weights, kind == "autocast") if stock else Ours(weights, kind)
    figures = {"load": time.perf_counter() - START}
    on_gpu = torch.cuda.is_available()
    clock = time.perf_counter if on_gpu else time.process_time
    if on_gpu:
        # The first answers build kernels.
        model.answer(np.ascontiguousarray(photo[::-1]))
        torch.cuda.reset_peak_memory_stats()
    for name in ("seconds", "again"):
        start = clock()
        masks = model.answer(photo)
        figures[name] = clock() - start
    figures["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if on_gpu:
        figures["batch_seconds"] = together(model, photo)
        figures["peak_bytes"] = torch.cuda.max_memory_allocated()
    np.savez_compressed(out, masks=masks)
    print(json.dumps(figures))


def together(model: Stock | Ours, photo: np.ndarray) -> float:
    """Seconds for as many different photos as fill a batch, from as many callers."""
    photos = [np.ascontiguousarray(np.roll(photo, 9 * n + 9, axis=1)) for n in range(BATCH)]
    callers = 1 if isinstance(model, Stock) else BATCH
    with ThreadPoolExecutor(callers) as pool:
        start = time.perf_counter()
        list(pool.map(model.answer, photos))
        return time.perf_counter() - start


def draw(model: str, path: Path) -> None:
    """Writes random weights; those of positions too, which a new model has at 0."""
    torch.manual_seed(0)
    sam = import_package().sam_model_registry[model]()
    for name, weights in sam.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(weights, std=SPREAD)
    torch.save(sam.state_dict(), path)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "draw":
        draw(rest[0], Path(rest[1]))
    else:
        measure(rest[0], *map(Path, rest[1:]))
