"""The HTTP calls of the ComfyUI API that an image needs."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from services.diffusion.credentials import read_auth_header
from services.diffusion.dialects.comfyui import SETTINGS_PREFIX, ComfyUISettings
from services.diffusion.dialects.comfyui.events import FileReference
from services.diffusion.dialects.comfyui.json_values import narrow_to_list, narrow_to_object
from services.diffusion.dialects.comfyui.refusals import raise_refused_prompt
from services.diffusion.dialects.comfyui.workflow import Graph
from services.diffusion.errors import InvalidOutput
from services.diffusion.transport import (
    HttpClient,
    HttpResponse,
    sanitize_text,
)

# In seconds, for all but files and prompts. A server that loads a model answers late. Larger: a
# probe of a dead server blocks longer.
CONTROL_TIMEOUT = 2.0
# In seconds, to upload or download a file, or to have a prompt checked. 20 MB over a slow network
# take that long. Larger: a server that hangs is noticed later.
FILE_TIMEOUT = 30.0
# The subfolder of uploads, and the folder: that for temporary files, which servers empty when they
# start. Nobody can delete a file over the API.
SUBFOLDER, FOLDER = "cyclorama", "temp"
# Hexadecimal digits of a file's SHA-256 in its name. Smaller: two files might get the same name.
NAME_DIGITS = 32
# Statuses of servers that lack a path: those before 0.26 have no call to cancel any job.
MISSING_PATH = (404, 405, 501)


@dataclass(frozen=True)
class QueueState:
    """The ids of the prompts that a server runs and of those that wait, the next one first.

    clients: the id of the client that queued a prompt, by the prompt's id.
    """

    running: tuple[str, ...]
    pending: tuple[str, ...]
    clients: Mapping[str, str]

    def find_position(self, prompt_id: str) -> int | None:
        """Returns how many prompts are before a prompt, 0 if it runs; None if it is not there."""
        if prompt_id in self.running:
            return 0
        if prompt_id in self.pending:
            return len(self.running) + self.pending.index(prompt_id)
        return None

    def list_ids(self, client_id: str) -> Iterator[str]:
        """Yields the ids of a client's prompts, first those that wait, so that none starts."""
        for prompt_id in (*self.pending, *self.running):
            if self.clients.get(prompt_id) == client_id:
                yield prompt_id


