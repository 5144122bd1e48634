"""The interface of inpainting engines: request, result and the method that inpaints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from services.imaging.scene import Scene
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning


@dataclass(frozen=True)
class InpaintingStrength:
    """How much an engine may change, as in the contract's InpaintingOptions.

    denoising_strength: how freely a diffusion model repaints, 0 to 1.
    shadow_strength, reflection_strength: factors; 0 leaves shadow or reflection out.
    """

    denoising_strength: float = 0.35
    shadow_strength: float = 1.0
    reflection_strength: float = 1.0


@dataclass(frozen=True)
class InpaintingRequest:
    """A composite whose surroundings are to react to the product.

    composite: uint8 RGB (H, W, 3).
    mask: uint8 (H, W), the product's alpha; where it is 255 the composite stays as it is.
    scene: light, ground and camera; None if unknown.
    diffusion: the fields of DiffusionOptions that the caller set.
    seconds_left: until the caller's deadline, when the request came; None: there is none.
    """

    composite: np.ndarray
    mask: np.ndarray
    scene: Scene | None = None
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    strength: InpaintingStrength = InpaintingStrength()
    diffusion: Mapping[str, object] = field(default_factory=dict)
    seconds_left: float | None = None


@dataclass(frozen=True)
class InpaintingResult:
    """An inpainted composite.

    pixels: uint8 RGB (H, W, 3).
    parameters: what shaped it beyond the request's strength, as plain JSON values.
    measured: measurements such as times, as plain JSON values.
    model: the model that drew it, empty if unknown; None for the engine's own.
    """

    pixels: np.ndarray
    parameters: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)
    model: str | None = None


class InpaintingEngine(Protocol):
    """Makes surroundings react to the product. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Lets a composite's surroundings react to the product, as with shadows and reflections.

        Yields progress, then one result. Closing the iterator early cancels the work.
        """
        ...
