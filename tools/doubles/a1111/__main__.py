"""Runs a double of a Stable Diffusion server: python -m tools.doubles.a1111 --kind sdcpp.

A real HTTP server in its own process that behaves like one of five kinds, and paints images that
depend on the whole request. Control it with POST /double {"fault": ..., "times": ...},
{"control_seconds": ...}, {"others": ...} or {"model": ...}.
"""

import argparse
import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from tools.doubles.a1111.jobs import JOBS_API, JobQueue, build_capabilities, build_metadata
from tools.doubles.a1111.kinds import KINDS, MODEL, ServerKind, build_error_body
from tools.doubles.a1111.queue import ImageQueue, RequestRefused, build_progress_body
from tools.doubles.painting import encode_base64_image, paint_scene

API = "/sdapi/v1"
FAULT_STATUSES = {
    "out of memory": (500, "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"),
    "no api": (404, "Not Found"),
    "password": (401, "Incorrect username or password"),
    "busy": (503, "busy"),
    "rate limit": (429, "Too many requests"),
    "bad gateway": (502, "bad gateway"),
    "broken": (500, "list index out of range"),
    "tells all": (500, "unreadable picture " + "QUJD" * 200),
    "unprocessable": (422, "value is not a valid integer"),
}
STATUS_AFTER_IMAGE = {"gateway timeout": 504, "proxy timeout": 524}


