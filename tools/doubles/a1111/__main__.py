"""Runs a double of a Stable Diffusion server: python -m tools.doubles.a1111 --kind sdcpp.

A real HTTP server in a process of its own that speaks as one of five kinds do, paints pictures
that depend on all it is sent, and misbehaves on demand: POST /double {"fault": ..., "times": ...}
or {"question_seconds": ...}.
"""

import argparse
import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from tools.doubles.a1111.kinds import KINDS, MODEL, ServerKind, error_body
from tools.doubles.a1111.painting import paint, write_picture
from tools.doubles.a1111.queue import DrawingQueue, Refusal, progress_of

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
DRAWN_THEN_STATUS = {"gateway timeout": 504, "proxy timeout": 524}


class DoubleServer(ThreadingHTTPServer):
    """The double's web server; workers: as many requests as the kind handles at once.

    model: the name of the one that it has loaded; one without a name is never reported.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, kind: str, seconds: float, auth: str, model: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.kind_name, self.kind = kind, KINDS[kind]
        self.queue = DrawingQueue(self.kind, seconds)
        self.auth = "Basic " + base64.b64encode(auth.encode()).decode() if auth else ""
        self.model = model
        self.workers = threading.BoundedSemaphore(self.kind.workers)

    def handle_error(self, request, client_address) -> None:
        """Ignores clients that went away."""


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with kept-alive connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: DoubleServer
    drew = False

    def do_GET(self) -> None:
        queue, kind = self.server.queue, self.server.kind
        if self.path == "/double":
            seen = {"asked": queue.asked, "seconds": queue.seconds_taken}
            return self._send(200, {**queue.counts, **seen})
        with self.server.workers:
            queue.counts["questions"] += 1
            time.sleep(queue.question_seconds)
            if not self._allowed() or self._send_list(queue, kind):
                return
            self._send(404, {"detail": "Not Found"} if not kind.up else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/double":
            command = json.loads(body)
            if "question_seconds" in command:
                self.server.queue.question_seconds = command["question_seconds"]
            else:
                self.server.queue.set_fault(command["fault"], command.get("times", -1))
            return self._send(200, {})
        with self.server.workers:
            if not self._allowed():
                return
            if self.path == f"{API}/interrupt" and self.server.kind.interrupt != 404:
                self.server.queue.interrupt()
                status = self.server.kind.interrupt
                self._send(status, b"" if status == 204 else {})
            elif self.path in (f"{API}/txt2img", f"{API}/img2img"):
                self._draw(body)
            else:
                self._send(404, {"detail": "Not Found"})

    def do_DELETE(self) -> None:
        self.server.queue.reset()
        self._send(200, {})

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def _allowed(self) -> bool:
        if self.server.auth in ("", self.headers.get("Authorization")):
            return True
        self._send(401, {"detail": "Incorrect username or password"})
        return False

    def _send_list(self, queue: DrawingQueue, kind: ServerKind) -> bool:
        path, model = self.path.removeprefix(API).partition("?")[0], self.server.model
        listed = [{"title": f"{model}.safetensors [abcdef1234]", "model_name": model}]
        lists = {
            "/samplers": kind.samplers,
            "/sd-models": listed if model else [],
            "/options": {"samples_format": kind.default_format, "sd_model_checkpoint": model},
        }
        if kind.schedulers:
            lists["/schedulers"] = kind.schedulers
        if kind.progress:
            preview = queue.preview
            lists["/progress"] = progress_of(queue) | {
                "current_image": None if preview is None else write_picture(preview)
            }
        if self.path in kind.marks:
            lists[path] = {"version": "double"}
        if path in lists:
            self._send(200, lists[path])
        return path in lists

    def _draw(self, body: bytes) -> None:
        start = time.perf_counter()
        self.server.queue.counts["connections_drawn_on"] += not self.drew
        self.drew = True
        fault = self.server.queue.take_fault()
        if fault in FAULT_STATUSES:
            return self._refuse(*FAULT_STATUSES[fault])
        try:
            asked = self._read(body)
            picture = self.server.queue.draw(asked, fault)
        except Refusal as refusal:
            return self._refuse(refusal.status, refusal.text)
        if fault in DRAWN_THEN_STATUS:
            return self._refuse(DRAWN_THEN_STATUS[fault], "timeout")
        answer = json.dumps(self._answer(asked, picture, fault)).encode()
        seconds = time.perf_counter() - start
        self.server.queue.seconds_taken.append(seconds)
        self._misbehave_or_send(fault, answer, seconds)

    def _read(self, body: bytes) -> dict:
        try:
            asked = json.loads(body)
        except ValueError:
            raise Refusal(self.server.kind.malformed, "malformed JSON") from None
        if "init_images" not in asked and self.path.endswith("img2img"):
            asked["init_images"] = None
        if self.server.kind.up:
            if not asked.get("prompt"):
                raise Refusal(400, "prompt required")
            if None in asked.values() and asked.get("init_images", 0) is not None:
                raise Refusal(500, "type_error: type must be string, but is null")
        names = [each["name"].lower() for each in self.server.kind.samplers]
        if self.server.kind.strict and asked.get("sampler_name", names[0]).lower() not in names:
            raise Refusal(404, "Sampler not found")
        return {"prompt": "", "seed": -1, "width": 512, "height": 512} | asked

    def _answer(self, asked: dict, picture: np.ndarray, fault: str) -> dict:
        kind = self.server.kind
        fmt = (asked.get("override_settings") or {}).get("samples_format", kind.default_format)
        info = {
            "seed": 1 if fault == "mixed up" else asked["seed"],
            "width": asked["width"],
            "height": asked["height"],
            "steps": asked.get("steps"),
            "sampler_name": asked.get("sampler_name", kind.samplers[0]["name"]),
            "sd_model_name": "another" if fault == "other model" else self.server.model,
        }
        echo = asked if kind.echoes_pictures else asked | {"init_images": None, "mask": None}
        return {
            "images": _images(asked, picture, fault, "jpg" if fault == "jpeg" else fmt),
            "parameters": echo,
            "info": json.dumps(info) if kind.info and fault != "info empty" else "",
        }

    def _misbehave_or_send(self, fault: str, body: bytes, seconds: float) -> None:
        match fault:
            case "html":
                self._send(200, b"<html>It works!</html>")
            case "cut":
                self._send(200, body[: len(body) // 2], length=len(body))
                self.close_connection = True
            case "drip":
                self._drip(body)
            case _:
                self._send(200, body, seconds)

    def _drip(self, body: bytes) -> None:
        self._head(200, len(body), 0)
        for at in range(200):
            if self.server.queue.fault != "drip":
                break
            self.wfile.write(body[at : at + 1])
            time.sleep(0.1)
        self.close_connection = True

    def _refuse(self, status: int, text: str) -> None:
        self._send(status, error_body(self.server.kind_name, status, text))

    def _send(self, status: int, body: object, seconds: float = 0, length: int = 0) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._head(status, length or len(data), seconds)
        self.wfile.write(data)

    def _head(self, status: int, length: int, seconds: float) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.send_header("X-Process-Time", f"{seconds:.6f}")
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()


def _images(asked: dict, picture: np.ndarray, fault: str, fmt: str) -> list[str]:
    height, width = picture.shape[:2]
    match fault:
        case "nothing":
            return []
        case "empty text":
            return [""]
        case "garbage":
            return ["bm90IGEgcGljdHVyZQ=="]
        case "truncated":
            return [write_picture(picture)[: 4 * (height * width // 32)]]
        case "black":
            return [write_picture(np.zeros_like(picture))]
        case "flat":
            return [write_picture(np.full_like(picture, 127))]
        case "other size":
            return [write_picture(picture[: height // 2])]
        case "half size":
            return [write_picture(np.ascontiguousarray(picture[::2, ::2]))]
        case "data uri":
            return [f"data:image/png;base64,{write_picture(picture)}"]
        case "mixed up":
            return [write_picture(paint({"prompt": "another client", "seed": 1}, width, height))]
    return [write_picture(picture, fmt)]


def main() -> None:
    """Prints the port and serves until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="a1111")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--seconds", type=float, default=0.0, help="for one picture")
    parser.add_argument("--auth", default="", help="user:password")
    parser.add_argument("--model", default=MODEL, help="that is loaded; empty: does not say")
    args = parser.parse_args()
    server = DoubleServer(args.port, args.kind, args.seconds, args.auth, args.model)
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
