"""Common part of the engines that generate with diffusion models, in background and inpainting."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.generators import open_generator
from services.diffusion.request import Purpose
from services.diffusion.settings import SamplingOptions, resolve_sampling
from services.runtime.engines import EngineTraits


class DiffusionEngine:
    """What generates images, as an engine of a stage.

    version: of the engine, followed by the generator's variant if there is one. settings_hash: of
    the sampling options that a request may leave to the settings, and of what else they fix.
    """

    traits = EngineTraits(generative=True)

    def __init__(
        self, name: str, settings: GeneratorSettings, version: str, purpose: Purpose
    ) -> None:
        """Creates the engine; raises EngineNotConfigured if no server or model is set up.

        name: one of DIFFUSION_ENGINES.
        version: of the engine's own code.
        purpose: what its images are generated from.
        """
        self.name = name
        self._settings = settings
        self._generator = open_generator(name, settings, purpose)
        self.version = "-".join(filter(None, (version, self._generator.variant)))
        fixed = {**asdict(self.resolve_sampling({})), **self._generator.fixed_settings}
        defaults = json.dumps(fixed, sort_keys=True)
        self.settings_hash = hashlib.sha256(defaults.encode()).hexdigest()

    def resolve_sampling(self, options: Mapping[str, Any]) -> SamplingOptions:
        """Returns how to generate an image: a request's options, with defaults for the others.

        options: any fields of SamplingOptions, by name, of valid types.
        """
        return resolve_sampling(options, self._settings, self._generator.recommended_sampling)

    def unavailable_reason(self) -> str:
        """Returns why no image can be generated; empty if one can."""
        return self._generator.unavailable_reason()

    def model(self) -> str:
        """Returns the model used for requests that name none; empty while it is unknown."""
        return self._generator.default_model()