class DoubleHttpServer(ThreadingHTTPServer):
    """The web server of the double.

    model: the loaded model; "" is not reported. first_model: the one that a reset loads.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, kind: str, seconds: float, auth: str, model: str, has_jobs: bool
    ) -> None:
        super().__init__(("127.0.0.1", port), DoubleHandler)
        self.kind_name, self.kind = kind, KINDS[kind]
        self.queue = ImageQueue(self.kind, seconds)
        self.auth = "Basic " + base64.b64encode(auth.encode()).decode() if auth else ""
        self.model = self.first_model = model
        self.workers = threading.BoundedSemaphore(self.kind.workers)
        is_sdcpp = kind == "sdcpp" and has_jobs
        self.jobs = JobQueue(self.queue, self._draw_job) if is_sdcpp else None

    def _draw_job(self, request: dict, fault: str) -> list[str]:
        start = time.perf_counter()
        picture = self.queue.generate(request, fault)
        self.queue.seconds_taken.append(time.perf_counter() - start)
        said = request | {"seed": 1} if fault == "mixed up" else request
        model = "another" if fault == "other model" else self.model
        metadata = build_metadata(said, model) if request.get("embeds_metadata") else ""
        return _encode_images(request, picture, fault, "png", metadata)

    def handle_error(self, request, client_address) -> None:
        """Ignores clients that disconnected."""


class DoubleHandler(BaseHTTPRequestHandler):
    """Handles requests over HTTP/1.1 with keep-alive connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: DoubleHttpServer
    has_generated = False

    def do_GET(self) -> None:
        queue, kind = self.server.queue, self.server.kind
        if self.path == "/double":
            state = {"image_requests": queue.image_requests, "seconds": queue.seconds_taken}
            return self._send(200, {**queue.counts, **state})
        with self.server.workers:
            queue.counts["control_requests"] += 1
            time.sleep(queue.control_seconds)
            if not self._is_authorized() or self._send_list(queue, kind) or self._send_job():
                return
            self._send(404, {"detail": "Not Found"} if not kind.rounds_up else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/double":
            command = json.loads(body)
            if "control_seconds" in command:
                self.server.queue.control_seconds = command["control_seconds"]
            elif "others" in command:
                self.server.jobs.submit_others(command["others"])
            elif "model" in command:
                self.server.model = command["model"]
            else:
                self.server.queue.set_fault(command["fault"], command.get("times", -1))
            return self._send(200, {})
        with self.server.workers:
            if not self._is_authorized():
                return
            if self.path == f"{API}/interrupt" and self.server.kind.interrupt_status != 404:
                self.server.queue.interrupt()
                status = self.server.kind.interrupt_status
                self._send(status, b"" if status == 204 else {})
            elif self.path in (f"{API}/txt2img", f"{API}/img2img"):
                self._generate(body)
            elif self.server.jobs and self.path == f"{JOBS_API}/img_gen":
                self._submit_job(body)
            elif not self._cancel_job():
                self._send(404, {"detail": "Not Found"})

    def do_DELETE(self) -> None:
        if self.server.jobs:
            self.server.jobs.reset()
        self.server.queue.reset()
        self.server.model = self.server.first_model
        self._send(200, {})

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def _is_authorized(self) -> bool:
        if self.server.auth in ("", self.headers.get("Authorization")):
            return True
        self._send(401, {"detail": "Incorrect username or password"})
        return False

    def _send_list(self, queue: ImageQueue, kind: ServerKind) -> bool:
        path, model = self.path.removeprefix(API).partition("?")[0], self.server.model
        listed = [{"title": f"{model}.safetensors [abcdef1234]", "model_name": model}]
        lists = {
            "/samplers": kind.samplers,
            "/sd-models": listed if model else [],
            "/options": {"samples_format": kind.default_format, "sd_model_checkpoint": model},
        }
        if kind.schedulers:
            lists["/schedulers"] = kind.schedulers
        if kind.has_progress:
            preview = queue.preview
            lists["/progress"] = build_progress_body(queue) | {
                "current_image": None if preview is None else encode_base64_image(preview)
            }
        if self.path in kind.kind_paths:
            lists[path] = {"version": "double"}
        if self.path == f"{JOBS_API}/capabilities":
            if not self.server.jobs:
                return False
            lists[path] = build_capabilities(model, kind.samplers, kind.schedulers)
        if path in lists:
            self._send(200, lists[path])
        return path in lists

    def _submit_job(self, body: bytes) -> None:
        fault = self.server.queue.take_fault()
        if fault in FAULT_STATUSES:
            return self._refuse(*FAULT_STATUSES[fault])
        try:
            self._send(202, self.server.jobs.submit(body, fault))
        except RequestRefused as refused:
            self._send(refused.status, {"error": refused.text})

    def _send_job(self) -> bool:
        """Sends the state of the job that the path names; returns whether it names one."""
        jobs = self.server.jobs
        try:
            job = jobs.find_job(self.path) if jobs else None
        except RequestRefused as refused:
            self._send(refused.status, {"error": refused.text})
            return True
        if job is None:
            return False
        job.polls += 1
        if job.fault in ("polls break", "connection lost") or (
            job.fault == "polls break twice" and job.polls <= 2
        ):
            self.close_connection = True
            return True
        if job.fault == "polls fail":
            self._refuse(500, "server_error")
            return True
        self._send_with_fault(job.fault, json.dumps(jobs.describe(job)).encode(), 0)
        return True

    def _cancel_job(self) -> bool:
        """Cancels the job that the path names; returns whether it names one."""
        jobs = self.server.jobs
        try:
            job = jobs.find_job(self.path) if jobs else None
            if job is not None and job.fault == "connection lost":
                # For the first cancel, too.
                job.fault = "polls break"
                self.close_connection = True
            elif job is not None:
                self._send(200, jobs.cancel(job))
        except RequestRefused as refused:
            self._send(refused.status, {"error": refused.text})
            return True
        return job is not None

    def _generate(self, body: bytes) -> None:
        start = time.perf_counter()
        self.server.queue.counts["image_connections"] += not self.has_generated
        self.has_generated = True
        fault = self.server.queue.take_fault()
        if fault in FAULT_STATUSES:
            return self._refuse(*FAULT_STATUSES[fault])
        try:
            request = self._read_request(body)
            picture = self.server.queue.generate(request, fault)
        except RequestRefused as refused:
            return self._refuse(refused.status, refused.text)
        if fault in STATUS_AFTER_IMAGE:
            return self._refuse(STATUS_AFTER_IMAGE[fault], "timeout")
        response = json.dumps(self._build_body(request, picture, fault)).encode()
        seconds = time.perf_counter() - start
        self.server.queue.seconds_taken.append(seconds)
        self._send_with_fault(fault, response, seconds)

    def _read_request(self, body: bytes) -> dict:
        try:
            request = json.loads(body)
        except ValueError:
            raise RequestRefused(self.server.kind.malformed_status, "malformed JSON") from None
        if "init_images" not in request and self.path.endswith("img2img"):
            request["init_images"] = None
        if self.server.kind.rounds_up:
            if not request.get("prompt"):
                raise RequestRefused(400, "prompt required")
            if None in request.values() and request.get("init_images", 0) is not None:
                raise RequestRefused(500, "type_error: type must be string, but is null")
        names = [each["name"].lower() for each in self.server.kind.samplers]
        if (
            self.server.kind.is_strict
            and request.get("sampler_name", names[0]).lower() not in names
        ):
            raise RequestRefused(404, "Sampler not found")
        return {"prompt": "", "seed": -1, "width": 512, "height": 512} | request

    def _build_body(self, request: dict, picture: np.ndarray, fault: str) -> dict:
        kind = self.server.kind
        fmt = (request.get("override_settings") or {}).get("samples_format", kind.default_format)
        info = {
            "seed": 1 if fault == "mixed up" else request["seed"],
            "width": request["width"],
            "height": request["height"],
            "steps": request.get("steps"),
            "sampler_name": request.get("sampler_name", kind.default_sampler),
            "sd_model_name": "another" if fault == "other model" else self.server.model,
        }
        echo = request if kind.echoes_images else request | {"init_images": None, "mask": None}
        return {
            "images": _encode_images(request, picture, fault, "jpg" if fault == "jpeg" else fmt),
            "parameters": echo,
            "info": json.dumps(info) if kind.has_info and fault != "info empty" else "",
        }

    def _send_with_fault(self, fault: str, body: bytes, seconds: float) -> None:
        match fault:
            case "html":
                self._send(200, b"<html>It works!</html>")
            case "cut":
                self._send(200, body[: len(body) // 2], length=len(body))
                self.close_connection = True
            case "drip":
                self._send_slowly(body)
            case _:
                self._send(200, body, seconds)

    def _send_slowly(self, body: bytes) -> None:
        self._send_head(200, len(body), 0)
        for at in range(200):
            if self.server.queue.fault != "drip":
                break
            self.wfile.write(body[at : at + 1])
            time.sleep(0.1)
        self.close_connection = True

    def _refuse(self, status: int, text: str) -> None:
        self._send(status, build_error_body(self.server.kind_name, status, text))

    def _send(self, status: int, body: object, seconds: float = 0, length: int = 0) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._send_head(status, length or len(data), seconds)
        self.wfile.write(data)

    def _send_head(self, status: int, length: int, seconds: float) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.send_header("X-Process-Time", f"{seconds:.6f}")
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()


def _encode_images(
    request: dict, picture: np.ndarray, fault: str, fmt: str, metadata: str = ""
) -> list[str]:
    height, width = picture.shape[:2]
    match fault:
        case "nothing":
            return []
        case "empty text":
            return [""]
        case "garbage":
            return ["bm90IGEgcGljdHVyZQ=="]
        case "truncated":
            return [encode_base64_image(picture)[: 4 * (height * width // 32)]]
        case "black":
            return [encode_base64_image(np.zeros_like(picture))]
        case "flat":
            return [encode_base64_image(np.full_like(picture, 127))]
        case "other size":
            return [encode_base64_image(picture[: height // 2])]
        case "half size":
            return [encode_base64_image(np.ascontiguousarray(picture[::2, ::2]))]
        case "data uri":
            return [f"data:image/png;base64,{encode_base64_image(picture)}"]
        case "mixed up":
            scene = paint_scene({"prompt": "another client", "seed": 1}, width, height)
            return [encode_base64_image(scene, "png", metadata)]
    return [encode_base64_image(picture, fmt, metadata)]


def main() -> None:
    """Prints the port and serves until the process is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="a1111")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--seconds", type=float, default=0.0, help="time for one image")
    parser.add_argument("--auth", default="", help="user:password")
    parser.add_argument("--model", default=MODEL, help="loaded model; empty: not reported")
    parser.add_argument("--no-jobs", action="store_true", help="as stable-diffusion.cpp once was")
    args = parser.parse_args()
    server = DoubleHttpServer(
        args.port, args.kind, args.seconds, args.auth, args.model, not args.no_jobs
    )
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
