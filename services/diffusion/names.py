"""Maps names of samplers, schedulers and models to a server's own names for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.errors import WrongModel
from services.diffusion.request import ListedName
from services.runtime.engines import EngineWarning

# What servers without a list of schedulers append to the names of samplers.
SCHEDULER_SUFFIXES = (
    *("karras", "exponential", "polyexponential"),
    *("sgmuniform", "uniform", "simple", "normal"),
)
MODEL_SUFFIXES = (".safetensors", ".ckpt", ".gguf", ".pt", ".sft")
# A model may be named by the first digits of its hash; fewer could be part of a name.
MIN_HASH_DIGITS = 8
# Samplers or schedulers that a warning names. Larger: a longer sentence.
MAX_NAMED = 5


@dataclass(frozen=True)
class SamplerNames:
    """The exact names to send; empty to leave the choice to the server."""

    sampler: str = ""
    scheduler: str = ""
    warnings: tuple[EngineWarning, ...] = ()


def resolve_sampler(
    sampler: str,
    scheduler: str,
    samplers: Sequence[ListedName],
    schedulers: Sequence[ListedName],
    owner: str = "server",
) -> SamplerNames:
    """Finds the names by which a server lists a sampler (solver) and a scheduler (noise levels).

    A combined name such as "DPM++ 2M Karras" is split, unless the server lists it and has no list
    of schedulers. Names that are on no list are left out, with a warning.

    sampler, scheduler: ids such as dpmpp_2m and karras, or any server's names; "" for none.
    samplers, schedulers: what the server lists.
    owner: what a warning says that the lists belong to.
    """
    sampler_name = _find_name(sampler, samplers)
    if sampler and not sampler_name:
        head, tail = _split_scheduler(sampler)
        sampler_name, scheduler = _find_name(head, samplers), scheduler or tail
    # Servers without a list of schedulers may list samplers with the scheduler in their name.
    combined = ""
    if sampler_name and scheduler and not schedulers:
        combined = _find_name(sampler_name + scheduler, samplers)
    scheduler_name = "" if combined else _find_name(scheduler, schedulers)
    warnings = [
        _warn_of_unknown(kind, requested, owner, listed)
        for kind, requested, resolved, listed in (
            ("sampler", sampler, sampler_name, samplers),
            ("scheduler", scheduler, scheduler_name or combined, schedulers),
        )
        if requested and not resolved
    ]
    return SamplerNames(combined or sampler_name, scheduler_name, tuple(warnings))


def find_model(requested: str, models: Sequence[ListedName]) -> str:
    """Returns the name by which a server lists a model; "" if it does not.

    requested: name or hash of the model.
    """
    return next((model.name for model in models if is_model_named(requested, model)), "")


def is_model_offered(requested: str, server: ServerCapabilities) -> bool:
    """Whether a server lists the requested model, or may have it because it lists none.

    requested: name or hash of the model; empty for any.
    """
    is_listed = any(is_model_named(requested, model) for model in server.models)
    return is_listed or not (requested and server.models)


def check_model_offered(requested: str, server: ServerCapabilities) -> None:
    """Raises WrongModel if a server lists its models and lacks the requested one.

    requested: name or hash of the model; empty for any.
    """
    if not is_model_offered(requested, server):
        raise WrongModel(f"the image server has no model {requested}; put it there first")


def check_model_used(requested: str, used: ListedName, server: ServerCapabilities) -> None:
    """Raises WrongModel if a server used another model than requested, or does not report which.

    A server that reports no model with its images is trusted if it has only one.

    requested: name or hash of the model; empty for any.
    used: the model that the server reported with the image; empty if none.
    """
    if not requested:
        return
    if not (used.name or any(used.aliases)) and len(server.models) == 1:
        used = server.models[0]
    # The list has both hash and name; the image may come with either of them.
    same_models = [
        model for model in server.models if used.name and is_model_named(used.name, model)
    ]
    if not any(is_model_named(requested, model) for model in (used, *same_models)):
        reported = used.name or "one that it does not name"
        raise WrongModel(f"the image server drew with {reported} instead of {requested}")


def is_model_named(requested: str, model: ListedName) -> bool:
    """Whether a name or a hash means this model.

    requested: title, file name, or at least 8 first digits of the hash.
    model: as a server lists it; its aliases include hashes.
    """
    names = filter(None, (model.name, *model.aliases))
    hashes = filter(None, model.aliases)
    key = strip_model_name(requested).lower()
    return key in {strip_model_name(name).lower() for name in names} or (
        len(requested) >= MIN_HASH_DIGITS
        and any(digest.lower().startswith(requested.lower()) for digest in hashes)
    )


def strip_model_name(name: str) -> str:
    """Returns the bare name of a model: without folder, file suffix and hash in brackets.

    Such as "sd_xl" for "base/sd_xl.safetensors [31e35c80fc]".
    """
    name = PurePath(name.partition(" [")[0].replace("\\", "/")).name
    for suffix in MODEL_SUFFIXES:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def _find_name(requested: str, listed: Sequence[ListedName]) -> str:
    """Returns the listed name that equals the requested one but for spelling; "" if none does.

    Names are compared first, then their aliases.
    """
    if not requested:
        return ""
    key = _simplify_name(requested)
    by_name = (entry.name for entry in listed if _simplify_name(entry.name) == key)
    by_alias = (entry.name for entry in listed if key in map(_simplify_name, entry.aliases))
    return next(chain(by_name, by_alias), "")


def _split_scheduler(sampler: str) -> tuple[str, str]:
    """Splits a combined name such as "DPM++ 2M Karras" into sampler and scheduler.

    Both come without case and punctuation; the scheduler is "" if the name contains none.
    """
    key = _simplify_name(sampler)
    for suffix in SCHEDULER_SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            return key.removesuffix(suffix), suffix
    return sampler, ""


def _simplify_name(name: str) -> str:
    """Removes case, spaces and punctuation, so that "DPM++ 2M" equals "dpmpp_2m"."""
    return "".join(filter(str.isalnum, name.lower().replace("+", "p"))).removeprefix("kdiffusion")


def _warn_of_unknown(
    kind: str, requested: str, owner: str, listed: Sequence[ListedName]
) -> EngineWarning:
    """Returns a warning that a server or model lacks a sampler or scheduler.

    kind: "sampler" or "scheduler".
    requested: its name.
    owner: "server" or "model".
    listed: what it has.
    """
    text = f"the {owner} has no {kind} {requested}, so it used its own"
    if listed:
        text += f"; it has {', '.join(each.name for each in listed[:MAX_NAMED])}"
    if len(listed) > MAX_NAMED:
        text += f" and {len(listed) - MAX_NAMED} more"
    return EngineWarning(f"{kind.upper()}_UNKNOWN", text)
