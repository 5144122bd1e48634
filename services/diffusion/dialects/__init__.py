"""Lists the dialects of image servers, and collects the settings of all of them."""

from services.diffusion.dialect import Dialect
from services.diffusion.dialects.a1111 import A1111Settings
from services.diffusion.settings import DiffusionSettings

# Best first. The setting `<name>_url` lists the servers of dialect `name`.
DIALECTS = ("a1111",)


class DialectSettings(DiffusionSettings, A1111Settings):
    """Settings of the background and inpainting stages for image servers of every dialect."""


def open_dialect(name: str, url: str, settings: DialectSettings) -> Dialect:
    """Returns the client of one image server.

    name: the kind of HTTP API ("dialect") that the server speaks, one of DIALECTS.
    url: the server's address.
    """
    match name:
        case "a1111":
            # Imported here, so that a process loads only the dialect that it uses.
            from services.diffusion.dialects.a1111.dialect import A1111

            return A1111(url, settings)
    raise ValueError(f"no dialect {name}; choose from {', '.join(DIALECTS)}")
