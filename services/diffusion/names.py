"""Finds a server's own names for samplers, schedulers and models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from services.diffusion.dialect import Capabilities, ListedName
from services.diffusion.errors import WrongModel
from services.runtime.engines import EngineWarning

# What servers append to a sampler's name where they have no schedulers of their own.
SCHEDULER_SUFFIXES = (
    *("karras", "exponential", "polyexponential"),
    *("sgmuniform", "uniform", "simple", "normal"),
)
MODEL_SUFFIXES = (".safetensors", ".ckpt", ".gguf", ".pt", ".sft")
# A model may be named by the first digits of its hash; fewer could be part of a name.
SHORTEST_HASH = 8


@dataclass(frozen=True)
class SamplerNames:
    """Exact names to send; empty where the server had better choose for itself."""

    sampler: str = ""
    scheduler: str = ""
    warnings: tuple[EngineWarning, ...] = ()


def find_sampler(
    sampler: str, scheduler: str, samplers: Sequence[ListedName], schedulers: Sequence[ListedName]
) -> SamplerNames:
    """Maps ids such as dpmpp_2m and karras, or any server's names, to the names on these lists.

    A combined name such as "DPM++ 2M Karras" is split, unless the server lists it and has no
    schedulers apart. What is not on the lists is left out, with a warning.
    """
    found = _find(sampler, samplers)
    if sampler and not found:
        head, tail = _split(sampler)
        found, scheduler = _find(head, samplers), scheduler or tail
    paired = "" if schedulers or not (found and scheduler) else _find(found + scheduler, samplers)
    timed = "" if paired else _find(scheduler, schedulers)
    missing = [
        _warn(kind, wanted)
        for kind, wanted, got in (
            ("sampler", sampler, found),
            ("scheduler", scheduler, timed or paired),
        )
        if wanted and not got
    ]
    return SamplerNames(paired or found, timed, tuple(missing))


def check_model_offered(wanted: str, server: Capabilities) -> None:
    """Raises WrongModel when the server's list has no such model."""
    if wanted and server.models and not any(_is_model(wanted, each) for each in server.models):
        raise WrongModel(f"the Stable Diffusion server has no model {wanted}; put it there first")


def check_model_used(wanted: str, used: ListedName, server: Capabilities) -> None:
    """Raises WrongModel when the server drew with another model, or cannot say with which.

    A server that names no model with its pictures is believed when it has only one.
    """
    if not wanted:
        return
    if not (used.name or any(used.aliases)) and len(server.models) == 1:
        used = server.models[0]
    # Hash and name are on the list together; with the picture there may be either.
    listed = [each for each in server.models if used.name and _is_model(used.name, each)]
    if not any(_is_model(wanted, each) for each in (used, *listed)):
        named = used.name or "one that it does not name"
        raise WrongModel(f"the Stable Diffusion server drew with {named} instead of {wanted}")


def strip_model_name(name: str) -> str:
    """Returns a model's name without folder, suffix and the hash that lists append in brackets."""
    name = PurePath(name.partition(" [")[0].replace("\\", "/")).name
    for suffix in MODEL_SUFFIXES:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def _find(wanted: str, listed: Iterable[ListedName]) -> str:
    if not wanted:
        return ""
    key = _simplify(wanted)
    for by in (lambda each: (each.name,), lambda each: each.aliases):
        for each in listed:
            if key in map(_simplify, by(each)):
                return each.name
    return ""


def _split(sampler: str) -> tuple[str, str]:
    key = _simplify(sampler)
    for suffix in SCHEDULER_SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            return key.removesuffix(suffix), suffix
    return sampler, ""


def _simplify(name: str) -> str:
    """Drops case, blanks and signs, so that "DPM++ 2M" equals "dpmpp_2m"."""
    return "".join(filter(str.isalnum, name.lower().replace("+", "p"))).removeprefix("kdiffusion")


def _warn(kind: str, wanted: str) -> EngineWarning:
    text = f"the server has no {kind} {wanted}, so it used its own; its list has the names"
    return EngineWarning(f"{kind.upper()}_UNKNOWN", text)


def _is_model(wanted: str, model: ListedName) -> bool:
    names = filter(None, (model.name, *model.aliases))
    hashes = filter(None, model.aliases)
    key = strip_model_name(wanted).lower()
    return key in {strip_model_name(name).lower() for name in names} or (
        len(wanted) >= SHORTEST_HASH
        and any(each.lower().startswith(wanted.lower()) for each in hashes)
    )
