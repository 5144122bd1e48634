"""Common part of the engines that generate on image servers, in the background and inpainting."""

import hashlib
import json
from dataclasses import asdict

from services.diffusion.dialects import DialectSettings
from services.diffusion.request import Purpose
from services.diffusion.servers import ImageServers
from services.diffusion.settings import resolve_sampling
from services.runtime.engines import EngineTraits


class DiffusionEngine:
    """The servers that speak one dialect, as an engine named after the dialect.

    version: of the engine, followed by the dialect's variant if there is one. settings_hash: of the
    sampling options that a request may leave to the settings.
    """

    traits = EngineTraits(generative=True)

    def __init__(
        self, dialect: str, settings: DialectSettings, version: str, purpose: Purpose
    ) -> None:
        """Creates the engine; raises EngineNotConfigured if no server is set up.

        dialect: name of the HTTP API that its image servers speak, which becomes the engine's name.
        version: of the engine's own code.
        purpose: what its images are generated from.
        """
        self.name = dialect
        self._settings = settings
        self._servers = ImageServers(dialect, settings, purpose)
        self.version = "-".join(filter(None, (version, self._servers.variant)))
        defaults = json.dumps(asdict(resolve_sampling({}, settings)), sort_keys=True)
        self.settings_hash = hashlib.sha256(defaults.encode()).hexdigest()

    def unavailable_reason(self) -> str:
        """Returns why no server can be used; empty if one can."""
        return self._servers.unavailable_reason()

    def model(self) -> str:
        """Returns the model used for requests that name none; empty while it is unknown."""
        return self._servers.default_model()
