"""A server on HTTP whose answers a test draws, byte for byte."""

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from hypothesis import strategies as st

from services.imaging.images import encode
from services.runtime.formats import JPEG, PNG, WEBP
from tests.fuzz.messages import FILES, TEXTS

SIDES = (64, 128, 200, 256, 264)
DEEP = "[" * 100_000
# Strategies are quicker than pictures: these are made once.
PICTURES = {
    (side, fmt): encode(
        np.random.default_rng(side).integers(0, 255, (side, side, 3)).astype(np.uint8), fmt
    ).data
    for side in SIDES
    for fmt in (PNG, JPEG, WEBP)
}


class Drawn(ThreadingHTTPServer):
    """Answers each path with the bytes of `answers`, and all others with `otherwise`."""

    daemon_threads = True
    answers: dict[str, bytes]
    otherwise: bytes

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.wfile.write(self.server.answers.get(self.path, self.server.otherwise))
        self.close_connection = True

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def drawn_server() -> Iterator[Drawn]:
    """A server that has no answers yet."""
    with Drawn(("127.0.0.1", 0), _Handler) as server:
        server.answers, server.otherwise = {}, answer(b"{}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Sent(bytes):
    """Bytes that tell only how they begin: what fails is printed."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, {bytes(self[:400])!r}>"


def answer(body: bytes, status: int = 200, *headers: str, length: int | None = None) -> Sent:
    """A whole answer; length: what it says of its body."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Any", *headers, f"Content-Length: {said}", "Connection: close"]
    return Sent("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)


def texts() -> st.SearchStrategy[str]:
    """Words, surrogates among them, as JSON may hold them."""
    return st.one_of(st.sampled_from([*TEXTS, "\ud800", "x" * 1000]), st.text(max_size=12))


def values() -> st.SearchStrategy:
    """Any JSON value."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.sampled_from([10**400, -1, 0, 1e308, float("inf"), float("nan")]),
        st.floats(),
        texts(),
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
    )


@st.composite
def pictures(draw) -> str:
    """A picture as text: sound, of another size, cut short, changed, or none."""
    data = draw(st.sampled_from([*PICTURES.values(), *FILES]))
    match draw(st.sampled_from(["sound", "sound", "prefix", "cut", "changed", "noise"])):
        case "cut":
            data = data[: draw(st.integers(0, len(data)))]
        case "changed":
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
        case "noise":
            data = draw(st.binary(max_size=200))
        case "prefix":
            return "data:image/png;base64," + base64.b64encode(data).decode()
    return base64.b64encode(data).decode()


@st.composite
def orders(draw) -> bytes:
    """The JSON that answers an order, near to what it should be."""
    info = {"seed": 1, "index_of_first_image": 0, "sd_model_name": "m", "sampler_name": "Euler"}
    told = {"images": [draw(pictures())], "parameters": {}, "info": info}
    for place in (info, told):
        for name in draw(st.lists(st.sampled_from(sorted(place)), max_size=2)):
            place[name] = draw(st.one_of(values(), pictures(), st.lists(pictures(), max_size=2)))
    if draw(st.booleans()):
        told["info"] = json.dumps(told["info"])
    return json.dumps(told).encode()


def bodies(sound: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Sound bodies, any JSON, and what is none."""
    return st.one_of(
        sound,
        sound,
        values().map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=60),
        st.sampled_from(
            [b"", b"<html>", DEEP.encode(), b'{"a":' * 50_000, b"1" * 5000, b"\xff\xfe"]
        ),
    )


@st.composite
def replies(draw, sound: st.SearchStrategy[bytes]) -> Sent:
    """A reply: mostly whole, else with a wrong length, status, header or encoding, or no HTTP."""
    body = draw(bodies(sound))
    match draw(
        st.sampled_from(["whole"] * 5 + ["status", "longer", "shorter", "gzip", "odd", "none"])
    ):
        case "status":
            after = draw(st.sampled_from(["1", "9" * 400, "-1", "soon", "\u00b2"]))
            status = draw(st.sampled_from([100, 204, 206, 301, 307, 404, 429, 500, 503, 504, 999]))
            return answer(body, status, f"Retry-After: {after}", "Location: http://192.0.2.1/")
        case "longer":
            return answer(body, length=len(body) + draw(st.integers(1, 2**40)))
        case "shorter":
            return answer(body, length=draw(st.integers(0, len(body))))
        case "gzip":
            packed = draw(st.sampled_from([gzip.compress(body), body, gzip.compress(body)[:-4]]))
            return answer(packed, 200, "Content-Encoding: gzip")
        case "odd":
            odd = [
                "Transfer-Encoding: chunked",
                "Content-Length: x",
                "Content-Type: a/b; charset=y",
            ]
            return answer(
                body, 200, draw(st.sampled_from([*odd, "X: " + "y" * 70_000, "no colon"]))
            )
        case "none":
            return Sent(draw(st.one_of(st.binary(max_size=40), st.just(b"HTTP/1.1 abc\r\n\r\n"))))
    return answer(body)
