"""Finds out what kind of server answers, and what it can do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from services.diffusion.canvas import STEP
from services.diffusion.errors import TimedOut, Unreachable
from services.diffusion.refusals import check_status
from services.diffusion.samplers import Named
from services.diffusion.transport import Reply, Transport, word_of
from services.runtime.errors import CycloramaError

SECONDS = 2.0
MOST_LISTED, MOST_NAMES = 1000, 100
API = "/sdapi/v1"
# The path that only this kind has; tried in this order, for younger kinds answer older paths too.
MARKS = {
    "koboldcpp": "/api/extra/version",
    "sdcpp": "/sdcpp/v1/capabilities",
    "sdnext": f"{API}/version",
    "forge": f"{API}/sd-modules",
    "a1111": f"{API}/cmd-flags",
}
FAMILY = ("a1111", "forge", "sdnext")


@dataclass(frozen=True)
class Capabilities:
    """What one server is and has.

    kind: a1111, forge, sdnext, sdcpp, koboldcpp or unknown. overrides: whether it reads
    override_settings. exact_lock: whether it can return locked pixels unchanged. default_format:
    what it sends unless it is told otherwise.
    """

    kind: str
    has_progress: bool
    has_interrupt: bool
    samplers: tuple[Named, ...] = ()
    schedulers: tuple[Named, ...] = ()
    models: tuple[Named, ...] = ()
    default_format: str = "png"

    size_step: int = STEP

    @property
    def overrides(self) -> bool:
        return self.kind in (*FAMILY, "unknown")

    @property
    def exact_lock(self) -> bool:
        return self.kind in ("a1111", "forge")


def probe(transport: Transport) -> Capabilities:
    """Asks a server for its lists; only a server that does not answer or let us in raises."""
    samplers = transport.get(f"{API}/samplers", SECONDS)
    check_status(samplers)
    answers = {path: _tried(transport, path) for path in _paths()}
    kind = next((kind for kind, path in MARKS.items() if _has(answers[path])), "unknown")
    return Capabilities(
        kind=kind,
        has_progress=_has(answers[f"{API}/progress"]),
        has_interrupt=_interrupts(kind, answers["/openapi.json"]),
        samplers=tuple(_named(samplers, "name", "aliases")),
        schedulers=tuple(_named(answers[f"{API}/schedulers"], "name", "label")),
        models=tuple(_named(answers[f"{API}/sd-models"], "title", "model_name", "hash", "sha256")),
        default_format=_format_of(kind, answers[f"{API}/options"]),
    )


def _paths() -> Iterator[str]:
    yield from (f"{API}/{name}" for name in ("schedulers", "sd-models", "options"))
    yield f"{API}/progress"
    yield "/openapi.json"
    yield from MARKS.values()


def _tried(transport: Transport, path: str) -> Reply | None:
    try:
        return transport.get(path, SECONDS)
    except (Unreachable, TimedOut):
        # A slow list is no reason to do without the server, which has answered one already.
        return None


def _has(reply: Reply | None) -> bool:
    return reply is not None and reply.status == 200 and isinstance(reply.json(), dict | list)


def _interrupts(kind: str, described: Reply | None) -> bool:
    paths = _fields(described).get("paths")
    return kind in FAMILY or (isinstance(paths, dict) and f"{API}/interrupt" in paths)


def _format_of(kind: str, options: Reply | None) -> str:
    told = _fields(options).get("samples_format")
    return told if isinstance(told, str) and told else ("jpg" if kind == "sdnext" else "png")


def _fields(reply: Reply | None) -> dict[str, Any]:
    found = reply.json() if reply and reply.status == 200 else None
    return found if isinstance(found, dict) else {}


def _named(reply: Reply | None, name: str, *others: str) -> Iterator[Named]:
    listed = reply.json() if reply and reply.status == 200 else None
    for each in listed[:MOST_LISTED] if isinstance(listed, list) else []:
        if isinstance(each, dict) and (word := word_of(each.get(name))):
            meant = _texts(each.get(other) for other in others)
            yield Named(word, tuple(islice(meant, MOST_NAMES)))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if word := word_of(value):
            yield word
        elif isinstance(value, list):
            yield from _texts(value)


def why_not(transport: Transport, seconds: float = SECONDS) -> str:
    """Asks whether a server is there at all; empty when it is."""
    try:
        check_status(transport.get(f"{API}/samplers", seconds))
    except CycloramaError as error:
        return str(error)
    return ""
