"""Lists the segmentation engines, their settings, and opens them by name."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from services.runtime.errors import EngineNotConfigured, EngineNotReady
from services.runtime.heap import pause_collection
from services.runtime.settings import NameList, StageSettings, build_settings_config
from services.segmentation.cards import load_card
from services.segmentation.engine import SegmentationEngine
from services.segmentation.models import DEFAULT_NETWORK, ModelSettings, find_checkpoint
from services.segmentation.network import SegmentationNetwork

ENGINES = ("sam", "onnx", "classic")
# What torch reads from the environment when it first allocates memory: large tensors get huge
# pages, where Linux has them, which saves a tenth of the time of sam's encoder in float32.
TORCH_ENVIRONMENT = {"THP_MEM_ALLOC_ENABLE": "1"}


class SegmentationSettings(StageSettings, ModelSettings):
    """Settings of the segmentation process."""

    model_config = build_settings_config("segmentation")

    listen: str = Field("127.0.0.1:50051", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    checkpoint: Path | None = Field(
        None, description="weights file for sam; default: the best one in models"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="precision of sam's encoder; auto: the faster one with the same masks"
    )
    threads: int | None = Field(
        None, ge=1, le=1024, description="CPU threads of sam and onnx; default: all cores"
    )
    network: str = Field(
        DEFAULT_NETWORK, description="network of onnx: the name of its card, such as u2netp"
    )
    allow_non_commercial: bool = Field(
        False, description="consent to networks whose license forbids commercial use"
    )
    embedding_cache_mib: int = Field(
        256, ge=0, le=65536, description="memory for sam's embeddings of recent photos"
    )


def open_engine(name: str, settings: SegmentationSettings) -> SegmentationEngine:
    """Opens a segmentation engine, and imports only the packages that it needs.

    name: "sam", "onnx", "classic" or "noop".
    settings: of this process, with paths, threads and the like.

    Raises EngineNotReady if there is no such engine or it lacks weights or packages.
    """
    match name:
        case "noop":
            from services.segmentation.engines.noop import NoopSegmentation

            return NoopSegmentation(settings.noop_delay_seconds)
        case "classic":
            from services.segmentation.engines.classic import ClassicSegmentation

            return ClassicSegmentation(network=find_network(settings))
        case "onnx":
            return _open_onnx(settings)
        case "sam":
            return _open_sam(settings)
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")


def _open_sam(settings: SegmentationSettings) -> SegmentationEngine:
    """Opens the engine that runs Segment Anything, with the weights that the settings name.

    Without a file in the settings it takes the best model in the folder for weights.

    Raises EngineNotConfigured if there are no weights, and EngineNotReady if they cannot be loaded
    or the packages of the extra sam are missing.
    """
    checkpoint = settings.checkpoint or find_checkpoint(settings.models)
    if checkpoint is None:
        raise EngineNotConfigured(
            "there are no weights; fetch them with `make models MODEL=vit_l`, or set "
            "CYCLORAMA_SEGMENTATION_CHECKPOINT to a file of Meta's"
        )
    for name, value in TORCH_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Imported here, since it loads torch, which no other engine needs.
    try:
        with pause_collection():
            from services.segmentation.engines.sam import SamSegmentation
    except ModuleNotFoundError as error:
        raise EngineNotReady(f"{error.name} is not installed; install the extra sam") from error
    return SamSegmentation(
        checkpoint,
        precision=settings.precision,
        threads=settings.threads,
        embedding_bytes=settings.embedding_cache_mib * 2**20,
        network=find_network(settings),
    )


def _open_onnx(settings: SegmentationSettings) -> SegmentationEngine:
    """Opens the engine that runs a network in an ONNX file.

    Raises EngineNotReady as open_network does, and EngineNotConfigured if nobody chose a network
    and the file of the default one was not fetched.
    """
    from services.segmentation.engines.onnx import OnnxSegmentation

    try:
        return OnnxSegmentation(open_network(settings))
    except EngineNotReady as error:
        card = load_card(settings.network, settings.models)
        if "network" in settings.model_fields_set or (settings.models / card.file).exists():
            raise
        raise EngineNotConfigured(str(error)) from error


def find_network(settings: SegmentationSettings) -> SegmentationNetwork | None:
    """Returns the network that the settings name, or None if it is not ready here.

    Only evidence for engines that work without one; engine onnx says why it is not ready.
    """
    try:
        return open_network(settings)
    except EngineNotReady:
        return None


def open_network(settings: SegmentationSettings) -> SegmentationNetwork:
    """Opens the network that the settings name, as its card says; once per process.

    Raises EngineNotReady if there is no such card or file or onnxruntime is missing, and if the
    network's license forbids commercial use and nobody consented.
    """
    card = load_card(settings.network, settings.models)
    if card.non_commercial and not settings.allow_non_commercial:
        raise EngineNotReady(
            f"the license of {card.title}, {card.license}, forbids commercial use; set "
            "CYCLORAMA_SEGMENTATION_ALLOW_NON_COMMERCIAL=true if that suits you, or choose another "
            "CYCLORAMA_SEGMENTATION_NETWORK"
        )
    return _open_network_file(card, settings.models / card.file, settings.threads)


# Engines and confidence share the networks of a process, of which there are hardly more than one.
_open_network_file = lru_cache(maxsize=4)(SegmentationNetwork)
