"""HTTP client of one server: keep-alive connections, limits on time and size, typed errors."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import requests
import structlog
import urllib3
from urllib3.filepost import encode_multipart_formdata

from services.diffusion.credentials import AuthHeader, check_ca_file
from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InvalidOutput,
    ProxyTimeout,
    ServerBusy,
    ServerRefused,
    ServerUnreachable,
    Unauthorized,
)
from services.runtime.errors import EngineNotReady
from services.runtime.tracing import start_current_span

# In seconds. Connecting takes milliseconds; this leaves time for a packet that got lost, which TCP
# sends again after 1 s (RFC 6298). Larger: a dead server is detected later.
CONNECT_TIMEOUT = 3.0
# Bytes read at once. Larger: fewer calls for an image of megabytes; smaller: the timeout is checked
# more often.
READ_CHUNK = 2**18
# 256 MiB; the largest image that is decoded has 192 MiB of pixels. Larger: a broken server can take
# more memory.
MAX_RESPONSE_BYTES = 2**28
# Characters of a server's name or text that are kept. Larger: longer manifests and error texts.
MAX_TEXT = 256
# Characters of an error's body that are logged. Larger: longer log lines.
MAX_LOGGED = 500
# In seconds, however long a server asks not to be called. Larger: a wrong header blocks it longer.
MAX_RETRY_AFTER = 300.0
# Long runs of base64, which are images and do not belong in logs.
BASE64_RUN = re.compile(r"[A-Za-z0-9+/=]{80,}")
# How servers report that the GPU's memory is full, in lower case.
OUT_OF_MEMORY_TEXTS = ("outofmemory", "out of memory", "failed to allocate", "alloc_failed")

log = structlog.get_logger()


@dataclass(frozen=True)
class HttpResponse:
    """A response that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read_json(self) -> object:
        """Returns the body as a JSON value, or None if it is empty or not JSON."""
        try:
            return json.loads(self.body)
        # json raises RecursionError for brackets that are nested too deep.
        except (ValueError, RecursionError):
            return None


