"""Engine diffusers: runs a diffusion model in the process of the stage, without any server."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

ENGINE = "diffusers"


class DiffusersSettings(BaseSettings):
    """Settings of the model that runs in the process of the stage."""

    diffusers_model: str = Field(
        "",
        description="folder of a diffusers model, or a single .safetensors file, that runs in the "
        "stage's own process; empty: none",
    )
    diffusers_config: str = Field(
        "",
        description="folder with the configuration and tokenizers of a single file; empty: the "
        "built-in one of its family",
    )
    diffusers_device: Literal["auto", "cuda", "cpu"] = Field(
        "auto", description="where the model runs; auto: the GPU if there is one"
    )
    diffusers_precision: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto", description="precision of the weights; auto: 16 bits on a GPU, 32 on a CPU"
    )
    diffusers_threads: int | None = Field(
        None, ge=1, le=1024, description="CPU threads of the model; default: all cores"
    )
    diffusers_max_batch: int = Field(
        1,
        ge=1,
        le=64,
        description="images of equal size and steps that are generated together; above 1, an image "
        "may differ in its last bits, depending on the others",
    )
    diffusers_safety_checker: Literal["refuse", "report", "off"] = Field(
        "refuse",
        description="what happens to images that the model's own safety checker flags, if it has "
        "one: refuse them, report that in a warning, or do not check",
    )
    diffusers_allow_pickle: bool = Field(
        False,
        description="consent to weights in pickle files (.bin, .ckpt), which can run any code",
    )
    diffusers_allow_download: bool = Field(
        False, description="let a model that is no local path be fetched from the Hugging Face Hub"
    )
