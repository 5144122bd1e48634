"""Imports the segment-anything package, with or without torchvision, and loads its checkpoints."""

import contextlib
import ctypes
import importlib
import mmap
import pickle
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from PIL import Image
from torch.overrides import TorchFunctionMode

from services.runtime.errors import EngineNotReady
from services.segmentation.engines.sam.stock_model import StockImageEncoder, StockSam

# Widths of ViT-B, ViT-L and ViT-H, which identify the model whatever the file's name is.
MODELS_BY_WIDTH = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
# Mean and standard deviation of ImageNet's R, G and B, 0 to 255, that SAM was trained with.
PIXEL_MEAN = (123.675, 116.28, 103.53)
PIXEL_DEVIATION = (58.395, 57.12, 57.375)
_WIDTH_KEY = "image_encoder.pos_embed"
_REPLACED_MODULES = (
    "torchvision",
    "torchvision.ops",
    "torchvision.ops.boxes",
    "torchvision.transforms",
    "torchvision.transforms.functional",
)
# What loading a file raises that is truncated, of another model or hostile.
_INVALID_FILE_ERRORS = (
    RuntimeError,
    KeyError,
    TypeError,
    EOFError,
    OSError,
    ValueError,
    pickle.PickleError,
)
_import_lock = threading.Lock()


@dataclass(frozen=True)
class LoadedSam:
    """A loaded model.

    name: vit_b, vit_l or vit_h. image_encoder: the same object as model.image_encoder.
    release_pages: frees the memory of weights that were read from the file so far; they are read
        again where they are used again.
    """

    name: str
    model: StockSam
    image_encoder: StockImageEncoder
    release_pages: Callable[[], None]


def import_segment_anything() -> ModuleType:
    """Imports and returns segment_anything, even if the torchvision that it needs does not load.

    Builds of torchvision that do not match torch fail to load. As the package needs only two of its
    functions, a minimal replacement takes their place during the import.
    """
    with _import_lock:
        if "segment_anything" in sys.modules or _has_working_torchvision():
            return importlib.import_module("segment_anything")
        with _replace_torchvision():
            return importlib.import_module("segment_anything")


def load_sam_checkpoint(checkpoint: Path, device: torch.device) -> LoadedSam:
    """Loads a Segment Anything model and its weights, vit_b, vit_l or vit_h, onto a device.

    checkpoint: the file of weights. It is mapped rather than read, which saves memory, and only
    tensors are unpickled, so that a hostile file cannot run code. device: CPU or GPU.

    Raises EngineNotReady if the file is missing or is no such checkpoint.
    """
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
        name = MODELS_BY_WIDTH[state[_WIDTH_KEY].shape[-1]]
        registry = import_segment_anything().sam_model_registry
        # On the meta device a model has no memory yet; the file's tensors are assigned to it.
        with torch.device("meta"), _CheapInitialization():
            model = registry[name](checkpoint=None)
        model.load_state_dict(state, assign=True)
    except FileNotFoundError:
        raise EngineNotReady(f"there is no checkpoint {checkpoint.name}; check its path") from None
    except _INVALID_FILE_ERRORS as error:
        text = f"{checkpoint.name} is no Segment Anything checkpoint; download it again"
        raise EngineNotReady(text) from error
    # These buffers are not in the file, so that they are still on the meta device.
    model.pixel_mean = torch.tensor(PIXEL_MEAN).view(-1, 1, 1)
    model.pixel_std = torch.tensor(PIXEL_DEVIATION).view(-1, 1, 1)
    model.eval().to(device)
    # They last as long as the model, which has tensors in them.
    mappings = tuple(_find_mappings(checkpoint))
    return LoadedSam(name, model, model.image_encoder, partial(_release_pages, mappings))


class _CheapInitialization(TorchFunctionMode):
    """Keeps torch from drawing normal random numbers on the device meta.

    For these it would import its compiler, which takes longer than to load the model.
    """

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Calls a function of torch, but draws new tensors on the CPU and leaves others as is."""
        kwargs = kwargs or {}
        if func is torch.nn.init.normal_:
            return kwargs["tensor"]
        return func(*args, **kwargs | ({"device": "cpu"} if func is torch.randn else {}))


def _find_mappings(file: Path) -> Iterator[tuple[int, int]]:
    """Yields address and size in bytes of each mapping of a file in this process.

    None where memory is not freed on request, which only Linux does: other systems free what was
    read from a file when memory becomes scarce.
    """
    if sys.platform != "linux":
        return
    name = str(file.resolve())
    for line in Path("/proc/self/maps").read_text().splitlines():
        # Addresses, permissions, offset, device, inode and, for mappings of files, the name.
        addresses, *_, owner = line.split(maxsplit=5)
        if owner == name:
            first, end = (int(address, 16) for address in addresses.split("-"))
            yield first, end - first


def _release_pages(mappings: Iterable[tuple[int, int]]) -> None:
    """Frees the memory of mappings, address and size in bytes, that are never written to."""
    release = ctypes.CDLL(None).madvise
    for address, size in mappings:
        release(ctypes.c_void_p(address), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def _has_working_torchvision() -> bool:
    """Whether the modules of torchvision that segment_anything needs can be imported.

    If not, removes what their import left in sys.modules.
    """
    try:
        importlib.import_module("torchvision.transforms.functional")
        importlib.import_module("torchvision.ops.boxes")
    # A build for another torch raises RuntimeError, not ImportError.
    except Exception:
        _remove_torchvision()
        return False
    return True


@contextlib.contextmanager
def _replace_torchvision() -> Iterator[None]:
    """Puts minimal modules in the place of torchvision in sys.modules until the block ends.

    They have the names that segment_anything imports; those that it never calls are None.
    """
    for name in _REPLACED_MODULES:
        sys.modules[name] = types.ModuleType(name)
    vars(sys.modules["torchvision.transforms.functional"]).update(
        resize=_resize_bilinearly, to_pil_image=Image.fromarray
    )
    vars(sys.modules["torchvision.ops.boxes"]).update(batched_nms=None, box_area=None)
    try:
        yield
    finally:
        _remove_torchvision()


def _resize_bilinearly(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resizes to (height, width), as torchvision's function of that name does."""
    return image.resize(size[::-1], Image.Resampling.BILINEAR)


def _remove_torchvision() -> None:
    """Removes all modules of torchvision from sys.modules."""
    names = [name for name in sys.modules if name.partition(".")[0] == "torchvision"]
    for name in names:
        del sys.modules[name]