class HttpClient:
    """HTTP client of one server, with separate connections for images and for control calls.

    url, auth, ca_file: as given.
    """

    def __init__(
        self, url: str, prefix: str, auth: AuthHeader | None, ca_file: str, not_found_hint: str
    ) -> None:
        """Creates the client of the server at `url`, without connecting to it.

        prefix: of the names of the server's settings, for error texts, such as "CYCLORAMA_A1111".
        auth: the header with the credentials; None to send none.
        ca_file: path of the CA certificates to trust; "" for the public ones.
        not_found_hint: advice to end the error text of status 404 with.

        Raises EngineNotReady if `ca_file` cannot be read or contains no certificate.
        """
        check_ca_file(ca_file, f"{prefix}_CA_FILE")
        self.url, self.auth, self.ca_file = url, auth, ca_file
        self._prefix = prefix
        self._not_found_hint = not_found_hint
        self._images = _open_session(auth, ca_file)
        self._control = _open_session(auth, ca_file)

    def get(self, path: str, timeout: float) -> HttpResponse:
        """Sends a GET that a server answers within milliseconds."""
        return self._send(self._control, "GET", path, timeout)

    def post(self, path: str, timeout: float, body: bytes = b"") -> HttpResponse:
        """Sends a POST that a server answers within milliseconds; body: JSON, or empty."""
        return self._send(self._control, "POST", path, timeout, body)

    def post_json(self, path: str, body: bytes, timeout: float) -> HttpResponse:
        """Sends a POST with a JSON body, and waits for a response that may take minutes.

        This and the next two methods share a connection, so only one thread at a time may call
        them.

        path: of the URL.
        timeout: seconds for the whole response.
        """
        with start_current_span(f"POST {path}"):
            return self._send(self._images, "POST", path, timeout, body)

    def upload_file(
        self,
        path: str,
        field_name: str,
        file: tuple[str, bytes],
        others: Mapping[str, str],
        timeout: float,
    ) -> HttpResponse:
        """Sends a file as a POST of multipart/form-data.

        field_name: of the file in the form.
        file: its name and content.
        others: the form's other fields.
        """
        body, content_type = encode_multipart_formdata({**others, field_name: file})
        with start_current_span(f"POST {path}"):
            return self._send(self._images, "POST", path, timeout, body, content_type)

    def download_file(
        self, path: str, parameters: Mapping[str, str], timeout: float
    ) -> HttpResponse:
        """Sends a GET whose response may have megabytes; parameters: of the URL's query."""
        with start_current_span(f"GET {path}"):
            return self._send(self._images, "GET", f"{path}?{urlencode(parameters)}", timeout)

    def check_status(self, response: HttpResponse) -> HttpResponse:
        """Returns a response of status 2xx unchanged; for any other, raises the class that fits.

        The classes are in `services.diffusion.errors`; their texts say what to do.
        """
        if 200 <= response.status < 300:
            return response
        body = BASE64_RUN.sub("...", response.body.decode("utf-8", "replace"))[:MAX_LOGGED]
        log.warning("server returned an error", status=response.status)
        # Some servers repeat the request with its prompt, so the body is logged at level debug.
        log.debug("body of the error", body=body)
        if is_out_of_memory(body):
            text = "the image server ran out of memory; ask for fewer pixels"
            raise DiffusionOutOfMemory(text)
        self._raise_for_known_status(response)
        error_class = DiffusionFailed if response.status >= 500 else ServerRefused
        text = f"refused with status {response.status}; see its log"
        raise error_class(f"the image server {text}")

    def _raise_for_known_status(self, response: HttpResponse) -> None:
        """Raises an error with advice for the HTTP statuses whose cause is known; else returns."""
        match response.status:
            case 401 | 403:
                text = f"rejects the credentials; put the right ones into {self._prefix}_AUTH_FILE"
                raise Unauthorized(f"the image server {text}")
            case 404:
                text = f"responded with 404 Not Found; {self._not_found_hint}"
                raise ServerRefused(f"the image server {text}")
            case 413:
                remedy = "raise its limit (ComfyUI: --max-upload-size)"
                text = f"or a proxy takes no upload of this size; {remedy}"
                raise ServerRefused(f"the image server {text}")
            case 429 | 503:
                text = "the image server is busy or starting; try again shortly"
                raise ServerBusy(text, _read_retry_after(response.headers.get("Retry-After", "")))
            case 502:
                text = "a proxy cannot reach the image server; start it"
                raise ServerUnreachable(text)
            # 524 is Cloudflare's status for a server that timed out.
            case 504 | 524:
                text = "a proxy timed out on the image server; connect to the server directly"
                raise ProxyTimeout(text)
        if 300 <= response.status < 400:
            text = f"redirects to another address; set {self._prefix}_URL to that"
            raise ServerRefused(f"the image server {text}")

    def _send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        timeout: float,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> HttpResponse:
        """Sends a request and reads the response to its end, whatever its status.

        Raises the classes in `services.diffusion.errors` if the server does not answer in time.

        session: the connection to use.
        method, path: such as "GET" and "/sdapi/v1/samplers".
        timeout: seconds for the whole exchange.
        body: what to send; None for nothing.
        content_type: of the body.
        """
        end = time.monotonic() + timeout
        with (
            self._translate_errors(),
            session.request(
                method,
                f"{self.url}{path}",
                data=body,
                headers={"Content-Type": content_type},
                # For connecting, and between two reads; _read_body limits the whole.
                timeout=(min(CONNECT_TIMEOUT, timeout), timeout),
                stream=True,
                # Prompts and images go to the configured address only.
                allow_redirects=False,
            ) as response,
        ):
            return HttpResponse(
                response.status_code, response.headers, _read_body(response.raw, end)
            )

    def describe_tls_failure(self) -> str:
        """Returns the error text for a server with which no trusted TLS connection is possible."""
        return (
            "the image server offers no trusted TLS connection; check its certificate and host "
            f"name, {self._prefix}_CA_FILE, and http or https in {self._prefix}_URL"
        )

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turns the exceptions of requests and urllib3 within a `with` block into our own errors.

        Their classes are in `services.diffusion.errors`.
        """
        try:
            yield
        # New texts: those of the libraries contain the server's address.
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            if isinstance(error, requests.ConnectTimeout):
                raise ServerUnreachable("the image server does not answer; start it") from error
            text = "the image server took too long; ask for a smaller picture or more time"
            raise DiffusionTimeout(text) from error
        except requests.exceptions.SSLError as error:
            raise ServerUnreachable(self.describe_tls_failure()) from error
        except requests.ConnectionError as error:
            raise ServerUnreachable("the image server does not answer; start it") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ServerUnreachable(
                "the image server closed the connection within its response; try again"
            ) from error
        # What requests raises for a file of certificates that was removed; its text has the path.
        except OSError:
            text = f"the file of {self._prefix}_CA_FILE cannot be read"
            raise EngineNotReady(text) from None


def is_out_of_memory(text: str) -> bool:
    """Whether a server's text says that the memory of its GPU is full."""
    return any(phrase in text.lower() for phrase in OUT_OF_MEMORY_TEXTS)


def sanitize_text(value: object) -> str:
    """Returns a server's text without unprintable characters, cut to 256; "" if it is no text."""
    if not isinstance(value, str):
        return ""
    return "".join(filter(str.isprintable, value[:MAX_TEXT]))


def _open_session(auth: AuthHeader | None, ca_file: str) -> requests.Session:
    """Returns an HTTP session that sends credentials and trusts the given certificates.

    auth: the header with the credentials; None to send none.
    ca_file: path of the CA certificates to trust; "" for the public ones.
    """
    session = requests.Session()
    # Ignore proxies and .netrc of the environment: they would see images and passwords.
    session.trust_env = False
    session.verify = ca_file or True
    # No gzip: it costs a server 50 ms per image to save a quarter of a fast network.
    session.headers["Accept-Encoding"] = "identity"
    if auth:
        session.headers[auth.name] = auth.value
    return session


def _read_body(raw: urllib3.HTTPResponse, end: float) -> bytes:
    """Reads a response to its end.

    Raises ReadTimeout even if bytes keep arriving one by one, and InvalidOutput after 256 MiB.

    raw: the response.
    end: the time at which to stop, as time.monotonic() counts it.
    """
    body = bytearray()
    while chunk := raw.read1(READ_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise InvalidOutput("the image server's response is too large; see its log")
        if time.monotonic() > end:
            raise requests.ReadTimeout
    return bytes(body)


def _read_retry_after(text: str) -> float | None:
    """Returns the seconds of a Retry-After header; None for a date or nonsense."""
    return min(float(text), MAX_RETRY_AFTER) if text.isascii() and text.isdigit() else None
