"""Lists the dialects of image servers, and collects the settings of all of them."""

from services.diffusion.dialect import Dialect
from services.diffusion.dialects.a1111 import A1111Settings
from services.diffusion.dialects.comfyui import ComfyUISettings
from services.diffusion.request import Purpose
from services.diffusion.settings import DiffusionSettings

# Best first: ComfyUI stops a single image and reports its place in the queue. The setting
# `<name>_url` lists the servers of dialect `name`.
DIALECTS = ("comfyui", "a1111")


class DialectSettings(DiffusionSettings, A1111Settings, ComfyUISettings):
    """Settings of the background and inpainting stages for image servers of every dialect."""


def open_dialect(
    name: str, url: str, settings: DialectSettings, purpose: Purpose = "txt2img"
) -> Dialect:
    """Returns the client of one image server.

    name: the kind of HTTP API ("dialect") that the server speaks, one of DIALECTS.
    url: the server's address.
    purpose: what the engine that uses it generates images from.
    """
    match name:
        case "a1111":
            # Imported here, so that a process loads only the dialect that it uses.
            from services.diffusion.dialects.a1111.dialect import A1111

            return A1111(url, settings)
        case "comfyui":
            from services.diffusion.dialects.comfyui.dialect import ComfyUI

            return ComfyUI(url, settings, purpose, settings.diffusion_model)
    raise ValueError(f"no dialect {name}; choose from {', '.join(DIALECTS)}")
