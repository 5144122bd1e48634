"""The interface of background engines: what they receive and what they return."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cyclorama.v1 import background_pb2
from services.imaging.scene import Scene
from services.imaging.view import PhotoView
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.runtime.limits import DEFAULT_SIDE


@dataclass(frozen=True)
class BackgroundRequest:
    """A background to generate.

    prompt, negative_prompt: what it should and should not show.
    width, height: size in pixels.
    seed: equal requests with equal seeds give equal pixels.
    camera_pitch: degrees that the camera looks down; None leaves it to the engine.
    view: of the product's photo, which the scene follows; None: none.
    draft: whether engines that render may make it with half the width and height.
    product, product_height_mm (None: unknown), product_to_negative, diffusion (the fields that were
    set): as in BackgroundOptions.
    """

    prompt: str
    width: int = DEFAULT_SIDE
    height: int = DEFAULT_SIDE
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None
    view: PhotoView | None = None
    draft: bool = False
    product: str = ""
    product_height_mm: float | None = None
    product_to_negative: bool = False
    diffusion: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class BackgroundResult:
    """A finished background.

    pixels: uint8 RGB (height, width, 3) of exactly the requested size or, for drafts, half of it.
    scene: its light, ground line and camera; None where the engine does not know them.
    origin: kind of image, in words for the manifest.
    parameters: what determined it besides the request, as plain JSON values.
    measured: what was measured on the way, such as times, as plain JSON values.
    model: that generated it; empty where it is not known; None: the engine's own.
    shown_prompt: what it shows of the prompt; None where the engine does not know it.
    """

    pixels: np.ndarray
    scene: Scene | None
    origin: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)
    model: str | None = None
    shown_prompt: background_pb2.ShownPrompt | None = None


class BackgroundEngine(Protocol):
    """Generates backgrounds. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def generate(self, request: BackgroundRequest) -> Iterator[EngineProgress | BackgroundResult]:
        """Yields progress, then one result. Closing the iterator early cancels the work."""
        ...
