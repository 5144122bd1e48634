"""How calls to a Stable Diffusion server fail; the reasons are fixed names for programs."""

from collections.abc import Sequence

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.runtime.errors import BackendDown, BackendFailed


class Unreachable(BackendDown):
    """Nothing answers at the server's address, or it went away in the middle of the work."""

    reason = "SD_UNREACHABLE"


class Busy(Unreachable):
    """The server is there and wants to be asked later.

    seconds: how long it asked us to wait, or None when it did not say.
    """

    reason = "SD_BUSY"

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class Crowded(BackendFailed):
    """As many calls wait for a server as may."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "SD_QUEUE_FULL"

    def details(self) -> Sequence[Message]:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(10)
        return [retry]


class TimedOut(BackendDown):
    """The server took longer than it was given. It may still be at work."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "SD_TIMEOUT"


class CutByProxy(TimedOut):
    """A proxy gave up on the server, which may still be at work.

    settled: whether the server has said since that it is idle.
    """

    settled = False


class OutOfMemory(BackendFailed):
    """The server's GPU is too small for the picture."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "SD_OUT_OF_MEMORY"


class Refused(BackendFailed):
    """The server answered, but not with a picture: wrong set-up rather than bad luck."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "SD_REFUSED"


class Failed(BackendDown):
    """The server met an error of its own."""

    reason = "SD_FAILED"


class Unauthorized(Refused):
    """The server wants a password, or another one."""

    reason = "SD_UNAUTHORIZED"


class WrongModel(Refused):
    """The server does not draw with the model that was asked for."""

    reason = "SD_WRONG_MODEL"


class MaskIgnored(Refused):
    """The server repaints what a mask locks; only a restart with other software mends it."""

    reason = "SD_MASK_IGNORED"


class BadOutput(BackendDown):
    """The server said that all was well, and sent something that cannot be used."""

    reason = "SD_BAD_OUTPUT"


class InitIgnored(BadOutput):
    """The answer to img2img has nothing to do with the picture that was sent."""

    reason = "SD_INIT_IGNORED"
