"""Runs Segment Anything: encodes photos to embeddings, and decodes prompts to masks."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import structlog
import torch
from torch.nn import functional

from services.runtime.batching import Batcher, CheckActive
from services.runtime.errors import OutOfMemory
from services.segmentation.cache import ByteLimitedCache
from services.segmentation.consensus import compute_iou
from services.segmentation.engine import LabeledPoint
from services.segmentation.engines.sam.calibration_photo import draw_calibration_photo
from services.segmentation.engines.sam.cuda_graphs import CudaGraphRecorder, Tensors
from services.segmentation.engines.sam.decoder import MaskDecoder
from services.segmentation.engines.sam.encoder import ImageEncoder
from services.segmentation.engines.sam.package import (
    LoadedSam,
    import_segment_anything,
    load_sam_checkpoint,
)
from services.segmentation.engines.sam.precision import choose_precision, enable_fast_float32

# Longer side in pixels at which the model encodes photos, and side of its masks' logits (Kirillov
# et al. 2023).
ENCODED_SIDE = 1024
LOGITS_SIDE = 256
# Numbers of photos that are encoded together on a GPU: those that arrive during an encoding, filled
# up to the next of these. More numbers: less filling, but more compilation and memory at the start.
BATCH_SIZES = (1, 2, 4, 8)

log = structlog.get_logger()


@dataclass(frozen=True)
class ImageEmbedding:
    """An encoded photo.

    features: float32 (1, 256, 64, 64).
    photo_size: height, width of the photo in pixels.
    encoded_size: height, width at which it was encoded, the longer side 1024.
    key: hash of the photo's pixels.
    """

    features: torch.Tensor
    photo_size: tuple[int, int]
    encoded_size: tuple[int, int]
    key: bytes = b""

    @property
    def mask_size(self) -> tuple[int, int]:
        """Rows and columns of the model's masks (256 x 256) that the photo covers, rounded up."""
        height, width = self.encoded_size
        return -(-height * LOGITS_SIDE // ENCODED_SIDE), -(-width * LOGITS_SIDE // ENCODED_SIDE)

    @property
    def nbytes(self) -> int:
        """Size of the features in bytes."""
        return self.features.nbytes


@dataclass(frozen=True)
class SamPrompt:
    """A prompt for the model, in pixels of the photo.

    box: left, top, right, bottom.
    points: x, y and whether the point is on the product.
    logits: float32 (256, 256), a mask of an earlier answer.
    multimask: whether to predict three masks rather than one, for ambiguous prompts.
    """

    box: np.ndarray | Sequence[float] | None = None
    points: Sequence[LabeledPoint] = ()
    logits: np.ndarray | None = None
    multimask: bool = True


class _PromptTensors(NamedTuple):
    """A prompt in pixels of the encoded photo, as MaskDecoder takes it."""

    points: tuple[torch.Tensor, torch.Tensor] | None
    box: torch.Tensor | None
    mask: torch.Tensor | None


class SamModel:
    """Segment Anything, vit_b, vit_l or vit_h as in the checkpoint, on a GPU if there is one.

    Safe to call from several threads. Methods raise OutOfMemory if the GPU's memory is exhausted,
    and CallCancelled if the current call is over.
    """

    def __init__(
        self,
        checkpoint: Path,
        precision: str = "auto",
        threads: int | None = None,
        embedding_bytes: int = 0,
    ) -> None:
        """Loads the weights in a checkpoint and chooses the fastest arithmetic.

        precision: of the image encoder, "float32", "bfloat16", or "auto" for the faster one that
            keeps the masks.
        threads: of the CPU, None for all cores.
        embedding_bytes: memory for the embeddings (encoded form) of recent photos.

        Raises EngineNotReady if the file is no checkpoint of Segment Anything.
        """
        if threads:
            torch.set_num_threads(threads)
        enable_fast_float32()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        on_gpu = self._device.type == "cuda"
        loaded = load_sam_checkpoint(checkpoint, self._device)
        self._stock = loaded.model
        recorder = CudaGraphRecorder() if on_gpu else None
        self._decode = MaskDecoder(self._stock, recorder)
        self._resize = import_segment_anything().utils.transforms.ResizeLongestSide(ENCODED_SIDE)
        measure_mask_iou = partial(self._measure_mask_iou, loaded)
        self.dtype = choose_precision(precision, self._device, measure_mask_iou)
        encoder = self._create_encoder(loaded, self.dtype)
        self._encode: Callable[[torch.Tensor, CheckActive], torch.Tensor]
        self._encode = self._record_encoder(encoder, recorder) if recorder else encoder
        # The encoder has its own copy of the weights; the package only needs its input side.
        del self._stock.image_encoder
        self._stock.image_encoder = SimpleNamespace(img_size=ENCODED_SIDE)
        max_batch = BATCH_SIZES[-1] if on_gpu else 1
        self._encode_in_batches = Batcher[torch.Tensor, torch.Tensor](self._encode_batch, max_batch)
        self._embeddings: ByteLimitedCache[ImageEmbedding] = ByteLimitedCache(embedding_bytes)
        dtype_name = str(self.dtype).removeprefix("torch.")
        package_version = version("segment-anything")
        self.version = f"{package_version}-{loaded.name}-{dtype_name}-torch{torch.__version__}"

    def embed_photo(self, photo: np.ndarray) -> ImageEmbedding:
        """Encodes a photo, uint8 RGB (H, W, 3), or returns its embedding from the cache.

        The embedding is what masks are predicted from, for any number of prompts.
        """
        digest = hashlib.sha256(repr(photo.shape).encode())
        digest.update(np.ascontiguousarray(photo).data)
        key = digest.digest()
        return self._embeddings.get_or_compute(key, lambda: self._embed_photo(photo, key))

    @torch.inference_mode()
    def predict_masks(
        self, embedding: ImageEmbedding, prompt: SamPrompt
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predicts masks of what a prompt marks in a photo; 3 with prompt.multimask, otherwise 1.

        Returns logits, float32 (n, 256, 256), above 0 inside the mask, and the overlap (IoU) with
        the true mask that the model predicts for each, float32 (n,). The logits cover 1024 x 1024
        pixels, of which the photo, as it was encoded, is the upper left part.

        embedding: of the photo. prompt: box, points or a rough mask, in pixels of the photo.
        """
        with self._translate_out_of_memory():
            points, box, mask = self._convert_prompt(embedding, prompt)
            features = embedding.features
            logits, predicted = self._decode(features, points, box, mask, prompt.multimask)
            return logits[0].float().cpu().numpy(), predicted[0].float().cpu().numpy()

    @torch.inference_mode()
    def upsample_logits(
        self, logits: np.ndarray, embedding: ImageEmbedding, size: tuple[int, int]
    ) -> np.ndarray:
        """Enlarges the logits of one mask to a size of the photo: float32 (height, width).

        logits: float32 (256, 256), of which the photo covers the upper left part.
        embedding: of the photo. size: (height, width) in pixels, of the photo's aspect ratio.
        """
        small = torch.from_numpy(logits)[None, None].to(self._device)
        scaled = self._stock.postprocess_masks(small, embedding.encoded_size, size)
        upsampled: np.ndarray = scaled[0, 0].cpu().numpy()
        return upsampled

    def _embed_photo(self, photo: np.ndarray, key: bytes) -> ImageEmbedding:
        """Encodes a photo, uint8 RGB (H, W, 3), on a GPU together with those of other callers.

        key: hash of the photo's pixels, stored in the embedding.
        """
        with self._translate_out_of_memory():
            small = self._shrink_photo(photo)
            features = self._encode_in_batches(self._stock.preprocess(small))
            return self._create_embedding(features, photo, small, key)

    @staticmethod
    def _create_embedding(
        features: torch.Tensor, photo: np.ndarray, small: torch.Tensor, key: bytes = b""
    ) -> ImageEmbedding:
        """Returns the embedding of a photo that was encoded at the size of `small`.

        features: what the encoder returned, float32 (1, 256, 64, 64).
        photo: uint8 RGB (H, W, 3). small: the same photo, shrunk, (1, 3, h, w).
        key: hash of the photo's pixels; empty where it is not cached.
        """
        photo_height, photo_width = photo.shape[:2]
        encoded_height, encoded_width = small.shape[2:]
        return ImageEmbedding(
            features, (photo_height, photo_width), (encoded_height, encoded_width), key
        )

    def _encode_batch(
        self, images: Sequence[torch.Tensor], check_active: CheckActive
    ) -> Sequence[torch.Tensor]:
        """Encodes photos together; returns their features, float32 (1, 256, 64, 64) each.

        images: float32 RGB (1, 3, 1024, 1024) each, normalized and padded.
        check_active: called during the work; raises CallCancelled when no caller waits any longer.
        """
        # Only these sizes are recorded for the GPU; copies of the first photo fill up the batch.
        size = next(size for size in BATCH_SIZES if size >= len(images))
        filling = [images[0]] * (size - len(images))
        features = self._encode(torch.cat([*images, *filling]), check_active)
        return torch.split(features[: len(images)], 1)

    @torch.inference_mode()
    def _shrink_photo(self, photo: np.ndarray) -> torch.Tensor:
        """Scales a photo, uint8 RGB (H, W, 3), to the encoder's longer side of 1024 pixels.

        Returns (1, 3, h, w), 0 to 255, uint8 on the CPU and float32 on a GPU.
        """
        if self._device.type == "cpu":
            return _tensor_from_photo(self._resize.apply_image(photo))
        # The same filter; on the CPU it would take longer than everything else on the GPU.
        height, width = photo.shape[:2]
        size = self._resize.get_preprocess_shape(height, width, ENCODED_SIDE)
        pixels = _tensor_from_photo(photo).to(self._device).float()
        small = functional.interpolate(pixels, size, mode="bilinear", antialias=True)
        return small.round().clamp(0, 255)

    def _convert_prompt(self, embedding: ImageEmbedding, prompt: SamPrompt) -> _PromptTensors:
        """Converts a prompt to tensors on the device, in pixels of the photo as it was encoded.

        embedding: of the photo, whose pixels the prompt refers to. What the prompt lacks is None.
        """
        points = box = mask = None
        if prompt.points:
            positions = np.array([(x, y) for x, y, _ in prompt.points], np.float64)
            positions = self._resize.apply_coords(positions, embedding.photo_size)
            # 1 on the product, 0 outside.
            labels = np.array([[on_product for _, _, on_product in prompt.points]], np.int64)
            points = self._create_tensor(positions[None]), torch.from_numpy(labels).to(self._device)
        if prompt.box is not None:
            corners = np.array(np.reshape(prompt.box, (2, 2)), np.float64)
            corners = self._resize.apply_coords(corners, embedding.photo_size)
            box = self._create_tensor(corners.reshape(1, 4))
        if prompt.logits is not None:
            mask = self._create_tensor(prompt.logits[None, None])
        return _PromptTensors(points, box, mask)

    def _create_tensor(self, values: np.ndarray) -> torch.Tensor:
        """Returns values as a float32 tensor on the device."""
        return torch.from_numpy(np.asarray(values, np.float32)).to(self._device)

    def _record_encoder(
        self, encoder: ImageEncoder, recorder: CudaGraphRecorder
    ) -> Callable[[torch.Tensor, CheckActive], torch.Tensor]:
        """Returns a faster function that encodes images as `encoder` does, by CUDA graphs.

        It is compiled as well if this machine can. It takes images, float32 (b, 3, 1024, 1024) with
        b one of BATCH_SIZES, and a function that is called once before the work and raises if no
        caller waits; it returns features, float32 (b, 256, 64, 64).

        recorder: records the graphs.
        """
        try:
            graphs = self._record_batch_sizes(encoder.create_compiled_copy(), recorder)
        # Without a C compiler, as in small images, and on GPUs unknown to the compiler.
        except Exception as error:
            log.warning(
                "encoder runs without compiled kernels, 1.6 times slower", cause=str(error)[:200]
            )
            graphs = self._record_batch_sizes(encoder, recorder)

        def run_graph(images: torch.Tensor, check_active: CheckActive) -> torch.Tensor:
            """Encodes images with the graph for their number, unless check_active raises."""
            check_active()
            (features,) = graphs[len(images)](images)
            return features

        return run_graph

    def _record_batch_sizes(
        self, encoder: ImageEncoder, recorder: CudaGraphRecorder
    ) -> dict[int, Callable[..., Tensors]]:
        """Records the encoder as one CUDA graph per batch size; returns the graphs by that size.

        Each takes images, float32 (b, 3, 1024, 1024), and returns a tuple with their features. The
        largest is recorded first, since the others fit in its memory.

        recorder: records the graphs.
        """

        def record(size: int) -> Callable[..., Tensors]:
            """Records the encoder for `size` images; their pixels do not matter, so they are 0."""
            images = torch.zeros(size, 3, ENCODED_SIDE, ENCODED_SIDE, device=self._device)
            return recorder.record(lambda inputs: (encoder(inputs),), (images,))

        return {size: record(size) for size in reversed(BATCH_SIZES)}

    def _create_encoder(self, loaded: LoadedSam, dtype: torch.dtype) -> ImageEncoder:
        """Creates the encoder of a loaded model in a type, as suits the device."""
        on_gpu = self._device.type == "cuda"
        return ImageEncoder(loaded.image_encoder, dtype, on_gpu, loaded.release_pages)

    def _measure_mask_iou(self, loaded: LoadedSam, dtype: torch.dtype) -> float:
        """Returns how well masks survive encoding in a type: the least overlap (IoU), 0 to 1.

        Masks of one drawn photo are predicted after encoding in `dtype` and in float32.

        loaded: segment-anything's model with its weights.
        """
        photo = draw_calibration_photo()
        height, width = photo.shape[:2]
        small = self._shrink_photo(photo)
        images = self._stock.preprocess(small)
        masks = []
        for compared_dtype in (torch.float32, dtype):
            encoder = self._create_encoder(loaded, compared_dtype)
            embedding = self._create_embedding(encoder(images), photo, small)
            logits, _ = self.predict_masks(embedding, SamPrompt(box=(0, 0, width, height)))
            masks.append(logits > 0)
        # Three masks per type, compared in pairs.
        return min(compute_iou(a, b) for a, b in zip(*masks, strict=True))

    @contextmanager
    def _translate_out_of_memory(self) -> Iterator[None]:
        """Raises the service's OutOfMemory in place of torch's, and frees torch's cached memory."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfMemory("the GPU") from error


def _tensor_from_photo(photo: np.ndarray) -> torch.Tensor:
    """Converts a photo, uint8 RGB (H, W, 3), to a tensor, uint8 (1, 3, H, W), on the CPU."""
    return torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None]
