"""How calls to a Stable Diffusion server fail; the reasons are fixed names for programs."""

import grpc

from services.runtime.errors import BackendDown, CycloramaError


class Unreachable(BackendDown):
    """Nothing answers at the server's address."""

    reason = "SD_UNREACHABLE"


class TimedOut(BackendDown):
    """The server took longer than it was given."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "SD_TIMEOUT"


class OutOfMemory(CycloramaError):
    """The server's GPU is too small for the picture."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "SD_OUT_OF_MEMORY"


class Refused(CycloramaError):
    """The server answered, but not with a picture: wrong set-up rather than bad luck."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "SD_REFUSED"


class BadOutput(BackendDown):
    """The server said that all was well, and sent something that cannot be used."""

    reason = "SD_BAD_OUTPUT"


class InitIgnored(BadOutput):
    """The answer to img2img has nothing to do with the picture that was sent."""

    reason = "SD_INIT_IGNORED"
