"""What a background engine is, and which ones there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from pydantic import Field

from services.runtime.engines import Notice
from services.runtime.errors import EngineNotReady
from services.runtime.scene import Scene
from services.runtime.settings import Names, StageSettings, settings_config
from services.sdapi.settings import ServerSettings

ENGINES = ("a1111", "studio")


class Settings(StageSettings, ServerSettings):
    """What the background process can be told."""

    model_config = settings_config("background")

    listen: str = Field("127.0.0.1:50052", description="host:port, or unix:/path")
    engines: Names = Field(ENGINES, min_length=1, description="engines to open, best first")
    variant: Literal["auto", "scalar_rgb", "llvm_ad_rgb"] = Field(
        "auto", description="how the studio renders; auto takes the faster one that works"
    )


@dataclass(frozen=True)
class Order:
    """What to make: words, a size in pixels, a seed, and the camera's pitch if one is wanted.

    product, product_to_negative and diffusion (the fields that were set): as BackgroundOptions.
    """

    prompt: str
    width: int = 1024
    height: int = 1024
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None
    product: str = ""
    product_to_negative: bool = False
    diffusion: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A sign of progress: the share done, 0 to 1, and perhaps a small uint8 RGB preview."""

    fraction: float
    preview: np.ndarray | None = None


@dataclass(frozen=True)
class Picture:
    """A finished background.

    pixels: uint8 RGB (height, width, 3) of exactly the size ordered.
    scene: what is known of it, or None.
    origin: what kind of picture it is, in words for the manifest.
    parameters: what shaped it beyond the order; measured: what was seen on the way, such as
    times. Both plain JSON values.
    """

    pixels: np.ndarray
    scene: Scene | None
    origin: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)


class Engine(Protocol):
    """Makes backgrounds. Safe to call from several threads."""

    name: str
    version: str

    def make(self, order: Order) -> Iterator[Step | Picture]:
        """Yields steps, then one picture. Closing the iterator early abandons the work."""
        ...


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.background.engines.noop import Noop

            return Noop(settings.noop_seconds)
        case "a1111":
            from services.background.engines.a1111 import A1111

            return A1111(settings)
        case "studio":
            from services.background.engines.studio import Studio

            return Studio(settings.variant)
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
