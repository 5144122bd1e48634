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

from services.runtime.errors import OutOfMemory
from services.segmentation.consensus import compute_iou
from services.segmentation.engine import LabeledPoint
from services.segmentation.engines.sam.batching import Batcher, CheckActive
from services.segmentation.engines.sam.cache import ByteLimitedCache
from services.segmentation.engines.sam.calibration_photo import draw_calibration_photo
from services.segmentation.engines.sam.cuda_graphs import CudaGraphRecorder, Tensors
from services.segmentation.engines.sam.decoder import MaskDecoder
from services.segmentation.engines.sam.encoder import ImageEncoder
from services.segmentation.engines.sam.package import import_segment_anything, load_sam_checkpoint
from services.segmentation.engines.sam.precision import choose_precision, enable_fast_float32
from services.segmentation.engines.sam.stock_model import StockImageEncoder

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
        """Rows and columns of a mask's logits that cover the photo."""
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
        """Loads a checkpoint; raises EngineNotReady if the file is none.

        precision: see choose_precision. threads: of the CPU, None for all cores. embedding_bytes:
        memory for the embeddings of recent photos.
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
        measure_mask_iou = partial(self._measure_mask_iou, loaded.image_encoder)
        self.dtype = choose_precision(precision, self._device, measure_mask_iou)
        encoder = ImageEncoder(loaded.image_encoder, self.dtype, fused=on_gpu)
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
        """Returns the embedding of uint8 RGB (H, W, 3), from the cache if it is there."""
        digest = hashlib.sha256(repr(photo.shape).encode())
        digest.update(np.ascontiguousarray(photo).data)
        key = digest.digest()
        return self._embeddings.get_or_compute(key, lambda: self._embed_photo(photo, key))

    @torch.inference_mode()
    def predict_masks(
        self, embedding: ImageEmbedding, prompt: SamPrompt
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns masks as logits, float32 (n, 256, 256), and the IoU predicted for each, (n,).

        The logits cover 1024 x 1024 pixels, of which the encoded photo is the upper left part. n is
        3 with prompt.multimask, otherwise 1.
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
        """Scales one mask's logits, float32 (256, 256), to the photo at `size`: float32 (h, w).

        size: (height, width) in pixels, of the photo's aspect ratio.
        """
        small = torch.from_numpy(logits)[None, None].to(self._device)
        scaled = self._stock.postprocess_masks(small, embedding.encoded_size, size)
        upsampled: np.ndarray = scaled[0, 0].cpu().numpy()
        return upsampled

    def _embed_photo(self, photo: np.ndarray, key: bytes) -> ImageEmbedding:
        """Encodes a photo, together with those of other callers on a GPU."""
        with self._translate_out_of_memory():
            small = self._shrink_photo(photo)
            features = self._encode_in_batches(self._stock.preprocess(small))
            return self._create_embedding(features, photo, small, key)

    @staticmethod
    def _create_embedding(
        features: torch.Tensor, photo: np.ndarray, small: torch.Tensor, key: bytes = b""
    ) -> ImageEmbedding:
        """Returns the embedding of a photo that was encoded at the size of `small`."""
        height, width = photo.shape[:2]
        return ImageEmbedding(features, (height, width), (small.shape[2], small.shape[3]), key)

    def _encode_batch(
        self, images: Sequence[torch.Tensor], check_active: CheckActive
    ) -> Sequence[torch.Tensor]:
        """Encodes (1, 3, 1024, 1024) each, filled up to the next of BATCH_SIZES."""
        size = next(size for size in BATCH_SIZES if size >= len(images))
        filling = [images[0]] * (size - len(images))
        features = self._encode(torch.cat([*images, *filling]), check_active)
        return torch.split(features[: len(images)], 1)

    @torch.inference_mode()
    def _shrink_photo(self, photo: np.ndarray) -> torch.Tensor:
        """Returns the photo as (1, 3, h, w), 0 to 255, the longer side 1024."""
        if self._device.type == "cpu":
            return _tensor_from_photo(self._resize.apply_image(photo))
        # The same filter; on the CPU it would take longer than everything else on the GPU.
        height, width = photo.shape[:2]
        size = self._resize.get_preprocess_shape(height, width, ENCODED_SIDE)
        pixels = _tensor_from_photo(photo).to(self._device).float()
        small = functional.interpolate(pixels, size, mode="bilinear", antialias=True)
        return small.round().clamp(0, 255)

    def _convert_prompt(self, embedding: ImageEmbedding, prompt: SamPrompt) -> _PromptTensors:
        """Converts a prompt to tensors on the device, in pixels of the encoded photo."""
        points = box = mask = None
        if prompt.points:
            places = np.array([point[:2] for point in prompt.points], np.float64)
            places = self._resize.apply_coords(places, embedding.photo_size)
            labels = np.array([[point[2] for point in prompt.points]], np.int64)
            points = self._create_tensor(places[None]), torch.from_numpy(labels).to(self._device)
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
        """Returns the encoder recorded as CUDA graphs, compiled if this machine can."""
        try:
            graphs = self._record_batch_sizes(encoder.create_compiled_copy(), recorder)
        # Without a C compiler, as in small images, and on GPUs unknown to the compiler.
        except Exception as error:
            log.warning(
                "encoder runs without compiled kernels, 1.6 times slower", cause=str(error)[:200]
            )
            graphs = self._record_batch_sizes(encoder, recorder)

        def run_graph(images: torch.Tensor, check_active: CheckActive) -> torch.Tensor:
            check_active()
            return graphs[len(images)](images)[0]

        return run_graph

    def _record_batch_sizes(
        self, encoder: ImageEncoder, recorder: CudaGraphRecorder
    ) -> dict[int, Callable[..., Tensors]]:
        """Records the encoder for each batch size, the largest first: the others fit its memory."""

        def record(size: int) -> Callable[..., Tensors]:
            images = torch.zeros(size, 3, ENCODED_SIDE, ENCODED_SIDE, device=self._device)
            return recorder.record(lambda inputs: (encoder(inputs),), (images,))

        return {size: record(size) for size in reversed(BATCH_SIZES)}

    def _measure_mask_iou(self, stock_encoder: StockImageEncoder, dtype: torch.dtype) -> float:
        """Returns the least overlap (IoU) of masks in a type with those in float32."""
        photo = draw_calibration_photo()
        height, width = photo.shape[:2]
        small = self._shrink_photo(photo)
        images = self._stock.preprocess(small)
        masks = []
        for each in (torch.float32, dtype):
            encoder = ImageEncoder(stock_encoder, each, fused=self._device.type == "cuda")
            embedding = self._create_embedding(encoder(images), photo, small)
            logits, _ = self.predict_masks(embedding, SamPrompt(box=(0, 0, width, height)))
            masks.append(logits > 0)
        return min(compute_iou(a, b) for a, b in zip(*masks, strict=True))

    @contextmanager
    def _translate_out_of_memory(self) -> Iterator[None]:
        """Raises OutOfMemory in place of torch.OutOfMemoryError."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfMemory("the GPU") from error


def _tensor_from_photo(photo: np.ndarray) -> torch.Tensor:
    """Returns uint8 (H, W, 3) as uint8 (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None]
