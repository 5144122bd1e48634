"""Gets at the segment-anything package and loads its checkpoints, with or without torchvision."""

import contextlib
import importlib
import pickle
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import torch
from PIL import Image

from services.runtime.errors import EngineNotReady

# The width of the image encoder tells the model: no file name has to.
MODELS = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
_WIDTH_KEY = "image_encoder.pos_embed"
_STAND_INS = (
    "torchvision",
    "torchvision.ops",
    "torchvision.ops.boxes",
    "torchvision.transforms",
    "torchvision.transforms.functional",
)
_UNFIT = (RuntimeError, KeyError, TypeError, EOFError, OSError, ValueError, pickle.PickleError)
_importing = threading.Lock()


def import_package() -> ModuleType:
    """Imports segment_anything, whose prediction needs two functions of torchvision.

    torchvision builds that do not match torch fail to load; then stand-ins of those functions are
    put in place for the time of the import, and taken away again.
    """
    with _importing:
        if "segment_anything" in sys.modules or _torchvision_works():
            return importlib.import_module("segment_anything")
        with _stand_ins():
            return importlib.import_module("segment_anything")


def load_model(checkpoint: Path) -> tuple[str, torch.nn.Module]:
    """Loads a checkpoint of vit_b, vit_l or vit_h: the model's name and the model, on the CPU.

    The file is mapped rather than read, and never unpickled beyond tensors. Raises EngineNotReady
    when it is missing or no SAM checkpoint.
    """
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
        name = MODELS[state[_WIDTH_KEY].shape[-1]]
        registry = import_package().sam_model_registry
        with torch.device("meta"):
            model = registry[name](checkpoint=None)
        model.load_state_dict(state, assign=True)
    except FileNotFoundError:
        raise EngineNotReady(f"there is no checkpoint {checkpoint.name}; check its path") from None
    # A file that is cut short, of another model or hostile fails in any of these ways.
    except _UNFIT as error:
        text = f"{checkpoint.name} is no Segment Anything checkpoint; download it again"
        raise EngineNotReady(text) from error
    model.pixel_mean = torch.tensor([123.675, 116.28, 103.53]).view(-1, 1, 1)
    model.pixel_std = torch.tensor([58.395, 57.12, 57.375]).view(-1, 1, 1)
    return name, model.eval()


def _torchvision_works() -> bool:
    try:
        importlib.import_module("torchvision.transforms.functional")
        importlib.import_module("torchvision.ops.boxes")
    # A build for another torch raises RuntimeError, not ImportError.
    except Exception:
        _forget_torchvision()
        return False
    return True


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
    for name in _STAND_INS:
        sys.modules[name] = types.ModuleType(name)
    functional = sys.modules["torchvision.transforms.functional"]
    functional.resize = lambda picture, size: picture.resize(size[::-1], Image.Resampling.BILINEAR)
    functional.to_pil_image = Image.fromarray
    boxes = sys.modules["torchvision.ops.boxes"]
    boxes.batched_nms = boxes.box_area = None
    try:
        yield
    finally:
        _forget_torchvision()


def _forget_torchvision() -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
