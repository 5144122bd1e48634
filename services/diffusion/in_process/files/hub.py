"""Finds models of the Hugging Face Hub in its local cache, and fetches them with consent.

The cache lies where HF_HOME or HF_HUB_CACHE says. HF_TOKEN authenticates.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from logging import ERROR, getLogger
from pathlib import Path

import structlog

from services.diffusion.in_process.files.component_files import TEXT_SUFFIXES
from services.diffusion.in_process.files.model_index import COMPONENT_CLASSES, INDEX_NAME
from services.diffusion.in_process.files.weight_files import PREFERRED_VARIANTS
from services.runtime.errors import EngineNotReady

# An organization and a model's name.
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

# Seconds in which the hub has to answer. Larger: a start without a network takes longer to fail.
HUB_TIMEOUT = 5

log = structlog.get_logger()


def find_cached_model(name: str) -> Path | None:
    """Returns the folder of a model in the cache of the hub; None if it is not there.

    name: such as org/model.
    """
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError:
        return None
    try:
        # Other files of the repository may be missing: those that were not fetched.
        found = snapshot_download(name, local_files_only=True, allow_patterns=[INDEX_NAME])
    except (OSError, ValueError):
        return None
    return Path(found)


def download_model(name: str) -> Path:
    """Fetches the files of a model that are needed from the hub; those in its cache are kept.

    Only safetensors and text are fetched: no pickle files and no code. Asks the hub once in a
    process, whatever the answer. While it is away, the model in the cache is used.

    Raises EngineNotReady if there is no such model, or if it cannot be fetched.

    name: such as org/model.
    """
    found = _try_download(name)
    if isinstance(found, str):
        raise EngineNotReady(f"model {name} {found}")
    return found


@cache
def _try_download(name: str) -> Path | str:
    """Returns the folder of a fetched model, or why there is none."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        # Not list_repo_files, which retries for 20 s while there is no network.
        listed = HfApi().model_info(name, timeout=HUB_TIMEOUT).siblings or ()
        files = choose_downloads([file.rfilename for file in listed])
        if files:
            log.info("fetching model", model=name, files=len(files))
            with _only_errors_logged():
                return Path(snapshot_download(name, allow_patterns=files))
    except GatedRepoError:
        return "needs consent to its license; agree on the hub and set HF_TOKEN"
    except RepositoryNotFoundError:
        return "is not on the hub, or private; check its name, or set HF_TOKEN"
    # The hub's client and what it uses raise many kinds.
    except Exception as error:
        log.warning("cannot fetch model", model=name, error=repr(error))
        if cached := find_cached_model(name):
            return cached
        return (
            "could not be fetched; check the network and the free disk space, and restart this "
            "process"
        )
    return "is none of diffusers with safetensors; choose another"


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """Silences the hub's client, whose lines on each retry are not in the log's format."""
    logger = getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def choose_downloads(names: Sequence[str]) -> list[str]:
    """Returns the files of a repository that are needed; empty if it has no complete model.

    Of weights in several variants, those without one are chosen, or else those of 16 bits.

    names: paths of all files of the repository.
    """
    texts, weights = [], defaultdict[str, list[str]](list)
    for name in names:
        folder, _, file = name.rpartition("/")
        if name == INDEX_NAME or (folder in COMPONENT_CLASSES and file.endswith(TEXT_SUFFIXES)):
            texts.append(name)
        elif folder in COMPONENT_CLASSES and file.endswith(".safetensors"):
            weights[folder].append(name)
    if INDEX_NAME not in texts or not weights:
        return []
    return [*texts, *(name for each in weights.values() for name in _choose_variant(each))]


def _choose_variant(names: Sequence[str]) -> Sequence[str]:
    """Returns the weights of one component in the variant that comes first."""
    for variant in ("", *PREFERRED_VARIANTS):
        chosen = [name for name in names if _read_variant(name) == variant]
        if chosen:
            return chosen
    return names


def _read_variant(name: str) -> str:
    """Returns the variant in a name such as unet/model.fp16-00001-of-00002.safetensors."""
    return name.removesuffix(".safetensors").partition(".")[2].partition("-")[0]


@contextmanager
def forbid_downloads() -> Iterator[None]:
    """Makes the libraries fail rather than fetch anything while a model is loaded.

    They ask the hub for what they do not find in a folder, whatever their arguments say.
    """
    from huggingface_hub import constants

    was_offline = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = was_offline
