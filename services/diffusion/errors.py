"""Errors of image servers, and which of them are worth a retry.

The reasons are fixed names for programs.
"""

import random
from collections.abc import Sequence

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.runtime.errors import BackendError, BackendUnavailable

# Larger: more load on a server that is in difficulties, and a later error for the caller.
MAX_RETRIES = 2
# In seconds; doubled with each retry (exponential backoff). Larger: callers wait longer for a
# server that was away for a moment.
FIRST_BACKOFF = 0.3
# Random factors around the backoff, so that callers that failed together do not retry together.
JITTER = 0.7, 1.3
# In seconds, sent to callers when the queue is full. Larger: they return long after a place is
# free; smaller: they ask more often in vain.
QUEUE_RETRY_SECONDS = 10


class ServerUnreachable(BackendUnavailable):
    """The server does not answer, or closed the connection before the image was complete."""

    reason = "DIFFUSION_UNREACHABLE"


class ServerBusy(ServerUnreachable):
    """The server asked to be called again later (status 429 or 503).

    retry_after: seconds that it asked to wait, or None if it did not say.
    """

    reason = "DIFFUSION_BUSY"

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class QueueFull(BackendError):
    """The queue in front of the servers is full."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "DIFFUSION_QUEUE_FULL"

    def details(self) -> Sequence[Message]:
        """Returns a google.rpc RetryInfo with the seconds that the caller should wait."""
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(QUEUE_RETRY_SECONDS)
        return [retry]


class ServerTimeout(BackendUnavailable):
    """The server did not finish in time. It may still be generating the image."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DIFFUSION_TIMEOUT"


class ProxyTimeout(ServerTimeout):
    """A proxy in front of the server timed out; the server may still be generating the image.

    server_is_idle: whether the server has reported since that it is idle.
    """

    server_is_idle = False


class ServerOutOfMemory(BackendError):
    """The server's GPU ran out of memory."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "DIFFUSION_OUT_OF_MEMORY"


class ServerRefused(BackendError):
    """The server refused the request, because it is set up wrongly, such as without its API."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DIFFUSION_REFUSED"


class ServerFailed(BackendUnavailable):
    """The server reported an internal error."""

    reason = "DIFFUSION_FAILED"


class Unauthorized(ServerRefused):
    """The server rejected the credentials, or requires some."""

    reason = "DIFFUSION_UNAUTHORIZED"


class WrongModel(ServerRefused):
    """The server does not have the requested model, or used another one."""

    reason = "DIFFUSION_WRONG_MODEL"


class MaskIgnored(ServerRefused):
    """The server repaints locked pixels: its software does not support masks."""

    reason = "DIFFUSION_MASK_IGNORED"


class InvalidOutput(BackendUnavailable):
    """The server reported success, but its image is missing, truncated, empty or the wrong one."""

    reason = "DIFFUSION_INVALID_OUTPUT"


class InitIgnored(InvalidOutput):
    """The result of img2img is unrelated to the init image."""

    reason = "DIFFUSION_INIT_IGNORED"


# Errors that would repeat on the same server, but perhaps not on another one.
RETRIED_ELSEWHERE = (InvalidOutput, ServerFailed, MaskIgnored, ServerOutOfMemory, WrongModel)


def compute_backoff(error: Exception, retries: int, untried_servers: int) -> float | None:
    """Returns the seconds to wait before a request is sent again; None if it should not be.

    Not sent again: a request that was refused, and one that timed out, as the server may still be
    generating it; only if a proxy timed out, another server or an idle one may get it.

    error: of the attempt that just failed.
    retries: how many there have been for this request.
    untried_servers: number of usable servers that have not yet received this request.
    """
    if retries >= MAX_RETRIES:
        return None
    if untried_servers:
        retryable = (ServerUnreachable, ProxyTimeout, *RETRIED_ELSEWHERE)
        return 0.0 if isinstance(error, retryable) else None
    if isinstance(error, ProxyTimeout):
        return 0.0 if error.server_is_idle else None
    backoff = FIRST_BACKOFF * 2**retries * random.uniform(*JITTER)
    if isinstance(error, ServerBusy):
        return max(error.retry_after or 0.0, backoff)
    return backoff if isinstance(error, ServerUnreachable) else None
