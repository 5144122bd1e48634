"""Which dialects of image servers there are, and the settings of all of them."""

from services.diffusion.dialect import Dialect
from services.diffusion.dialects.a1111 import A1111Settings
from services.diffusion.settings import DiffusionSettings

# Best first. The servers of dialect `name` are those of the setting `<name>_url`.
DIALECTS = ("a1111",)


class DialectSettings(DiffusionSettings, A1111Settings):
    """Settings of stages 2 and 4 for image servers, whichever dialects they speak."""


def open_dialect(name: str, url: str, settings: DialectSettings) -> Dialect:
    """Opens one dialect for one server; each branch imports its own module."""
    match name:
        case "a1111":
            from services.diffusion.dialects.a1111.dialect import A1111

            return A1111(url, settings)
    raise ValueError(f"no dialect {name}; choose from {', '.join(DIALECTS)}")
