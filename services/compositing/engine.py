"""What a compositing engine is, and which ones there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pydantic import Field, FilePath

from services.compositing.arrangement import AS_THE_SCENE_SUGGESTS, Arrangement
from services.compositing.layers import Product, Shadow
from services.compositing.placement import Placement
from services.runtime.engines import Notice
from services.runtime.errors import EngineNotReady
from services.runtime.scene import RGB, Scene
from services.runtime.settings import Names, StageSettings, settings_config

ENGINES = ("opencv",)


class Settings(StageSettings):
    """What the compositing process can be told."""

    model_config = settings_config("compositing")

    listen: str = Field("127.0.0.1:50053", description="host:port, or unix:/path")
    engines: Names = Field(ENGINES, min_length=1, description="engines to open, best first")
    font: FilePath | None = Field(None, description="font file for lettering")


@dataclass(frozen=True)
class Look:
    """How the product is set into the scene; shares and strengths as in CompositingOptions.

    shadow: "drop", "cast", "contact" or "none".
    """

    width_share: float = 0.7
    height_share: float = 0.62
    area_share: float | None = None
    tint: float = 0.06
    shadow: str = "drop"
    shadow_opacity: float = 0.3
    shadow_color: RGB = (0, 0, 0)
    locked: bool = False
    arrangement: Arrangement = AS_THE_SCENE_SUGGESTS


@dataclass(frozen=True)
class Composite:
    """A product in its scene.

    pixels: uint8 RGB (H, W, 3), of the background's size.
    mask: uint8 (H, W), the product's alpha on the canvas.
    placement: where the resized cut-out went.
    product, shadow: the layers over the background; None where there is no shadow.
    untinted: the product's pixels before the tint.
    """

    pixels: np.ndarray
    mask: np.ndarray
    placement: Placement
    product: Product
    shadow: Shadow | None
    untinted: np.ndarray
    notices: tuple[Notice, ...] = ()


class Engine(Protocol):
    """Sets cut-outs into backgrounds. Safe to call from several threads."""

    name: str
    version: str

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        """Sets uint8 RGBA (h, w, 4) into uint8 RGB (H, W, 3); `cut_sides` hold Side values."""
        ...


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.compositing.engines.noop import Noop

            return Noop(settings.noop_seconds)
        case "opencv":
            from services.compositing.engines.opencv import OpenCV

            return OpenCV()
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
