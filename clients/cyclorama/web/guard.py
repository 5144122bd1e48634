"""Middleware that blocks requests from other sites and keeps the page from calling others."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyclorama.web.error_messages import ErrorMessage

# Browsers then block everything that this server does not serve itself.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
# The largest form without its photo: enough for 20,000 characters of prompts in any script.
FORM_BYTES = 2**20
# Values of Sec-Fetch-Site for requests by the page itself and by the user.
OWN_SITES = ("same-origin", "none")


class RequestGuard:
    """Adds HEADERS to responses, and refuses posts from other sites or of too large photos."""

    def __init__(self, app: ASGIApp, photo_mib: int) -> None:
        """Wraps an application; photo_mib: the largest photo that it accepts, in MiB."""
        self._app = app
        self._photo_mib = photo_mib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses an HTTP request or passes it on, and adds HEADERS to the response (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            """Sends a part of the response; adds HEADERS to its start unless they are set."""
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        respond = self._refuse(scope) or self._app
        return await respond(scope, receive, send_with_headers)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        """Returns an error response for a request that is not allowed; None when it may proceed.

        Refuses a post from another site, and one with a photo that is too large.

        scope: the request's method and headers, as ASGI passes them.
        """
        if scope["method"] in ("GET", "HEAD"):
            return None
        headers = Headers(scope=scope)
        # Old browsers send no Sec-Fetch-Site; the Origin is then the only sign.
        is_own = headers.get("sec-fetch-site", "none") in OWN_SITES and _is_same_origin(headers)
        if not is_own:
            text = "Another site sent this request."
            return _error_response(403, ErrorMessage("Not allowed", text, "Use the page itself."))
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > self._photo_mib * 2**20 + FORM_BYTES:
            text = f"The photo has more than {self._photo_mib} MiB."
            error = ErrorMessage("The photo is too large", text, "Use a smaller file.")
            return _error_response(413, error)
        return None


def _is_same_origin(headers: Headers) -> bool:
    """Returns whether a request's Origin header is missing or names the host that it is sent to."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _error_response(status: int, error: ErrorMessage) -> JSONResponse:
    """Returns an error as a JSON response."""
    return JSONResponse(error.to_json(), status)
