"""Where the Stable Diffusion servers are, and how they are asked."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from services.runtime.settings import Names


def _addresses(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"write {url} as http://host:port")
        if "@" in url:
            raise ValueError("passwords do not belong in addresses; use the auth file")
    return tuple(url.rstrip("/") for url in urls)


class ServerSettings(BaseSettings):
    """What the processes of stages 2 and 4 can be told about their servers."""

    sdapi_url: Annotated[Names, AfterValidator(_addresses)] = Field(
        (), description="such as http://127.0.0.1:7860; several with commas; empty: there is none"
    )
    sdapi_auth_file: str = Field("", description="a file that holds user:password")
    sdapi_ca_file: str = Field("", description="certificates to trust instead of the public ones")
    sdapi_seconds: float = Field(300, gt=0, le=3600, description="time for one picture")
    sdapi_waiting: int = Field(8, ge=0, le=1024, description="calls that wait per server")
    sdapi_selftest: bool = Field(True, description="try a server's masks before trusting them")
    sdapi_steps: int = Field(28, ge=1, le=150, description="sampling steps")
    sdapi_cfg_scale: float = Field(7, ge=1, le=30, description="how closely to follow the prompt")
    sdapi_sampler: str = Field("", description="such as dpmpp_2m; empty: the server's own")
    sdapi_scheduler: str = Field("", description="such as karras; empty: the server's own")
    sdapi_model: str = Field("", description="the model to insist on; empty: whatever is loaded")
