"""Finds out what kind of server speaks the API, and what it can do."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from services.diffusion.dialect import Capabilities, ListedName
from services.diffusion.errors import TimedOut, Unreachable
from services.diffusion.names import strip_model_name
from services.diffusion.transport import HttpClient, HttpReply, read_text

API = "/sdapi/v1"
SECONDS = 2.0
MOST_LISTED, MOST_ALIASES = 1000, 100
# The path that only this kind has; tried in this order, for younger kinds answer older paths too.
MARKS = {
    "koboldcpp": "/api/extra/version",
    "sdcpp": "/sdcpp/v1/capabilities",
    "sdnext": f"{API}/version",
    "forge": f"{API}/sd-modules",
    "a1111": f"{API}/cmd-flags",
}
FAMILY = ("a1111", "forge", "sdnext")


def probe_server(http: HttpClient) -> Capabilities:
    """Asks a server for its lists; only a server that does not answer or let us in raises."""
    samplers = http.check(http.get(f"{API}/samplers", SECONDS))
    replies = {path: _try_get(http, path) for path in _paths()}
    kind = next((kind for kind, path in MARKS.items() if _is_there(replies[path])), "unknown")
    fields = ("title", "model_name", "hash", "sha256")
    models = tuple(_read_names(replies[f"{API}/sd-models"], *fields))
    return Capabilities(
        kind=kind,
        has_progress=_is_there(replies[f"{API}/progress"]),
        has_interrupt=_has_interrupt(kind, replies["/openapi.json"]),
        samplers=tuple(_read_names(samplers, "name", "aliases")),
        schedulers=tuple(_read_names(replies[f"{API}/schedulers"], "name", "label")),
        models=models,
        model=_find_loaded(replies[f"{API}/options"], models),
    )


def reads_overrides(kind: str) -> bool:
    """Whether a kind of server reads override_settings."""
    return kind in (*FAMILY, "unknown")


def _paths() -> Iterator[str]:
    yield from (f"{API}/{name}" for name in ("schedulers", "sd-models", "options"))
    yield f"{API}/progress"
    yield "/openapi.json"
    yield from MARKS.values()


def _try_get(http: HttpClient, path: str) -> HttpReply | None:
    try:
        return http.get(path, SECONDS)
    except (Unreachable, TimedOut):
        # A slow list is no reason to do without the server, which has answered one already.
        return None


def _is_there(reply: HttpReply | None) -> bool:
    return reply is not None and reply.status == 200 and isinstance(reply.json(), dict | list)


def _has_interrupt(kind: str, described: HttpReply | None) -> bool:
    paths = _read_fields(described).get("paths")
    return kind in FAMILY or (isinstance(paths, dict) and f"{API}/interrupt" in paths)


def _find_loaded(options: HttpReply | None, models: tuple[ListedName, ...]) -> str:
    loaded = read_text(_read_fields(options).get("sd_model_checkpoint"))
    if not loaded and len(models) == 1:
        loaded = models[0].name
    return strip_model_name(loaded)


def _read_fields(reply: HttpReply | None) -> dict[str, Any]:
    body = reply.json() if reply and reply.status == 200 else None
    return body if isinstance(body, dict) else {}


def _read_names(reply: HttpReply | None, name: str, *aliases: str) -> Iterator[ListedName]:
    listed = reply.json() if reply and reply.status == 200 else None
    for each in listed[:MOST_LISTED] if isinstance(listed, list) else []:
        if isinstance(each, dict) and (text := read_text(each.get(name))):
            texts = _read_texts(each.get(alias) for alias in aliases)
            yield ListedName(text, tuple(islice(texts, MOST_ALIASES)))


def _read_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if text := read_text(value):
            yield text
        elif isinstance(value, list):
            yield from _read_texts(value)
