"""HTTP to one server: kept-alive connections, limits on time and size, typed failures."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import urllib3

from services.diffusion.errors import BadOutput, TimedOut, Unreachable
from services.diffusion.settings import ServerSettings
from services.runtime.errors import EngineNotReady
from services.runtime.tracing import span

CONNECT_SECONDS = 3.0
CHUNK = 2**18
LARGEST_ANSWER = 2**28
LONGEST_WORD = 256


@dataclass(frozen=True)
class Reply:
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


def word_of(told: object) -> str:
    """What a server calls something, short enough to be told on; empty for what is no text."""
    if not isinstance(told, str):
        return ""
    return "".join(filter(str.isprintable, told[:LONGEST_WORD]))


class Transport:
    """Speaks to one server. Pictures and questions have connections of their own."""

    def __init__(self, url: str, settings: ServerSettings) -> None:
        self._url = url
        self._drawing = _session(settings)
        self._asking = _session(settings)

    def get(self, path: str, seconds: float) -> Reply:
        """Asks a question that takes a server milliseconds."""
        return self._send(self._asking, "GET", path, None, seconds)

    def post(self, path: str, seconds: float) -> Reply:
        """Gives an order that takes a server milliseconds."""
        return self._send(self._asking, "POST", path, b"", seconds)

    def draw(self, path: str, body: bytes, seconds: float) -> Reply:
        """Sends JSON and waits for a picture. To be called by one thread at a time."""
        with span(f"POST {path}"):
            return self._send(self._drawing, "POST", path, body, seconds)

    def _send(self, session, method: str, path: str, body: bytes | None, seconds: float) -> Reply:
        end = time.monotonic() + seconds
        timeout = (min(CONNECT_SECONDS, seconds), seconds)
        with (
            _translated(),
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
            return Reply(response.status_code, response.headers, _read(response.raw, end))


def _session(settings: ServerSettings) -> requests.Session:
    session = requests.Session()
    # Neither proxies nor .netrc of the environment: they would see pictures and passwords.
    session.trust_env = False
    session.auth = _credentials(settings.sdapi_auth_file)
    session.verify = settings.sdapi_ca_file or True
    # Packing a picture once more costs a server 50 ms and saves a quarter of a fast network.
    session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
    return session


def _credentials(path: str) -> tuple[bytes, bytes] | None:
    if not path:
        return None
    try:
        user, colon, password = Path(path).read_bytes().strip().partition(b":")
    except OSError:
        raise EngineNotReady("the file of CYCLORAMA_SDAPI_AUTH_FILE cannot be read") from None
    if not colon:
        raise EngineNotReady("the file of CYCLORAMA_SDAPI_AUTH_FILE must hold user:password")
    return user, password


def _read(raw: urllib3.HTTPResponse, end: float) -> bytes:
    """Reads to the end, however slowly the bytes drip, but no longer and no more than allowed."""
    body = bytearray()
    while chunk := raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise BadOutput("the Stable Diffusion server's answer does not end; see its log")
        if time.monotonic() > end:
            raise requests.ReadTimeout
    return bytes(body)


@contextmanager
def _translated() -> Iterator[None]:
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
