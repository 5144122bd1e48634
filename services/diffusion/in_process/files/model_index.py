"""Reads which pipeline a folder is for, and of which components, and refuses all others.

Only listed classes are loaded, so that a folder cannot choose what runs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.diffusion.in_process.files.model_folder import ModelFolder, quote

INDEX_NAME = "model_index.json"
OTHER_MODEL = (
    "choose a model of Stable Diffusion 1.x or 2.x, SDXL or Flux that generates from text alone"
)
STABLE_DIFFUSION_PARTS = ("vae", "text_encoder", "tokenizer", "unet", "scheduler")
XL_PARTS = (*STABLE_DIFFUSION_PARTS, "text_encoder_2", "tokenizer_2")
FLUX_PARTS = tuple(part.replace("unet", "transformer") for part in XL_PARTS)
# Components that each pipeline needs. AutoPipelineForText2Image turns the classes for img2img and
# inpainting into those that generate from text.
PIPELINE_PARTS: Mapping[str, tuple[str, ...]] = {
    "StableDiffusionPipeline": STABLE_DIFFUSION_PARTS,
    "StableDiffusionImg2ImgPipeline": STABLE_DIFFUSION_PARTS,
    "StableDiffusionInpaintPipeline": STABLE_DIFFUSION_PARTS,
    "LatentConsistencyModelPipeline": STABLE_DIFFUSION_PARTS,
    "StableDiffusionXLPipeline": XL_PARTS,
    "StableDiffusionXLImg2ImgPipeline": XL_PARTS,
    "StableDiffusionXLInpaintPipeline": XL_PARTS,
    "FluxPipeline": FLUX_PARTS,
    "FluxImg2ImgPipeline": FLUX_PARTS,
    "FluxInpaintPipeline": FLUX_PARTS,
}
SAFETY_CHECKER = "safety_checker"
# Library and classes that a component may have, as regular expressions of whole names.
COMPONENT_CLASSES: Mapping[str, tuple[str, str]] = {
    "vae": ("diffusers", "AutoencoderKL"),
    "unet": ("diffusers", "UNet2DConditionModel"),
    "transformer": ("diffusers", "FluxTransformer2DModel"),
    "scheduler": ("diffusers", r"[A-Z]\w*Scheduler"),
    "text_encoder": ("transformers", "CLIPTextModel"),
    "text_encoder_2": ("transformers", "CLIPTextModelWithProjection|T5EncoderModel"),
    "image_encoder": ("transformers", "CLIPVisionModelWithProjection"),
    "tokenizer": ("transformers", "CLIPTokenizer(Fast)?"),
    "tokenizer_2": ("transformers", "(CLIP|T5)Tokenizer(Fast)?"),
    "feature_extractor": ("transformers", "CLIPImageProcessor|CLIPFeatureExtractor"),
    # Its class is in a module of that name in diffusers, and is one of transformers.
    SAFETY_CHECKER: ("stable_diffusion", "StableDiffusionSafetyChecker"),
}


@dataclass(frozen=True)
class ComponentClass:
    """The class of a pipeline's component. name: of the component, which is that of its folder."""

    name: str
    library: str
    class_name: str


@dataclass(frozen=True)
class ModelIndex:
    """The pipeline class of a model, and its components."""

    pipeline: str
    components: tuple[ComponentClass, ...]


def read_model_index(folder: ModelFolder) -> ModelIndex:
    """Reads the index of a model's folder.

    Raises EngineNotReady if it is invalid, or names a class that is not supported.
    """
    index = folder.read_json(INDEX_NAME)
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str) or pipeline not in PIPELINE_PARTS:
        raise folder.refuse(f"its pipeline {quote(pipeline)} is not supported", OTHER_MODEL)
    components = tuple(_read_components(folder, index))
    names = {component.name for component in components}
    for part in PIPELINE_PARTS[pipeline]:
        if part not in names:
            raise folder.refuse(f"{INDEX_NAME} names no {part}")
    return ModelIndex(pipeline, components)


def _read_components(folder: ModelFolder, index: Mapping[str, object]) -> Iterator[ComponentClass]:
    for name, value in sorted(index.items()):
        # Other values are options of the pipeline. Components that it can do without are null.
        if not isinstance(value, list) or not any(value):
            continue
        if len(value) != 2 or not _is_supported(name, *value):
            raise folder.refuse(
                f"its {quote(name)} is of the unsupported class {quote('.'.join(map(str, value)))}",
                OTHER_MODEL,
            )
        yield ComponentClass(name, *value)


def _is_supported(name: str, library: object, class_name: object) -> bool:
    expected_library, classes = COMPONENT_CLASSES.get(name, ("", ""))
    return library == expected_library and bool(re.fullmatch(classes, str(class_name)))
