"""Probes a server of the AUTOMATIC1111 API: which software it runs, and what it offers."""

from collections.abc import Iterable, Iterator
from itertools import islice

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects.a1111.sdcpp_jobs import JOBS_API, offers_jobs
from services.diffusion.errors import DiffusionTimeout, ServerUnreachable
from services.diffusion.names import strip_model_name
from services.diffusion.request import ListedName
from services.diffusion.transport import HttpClient, HttpResponse, sanitize_text

API = "/sdapi/v1"
# In seconds, for all but images. Servers answer in milliseconds, but late while they generate:
# a GET took sd.cpp 3 s with 10 requests in flight. Larger: a probe of a dead server blocks longer.
CONTROL_TIMEOUT = 2.0
# Entries read from a server's list, and aliases of each: far beyond real lists, so that a broken
# server cannot fill the memory.
MAX_LISTED, MAX_ALIASES = 1000, 100
# The path that only this kind has; tried in this order, as newer kinds have the paths of older
# ones too.
KIND_PATHS = {
    "koboldcpp": "/api/extra/version",
    "sdcpp": f"{JOBS_API}/capabilities",
    "sdnext": f"{API}/version",
    "forge": f"{API}/sd-modules",
    "a1111": f"{API}/cmd-flags",
}
# AUTOMATIC1111 and its forks, which share its options and endpoints.
A1111_FORKS = ("a1111", "forge", "sdnext")


def probe_server(http: HttpClient) -> ServerCapabilities:
    """Finds out which software a server runs and what it offers.

    Raises only if the server does not answer or rejects the credentials: lists that it lacks count
    as empty.
    """
    samplers = http.check_status(http.get(f"{API}/samplers", CONTROL_TIMEOUT))
    responses = {path: _try_get(http, path) for path in _probed_paths()}
    # The kinds whose own path answers with JSON.
    kinds = (kind for kind, path in KIND_PATHS.items() if _is_json(responses[path]))
    kind = next(kinds, "unknown")
    models = _read_models(responses[f"{API}/sd-models"])
    has_jobs = kind == "sdcpp" and offers_jobs(_read_fields(responses[KIND_PATHS["sdcpp"]]))
    return ServerCapabilities(
        kind=kind,
        has_progress=has_jobs or _is_json(responses[f"{API}/progress"]),
        has_interrupt=has_jobs or _has_interrupt(kind, responses["/openapi.json"]),
        has_jobs=has_jobs,
        samplers=tuple(_read_names(samplers, "name", "aliases")),
        schedulers=tuple(_read_names(responses[f"{API}/schedulers"], "name", "label")),
        models=models,
        model=_find_loaded_model(responses[f"{API}/options"], models),
    )


def read_loaded_model(http: HttpClient, timeout: float) -> str:
    """Returns the model that a server has loaded, by one request if its options name it.

    Returns "" if unknown; raises if the server does not answer or lacks the API.

    timeout: seconds for each response.
    """
    options = http.get(f"{API}/options", timeout)
    if model := _find_loaded_model(options, models=()):
        return model
    http.check_status(http.get(f"{API}/samplers", timeout))
    return _find_loaded_model(None, _read_models(_try_get(http, f"{API}/sd-models")))


def reads_override_settings(kind: str) -> bool:
    """Whether a kind of server reads the field override_settings."""
    return kind in (*A1111_FORKS, "unknown")


def _probed_paths() -> Iterator[str]:
    """Yields the paths of a server whose responses show what software it is and what it offers."""
    yield from (f"{API}/{name}" for name in ("schedulers", "sd-models", "options"))
    yield f"{API}/progress"
    yield "/openapi.json"
    yield from KIND_PATHS.values()


def _try_get(http: HttpClient, path: str) -> HttpResponse | None:
    """Sends a GET request; returns None if the server does not answer in time."""
    try:
        return http.get(path, CONTROL_TIMEOUT)
    except (ServerUnreachable, DiffusionTimeout):
        # A slow list is no reason to reject the server, which has already answered once.
        return None


def _is_json(response: HttpResponse | None) -> bool:
    """Whether there is a response, with status 200 and a JSON object or list as its body."""
    if response is None or response.status != 200:
        return False
    return isinstance(response.read_json(), dict | list)


def _has_interrupt(kind: str, openapi: HttpResponse | None) -> bool:
    """Whether a server can stop an image in flight.

    kind: its software; AUTOMATIC1111 and its forks always can.
    openapi: its API description; None if it has none.
    """
    paths = _read_fields(openapi).get("paths")
    return kind in A1111_FORKS or (isinstance(paths, dict) and f"{API}/interrupt" in paths)


def _find_loaded_model(options: HttpResponse | None, models: tuple[ListedName, ...]) -> str:
    """Returns the name of the model that a server has loaded; "" if unknown.

    options: the server's options, which name it; None if there was no response.
    models: all that it lists; the only one must be the one.
    """
    loaded_name = sanitize_text(_read_fields(options).get("sd_model_checkpoint"))
    if not loaded_name and len(models) == 1:
        loaded_name = models[0].name
    return strip_model_name(loaded_name)


def _read_models(response: HttpResponse | None) -> tuple[ListedName, ...]:
    """Returns the models that a server lists, with file names and hashes as aliases."""
    return tuple(_read_names(response, "title", "model_name", "hash", "sha256"))


def _read_fields(response: HttpResponse | None) -> dict[str, object]:
    """Returns the fields of a JSON object in a response; empty if there is none."""
    body = response.read_json() if response and response.status == 200 else None
    return body if isinstance(body, dict) else {}


def _read_names(response: HttpResponse | None, name: str, *aliases: str) -> Iterator[ListedName]:
    """Yields the entries of a JSON list in a response, such as the samplers that a server has.

    Yields nothing without a response or for other JSON; skips invalid entries.

    name: key in each entry of the name to send to the server.
    aliases: keys of other names, or lists of names, of the same entry.
    """
    entries = response.read_json() if response and response.status == 200 else None
    for entry in entries[:MAX_LISTED] if isinstance(entries, list) else []:
        if isinstance(entry, dict) and (text := sanitize_text(entry.get(name))):
            texts = _read_texts(entry.get(alias) for alias in aliases)
            yield ListedName(text, tuple(islice(texts, MAX_ALIASES)))


def _read_texts(values: Iterable[object]) -> Iterator[str]:
    """Yields every text among values that are texts, lists of texts, or anything else (skipped)."""
    for value in values:
        if text := sanitize_text(value):
            yield text
        elif isinstance(value, list):
            yield from _read_texts(value)
