"""What a dialect of image servers does, and the values that it speaks in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from services.diffusion.canvas import PaddedCanvas, fit_canvas
from services.diffusion.settings import Sampling
from services.runtime.engines import EngineWarning
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import DIFFUSION_SIDES

SMALLER = 0.75


@dataclass(frozen=True)
class InitImage:
    """A picture to repaint: uint8 RGB (H, W, 3), bool (H, W) of what is locked, strength 0 to 1."""

    picture: np.ndarray
    locked: np.ndarray
    strength: float


@dataclass(frozen=True)
class DrawRequest:
    """One picture to draw, the same in every dialect: from words alone, or repainting `init`."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    seed: int
    sampling: Sampling
    init: InitImage | None = None

    @cached_property
    def canvas(self) -> PaddedCanvas:
        return fit_canvas(self.width, self.height, self.sampling.drawn_side)

    @property
    def work(self) -> float:
        """How much there is to draw, in megapixels times steps."""
        wide, tall = self.canvas.padded
        strength = self.init.strength if self.init else 1.0
        return wide * tall / 1e6 * max(1.0, self.sampling.steps * strength)

    def shrink(self) -> "DrawRequest":
        """Returns the same request with three quarters of the drawn pixels per side."""
        side = max(DIFFUSION_SIDES[0], int(max(self.canvas.inner) * SMALLER))
        return replace(self, sampling=replace(self.sampling, drawn_side=side))


@dataclass(frozen=True)
class ListedName:
    """A name on a server's list as it has to be sent, and its aliases."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What one server is and offers.

    kind: the software that speaks the dialect, as manifests name it. model: the model that is
    loaded, without folder and suffix; empty where the server does not say. An empty list means
    that the server does not list such names.
    """

    kind: str
    has_progress: bool
    has_interrupt: bool
    samplers: tuple[ListedName, ...] = ()
    schedulers: tuple[ListedName, ...] = ()
    models: tuple[ListedName, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class ServerPicture:
    """A picture as a server sent it, read to the last pixel but not yet checked.

    pixels: uint8 RGB (H, W, 3) of any size. model: the one that drew it, if the server names it.
    parameters: what else shaped the picture. measured: times and sizes, which may differ for an
    equal picture. Both plain JSON values.
    """

    pixels: np.ndarray
    model: ListedName = ListedName("")
    parameters: Mapping[str, object] = field(default_factory=dict)
    measured: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()


@dataclass(frozen=True)
class DrawProgress:
    """How far a server is with the picture that it draws.

    fraction: the share done, 0 to 1; 0 while that is unknown. preview: a small uint8 RGB picture
    of it, or None. idle: whether the server draws nothing. state: any value that changes while the
    server makes progress, in its queue too; a server whose state stays equal for a minute hangs.
    """

    fraction: float
    preview: np.ndarray | None = field(default=None, compare=False)
    idle: bool = field(default=False, compare=False)
    state: object = field(default=None, compare=False)


class Dialect(Protocol):
    """One server's API. One thread draws while others check health or read progress.

    Failures are raised as the classes in `errors`; their texts name no address.
    """

    name: str
    # Part of the engine's version: it changes when equal requests would be drawn in another way,
    # such as by another workflow. Mostly empty.
    variant: str

    def find_violations(self, request: DrawRequest) -> Iterator[Violation]:
        """Yields what this dialect cannot express, before anything is sent."""
        ...

    def check_health(self, seconds: float) -> str:
        """Returns why the server cannot be used, or "" when it answers. Never raises."""
        ...

    def probe(self) -> Capabilities:
        """Returns what the server is and offers; raises when it does not answer."""
        ...

    def draw(
        self, request: DrawRequest, capabilities: Capabilities, seconds: float
    ) -> ServerPicture:
        """Draws a picture of `request.canvas.padded`; returns or raises within `seconds`."""
        ...

    def progress(self) -> DrawProgress | None:
        """Returns how far the server is; None when it does not report that. Never raises."""
        ...

    def interrupt(self) -> None:
        """Stops the picture that draw() waits for."""
        ...


def check_request(request: DrawRequest, dialect: Dialect) -> None:
    """Raises InvalidRequest for what servers would accept and answer with something else."""
    violations = (*_find_size_violations(request), *dialect.find_violations(request))
    if violations:
        raise InvalidRequest(*violations)


def _find_size_violations(request: DrawRequest) -> Iterator[Violation]:
    """Yields what the rules of fields cannot see: composites may be larger than servers draw."""
    low, high = DIFFUSION_SIDES
    if (side := max(request.canvas.padded)) > high:
        text = f"needs {side} pixels a side, and a server draws at most {high}"
        yield Violation("options.diffusion.drawn_side", f"{text}; send {low} to {high}")
