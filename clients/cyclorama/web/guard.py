"""Keeps other sites away from the page, and the page from asking anything of others."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyclorama.web.failures import Failure

# The browser itself then refuses whatever is not served from here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
# Beside the photo, what a form may take.
FORM_BYTES = 2**20
OWN_SITES = ("same-origin", "none")


class Guard:
    """Adds HEADERS, and refuses posts that another site sends or that are too large."""

    def __init__(self, app: ASGIApp, photo_mib: int) -> None:
        self._app = app
        self._photo_mib = photo_mib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope) or self._app
        return await answer(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        if scope["method"] in ("GET", "HEAD"):
            return None
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site", "none") not in OWN_SITES or not _from_here(headers):
            text = "Another site sent this request."
            return _refused(403, Failure("Not allowed", text, "Use the page itself."))
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > self._photo_mib * 2**20 + FORM_BYTES:
            text = f"The photo has more than {self._photo_mib} MiB."
            return _refused(413, Failure("The photo is too large", text, "Use a smaller file."))
        return None


def _from_here(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _refused(status: int, failure: Failure) -> JSONResponse:
    return JSONResponse({"kind": "failure", **failure.facts()}, status)
