"""Middleware that blocks requests from other sites and keeps the page from calling others."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyclorama.web.error_messages import ErrorMessage
from cyclorama.web.forms import FORM_BYTES
from cyclorama.web.upload_errors import build_too_large_error

# Browsers then block everything that this server does not serve itself.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
# Values of Sec-Fetch-Site for requests by the page itself and by the user.
OWN_SITES = ("same-origin", "none")


class RequestGuard:
    """Adds HEADERS to responses, and refuses posts from other sites or of too large photos.

    A response that comes before the end of its request closes the connection, so that the rest of
    a refused upload is not read.
    """

    def __init__(self, app: ASGIApp, photo_mib: int) -> None:
        """Wraps an application; photo_mib: the largest photo that it accepts, in MiB."""
        self._app = app
        self._photo_mib = photo_mib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses an HTTP request or passes it on, and adds HEADERS to the response (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        has_more_body = _has_body(Headers(scope=scope))

        async def receive_and_follow() -> Message:
            """Receives a part of the request; remembers whether it is the last."""
            nonlocal has_more_body
            message = await receive()
            has_more_body = message.get("more_body", False)
            return message

        async def send_with_headers(message: Message) -> None:
            """Sends a part of the response; adds HEADERS to its start unless they are set."""
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if has_more_body:
                    headers["connection"] = "close"
            await send(message)

        respond = self._refuse(scope) or self._app
        return await respond(scope, receive_and_follow, send_with_headers)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        """Returns an error response for a request that is not allowed; None when it may proceed.

        Refuses a post from another site, one with a photo that is too large, a GET with a body, and
        a request that states the length of its body twice.

        scope: the request's method and headers, as ASGI passes them.
        """
        headers = Headers(scope=scope)
        # A proxy that reads the other one takes a part of the body for a request (RFC 9112, 6.1).
        if "transfer-encoding" in headers and "content-length" in headers:
            text = "The request has a Content-Length and a Transfer-Encoding."
            refusal = ErrorMessage("The request cannot be read", text, "Send one of them.")
            return _error_response(400, refusal)
        if scope["method"] in ("GET", "HEAD"):
            text = f"A request of method {scope['method']} has no body."
            advice = "Send it without one."
            refusal = ErrorMessage("The request cannot be read", text, advice)
            return _error_response(400, refusal) if _has_body(headers) else None
        # Old browsers send no Sec-Fetch-Site; the Origin is then the only sign.
        is_own = headers.get("sec-fetch-site", "none") in OWN_SITES and _is_same_origin(headers)
        if not is_own:
            text = "Another site sent this request."
            return _error_response(403, ErrorMessage("Not allowed", text, "Use the page itself."))
        if int(headers.get("content-length", 0)) > self._photo_mib * 2**20 + FORM_BYTES:
            error = build_too_large_error(self._photo_mib)
            return _error_response(error.status, error.message)
        return None


def _has_body(headers: Headers) -> bool:
    """Returns whether a request with these headers has a body, by length or in chunks."""
    return "transfer-encoding" in headers or int(headers.get("content-length", 0)) > 0


def _is_same_origin(headers: Headers) -> bool:
    """Returns whether a request's Origin header is missing or names the host that it is sent to."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _error_response(status: int, error: ErrorMessage) -> JSONResponse:
    """Returns an error as a JSON response."""
    return JSONResponse(error.to_json(), status)
