"""Worker process of benchmarks.sam: measures one variant of Segment Anything."""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

START = time.perf_counter()

from services.runtime.heap import pause_collection  # noqa: E402

# As the segmentation service imports them.
with pause_collection():
    import cv2
    import numpy as np
    import torch

    from services.segmentation.engines.sam.model import ENCODED_SIDE, SamModel, SamPrompt
    from services.segmentation.engines.sam.package import import_segment_anything
    from services.segmentation.engines.sam.selection import compute_centered_box

# Standard deviation of random position weights, which new models initialize to 0.
POSITION_DEVIATION = 0.02
BATCH = 8
# Runs of the encoder alone. More: less noise.
ENCODER_RUNS = 9


class StockPredictor:
    """segment-anything's own predictor, in float32 or within torch.autocast."""

    def __init__(self, weights: Path, autocast: bool) -> None:
        package = import_segment_anything()
        state = torch.load(weights, mmap=True, weights_only=True)
        width = state["image_encoder.pos_embed"].shape[-1]
        name = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}[width]
        del state
        model = package.sam_model_registry[name](str(weights))
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._predictor = package.SamPredictor(model.to(device))
        self._context = torch.autocast(device, torch.bfloat16, enabled=autocast)

    def predict_masks(self, photo: np.ndarray) -> np.ndarray:
        """Returns three masks, bool (3, H, W), for a centered box of 95 % of each side.

        photo: uint8 RGB (H, W, 3).
        """
        box = compute_centered_box(*photo.shape[:2], 0.95)
        with self._context:
            self._predictor.set_image(photo)
        # Numpy has no bfloat16, so prediction would fail within autocast.
        self._predictor.features = self._predictor.features.float()
        return self._predictor.predict(box=box, multimask_output=True)[0]

    @torch.inference_mode()
    def encode(self, images: torch.Tensor) -> None:
        """Runs the encoder alone on images, float32 RGB (1, 3, 1024, 1024)."""
        with self._context:
            self._predictor.model.image_encoder(images)


class ServiceModel:
    """The model as the segmentation service runs it."""

    def __init__(self, weights: Path, precision: str) -> None:
        self._model = SamModel(weights, precision=precision, embedding_bytes=2**26)

    def predict_masks(self, photo: np.ndarray) -> np.ndarray:
        """Returns three masks, bool (3, H, W), for a centered box of 95 % of each side.

        photo: uint8 RGB (H, W, 3).
        """
        embedding = self._model.embed_photo(photo)
        logits, _ = self._model.predict_masks(
            embedding, SamPrompt(compute_centered_box(*photo.shape[:2], 0.95))
        )
        return np.stack(
            [self._model.upsample_logits(e, embedding, photo.shape[:2]) > 0 for e in logits]
        )

    def encode(self, images: torch.Tensor) -> None:
        """Runs the encoder alone on images, float32 RGB (1, 3, 1024, 1024)."""
        self._model._encode(images, lambda: None)


def measure_variant(kind: str, weights: Path, photo_path: Path, out: Path) -> None:
    """Prints the measurements as one JSON line and writes the masks to `out`."""
    photo = cv2.cvtColor(cv2.imread(str(photo_path)), cv2.COLOR_BGR2RGB)
    stock = kind in ("stock", "autocast")
    model = StockPredictor(weights, kind == "autocast") if stock else ServiceModel(weights, kind)
    figures = {"load": time.perf_counter() - START}
    on_gpu = torch.cuda.is_available()
    clock = time.perf_counter if on_gpu else time.process_time
    if on_gpu:
        # The first call compiles kernels.
        model.predict_masks(np.ascontiguousarray(photo[::-1]))
        torch.cuda.reset_peak_memory_stats()
    for name in ("seconds", "again"):
        start = clock()
        masks = model.predict_masks(photo)
        figures[name] = clock() - start
    figures["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if on_gpu:
        figures["encoder"] = measure_encoder(model)
        figures["batch_seconds"] = measure_batch(model, photo)
        figures["peak_bytes"] = torch.cuda.max_memory_allocated()
    np.savez_compressed(out, masks=masks)
    print(json.dumps(figures))


def measure_encoder(model: StockPredictor | ServiceModel) -> float:
    """Returns the median of the seconds that the encoder alone takes for one image on a GPU."""
    images = torch.zeros(1, 3, ENCODED_SIDE, ENCODED_SIDE, device="cuda")
    seconds = []
    for _ in range(ENCODER_RUNS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        model.encode(images)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def measure_batch(model: StockPredictor | ServiceModel, photo: np.ndarray) -> float:
    """Returns the seconds for a batch of different photos, sent concurrently.

    photo: uint8 RGB (H, W, 3), from which the others are derived.
    """
    photos = [np.ascontiguousarray(np.roll(photo, 9 * n + 9, axis=1)) for n in range(BATCH)]
    callers = 1 if isinstance(model, StockPredictor) else BATCH
    with ThreadPoolExecutor(callers) as pool:
        start = time.perf_counter()
        list(pool.map(model.predict_masks, photos))
        return time.perf_counter() - start


def write_random_weights(model: str, path: Path) -> None:
    """Writes random weights, also for positions, which new models initialize to 0."""
    torch.manual_seed(0)
    sam = import_segment_anything().sam_model_registry[model]()
    for name, weights in sam.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(weights, std=POSITION_DEVIATION)
    torch.save(sam.state_dict(), path)


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "weights":
        write_random_weights(rest[0], Path(rest[1]))
    else:
        measure_variant(rest[0], *map(Path, rest[1:]))
