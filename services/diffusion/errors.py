"""Errors of image servers and models, and which of them are worth a retry.

The reasons are fixed names for programs.
"""

import random

import grpc

from services.runtime.errors import BackendError, BackendUnavailable

# Times that a request is sent again. Larger: more load on a server that is in difficulties, and a
# later error for the caller.
MAX_RETRIES = 2
# Retries of a request that did not reach its server. With the backoff they last 8 s, or 5.7 to 10.5
# with jitter: stable-diffusion.cpp needs 4 s to restart. Larger: callers wait longer for a server
# that is gone.
MAX_RECONNECTS = 6
# In seconds; doubled with each retry (exponential backoff) up to the second one. Larger: callers
# wait longer for a server that was away for a moment.
FIRST_BACKOFF, MAX_BACKOFF = 0.3, 2.0
# Random factors around the backoff, so that callers that failed together do not retry together.
JITTER = 0.7, 1.3
# In seconds, sent to callers when the queue is full. Larger: they return long after a place is
# free; smaller: they ask more often in vain.
QUEUE_RETRY_SECONDS = 10


class ServerUnreachable(BackendUnavailable):
    """The server does not answer, or closed the connection before the image was complete."""

    reason = "DIFFUSION_UNREACHABLE"


class ProcessStopping(BackendUnavailable):
    """The process of the model stops; another replica, or the next process, takes the request."""

    reason = "DIFFUSION_STOPPING"


class ServerBusy(ServerUnreachable):
    """The server asked to be called again later (status 429 or 503).

    retry_after: seconds that it asked to wait, or None if it did not say.
    """

    reason = "DIFFUSION_BUSY"

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.retry_seconds = retry_after or self.retry_seconds


class QueueFull(BackendError):
    """The queue of the servers or of the model is full."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "DIFFUSION_QUEUE_FULL"
    retry_seconds = QUEUE_RETRY_SECONDS


class DiffusionTimeout(BackendUnavailable):
    """The image was not finished in time. A server may still be generating it."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DIFFUSION_TIMEOUT"


class ProxyTimeout(DiffusionTimeout):
    """A proxy in front of the server timed out; the server may still be generating the image.

    server_is_idle: whether the server has reported since that it is idle.
    """

    server_is_idle = False


class DiffusionOutOfMemory(BackendError):
    """The GPU or the machine ran out of memory."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "DIFFUSION_OUT_OF_MEMORY"


class ServerRefused(BackendError):
    """The server refused the request, because it is set up wrongly, such as without its API."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DIFFUSION_REFUSED"


class DiffusionFailed(BackendError):
    """The server or the model failed with an error of its own."""

    code = grpc.StatusCode.INTERNAL
    reason = "DIFFUSION_FAILED"


class Unauthorized(ServerRefused):
    """The server rejected the credentials, or requires some."""

    reason = "DIFFUSION_UNAUTHORIZED"


class WrongModel(ServerRefused):
    """The requested model is not there, or another one was used."""

    reason = "DIFFUSION_WRONG_MODEL"


class MaskIgnored(ServerRefused):
    """The server repaints locked pixels: its software does not support masks."""

    reason = "DIFFUSION_MASK_IGNORED"


class InvalidOutput(BackendError):
    """The image is missing, truncated, empty or the wrong one, although none failed."""

    code = grpc.StatusCode.INTERNAL
    reason = "DIFFUSION_INVALID_OUTPUT"


class UnsafeImage(BackendError):
    """The model's safety checker flagged the image, which the settings refuse."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DIFFUSION_UNSAFE"


class InitIgnored(InvalidOutput):
    """The result of img2img is unrelated to the init image."""

    reason = "DIFFUSION_INIT_IGNORED"


# Errors that would repeat on the same server, but perhaps not on another one.
RETRIED_ELSEWHERE = (InvalidOutput, DiffusionFailed, MaskIgnored, DiffusionOutOfMemory, WrongModel)


def compute_backoff(
    error: Exception, retries: int, sends: int, untried_servers: int
) -> float | None:
    """Returns the seconds to wait before a request is sent again; None if it should not be.

    Not sent again: a request that was refused, and one that timed out, as the server may still be
    generating it; only if a proxy timed out, another server or an idle one may get it.

    error: of the attempt that just failed.
    retries: how many there have been for this request.
    sends: in how many attempts it was sent, rather than failed before because the server was away.
    untried_servers: number of usable servers that have not yet received this request.
    """
    is_unreachable = isinstance(error, ServerUnreachable)
    may_reconnect = is_unreachable and sends <= MAX_RETRIES
    if retries >= (MAX_RECONNECTS if may_reconnect else MAX_RETRIES):
        return None
    if untried_servers:
        is_retryable = is_unreachable or isinstance(error, (ProxyTimeout, *RETRIED_ELSEWHERE))
        return 0.0 if is_retryable else None
    if isinstance(error, ProxyTimeout):
        return 0.0 if error.server_is_idle else None
    backoff = min(FIRST_BACKOFF * 2**retries, MAX_BACKOFF) * random.uniform(*JITTER)
    if isinstance(error, ServerBusy):
        return max(error.retry_after or 0.0, backoff)
    return backoff if is_unreachable else None
