"""The HTTP API of the double, also under /api, and its control under /double."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tools.doubles.comfyui.execution import GraphExecutor, GraphJob
from tools.doubles.comfyui.faults import FAULTS, STATUSES, UPLOAD_STATUSES, VIEW_STATUSES
from tools.doubles.comfyui.files import FOLDERS, FileStore
from tools.doubles.comfyui.nodes import NODES, NodeCatalog
from tools.doubles.comfyui.options import DoubleOptions
from tools.doubles.comfyui.queue import GraphQueue
from tools.doubles.comfyui.sockets import FEATURES, MAX_UPLOAD, SocketHub
from tools.doubles.comfyui.validation import ValidatedGraph, validate_graph

MODELS = {
    "loras": ["double-lora.safetensors"],
    "controlnet": ["double-canny.safetensors"],
    "vae": ["double-vae.safetensors"],
    "diffusion_models": ["double-flux.safetensors"],
    "text_encoders": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "upscale_models": [],
}
# A graph of another client.
OTHER_GRAPH = {
    "1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "2": {"class_type": "CheckpointLoaderSimple", "inputs": {}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "of another", "clip": ["2", 1]}},
    "4": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["2", 0],
            "positive": ["3", 0],
            "negative": ["3", 0],
            "latent_image": ["1", 0],
            "steps": 20,
            "cfg": 7.0,
            "denoise": 1.0,
            "sampler_name": "euler",
            "scheduler": "normal",
        },
    },
    "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["2", 2]}},
    "6": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["5", 0]}},
}
OTHER_CLIENT = "another client"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ComfyServer:
    """The double: queue, sockets, files and nodes behind one web application."""

    def __init__(self, options: DoubleOptions) -> None:
        self.options, self._first_options = options, options.copy()
        self.files, self.hub = FileStore(), SocketHub(options)
        self.catalog = NodeCatalog(options, self._list_files)
        self.queue = GraphQueue(options, self.hub)
        self.executor = self.queue.executor = GraphExecutor(
            options, self.hub, self.files, self.queue.wait_for_step
        )
        self.control_seconds = 0.0
        self.prompts: list[dict[str, Any]] = []
        self.frees: list[dict] = []
        self.number = 0
        self._tasks: list[asyncio.Task] = []

    def create_app(self) -> web.Application:
        """Returns the application, which runs the queue while it runs."""
        app = web.Application(client_max_size=MAX_UPLOAD, middlewares=[self._guard])
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)
        for method, path, handler in self._list_routes():
            app.router.add_route(method, path, handler)
            app.router.add_route(method, f"/api{path}", handler)
        app.router.add_post("/api/jobs/{id}/cancel", self._cancel_job)
        app.router.add_get("/double", self._report_state)
        app.router.add_post("/double", self._obey)
        app.router.add_delete("/double", self._reset)
        return app

    def _list_routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/ws", self._open_socket),
            ("GET", "/system_stats", self._describe_system),
            ("GET", "/features", self._list_features),
            ("GET", "/object_info", self._describe_nodes),
            ("GET", "/object_info/{name}", self._describe_nodes),
            ("GET", "/models", self._list_folders),
            ("GET", "/models/{folder}", self._list_models),
            ("POST", "/upload/image", self._upload),
            ("GET", "/view", self._view),
            ("GET", "/prompt", self._report_queue),
            ("POST", "/prompt", self._add_job),
            ("GET", "/queue", self._list_queue),
            ("POST", "/queue", self._change_queue),
            ("GET", "/history", self._list_history),
            ("GET", "/history/{id}", self._list_history),
            ("POST", "/history", self._change_history),
            ("POST", "/interrupt", self._interrupt),
            ("POST", "/free", self._free),
        ]

    async def _start(self, _: web.Application) -> None:
        self._tasks = [
            asyncio.create_task(self.hub.publish()),
            asyncio.create_task(self.queue.run()),
        ]

    async def _stop(self, _: web.Application) -> None:
        for task in self._tasks:
            task.cancel()
        await self.hub.close_all()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses other origins and missing credentials, and delays all but the main calls."""
        if request.path == "/double":
            return await handler(request)
        if request.headers.get("Sec-Fetch-Site") == "cross-site" or _is_foreign(request):
            return web.Response(status=403)
        name, _, value = self.options.auth.partition(":")
        if name and request.headers.get(name) != value.strip():
            return web.Response(status=401, text="Unauthorized")
        if request.path.removeprefix("/api") not in ("/prompt", "/ws", "/upload/image", "/view"):
            self.queue.counts["control_requests"] += 1
            await asyncio.sleep(self.control_seconds)
        return await handler(request)

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        return await self.hub.handle(request, self.queue.status)

    async def _describe_system(self, _: web.Request) -> web.Response:
        memory = 24 << 30
        vram = dict.fromkeys(("vram_total", "vram_free", "torch_vram_total"), memory)
        device = {"name": "cuda:0 NVIDIA Double", "type": "cuda", "index": 0}
        system = {
            "os": "posix",
            "ram_total": memory,
            "ram_free": memory,
            "comfyui_version": self.options.version,
            "python_version": "3.12.3",
            "pytorch_version": "2.8.0+cu128",
            "embedded_python": False,
            "argv": ["/home/studio/ComfyUI/main.py"],
        }
        devices = [device | vram | {"torch_vram_free": memory}]
        return web.json_response({"system": system, "devices": devices})

    async def _list_features(self, _: web.Request) -> web.Response:
        return web.json_response(FEATURES)

    async def _describe_nodes(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name")
        names = [each for each in NODES if name in (None, each) and self.catalog.get(each)]
        return web.json_response({each: self.catalog.describe(each) for each in names})

    async def _list_folders(self, _: web.Request) -> web.Response:
        return web.json_response(["checkpoints", *MODELS])

    async def _list_models(self, request: web.Request) -> web.Response:
        folder = request.match_info["folder"]
        if folder not in ("checkpoints", *MODELS):
            return web.Response(status=404)
        return web.json_response(self._list_files(folder))

    def _list_files(self, folder: str) -> list[str]:
        """Returns the files of models in a folder, or the uploaded images that are in none."""
        if folder == "input":
            return sorted(name for name in self.files.list_names(folder) if "/" not in name)
        return MODELS.get(folder, self.options.checkpoints)

    async def _upload(self, request: web.Request) -> web.Response:
        if self.queue.fault in UPLOAD_STATUSES:
            return web.Response(status=UPLOAD_STATUSES[self.queue.fault])
        form = await request.post()
        image, folder = form.get("image"), form.get("type", "input")
        subfolder = form.get("subfolder", "")
        if not isinstance(image, web.FileField) or not image.filename:
            return web.Response(status=400)
        if folder not in FOLDERS:
            return web.Response(status=500)
        if ".." in subfolder.split("/") or ".." in image.filename.split("/"):
            return web.Response(status=400)
        overwrite = form.get("overwrite") in ("true", "1")
        data = image.file.read()
        place = self.files.upload(folder, subfolder.strip("/"), image.filename, data, overwrite)
        self.queue.counts["uploads"] += 1
        return web.json_response(place)

    async def _view(self, request: web.Request) -> web.Response:
        query = request.query
        name, folder = query.get("filename", ""), query.get("type", "output")
        if not name or name.startswith("/") or ".." in name or folder not in FOLDERS:
            return web.Response(status=400 if name else 404)
        data = self.files.contents.get((folder, query.get("subfolder", ""), name))
        if data is None or self.queue.fault in VIEW_STATUSES:
            return web.Response(status=VIEW_STATUSES.get(self.queue.fault, 404))
        headers = {"Content-Disposition": f'filename="{name}"'}
        kind = "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"
        return web.Response(body=data, content_type=kind, headers=headers)

    async def _report_queue(self, _: web.Request) -> web.Response:
        return web.json_response(self.queue.status)

    async def _add_job(self, request: web.Request) -> web.Response:
        fault = self.queue.take_fault()
        if fault in STATUSES:
            status, text = STATUSES[fault]
            headers = {"Retry-After": "0"} if status == 429 else {}
            kind = "text/html" if "html" in text else "text/plain"
            return web.Response(status=status, text=text, content_type=kind, headers=headers)
        body = await request.json()
        number, self.number = self.number * (-1 if body.get("front") else 1), self.number + 1
        if "prompt" not in body:
            return _refuse("no_prompt", "No prompt provided", "No prompt provided")
        prompt_id = self._read_prompt_id(body.get("prompt_id"))
        if prompt_id is None:
            details = (
                "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
                "omit it to let the server generate one"
            )
            return _refuse("invalid_prompt_id", "prompt_id must be a valid UUID", details)
        self.prompts.append(body | {"prompt_id": prompt_id})
        found = self._validate(body)
        if found.error:
            return web.json_response(
                {"error": found.error, "node_errors": found.node_errors}, status=400
            )
        if fault == "lying node errors":
            found = _invent_node_errors(found, body["prompt"])
        extra = dict(body.get("extra_data") or {})
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        number = float(body["number"]) if "number" in body else number
        job = GraphJob(number, prompt_id, body["prompt"], extra, found.outputs, fault)
        if fault != "job lost":
            self.queue.add(job)
        if fault == "answer lost" and request.transport:
            request.transport.abort()
        return web.json_response(
            {"prompt_id": prompt_id, "number": number, "node_errors": found.node_errors}
        )

    def _read_prompt_id(self, given: object) -> str | None:
        """Returns the id of a job; None if the given one is invalid."""
        behavior = self.options.behavior
        if given is None or not behavior.keeps_prompt_ids:
            return str(uuid.uuid4())
        if behavior.requires_uuids and not _is_canonical_uuid(given):
            return None
        return str(given)

    def _validate(self, body: dict[str, Any]) -> ValidatedGraph:
        return validate_graph(
            body["prompt"],
            self.catalog,
            lambda name: self.files.find(str(name)) is not None,
            body.get("partial_execution_targets"),
        )

    async def _list_queue(self, _: web.Request) -> web.Response:
        running = [self.queue.running.listing] if self.queue.running else []
        pending = [each.listing for each in self.queue.pending]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def _change_queue(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("clear"):
            self.queue.pending.clear()
        for prompt_id in body.get("delete", []):
            self.queue.delete(prompt_id)
        return web.Response()

    async def _list_history(self, request: web.Request) -> web.Response:
        prompt_id = request.match_info.get("id")
        history = self.queue.history
        if prompt_id is not None:
            history = {prompt_id: history[prompt_id]} if prompt_id in history else {}
        return web.json_response(history)

    async def _change_history(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("clear"):
            self.queue.history.clear()
        for prompt_id in body.get("delete", []):
            self.queue.history.pop(prompt_id, None)
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        try:
            prompt_id = (await request.json()).get("prompt_id")
        except json.JSONDecodeError:
            prompt_id = None
        self.queue.interrupt(prompt_id if self.options.behavior.interrupts_by_id else None)
        return web.Response()

    async def _cancel_job(self, request: web.Request) -> web.Response:
        if not self.options.behavior.cancels_jobs:
            return web.Response(status=404)
        prompt_id = request.match_info["id"]
        is_cancelled = self.queue.interrupt(prompt_id) or self.queue.delete(prompt_id)
        return web.json_response({"cancelled": is_cancelled})

    async def _free(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.frees.append(body)
        if body.get("free_memory"):
            self.queue.free_memory = True
        return web.Response()

    async def _report_state(self, _: web.Request) -> web.Response:
        queue = self.queue
        return web.json_response(
            {
                **queue.counts,
                "in_flight": len(queue.jobs),
                "image_requests": self.executor.image_requests,
                "prompts": self.prompts,
                "interrupted": queue.interrupted,
                "frees": self.frees,
                "sockets": list(self.hub.sockets),
                "files": {each: list(self.files.list_names(each)) for each in FOLDERS},
            }
        )

    async def _obey(self, request: web.Request) -> web.Response:
        """Sets a fault, a delay, options or missing nodes, adds jobs of others, or restarts."""
        match await request.json():
            case {"fault": fault, "times": times} if fault in FAULTS:
                self.queue.set_fault(fault, times)
            case {"control_seconds": seconds}:
                self.control_seconds = seconds
            case {"options": values}:
                self.options.change(**values)
            case {"restart": values}:
                await self._restart(values)
            case {"missing_nodes": names}:
                self.catalog.disabled = set(names)
            case {"other_jobs": count, "hang": hangs}:
                self._add_other_jobs(count, "hang" if hangs else "")
            case unknown:
                return web.Response(status=400, text=f"unknown: {unknown}")
        return web.json_response({})

    async def _restart(self, values: dict[str, Any]) -> None:
        """Loses jobs, history, cache and sockets, as a restart with other options would."""
        await self.hub.close_all()
        counts = self.queue.counts.copy()
        await self.queue.reset()
        self.queue.counts.update(counts)
        self.executor.cache.clear()
        self.options.change(**values)

    def _add_other_jobs(self, count: int, fault: str) -> None:
        for seed in range(count):
            graph = json.loads(json.dumps(OTHER_GRAPH))
            graph["2"]["inputs"]["ckpt_name"] = self.options.checkpoints[0]
            graph["4"]["inputs"]["seed"] = seed
            extra = {"client_id": OTHER_CLIENT}
            self.queue.add(GraphJob(self.number, str(uuid.uuid4()), graph, extra, ["6"], fault))
            self.number += 1

    async def _reset(self, _: web.Request) -> web.Response:
        await self.queue.reset()
        for records in (self.prompts, self.frees, self.executor.image_requests):
            records.clear()
        self.files.contents.clear()
        self.executor.cache.clear()
        self.catalog.disabled.clear()
        self.control_seconds = 0.0
        self.options.change(**vars(self._first_options))
        return web.json_response({})


def _is_foreign(request: web.Request) -> bool:
    """Whether a page of another host sent a request, or of another port if its origin has one."""
    if (header := request.headers.get("Origin")) is None:
        return False
    origin, host = urlsplit(header), urlsplit(f"//{request.host}")
    return origin.hostname != host.hostname or origin.port not in (None, host.port)


def _is_canonical_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _refuse(kind: str, message: str, details: str) -> web.Response:
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return web.json_response({"error": error, "node_errors": {}}, status=400)


def _invent_node_errors(found: ValidatedGraph, graph: dict[str, Any]) -> ValidatedGraph:
    """Returns a result in which nothing is executed, with the errors of a node but no error."""
    node_id = next(each for each, node in graph.items() if "Loader" in node["class_type"])
    error = {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": "ckpt_name: 'double' not in []",
        "extra_info": {"input_name": "ckpt_name", "input_config": None, "received_value": "double"},
    }
    class_type = graph[node_id]["class_type"]
    body = {"errors": [error], "dependent_outputs": found.outputs, "class_type": class_type}
    return ValidatedGraph([], None, {node_id: body})