class ComfyUIApi:
    """The calls to one server. They raise the classes in `services.diffusion.errors`."""

    def __init__(self, http: HttpClient) -> None:
        """Prepares the calls; http: the client of the server."""
        self.http = http

    def read_system(self, timeout: float = CONTROL_TIMEOUT) -> dict[str, object]:
        """Returns what the server reports about its software, such as comfyui_version."""
        return narrow_to_object(_read_json(self._get("/system_stats", timeout)).get("system"))

    def read_node_class(self, name: str) -> dict[str, object]:
        """Returns the description of a class of nodes, by its name; {} if there is no such class.

        Descriptions of all classes have megabytes, so each is asked for alone.
        """
        return _read_json(self._get(f"/object_info/{quote(name, safe='')}"))

    def upload_png(self, png: bytes) -> str:
        """Uploads an image file; returns the name by which nodes load it.

        Named by its content, so that equal files are stored once.
        """
        name = f"{hashlib.sha256(png).hexdigest()[:NAME_DIGITS]}.png"
        fields = {"type": FOLDER, "subfolder": SUBFOLDER}
        response = self.http.upload_file(
            "/upload/image", "image", (name, png), fields, FILE_TIMEOUT
        )
        stored = _read_json(self.http.check_status(response))
        names = (sanitize_text(stored.get(key)) for key in ("subfolder", "name", "type"))
        subfolder, name, folder = names
        if not name:
            raise InvalidOutput("the image server did not say where it stored a file; see its log")
        path = f"{subfolder}/{name}" if subfolder else name
        return f"{path} [{folder}]" if folder not in ("", "input") else path

    def submit(self, graph: Graph, client_id: str, prompt_id: str, output: str) -> str:
        """Queues a graph; returns the id that the server gave it.

        prompt_id: a UUID, which new servers use as the id.
        output: id of the node with the image.
        Raises what the server has against the graph, which it may have queued nevertheless.
        """
        body = json.dumps({"prompt": graph, "client_id": client_id, "prompt_id": prompt_id})
        response = self.http.post_json("/prompt", body.encode(), FILE_TIMEOUT)
        fields = narrow_to_object(response.read_json())
        if response.status == 400:
            raise_refused_prompt(fields, graph)
        self.http.check_status(response)
        if used_id := sanitize_text(fields.get("prompt_id")):
            errors = fields.get("node_errors")
            if isinstance(errors, Mapping) and _concerns(errors, output):
                raise_refused_prompt(fields, graph)
            return used_id
        raise InvalidOutput(
            "the image server did not say that it queued the picture; is it ComfyUI?"
        )

    def read_queue(self) -> QueueState:
        """Returns which prompts the server runs, and which ones wait."""
        body = _read_json(self._get("/queue"))
        running, pending = (
            narrow_to_list(body.get(f"queue_{key}")) for key in ("running", "pending")
        )
        return QueueState(
            running=_read_ids(running),
            pending=_read_ids(sorted(pending, key=_read_number)),
            clients=dict(_read_clients((*running, *pending))),
        )

    def read_history(self, prompt_id: str) -> dict[str, object]:
        """Returns what the server recorded about a prompt; {} until it has ended."""
        body = _read_json(self._get(f"/history/{quote(prompt_id, safe='')}"))
        return narrow_to_object(body.get(prompt_id))

    def download(self, file: FileReference) -> bytes:
        """Returns the content of a file of the server."""
        parameters = {"filename": file.filename, "subfolder": file.subfolder}
        if file.folder:
            parameters["type"] = file.folder
        response = self.http.download_file("/view", parameters, FILE_TIMEOUT)
        return self.http.check_status(response).body

    def cancel(self, prompt_id: str) -> None:
        """Stops a prompt, whether it waits or runs; does nothing if it has ended."""
        path = f"/api/jobs/{quote(prompt_id, safe='')}/cancel"
        response = self.http.post(path, CONTROL_TIMEOUT, b"{}")
        if response.status not in MISSING_PATH:
            self.http.check_status(response)
            return
        queue = self.read_queue()
        if prompt_id in queue.pending:
            self._post("/queue", {"delete": [prompt_id]})
        # Old versions ignore the id and stop whatever runs.
        elif prompt_id in queue.running:
            self._post("/interrupt", {"prompt_id": prompt_id})

    def free_memory(self) -> None:
        """Makes the server unload its models from the GPU's memory."""
        self._post("/free", {"unload_models": True, "free_memory": True})

    def _get(self, path: str, timeout: float = CONTROL_TIMEOUT) -> HttpResponse:
        return self.http.check_status(self.http.get(path, timeout))

    def _post(self, path: str, body: Mapping[str, object]) -> None:
        self.http.check_status(self.http.post(path, CONTROL_TIMEOUT, json.dumps(body).encode()))


def open_api(url: str, settings: ComfyUISettings) -> ComfyUIApi:
    """Returns the calls to the server at a URL, with the credentials that the settings name.

    Raises EngineNotReady if the file with the credentials or certificates cannot be used.
    """
    auth = read_auth_header(settings.comfyui_auth_file, f"{SETTINGS_PREFIX}_AUTH_FILE")
    ca_file = settings.comfyui_ca_file
    return ComfyUIApi(
        HttpClient(url, SETTINGS_PREFIX, auth, ca_file, not_found_hint="is it ComfyUI?")
    )


def _concerns(node_errors: Mapping[str, object], output: str) -> bool:
    """Whether errors of nodes prevent the output, the id of a node, from running."""
    dependent = (narrow_to_object(each).get("dependent_outputs") for each in node_errors.values())
    return output in node_errors or any(output in narrow_to_list(each) for each in dependent)


def _read_json(response: HttpResponse) -> dict[str, object]:
    """Returns the JSON object in a response; raises InvalidOutput for anything else."""
    body = response.read_json()
    if not isinstance(body, dict):
        raise InvalidOutput("the image server sent no JSON; is it ComfyUI?")
    return body


def _read_ids(entries: Iterable[object]) -> tuple[str, ...]:
    """Returns the ids of the prompts in a queue: the second element of each entry."""
    lists = map(narrow_to_list, entries)
    return tuple(text for entry in lists if entry[1:] and (text := sanitize_text(entry[1])))


def _read_clients(entries: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Yields the ids of a prompt and its client for each entry of a queue that has both."""
    for entry in entries:
        match entry:
            case [_, str(prompt_id), _, {"client_id": str(client_id)}, *_]:
                yield sanitize_text(prompt_id), sanitize_text(client_id)


def _read_number(entry: object) -> float:
    """Returns the number by which a queue is sorted: the first element of an entry, or 0."""
    match entry:
        case [int() | float() as number, *_]:
            return number
    return 0.0
