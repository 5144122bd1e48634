"""A double of a Stable Diffusion server: real HTTP, deterministic pictures, chosen misbehaviour."""

import base64
import io
import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image


class Double:
    """What the server was asked, and how it is to misbehave; a test changes `fault` at will."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fault = ""
        self.asked: list[dict] = []
        self.release = threading.Event()


@contextmanager
def sdapi_server() -> Iterator[Double]:
    """Serves /sdapi/v1 on a loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.double = Double(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.double
    server.double.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


def paint(asked: dict) -> np.ndarray:
    """A picture that depends on prompt, seed, init image and mask: uint8 RGB."""
    height, width = asked["height"], asked["width"]
    key = zlib.crc32(f"{asked['prompt']}|{asked['seed']}".encode())
    rng = np.random.default_rng(key)
    low, high = rng.integers(0, 256, (2, 3))
    ramp = np.linspace(0, 1, width)[None, :, None]
    picture = low + (high - low) * np.broadcast_to(ramp, (height, width, 3))
    if asked.get("init_images"):
        init = _image(asked["init_images"][0]).convert("RGB").resize((width, height))
        locked = _image(asked["mask"]).convert("L").resize((width, height))
        keep = (np.asarray(locked) >= 128) == bool(asked["inpainting_mask_invert"])
        # The autoencoder moves locked pixels too.
        kept = np.asarray(init).astype(float) + rng.normal(0, 2, (height, width, 3))
        picture = np.where(keep[..., None], kept, picture)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/sdapi/v1/sd-models"
        self._send(*(200, [{"title": "double"}]) if known else (404, {"detail": "Not Found"}))

    def do_POST(self):
        double: Double = self.server.double
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        double.asked.append(asked)
        match double.fault:
            case "hang":
                double.release.wait(10)
                self._send(200, {"images": []})
            case "out of memory":
                self._send(500, {"error": "OutOfMemoryError", "detail": "CUDA out of memory"})
            case "no api":
                self._send(404, {"detail": "Not Found"})
            case "password":
                self._send(401, {"detail": "Incorrect username or password"})
            case "busy":
                self._send(503, {"detail": "busy"})
            case "html":
                self._send_bytes(200, b"<html>It works!</html>")
            case "cut":
                self._send_bytes(200, b'{"images": ["', length=1000)
            case fault:
                self._send(200, {"images": _answers(asked, fault), "info": "{}"})

    def log_message(self, *_):
        pass

    def _send(self, status: int, body: object) -> None:
        self._send_bytes(status, json.dumps(body).encode())

    def _send_bytes(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


def _answers(asked: dict, fault: str) -> list[str]:
    match fault:
        case "nothing":
            return []
        case "empty text":
            return [""]
        case "garbage":
            return ["bm90IGEgcGljdHVyZQ=="]
        case "black":
            return [_base64(np.zeros((asked["height"], asked["width"], 3), np.uint8))]
        case "other size":
            return [_base64(paint(asked | {"width": 128, "height": 64, "init_images": []}))]
        case "init ignored":
            return [_base64(255 - paint(asked))]
        case "data uri":
            return [f"data:image/png;base64,{_base64(paint(asked))}"]
    return [_base64(paint(asked))]


def _image(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def _base64(pixels: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
