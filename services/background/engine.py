"""What a background engine is: what it is given, and what it returns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from services.imaging.scene import Scene
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.runtime.limits import DEFAULT_SIDE


@dataclass(frozen=True)
class Order:
    """What to make: words, a size in pixels, a seed, and the camera's pitch if one is wanted.

    product, product_to_negative and diffusion (the fields that were set): as BackgroundOptions.
    """

    prompt: str
    width: int = DEFAULT_SIDE
    height: int = DEFAULT_SIDE
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None
    product: str = ""
    product_to_negative: bool = False
    diffusion: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A finished background.

    pixels: uint8 RGB (height, width, 3) of exactly the size ordered.
    scene: what is known of it, or None.
    origin: what kind of picture it is, in words for the manifest.
    parameters: what shaped it beyond the order; measured: what was seen on the way, such as
    times. Both plain JSON values.
    model: that made it, empty where that is not known; None: the engine's own.
    """

    pixels: np.ndarray
    scene: Scene | None
    origin: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)
    model: str | None = None


class Engine(Protocol):
    """Makes backgrounds. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def make(self, order: Order) -> Iterator[EngineProgress | Picture]:
        """Yields steps, then one picture. Closing the iterator early abandons the work."""
        ...
