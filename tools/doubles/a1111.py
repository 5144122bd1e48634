"""A double of the Stable Diffusion servers: python -m tools.doubles.a1111 --kind sdcpp --port 7860.

A real HTTP server in a process of its own that speaks as one of five kinds do, paints pictures
that depend on all it is sent, and misbehaves on demand: POST /double {"fault": ..., "times": ...}.
"""

import argparse
import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from tools.doubles.a1111_kinds import KINDS, error_body
from tools.doubles.a1111_painting import paint, write_picture
from tools.doubles.a1111_studio import Refusal, Studio, progress_of

API = "/sdapi/v1"
MODEL = "double-v1"
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


class Server(ThreadingHTTPServer):
    """The double's web server; workers: as many requests as the kind handles at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, kind: str, seconds: float, auth: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.kind_name, self.kind = kind, KINDS[kind]
        self.studio = Studio(self.kind, seconds)
        self.auth = "Basic " + base64.b64encode(auth.encode()).decode() if auth else ""
        self.workers = threading.BoundedSemaphore(self.kind.workers)

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with kept-alive connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    drew = False

    def do_GET(self) -> None:
        studio, kind = self.server.studio, self.server.kind
        if self.path == "/double":
            told = {"asked": studio.asked, "seconds": studio.seconds_taken}
            return self._send(200, {**studio.counts, **told})
        with self.server.workers:
            if not self._allowed() or self._listed(studio, kind):
                return
            self._send(404, {"detail": "Not Found"} if not kind.up else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/double":
            order = json.loads(body)
            self.server.studio.set_fault(order["fault"], order.get("times", -1))
            return self._send(200, {})
        with self.server.workers:
            if not self._allowed():
                return
            if self.path == f"{API}/interrupt" and self.server.kind.interrupt != 404:
                self.server.studio.interrupt()
                status = self.server.kind.interrupt
                self._send(status, b"" if status == 204 else {})
            elif self.path in (f"{API}/txt2img", f"{API}/img2img"):
                self._draw(body)
            else:
                self._send(404, {"detail": "Not Found"})

    def do_DELETE(self) -> None:
        self.server.studio.reset()
        self._send(200, {})

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""

    def _allowed(self) -> bool:
        if self.server.auth in ("", self.headers.get("Authorization")):
            return True
        self._send(401, {"detail": "Incorrect username or password"})
        return False

    def _listed(self, studio: Studio, kind) -> bool:
        path = self.path.removeprefix(API).partition("?")[0]
        lists = {
            "/samplers": kind.samplers,
            "/sd-models": [{"title": f"{MODEL}.safetensors [abcdef1234]", "model_name": MODEL}],
            "/options": {"samples_format": kind.default_format, "sd_model_checkpoint": MODEL},
        }
        if kind.schedulers:
            lists["/schedulers"] = kind.schedulers
        if kind.progress:
            preview = studio.preview
            lists["/progress"] = progress_of(studio) | {
                "current_image": None if preview is None else write_picture(preview)
            }
        if self.path in kind.marks:
            lists[path] = {"version": "double"}
        if path in lists:
            self._send(200, lists[path])
        return path in lists

    def _draw(self, body: bytes) -> None:
        start = time.perf_counter()
        self.server.studio.counts["connections_drawn_on"] += not self.drew
        self.drew = True
        fault = self.server.studio.take_fault()
        if fault in FAULT_STATUSES:
            return self._refuse(*FAULT_STATUSES[fault])
        try:
            asked = self._read(body)
            picture = self.server.studio.draw(asked, fault)
        except Refusal as refusal:
            return self._refuse(refusal.status, refusal.text)
        if fault in DRAWN_THEN_STATUS:
            return self._refuse(DRAWN_THEN_STATUS[fault], "timeout")
        answer = json.dumps(self._answer(asked, picture, fault)).encode()
        seconds = time.perf_counter() - start
        self.server.studio.seconds_taken.append(seconds)
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
            "sd_model_name": "another" if fault == "other model" else MODEL,
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
            if self.server.studio.fault != "drip":
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
    """Serves until it is killed; prints the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="a1111")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--seconds", type=float, default=0.0, help="for one picture")
    parser.add_argument("--auth", default="", help="user:password")
    args = parser.parse_args()
    server = Server(args.port, args.kind, args.seconds, args.auth)
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
