"""HTTP to one server: kept-alive connections, limits on time and size, typed failures."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import structlog
import urllib3

from services.diffusion.errors import (
    InvalidOutput,
    ProxyTimeout,
    Refused,
    ServerBusy,
    ServerFailed,
    ServerOutOfMemory,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from services.runtime.errors import EngineNotReady
from services.runtime.tracing import start_current_span

CONNECT_SECONDS = 3.0
CHUNK = 2**18
LARGEST_ANSWER = 2**28
LONGEST_TEXT = 256
LONGEST_LOGGED = 500
# However long a server asks not to be called, in seconds.
LONGEST_RETRY_AFTER = 300.0
PICTURES = re.compile(r"[A-Za-z0-9+/=]{80,}")
MEMORY_WORDS = ("outofmemory", "out of memory", "failed to allocate", "alloc_failed")

log = structlog.get_logger()


@dataclass(frozen=True)
class HttpReply:
    """What came back: HTTP status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or None when it is none; some servers answer with nothing at all."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class HttpClient:
    """Speaks to one server. Pictures and questions have connections of their own.

    prefix: how the names of the dialect's settings begin, for error texts. auth: as of requests,
    such as user and password, or None. ca_file: certificates to trust, or "". if_missing: advice
    for status 404.
    """

    def __init__(self, url: str, prefix: str, auth: Any, ca_file: str, if_missing: str) -> None:
        self._url = url
        self._prefix = prefix
        self._if_missing = if_missing
        self._drawing = _open_session(auth, ca_file)
        self._asking = _open_session(auth, ca_file)

    def get(self, path: str, seconds: float) -> HttpReply:
        """Asks a question that takes a server milliseconds."""
        return self._send(self._asking, "GET", path, None, seconds)

    def post(self, path: str, seconds: float) -> HttpReply:
        """Sends a command that takes a server milliseconds."""
        return self._send(self._asking, "POST", path, b"", seconds)

    def draw(self, path: str, body: bytes, seconds: float) -> HttpReply:
        """Sends JSON and waits for a picture. To be called by one thread at a time."""
        with start_current_span(f"POST {path}"):
            return self._send(self._drawing, "POST", path, body, seconds)

    def check(self, reply: HttpReply) -> HttpReply:
        """Returns a reply that is a success; raises what its status and text mean."""
        if 200 <= reply.status < 300:
            return reply
        text = PICTURES.sub("...", reply.body.decode("utf-8", "replace"))[:LONGEST_LOGGED]
        log.warning("server refused", status=reply.status)
        # Some servers repeat what they were sent, prompts among it: only at level debug.
        log.debug("server's reply", body=text)
        if any(word in text.lower() for word in MEMORY_WORDS):
            text = "the Stable Diffusion server ran out of memory; ask for fewer pixels"
            raise ServerOutOfMemory(text)
        self._check_status(reply)
        kind = ServerFailed if reply.status >= 500 else Refused
        raise kind(f"the Stable Diffusion server refused with status {reply.status}; see its log")

    def _check_status(self, reply: HttpReply) -> None:
        match reply.status:
            case 401 | 403:
                text = f"wants the right password in {self._prefix}_AUTH_FILE"
                raise Unauthorized(f"the Stable Diffusion server {text}")
            case 404:
                text = f"lacks what was asked for; {self._if_missing}"
                raise Refused(f"the Stable Diffusion server {text}")
            case 429 | 503:
                text = "the Stable Diffusion server is busy or starting; try again shortly"
                raise ServerBusy(text, _read_seconds(reply.headers.get("Retry-After", "")))
            case 502:
                raise Unreachable("a proxy cannot reach the Stable Diffusion server; start it")
            case 504 | 524:
                text = "a proxy gave up on the Stable Diffusion server; connect to it directly"
                raise ProxyTimeout(text)
        if 300 <= reply.status < 400:
            text = f"sends calls on to another address; set {self._prefix}_URL to that"
            raise Refused(f"the Stable Diffusion server {text}")

    def _send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        body: bytes | None,
        seconds: float,
    ) -> HttpReply:
        end = time.monotonic() + seconds
        timeout = (min(CONNECT_SECONDS, seconds), seconds)
        with (
            _translate_errors(),
            session.request(
                method,
                f"{self._url}{path}",
                data=body,
                timeout=timeout,
                stream=True,
                # Prompts and pictures go to the address that was set, and nowhere else.
                allow_redirects=False,
            ) as response,
        ):
            return HttpReply(response.status_code, response.headers, _read(response.raw, end))


def read_credentials(path: str, setting: str) -> tuple[bytes, bytes] | None:
    """Reads user:password from the file that a setting names, if any; raises EngineNotReady."""
    if not path:
        return None
    try:
        user, colon, password = Path(path).read_bytes().strip().partition(b":")
    except OSError:
        raise EngineNotReady(f"the file of {setting} cannot be read") from None
    if not colon:
        raise EngineNotReady(f"the file of {setting} must hold user:password")
    return user, password


def read_text(value: object) -> str:
    """Returns a server's text in one printable line of limited length; "" for all else."""
    if not isinstance(value, str):
        return ""
    return "".join(filter(str.isprintable, value[:LONGEST_TEXT]))


def _open_session(auth: Any, ca_file: str) -> requests.Session:
    session = requests.Session()
    # Neither proxies nor .netrc of the environment: they would see pictures and passwords.
    session.trust_env = False
    session.auth = auth
    session.verify = ca_file or True
    # Packing a picture once more costs a server 50 ms and saves a quarter of a fast network.
    session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
    return session


def _read(raw: urllib3.HTTPResponse, end: float) -> bytes:
    """Reads to the end, however slowly the bytes drip, but no longer and no more than allowed."""
    body = bytearray()
    while chunk := raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise InvalidOutput("the Stable Diffusion server's answer does not end; see its log")
        if time.monotonic() > end:
            raise requests.ReadTimeout
    return bytes(body)


def _read_seconds(text: str) -> float | None:
    return min(float(text), LONGEST_RETRY_AFTER) if text.isascii() and text.isdigit() else None


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    # The libraries' own texts name the server's address.
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        if isinstance(error, requests.ConnectTimeout):
            raise Unreachable("the Stable Diffusion server does not answer; start it") from error
        text = "the Stable Diffusion server took too long; ask for a smaller picture or more time"
        raise TimedOut(text) from error
    except requests.ConnectionError as error:
        raise Unreachable("the Stable Diffusion server does not answer; start it") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Unreachable("the Stable Diffusion server broke its answer off; try again") from error
