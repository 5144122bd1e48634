"""Maps names of samplers, schedulers and models to a server's own names for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath

from services.diffusion.dialect import ListedName, ServerCapabilities
from services.diffusion.errors import WrongModel
from services.runtime.engines import EngineWarning

# What servers without a list of schedulers append to the names of samplers.
SCHEDULER_SUFFIXES = (
    *("karras", "exponential", "polyexponential"),
    *("sgmuniform", "uniform", "simple", "normal"),
)
MODEL_SUFFIXES = (".safetensors", ".ckpt", ".gguf", ".pt", ".sft")
# A model may be named by the first digits of its hash; fewer could be part of a name.
MIN_HASH_DIGITS = 8


@dataclass(frozen=True)
class SamplerNames:
    """The exact names to send; empty to leave the choice to the server."""

    sampler: str = ""
    scheduler: str = ""
    warnings: tuple[EngineWarning, ...] = ()


def resolve_sampler(
    sampler: str, scheduler: str, samplers: Sequence[ListedName], schedulers: Sequence[ListedName]
) -> SamplerNames:
    """Maps ids such as dpmpp_2m and karras, or any server's names, to the names on these lists.

    A combined name such as "DPM++ 2M Karras" is split, unless the server lists it and has no list
    of schedulers. Names that are on no list are left out, with a warning.
    """
    found = _find_name(sampler, samplers)
    if sampler and not found:
        head, tail = _split_scheduler(sampler)
        found, scheduler = _find_name(head, samplers), scheduler or tail
    combined = ""
    if found and scheduler and not schedulers:
        combined = _find_name(found + scheduler, samplers)
    found_scheduler = "" if combined else _find_name(scheduler, schedulers)
    unknown = [
        _warn_of_unknown(kind, requested)
        for kind, requested, resolved in (
            ("sampler", sampler, found),
            ("scheduler", scheduler, found_scheduler or combined),
        )
        if requested and not resolved
    ]
    return SamplerNames(combined or found, found_scheduler, tuple(unknown))


def check_model_offered(requested: str, server: ServerCapabilities) -> None:
    """Raises WrongModel if the server lists its models and the requested one is not among them."""
    if (
        requested
        and server.models
        and not any(_is_model(requested, each) for each in server.models)
    ):
        raise WrongModel(
            f"the Stable Diffusion server has no model {requested}; put it there first"
        )


def check_model_used(requested: str, used: ListedName, server: ServerCapabilities) -> None:
    """Raises WrongModel if the server used another model, or does not report which.

    A server that reports no model with its images is trusted if it has only one.
    """
    if not requested:
        return
    if not (used.name or any(used.aliases)) and len(server.models) == 1:
        used = server.models[0]
    # The list has both hash and name; the image may come with either of them.
    listed = [each for each in server.models if used.name and _is_model(used.name, each)]
    if not any(_is_model(requested, each) for each in (used, *listed)):
        reported = used.name or "one that it does not name"
        raise WrongModel(f"the Stable Diffusion server drew with {reported} instead of {requested}")


def strip_model_name(name: str) -> str:
    """Returns a model's name without folder, suffix and the hash that lists append in brackets."""
    name = PurePath(name.partition(" [")[0].replace("\\", "/")).name
    for suffix in MODEL_SUFFIXES:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def _find_name(requested: str, listed: Sequence[ListedName]) -> str:
    """Returns the listed name that matches, by name before alias; "" if none does."""
    if not requested:
        return ""
    key = _simplify_name(requested)
    by_name = (each.name for each in listed if _simplify_name(each.name) == key)
    by_alias = (each.name for each in listed if key in map(_simplify_name, each.aliases))
    return next(chain(by_name, by_alias), "")


def _split_scheduler(sampler: str) -> tuple[str, str]:
    """Splits a combined name into sampler and scheduler; the latter is "" if there is none."""
    key = _simplify_name(sampler)
    for suffix in SCHEDULER_SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            return key.removesuffix(suffix), suffix
    return sampler, ""


def _simplify_name(name: str) -> str:
    """Removes case, spaces and punctuation, so that "DPM++ 2M" equals "dpmpp_2m"."""
    return "".join(filter(str.isalnum, name.lower().replace("+", "p"))).removeprefix("kdiffusion")


def _warn_of_unknown(kind: str, requested: str) -> EngineWarning:
    text = f"the server has no {kind} {requested}, so it used its own; its list has the names"
    return EngineWarning(f"{kind.upper()}_UNKNOWN", text)


def _is_model(requested: str, model: ListedName) -> bool:
    """Whether a title, a file name or the first digits of a hash name this model."""
    names = filter(None, (model.name, *model.aliases))
    hashes = filter(None, model.aliases)
    key = strip_model_name(requested).lower()
    return key in {strip_model_name(name).lower() for name in names} or (
        len(requested) >= MIN_HASH_DIGITS
        and any(each.lower().startswith(requested.lower()) for each in hashes)
    )
