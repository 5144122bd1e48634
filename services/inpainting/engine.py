"""What an inpainting engine is: what it is given, and what it returns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from services.imaging.scene import Scene
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning


@dataclass(frozen=True)
class Strength:
    """How far an engine may go, as in InpaintingOptions."""

    denoising_strength: float = 0.35
    shadow_strength: float = 1.0
    reflection_strength: float = 1.0


@dataclass(frozen=True)
class Order:
    """What to inpaint.

    composite: uint8 RGB (H, W, 3).
    mask: uint8 (H, W), the product's alpha; where it is 255 the composite stays as it is.
    scene: what is known of it, or None. diffusion: the fields of DiffusionOptions that were set.
    """

    composite: np.ndarray
    mask: np.ndarray
    scene: Scene | None = None
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    strength: Strength = Strength()
    diffusion: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A grounded picture: uint8 RGB (H, W, 3).

    parameters: what shaped it beyond the order's strength; measured: what was seen on the way,
    such as times. Both plain JSON values. model: that made it, empty where that is not known; None:
    the engine's own.
    """

    pixels: np.ndarray
    parameters: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)
    model: str | None = None


class Engine(Protocol):
    """Makes scenes react to their product. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def inpaint(self, order: Order) -> Iterator[EngineProgress | Picture]:
        """Yields steps, then one picture. Closing the iterator early abandons the work."""
        ...
