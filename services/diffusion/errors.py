"""How calls to an image server fail, and which failures are worth another try.

The reasons are fixed names for programs.
"""

import random
from collections.abc import Sequence

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.runtime.errors import BackendError, BackendUnavailable

MOST_RETRIES = 2
FIRST_PAUSE = 0.3
QUEUE_RETRY_SECONDS = 10


class Unreachable(BackendUnavailable):
    """Nothing answers at the server's address, or it went away in the middle of the work."""

    reason = "SD_UNREACHABLE"


class ServerBusy(Unreachable):
    """The server is there and asks to be called later.

    seconds: how long it asked to wait, or None when it did not say.
    """

    reason = "SD_BUSY"

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class QueueFull(BackendError):
    """As many calls wait for a server as may."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "SD_QUEUE_FULL"

    def details(self) -> Sequence[Message]:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(QUEUE_RETRY_SECONDS)
        return [retry]


class TimedOut(BackendUnavailable):
    """The server took longer than it was given. It may still be at work."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "SD_TIMEOUT"


class ProxyTimeout(TimedOut):
    """A proxy gave up on the server, which may still be at work.

    settled: whether the server has said since that it is idle.
    """

    settled = False


class ServerOutOfMemory(BackendError):
    """The server's GPU is too small for the picture."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "SD_OUT_OF_MEMORY"


class Refused(BackendError):
    """The server answered, but not with a picture: wrong set-up rather than bad luck."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "SD_REFUSED"


class ServerFailed(BackendUnavailable):
    """The server met an error of its own."""

    reason = "SD_FAILED"


class Unauthorized(Refused):
    """The server wants a password, or another one."""

    reason = "SD_UNAUTHORIZED"


class WrongModel(Refused):
    """The server does not draw with the model that was asked for."""

    reason = "SD_WRONG_MODEL"


class MaskIgnored(Refused):
    """The server repaints what a mask locks; only other software on the server fixes it."""

    reason = "SD_MASK_IGNORED"


class InvalidOutput(BackendUnavailable):
    """The server said that all was well, and sent something that cannot be used."""

    reason = "SD_INVALID_OUTPUT"


class InitIgnored(InvalidOutput):
    """The answer to img2img has nothing to do with the picture that was sent."""

    reason = "SD_INIT_IGNORED"


# What another server may do better, though the same one would do it again.
RETRIED_ELSEWHERE = (InvalidOutput, ServerFailed, MaskIgnored, ServerOutOfMemory, WrongModel)


def pause_before_retry(error: Exception, retries: int, others: int) -> float | None:
    """Seconds to wait before the next try, or None to give up.

    retries: how many there have been. others: usable servers that have not been tried. What timed
    out is never sent again: the server may still be at work on it. A refused request stays one.
    """
    if retries >= MOST_RETRIES:
        return None
    if others:
        again = (Unreachable, ProxyTimeout, *RETRIED_ELSEWHERE)
        return 0.0 if isinstance(error, again) else None
    if isinstance(error, ProxyTimeout):
        return 0.0 if error.settled else None
    jittered = FIRST_PAUSE * 2**retries * random.uniform(0.7, 1.3)
    if isinstance(error, ServerBusy):
        return max(error.seconds or 0.0, jittered)
    return jittered if isinstance(error, Unreachable) else None
