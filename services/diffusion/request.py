"""What the diffusion engines request of a model or a server, and what they get."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from services.diffusion.canvas import PaddedCanvas, plan_canvas
from services.diffusion.images import encode_rgb_png
from services.diffusion.settings import SamplingOptions
from services.runtime.engines import EngineProgress, EngineWarning
from services.runtime.errors import Violation
from services.runtime.limits import DIFFUSION_SIDES

# Of the side, after memory ran out: 56 % of the pixels. Larger: more retries until
# an image fits; smaller: less detail than there might be.
REDUCED_SIDE = 0.75

# What an image is made from: a prompt alone, or an image to repaint as well.
Purpose = Literal["txt2img", "img2img"]


@dataclass(frozen=True)
class InitImage:
    """An image to repaint with img2img.

    pixels: uint8 RGB (H, W, 3). locked: bool (H, W), true where pixels must not change.
    strength: the denoising strength, 0 to 1.
    """

    pixels: np.ndarray
    locked: np.ndarray
    strength: float


@dataclass(frozen=True)
class DiffusionRequest:
    """One image to generate: txt2img, or img2img if there is an init image.

    width, height: in pixels, of the result.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    seed: int
    sampling: SamplingOptions
    init: InitImage | None = None

    @cached_property
    def canvas(self) -> PaddedCanvas:
        """The size at which the image is generated."""
        return plan_canvas(self.width, self.height, self.sampling.drawn_side)

    @cached_property
    def init_png(self) -> bytes:
        """The image to repaint as a server gets it: on the canvas, as a PNG; empty without one."""
        return encode_rgb_png(self.canvas.pad_image(self.init.pixels)) if self.init else b""

    @property
    def megapixels(self) -> float:
        """The size as generated, which is the amount of work of one sampling step."""
        width, height = self.canvas.padded_size
        return width * height / 1e6

    @property
    def megapixel_steps(self) -> float:
        """The amount of work: generated megapixels times the sampling steps that are run.

        To repaint an image (init), only the share `strength` of the steps is run, but at least one.
        """
        strength = self.init.strength if self.init else 1.0
        return self.megapixels * max(1.0, self.sampling.steps * strength)

    @property
    def may_reduce_size(self) -> bool:
        """Whether the image may be generated smaller and enlarged, where memory runs out.

        A caller who limits the side on the server accepts that.
        """
        return self.sampling.drawn_side is not None

    def reduce_size(self) -> "DiffusionRequest":
        """Returns the same request with 3/4 of the side as generated, to take less GPU memory.

        The result is enlarged to the requested size.
        """
        side = max(DIFFUSION_SIDES[0], int(max(self.canvas.inner_size) * REDUCED_SIDE))
        return replace(self, sampling=replace(self.sampling, drawn_side=side))


@dataclass(frozen=True)
class ListedName:
    """A sampler, scheduler or model on a list: its exact name, and its aliases."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceivedImage:
    """An image as a server sent it.

    file: a picture file, not decoded yet. model, parameters, measured, warnings: as of
    UncheckedResult.
    """

    file: bytes
    model: ListedName
    parameters: Mapping[str, object]
    measured: Mapping[str, object]
    warnings: tuple[EngineWarning, ...] = ()


@dataclass(frozen=True)
class UncheckedResult:
    """An image as it was generated: fully decoded, but not yet compared with the request.

    pixels: uint8 RGB (H, W, 3) of any size. model: the model that a server reports, if any.
    parameters: what else determined the image. measured: times and sizes, which may differ between
    equal images. Both hold plain JSON values.
    """

    pixels: np.ndarray
    model: ListedName = ListedName("")
    parameters: Mapping[str, object] = field(default_factory=dict)
    measured: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()


@dataclass(frozen=True)
class DiffusionProgress:
    """The progress of the image that a server or a model generates.

    fraction: the share done, 0 to 1; 0 if unknown. preview: a small uint8 RGB image (h, w, 3), or
    None. queue_position: number of images that come before this one, 0 while this one is
    generated; None if unknown. The timeout of an image starts when no other comes first.
    is_idle: whether the server generates nothing. state: any value that changes while the server
    makes progress, also with images of other clients; a server whose state stays equal for a minute
    hangs, unless its steps take long. None if that does not show at present, as before the first
    step, while a model may be loaded.
    """

    fraction: float
    preview: np.ndarray | None = field(default=None, compare=False)
    queue_position: int | None = None
    is_idle: bool = field(default=False, compare=False)
    state: object = field(default=None, compare=False)

    def to_engine_progress(self) -> EngineProgress:
        """Returns the progress as a step of the engine that waits for the image."""
        return EngineProgress(self.fraction, self.preview, self.queue_position)


def warn_of_overrides(sampling: SamplingOptions, program: str) -> tuple[EngineWarning, ...]:
    """Returns a warning if a caller sent override_settings to a program that ignores them.

    program: such as "a koboldcpp server".
    """
    if not sampling.override_settings:
        return ()
    return (EngineWarning("OVERRIDES_UNUSED", f"{program} reads no override_settings"),)


def find_size_violations(request: DiffusionRequest) -> Iterator[Violation]:
    """Yields a violation if an image would have to be generated larger than possible."""
    low, high = DIFFUSION_SIDES
    if (longest_side := max(request.canvas.padded_size)) > high:
        text = f"needs {longest_side} pixels a side, and at most {high} are drawn"
        yield Violation("options.diffusion.drawn_side", f"{text}; send {low} to {high}")
