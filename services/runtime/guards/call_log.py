"""The log of calls: one line for each, and the ids that it shares with other services' lines."""

import asyncio
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

from services.runtime.errors import InvalidImage, ServiceError
from services.runtime.guards.guarded_call import GuardedCall

# Metadata keys of the ids that services pass on.
CALL_ID = "cyclorama-call-id"
JOB_ID = "cyclorama-job-id"
AD_POSITION = "cyclorama-ad-position"
# The keys in the log context that belong to one call.
CALL_CONTEXT_KEYS = ("call_id", "method", "caller", "job", "position")
# Lines about calls that are rejected unread. Larger: a flood fills the disk, and delays good calls;
# smaller: of more calls only the number is known.
REFUSAL_LINES_PER_SECOND = 20
_SAFE_ID = re.compile(r"[\w-]{1,64}", re.ASCII)

log = structlog.get_logger()


@contextmanager
def log_call(call: GuardedCall) -> Iterator[None]:
    """Logs one line at the end of a gRPC call, which runs in the `with` block of this function.

    That line, and every other within the block, contains the ids of the call, of its job and of the
    ad's position in that, and what else is bound under CALL_CONTEXT_KEYS.
    """
    ids: dict[str, str | int] = {"call_id": call.id, "method": call.method}
    if job_id := _read_id(call.metadata, JOB_ID):
        ids["job"] = job_id
    if (position := _read_id(call.metadata, AD_POSITION)).isdigit():
        ids["position"] = int(position)
    structlog.contextvars.bind_contextvars(**ids)
    start = time.perf_counter()

    def elapsed_ms() -> int:
        return round((time.perf_counter() - start) * 1000)

    try:
        yield
    except ServiceError as error:
        # Only a decoder's complaint about an image; other causes may contain secrets.
        has_safe_cause = isinstance(error, InvalidImage) and error.__cause__
        cause = {"cause": repr(error.__cause__)} if has_safe_cause else {}
        log.info("refused", code=error.code.name, reason=error.reason, ms=elapsed_ms(), **cause)
        raise
    except (GeneratorExit, asyncio.CancelledError):
        log.info("cancelled", ms=elapsed_ms())
        raise
    except Exception:
        log.exception("failed", ms=elapsed_ms())
        raise
    else:
        log.info("done", ms=elapsed_ms())
    finally:
        # Not reset by token: gRPC closes a cancelled stream in another context than it started in.
        structlog.contextvars.unbind_contextvars(*CALL_CONTEXT_KEYS)


def current_call_id() -> str:
    """Returns the id of the call that runs this code; empty outside a call."""
    return str(structlog.contextvars.get_contextvars().get("call_id", ""))


def create_call_id() -> str:
    """Returns a new id of a call: 16 random hexadecimal digits."""
    return os.urandom(8).hex()


def build_id_metadata() -> tuple[tuple[str, str], ...]:
    """Returns gRPC metadata that pass the ids of this call, its job and ad to the next service.

    Leaves out an id that is unknown.
    """
    log_context = structlog.contextvars.get_contextvars()
    names = {CALL_ID: "call_id", JOB_ID: "job", AD_POSITION: "position"}
    ids = {key: str(log_context.get(name, "")) for key, name in names.items()}
    return tuple((key, value) for key, value in ids.items() if value)


def choose_call_id(metadata: Mapping[str, str | bytes]) -> str:
    """Returns the id of a call: the one that its caller sent, or a new one."""
    return _read_id(metadata, CALL_ID) or create_call_id()


def _read_id(metadata: Mapping[str, str | bytes], key: str) -> str:
    """Returns an id that the caller sent; "" if it is missing or could forge log lines.

    metadata: of the call, by lower-case key.
    key: of the id.
    """
    value = metadata.get(key, "")
    return value if isinstance(value, str) and _SAFE_ID.fullmatch(value) else ""


class RefusalLog:
    """Logs calls that are rejected before their guards run, of a flood only some."""

    def __init__(self) -> None:
        self._second, self._lines, self._skipped = 0, 0, 0

    def write(self, method: str, error: ServiceError, call_id: str) -> None:
        """Logs one rejection, or counts it for the next line."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        if self._lines >= REFUSAL_LINES_PER_SECOND:
            self._skipped += 1
            return
        self._lines += 1
        skipped = {"not_logged": self._skipped} if self._skipped else {}
        self._skipped = 0
        with structlog.contextvars.bound_contextvars(call_id=call_id):
            log.info("refused", method=method, code=error.code.name, reason=error.reason, **skipped)
