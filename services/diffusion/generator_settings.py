"""Settings of all diffusion engines, of servers and of the model in this process."""

from services.diffusion.dialects import DialectSettings
from services.diffusion.in_process import DiffusersSettings


class GeneratorSettings(DialectSettings, DiffusersSettings):
    """Settings of the background and inpainting stages for all diffusion engines."""
