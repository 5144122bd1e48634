"""Where the Stable Diffusion server is, and how it is asked."""

from pydantic import Field
from pydantic_settings import BaseSettings


class ServerSettings(BaseSettings):
    """What the processes of stages 2 and 4 can be told about their server."""

    sdapi_url: str = Field("", description="such as http://127.0.0.1:7860; empty: there is none")
    sdapi_seconds: float = Field(180, gt=0, le=3600, description="time for one picture")
    sdapi_steps: int = Field(28, ge=1, le=150, description="sampling steps")
    sdapi_cfg_scale: float = Field(7, ge=1, le=30, description="how closely to follow the prompt")
