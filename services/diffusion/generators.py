"""Lists the diffusion engines, which generate on servers or in this process, and opens them."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from services.diffusion.dialects import DIALECTS
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.in_process import ENGINE
from services.diffusion.output import DiffusionResult
from services.diffusion.request import DiffusionProgress, DiffusionRequest, Purpose

# Best first: servers mostly have a GPU of their own, and the model of a process may run on its CPU.
DIFFUSION_ENGINES = (*DIALECTS, ENGINE)


class ImageGenerator(Protocol):
    """Generates images from requests. Safe to call from several threads.

    variant: changes when equal requests would give other images; part of the engine's version,
    mostly empty. fixed_settings: on which images depend besides the sampling options, as plain
    JSON values.
    """

    @property
    def variant(self) -> str: ...

    @property
    def fixed_settings(self) -> Mapping[str, object]: ...

    @property
    def recommended_sampling(self) -> Mapping[str, object]: ...

    def unavailable_reason(self) -> str:
        """Returns why no image can be generated at present; empty if one can."""
        ...

    def default_model(self) -> str:
        """Returns the model for requests that name none; empty while it is unknown."""
        ...

    def generate(self, request: DiffusionRequest) -> Iterator[DiffusionProgress | DiffusionResult]:
        """Yields progress, then the image. Closing the iterator stops the work.

        Raises the classes in `services.diffusion.errors`, and InvalidRequest.
        """
        ...


def open_generator(name: str, settings: GeneratorSettings, purpose: Purpose) -> ImageGenerator:
    """Opens what a diffusion engine generates with.

    Raises EngineNotConfigured if the settings name no server or model for it, EngineNotReady if it
    cannot be used here.

    name: one of DIFFUSION_ENGINES.
    purpose: what the images are mostly generated from.
    """
    # Imported here, so that a process loads only what it uses.
    if name in DIALECTS:
        from services.diffusion.servers import ImageServers

        return ImageServers(name, settings, purpose)
    from services.diffusion.in_process.opening import open_model_generator

    return open_model_generator(settings, purpose)
