"""Turns the statuses and error texts of five kinds of servers into typed failures."""

import re

import structlog

from services.diffusion.errors import (
    Busy,
    CutByProxy,
    Failed,
    OutOfMemory,
    Refused,
    Unauthorized,
    Unreachable,
)
from services.diffusion.transport import Reply

SHOWN = 500
# However long a server asks to be left alone, in seconds.
LONGEST_REST = 300.0
PICTURES = re.compile(r"[A-Za-z0-9+/=]{80,}")
MEMORY_WORDS = ("outofmemory", "out of memory", "failed to allocate", "alloc_failed")

log = structlog.get_logger()


def check_status(reply: Reply) -> None:
    """Raises unless the reply is a success."""
    if 200 <= reply.status < 300:
        return
    text = PICTURES.sub("...", reply.body.decode("utf-8", "replace"))[:SHOWN]
    log.warning("server refused", status=reply.status)
    # Some servers repeat what they were sent, prompts among it: only for who asks for it.
    log.debug("server's words", body=text)
    if any(word in text.lower() for word in MEMORY_WORDS):
        raise OutOfMemory("the Stable Diffusion server ran out of memory; ask for fewer pixels")
    match reply.status:
        case 401 | 403:
            file = "CYCLORAMA_SDAPI_AUTH_FILE"
            raise Unauthorized(f"the Stable Diffusion server wants the right password in {file}")
        case 404:
            raise Refused(
                "the Stable Diffusion server lacks what was asked for; was it started with --api?"
            )
        case 429 | 503:
            text = "the Stable Diffusion server is busy or starting; try again shortly"
            raise Busy(text, _seconds(reply.headers.get("Retry-After", "")))
        case 502:
            raise Unreachable("a proxy cannot reach the Stable Diffusion server; start it")
        case 504 | 524:
            text = "a proxy gave up on the Stable Diffusion server; connect to it directly"
            raise CutByProxy(text)
    if 300 <= reply.status < 400:
        text = "sends calls on to another address; set CYCLORAMA_SDAPI_URL to that"
        raise Refused(f"the Stable Diffusion server {text}")
    kind = Failed if reply.status >= 500 else Refused
    raise kind(f"the Stable Diffusion server refused with status {reply.status}; see its log")


def _seconds(text: str) -> float | None:
    return min(float(text), LONGEST_REST) if text.isascii() and text.isdigit() else None
