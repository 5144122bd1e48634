"""Segment Anything as two functions: a photo to its embedding, and prompts to masks."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import structlog
import torch
from torch.nn import functional

from services.runtime.errors import OutOfMemory
from services.segmentation.consensus import overlap
from services.segmentation.engines.sam.batching import Batcher
from services.segmentation.engines.sam.decoder import Decoder
from services.segmentation.engines.sam.encoder import Encoder
from services.segmentation.engines.sam.package import import_package, load_model
from services.segmentation.engines.sam.precision import choose_precision, quicken_float32
from services.segmentation.engines.sam.recent import Recent
from services.segmentation.engines.sam.recording import Recorder
from services.segmentation.engines.sam.trial import draw_trial

SIDE = 1024
GRID = 256
# On a GPU photos that came while others were encoded are encoded together, at one of these numbers.
BATCHES = (1, 2, 4, 8)

log = structlog.get_logger()


@dataclass(frozen=True)
class Embedding:
    """What the encoder saw: features, float32 (1, 256, 64, 64).

    photo: height and width of the photo. size: of what was encoded, its longer side 1024. key: of
    the photo's pixels.
    """

    features: torch.Tensor
    photo: tuple[int, int]
    size: tuple[int, int]
    key: bytes = b""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of a mask's logits that lie over the photo."""
        return -(-self.size[0] * GRID // SIDE), -(-self.size[1] * GRID // SIDE)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""
        return self.features.nbytes


@dataclass(frozen=True)
class Question:
    """A prompt in the photo's pixels.

    box: left, top, right, bottom. points: x, y and whether it is product. logits: float32
    (256, 256), a mask from an earlier answer. several: three masks rather than one.
    """

    box: Sequence[float] | None = None
    points: Sequence[tuple[float, float, bool]] = ()
    logits: np.ndarray | None = None
    several: bool = True


class Model:
    """vit_b, vit_l or vit_h, whichever the checkpoint holds, on a GPU where there is one.

    precision: see choose_precision. threads: of the CPU, None for all. embedding_bytes: memory for
    embeddings of recent photos. Safe to call from several threads. Raises EngineNotReady when the
    file is no checkpoint; its methods raise OutOfMemory, and CallCancelled when the call is over.
    """

    def __init__(
        self,
        checkpoint: Path,
        precision: str = "auto",
        threads: int | None = None,
        embedding_bytes: int = 0,
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        quicken_float32()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        on_gpu = self._device.type == "cuda"
        name, stock = load_model(checkpoint)
        self._stock = stock.to(self._device)
        recorder = Recorder() if on_gpu else None
        self._decode = Decoder(self._stock, recorder)
        self._resize = import_package().utils.transforms.ResizeLongestSide(SIDE)
        self.dtype = choose_precision(precision, self._device, self._overlap_in)
        encoder = Encoder(self._stock.image_encoder, self.dtype, fused=on_gpu)
        self._encode = self._recorded(encoder, recorder) if recorder else encoder
        # The encoder has its weights now, in its own order and type; the package asks for the side.
        del self._stock.image_encoder
        self._stock.image_encoder = SimpleNamespace(img_size=SIDE)
        self._batcher = Batcher(self._encode_batch, BATCHES[-1] if on_gpu else 1)
        self._embeddings: Recent[Embedding] = Recent(embedding_bytes)
        kind = str(self.dtype).removeprefix("torch.")
        self.version = f"{version('segment-anything')}-{name}-{kind}-torch{torch.__version__}"

    def embed(self, photo: np.ndarray) -> Embedding:
        """Encodes uint8 RGB (H, W, 3), or remembers that it did."""
        key = hashlib.sha256(repr(photo.shape).encode())
        key.update(np.ascontiguousarray(photo))
        return self._embeddings.get(key.digest(), lambda: self._embed(photo, key.digest()))

    @torch.inference_mode()
    def ask(self, embedding: Embedding, question: Question) -> tuple[np.ndarray, np.ndarray]:
        """Returns masks as logits, float32 (n, 256, 256), and the IoU predicted for each.

        The logits lie over 1024 x 1024 pixels, of which the photo takes the upper left part.
        """
        with self._reporting():
            prompts = self._prompts(embedding, question)
            logits, predicted = self._decode(embedding.features, *prompts, question.several)
            return logits[0].float().cpu().numpy(), predicted[0].float().cpu().numpy()

    @torch.inference_mode()
    def enlarge(self, logits: np.ndarray, embedding: Embedding, size: tuple[int, int]):
        """One mask's logits, float32 (256, 256), for all of the photo at (height, width)."""
        low = torch.from_numpy(logits)[None, None].to(self._device)
        return self._stock.postprocess_masks(low, embedding.size, size)[0, 0].cpu().numpy()

    def _embed(self, photo: np.ndarray, key: bytes) -> Embedding:
        with self._reporting():
            small = self._small(photo)
            features = self._batcher(self._stock.preprocess(small))
            return Embedding(features, photo.shape[:2], tuple(small.shape[2:]), key)

    def _encode_batch(
        self, pictures: Sequence[torch.Tensor], check: Callable[[], None]
    ) -> Sequence[torch.Tensor]:
        count = next(size for size in BATCHES if size >= len(pictures))
        spare = pictures[:1] * (count - len(pictures))
        features = self._encode(torch.cat([*pictures, *spare]), check)
        return features[: len(pictures)].split(1)

    @torch.inference_mode()
    def _small(self, photo: np.ndarray) -> torch.Tensor:
        """The photo as (1, 3, h, w), its longer side 1024, values of 0 to 255."""
        if self._device.type == "cpu":
            return _planes(self._resize.apply_image(photo))
        # The same filter, which takes a CPU longer than a GPU takes for all the rest.
        size = self._resize.get_preprocess_shape(*photo.shape[:2], SIDE)
        planes = _planes(photo).to(self._device).float()
        small = functional.interpolate(planes, size, mode="bilinear", antialias=True)
        return small.round().clamp(0, 255)

    def _prompts(self, embedding: Embedding, question: Question):
        def scaled(places: Sequence[Sequence[float]]) -> np.ndarray:
            return self._resize.apply_coords(np.array(places, np.float64), embedding.photo)

        points = box = mask = None
        if question.points:
            places = scaled([point[:2] for point in question.points])
            labels = np.array([[point[2] for point in question.points]], np.int64)
            points = self._tensor(places[None]), torch.from_numpy(labels).to(self._device)
        if question.box is not None:
            box = self._tensor(scaled(np.reshape(question.box, (2, 2))).reshape(1, 4))
        if question.logits is not None:
            mask = self._tensor(question.logits[None, None])
        return points, box, mask

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(self._device)

    def _recorded(self, encoder: Encoder, recorder: Recorder) -> Callable[..., torch.Tensor]:
        try:
            runs = self._runs(encoder.compiled(), recorder)
        # Without a C compiler, as in small images, and on GPUs that the compiler does not know.
        except Exception as error:
            log.warning("runs without compiled kernels, 1.6 times slower", cause=str(error)[:200])
            runs = self._runs(encoder, recorder)

        def encode(pictures: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
            check()
            return runs[len(pictures)](pictures)[0]

        return encode

    def _runs(self, encoder: Encoder, recorder: Recorder) -> dict[int, Callable]:
        def record(count: int):
            pictures = torch.zeros(count, 3, SIDE, SIDE, device=self._device)
            return recorder.record(lambda given: (encoder(given),), (pictures,))

        # The largest first: the others find room in its memory.
        return {count: record(count) for count in reversed(BATCHES)}

    def _overlap_in(self, dtype: torch.dtype) -> float:
        """How far masks of a drawn photo in this type overlap with those in float32, the least."""
        photo = draw_trial()
        pictures = self._stock.preprocess(self._small(photo))
        masks = []
        for each in (torch.float32, dtype):
            encoder = Encoder(self._stock.image_encoder, each, fused=self._device.type == "cuda")
            embedding = Embedding(encoder(pictures), photo.shape[:2], pictures.shape[2:])
            height, width = photo.shape[:2]
            logits, _ = self.ask(embedding, Question(box=(0, 0, width, height)))
            masks.append(logits > 0)
        return min(overlap(*pair) for pair in zip(*masks, strict=True))

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfMemory("the GPU") from error


def _planes(photo: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None]
