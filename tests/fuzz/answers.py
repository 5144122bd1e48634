"""An HTTP server whose responses a test draws byte by byte, and strategies for them."""

import base64
import gzip
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from hypothesis import strategies as st

from services.imaging.images import encode_image
from services.runtime.formats import JPEG, PNG, WEBP
from tests.fuzz.messages import FILES, TEXTS

# Among them the side that the test requests, 256.
SIDES = (64, 128, 200, 256, 264)
# Nested deeper than any JSON parser recurses.
DEEP = "[" * 100_000
# Encoded once, as encoding takes longer than drawing an example.
IMAGES = {
    (side, fmt): encode_image(
        np.random.default_rng(side).integers(0, 255, (side, side, 3)).astype(np.uint8), fmt
    ).data
    for side in SIDES
    for fmt in (PNG, JPEG, WEBP)
}


# What a server appends to the key of a WebSocket's handshake (RFC 6455, section 4.2.2).
HANDSHAKE_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Bytes beyond which the length of a frame takes 2 more bytes, and 8 more.
SHORT_FRAME, LONG_FRAME = 126, 1 << 16


class ScriptedServer(ThreadingHTTPServer):
    """Responds to each path with the bytes in `responses`, to others with `otherwise`.

    frames: the bytes that it sends on a WebSocket before it closes it. handshake: the headers of
    the latest one.
    """

    daemon_threads = True
    responses: dict[str, bytes]
    otherwise: bytes
    frames: bytes = b""
    handshake: Mapping[str, str]

    @property
    def url(self) -> str:
        """Its address, such as http://127.0.0.1:8080."""
        return f"http://127.0.0.1:{self.server_port}"


class _ScriptedHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        key = self.headers.get("sec-websocket-key")
        if key and self.path not in self.server.responses:
            self.server.handshake = self.headers
            self.wfile.write(accept_socket(key.encode()) + self.server.frames)
            # To close it with unread data would discard what was sent.
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
                while self.rfile.read1():
                    pass
        else:
            path = self.path if key else self.path.partition("?")[0]
            self.wfile.write(self.server.responses.get(path, self.server.otherwise))
        self.close_connection = True

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def serve_script() -> Iterator[ScriptedServer]:
    """Runs a server without responses, which tests then set."""
    with ScriptedServer(("127.0.0.1", 0), _ScriptedHandler) as server:
        server.responses, server.otherwise = {}, build_response(b"{}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def accept_socket(key: bytes) -> bytes:
    """Returns the response that opens a WebSocket; key: of its handshake."""
    accepted = base64.b64encode(hashlib.sha1(key + HANDSHAKE_SUFFIX).digest()).decode()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        *("Upgrade: websocket", "Connection: Upgrade"),
        *(f"Sec-WebSocket-Accept: {accepted}", "", ""),
    ]
    return "\r\n".join(lines).encode()


def encode_frame(payload: bytes, opcode: int) -> bytes:
    """Returns the frame of a WebSocket that a server sends; opcode: 1 text, 2 binary."""
    head = bytes([0x80 | opcode])
    if len(payload) < SHORT_FRAME:
        return head + bytes([len(payload)]) + payload
    if len(payload) < LONG_FRAME:
        return head + b"\x7e" + struct.pack(">H", len(payload)) + payload
    return head + b"\x7f" + struct.pack(">Q", len(payload)) + payload


class ResponseBytes(bytes):
    """Bytes whose repr is cut, as pytest prints failing examples."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, {bytes(self[:400])!r}>"


def build_response(
    body: bytes, status: int = 200, *headers: str, length: int | None = None
) -> ResponseBytes:
    """Builds an HTTP response; length: the Content-Length, if not that of the body."""
    claimed = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Any", *headers, f"Content-Length: {claimed}", "Connection: close"]
    return ResponseBytes("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)


def draw_texts() -> st.SearchStrategy[str]:
    """Returns a strategy for texts, with surrogates, as JSON may contain them."""
    return st.one_of(st.sampled_from([*TEXTS, "\ud800", "x" * 1000]), st.text(max_size=12))


def draw_json_values() -> st.SearchStrategy:
    """Returns a strategy for any JSON value."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.sampled_from([10**400, -1, 0, 1e308, float("inf"), float("nan")]),
        st.floats(),
        draw_texts(),
    )
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(draw_texts(), inner, max_size=3)
        ),
    )


@st.composite
def draw_encoded_images(draw) -> str:
    """Draws an image in base64: valid, of another size, truncated, corrupt or random bytes."""
    data = draw(st.sampled_from([*IMAGES.values(), *FILES]))
    match draw(st.sampled_from(["valid", "valid", "prefix", "truncated", "corrupt", "noise"])):
        case "truncated":
            data = data[: draw(st.integers(0, len(data)))]
        case "corrupt":
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
        case "noise":
            data = draw(st.binary(max_size=200))
        case "prefix":
            return "data:image/png;base64," + base64.b64encode(data).decode()
    return base64.b64encode(data).decode()


@st.composite
def draw_image_responses(draw) -> bytes:
    """Draws the JSON response to an image request, with up to two invalid fields."""
    info = {"seed": 1, "index_of_first_image": 0, "sd_model_name": "m", "sampler_name": "Euler"}
    content = {"images": [draw(draw_encoded_images())], "parameters": {}, "info": info}
    for place in (info, content):
        for name in draw(st.lists(st.sampled_from(sorted(place)), max_size=2)):
            place[name] = draw(
                st.one_of(
                    draw_json_values(),
                    draw_encoded_images(),
                    st.lists(draw_encoded_images(), max_size=2),
                )
            )
    if draw(st.booleans()):
        content["info"] = json.dumps(content["info"])
    return json.dumps(content).encode()


def draw_bodies(valid: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Returns a strategy for response bodies: valid ones, any JSON, and other bytes."""
    return st.one_of(
        valid,
        valid,
        draw_json_values().map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=60),
        st.sampled_from(
            [b"", b"<html>", DEEP.encode(), b'{"a":' * 50_000, b"1" * 5000, b"\xff\xfe"]
        ),
    )


@st.composite
def draw_responses(draw, valid: st.SearchStrategy[bytes]) -> ResponseBytes:
    """Draws a response: mostly valid, else with a wrong length, status, header or encoding."""
    body = draw(draw_bodies(valid))
    match draw(
        st.sampled_from(["whole"] * 5 + ["status", "longer", "shorter", "gzip", "odd", "none"])
    ):
        case "status":
            after = draw(st.sampled_from(["1", "9" * 400, "-1", "soon", "\u00b2"]))
            status = draw(st.sampled_from([100, 204, 206, 301, 307, 404, 429, 500, 503, 504, 999]))
            return build_response(
                body, status, f"Retry-After: {after}", "Location: http://192.0.2.1/"
            )
        case "longer":
            return build_response(body, length=len(body) + draw(st.integers(1, 2**40)))
        case "shorter":
            return build_response(body, length=draw(st.integers(0, len(body))))
        case "gzip":
            packed = draw(st.sampled_from([gzip.compress(body), body, gzip.compress(body)[:-4]]))
            return build_response(packed, 200, "Content-Encoding: gzip")
        case "odd":
            odd = [
                "Transfer-Encoding: chunked",
                "Content-Length: x",
                "Content-Type: a/b; charset=y",
            ]
            return build_response(
                body, 200, draw(st.sampled_from([*odd, "X: " + "y" * 70_000, "no colon"]))
            )
        case "none":
            return ResponseBytes(
                draw(st.one_of(st.binary(max_size=40), st.just(b"HTTP/1.1 abc\r\n\r\n")))
            )
    return build_response(body)
