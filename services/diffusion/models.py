"""Makes sure that a picture comes from the model that was asked for."""

from pathlib import PurePath
from typing import Any

from services.diffusion.errors import WrongModel
from services.diffusion.probe import Capabilities
from services.diffusion.samplers import Named
from services.diffusion.transport import word_of

SUFFIXES = (".safetensors", ".ckpt", ".gguf", ".pt", ".sft")


def check_offered(wanted: str, server: Capabilities) -> None:
    """Raises WrongModel when the server's list has no such model."""
    if wanted and server.models and not any(_is(wanted, each) for each in server.models):
        raise WrongModel(f"the Stable Diffusion server has no model {wanted}; put it there first")


def check_used(wanted: str, info: dict[str, Any], server: Capabilities) -> None:
    """Raises WrongModel when the server drew with another model, or cannot say with which.

    A server that names no model in its answers is believed when it has only one.
    """
    if not wanted:
        return
    name, digest = (word_of(info.get(field)) for field in ("sd_model_name", "sd_model_hash"))
    named = Named(name, (digest,))
    used = named if named.name or named.others[0] else _only(server)
    # Hash and name are on the list together; in the answer there may be either.
    listed = [each for each in server.models if used and (_is(used.name, each))]
    if not used or not any(_is(wanted, each) for each in (used, *listed)):
        told = used.name if used else "one that it does not name"
        raise WrongModel(f"the Stable Diffusion server drew with {told} instead of {wanted}")


def _only(server: Capabilities) -> Named | None:
    return server.models[0] if len(server.models) == 1 else None


def _is(wanted: str, model: Named) -> bool:
    names = {_bare(name) for name in (model.name, *model.others) if name}
    hashes = {name for name in model.others if name}
    return _bare(wanted) in names or any(
        len(wanted) >= 8 and one.lower().startswith(wanted.lower()) for one in hashes
    )


def _bare(name: str) -> str:
    """A model's name without folder, suffix and the hash that lists append in brackets."""
    name = PurePath(name.partition(" [")[0].replace("\\", "/")).name.lower()
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
