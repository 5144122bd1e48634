"""The ComfyUI API: servers that run graphs of nodes ("workflows"), built in or brought along."""

from pydantic import Field
from pydantic_settings import BaseSettings

from services.diffusion.settings import ServerUrls

SETTINGS_PREFIX = "CYCLORAMA_COMFYUI"


class ComfyUISettings(BaseSettings):
    """Addresses of the servers, the credentials for them, and the workflows that they run."""

    comfyui_url: ServerUrls = Field(
        (), description="such as http://127.0.0.1:8188; comma-separated; empty: no server"
    )
    comfyui_auth_file: str = Field(
        "", description="a file that contains one HTTP header, such as Authorization: Bearer abc"
    )
    comfyui_ca_file: str = Field("", description="CA certificates to trust instead of public ones")
    comfyui_txt2img_workflow: str = Field(
        "", description="a workflow (JSON in API format) for backgrounds; empty: the built-in one"
    )
    comfyui_img2img_workflow: str = Field(
        "", description="a workflow (JSON in API format) for inpainting; empty: the built-in one"
    )
