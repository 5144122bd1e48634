"""Diagnoses of running services: their version, and the engines of every stage."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cyclorama.stages import STAGES
from cyclorama.version import __version__

if TYPE_CHECKING:  # It loads protobuf, which the help of the command line does without.
    from cyclorama.results import EngineStatus


@dataclass(frozen=True)
class Diagnosis:
    """The result of one check, and what to do about it.

    name: what was checked. state: "ok"; "warning" for something optional that is missing or too
    small; "error" for something without which no ad can be made. found: what the check found.
    """

    name: str
    state: Literal["ok", "warning", "error"]
    found: str
    advice: str = ""


def diagnose_version(version: str) -> Diagnosis:
    """Diagnoses whether a gateway has the client's version; an empty version is unknown."""
    if version == __version__:
        return Diagnosis("gateway", "ok", f"answers, version {version} like this client")
    advice = f"install version {version} of the client, or update the gateway"
    found = f"answers, version {version or 'unknown'}; this client is {__version__}"
    return Diagnosis("gateway", "warning", found, advice)


def diagnose_engines(engines: "Iterable[EngineStatus]") -> Iterator[Diagnosis]:
    """Diagnoses every stage by its engines; engines: of all stages, as a gateway lists them."""
    listed = list(engines)
    for stage in STAGES:
        yield from diagnose_stage(stage, [engine for engine in listed if engine.stage == stage])


def diagnose_stage(stage: str, engines: "Sequence[EngineStatus]") -> Iterator[Diagnosis]:
    """Yields the engine that a stage uses, and a warning for each other that is not ready.

    If no engine is ready, yields only an error with the reasons.

    stage: its name. engines: those of the stage, best first.
    """
    ready = [engine for engine in engines if engine.ready]
    if ready:
        used = ready[0]
        model = f", model {used.model}" if used.model else ""
        yield Diagnosis(stage, "ok", f"uses {used.name}, version {used.version}{model}")
    else:
        yield Diagnosis(stage, "error", "no engine is ready", "; ".join(map(_word_reason, engines)))
    for engine in engines:
        if ready and not engine.ready:
            yield Diagnosis(f"{stage}, {engine.name}", "warning", "not ready", engine.reason)


def _word_reason(engine: "EngineStatus") -> str:
    """Returns why an engine is not ready; "-" stands for a stage that does not answer."""
    return engine.reason if engine.name == "-" else f"{engine.name}: {engine.reason}"
