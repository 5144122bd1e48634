"""What the engines that draw on image servers have in common, in whichever stage."""

from services.diffusion.dialects import DialectSettings
from services.diffusion.servers import ImageServers
from services.runtime.engines import EngineTraits


class DiffusionEngine:
    """The servers that speak one dialect, as an engine that is named after it.

    version: of the engine itself; that of its requests follows where the dialect has one.
    """

    traits = EngineTraits(generative=True)

    def __init__(self, dialect: str, settings: DialectSettings, version: str) -> None:
        self.name = dialect
        self._settings = settings
        self._servers = ImageServers(dialect, settings)
        self.version = "-".join(filter(None, (version, self._servers.variant)))

    def unavailable_reason(self) -> str:
        """Why no server can be used; empty when one can."""
        return self._servers.check_health()

    def model(self) -> str:
        """The model that draws where a request names none; empty while that is not known."""
        return self._servers.model()
