"""The API of AUTOMATIC1111, which Forge, SD.Next, stable-diffusion.cpp and koboldcpp offer too."""

from pydantic import Field
from pydantic_settings import BaseSettings

from services.diffusion.settings import Urls


class A1111Settings(BaseSettings):
    """Where the servers are, and how to be let in."""

    a1111_url: Urls = Field(
        (), description="such as http://127.0.0.1:7860; several with commas; empty: there is none"
    )
    a1111_auth_file: str = Field("", description="a file that holds user:password")
    a1111_ca_file: str = Field("", description="certificates to trust instead of the public ones")
