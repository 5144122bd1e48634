"""The AUTOMATIC1111 API, which Forge, SD.Next, stable-diffusion.cpp and koboldcpp offer too."""

from pydantic import Field
from pydantic_settings import BaseSettings

from services.diffusion.settings import ServerUrls


class A1111Settings(BaseSettings):
    """Addresses of the servers, and the credentials for them."""

    a1111_url: ServerUrls = Field(
        (), description="such as http://127.0.0.1:7860; comma-separated; empty: no server"
    )
    a1111_auth_file: str = Field("", description="a file that contains user:password")
    a1111_ca_file: str = Field("", description="CA certificates to trust instead of public ones")
